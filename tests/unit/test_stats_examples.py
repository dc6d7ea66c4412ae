"""The examples in the docstrings of the statistics run and give what they say."""

import doctest
import importlib
import pkgutil

import pytest

from pvsignal import stats

MODULES = sorted(module.name for module in pkgutil.iter_modules(stats.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_run(name):
    module = importlib.import_module(f"pvsignal.stats.{name}")
    result = doctest.testmod(module)
    # Parts that the package does not export may go without an example.
    is_public = any(
        getattr(stats, export).__module__ == module.__name__ for export in stats.__all__
    )
    assert result.attempted > 0 or not is_public
    assert result.failed == 0
