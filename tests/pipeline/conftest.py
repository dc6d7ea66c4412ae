"""One small simulated run, shared by the tests that only read it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
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
    return simulate.simulate(folder, span=SPAN, n_reports=4_000, seed=11)


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


@pytest.fixture
def data(published: Published, tmp_path: Path) -> Settings:
    """Data directory of its own, a copy of that of the shared run."""
    folder = tmp_path / "data"
    shutil.copytree(published.settings.data_dir, folder, symlinks=True)
    return Settings(data_dir=folder, mirror=str(published.archives))


@pytest.fixture(autouse=True)
def _shared_run_is_only_read(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test that changes the shared run, not those that read it later.

    A run with `as_of` rebuilds the warehouse, so it needs a data directory of its own.
    """
    if "published" not in request.fixturenames:
        yield
        return
    settings = request.getfixturevalue("published").settings
    name = load_analysis().name
    files = (
        settings.warehouse_path,
        settings.ledger_path(name),
        settings.published_dir(name) / "current.json",
    )
    before = [file.stat().st_mtime_ns for file in files]
    yield
    after = [file.stat().st_mtime_ns for file in files]
    assert after == before, "the shared run was changed; use the fixture data"
