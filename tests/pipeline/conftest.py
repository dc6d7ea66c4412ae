"""One small simulated run, shared by the tests that only read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from pvsignal import pipeline, simulate
from pvsignal.analysis import load_analysis
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings

SPAN = QuarterSpan.parse("2018q3..2019q3")


@dataclass(frozen=True)
class Published:
    """Settings and result of a run on simulated archives."""

    archives: Path
    truth: Path
    settings: Settings
    result: pipeline.Published


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> simulate.Simulated:
    folder = tmp_path_factory.mktemp("archives")
    return simulate.simulate(folder, span=SPAN, n_reports=2_500, seed=7)


@pytest.fixture(scope="session")
def published(
    archives: simulate.Simulated, tmp_path_factory: pytest.TempPathFactory
) -> Published:
    folder = archives.archives[0].parent
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data") / "data", mirror=str(folder)
    )
    result = pipeline.run(settings, load_analysis())
    return Published(folder, archives.truth, settings, result)
