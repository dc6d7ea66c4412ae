"""The examples in the docstrings of the statistics run and give what they say."""

import doctest
import importlib
import pkgutil

import pytest

from pvsignal import stats

MODULES = sorted(module.name for module in pkgutil.iter_modules(stats.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_run(name):
    result = doctest.testmod(importlib.import_module(f"pvsignal.stats.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
