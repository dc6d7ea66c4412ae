"""Caches save time and change nothing: a further quarter with them, and without.

Without is more than deleting links: staged quarters and landed archives are gone too,
and what is left is the ledger and what was published, which are no caches.

Real stages on simulated archives with copies, follow-ups and deletions, and an analysis
of few drugs and events, so that a run takes seconds.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pvsignal import pipeline, simulate
from pvsignal.analysis import load_analysis
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings
from tests.analyses import FEW, FEW_LISTS, write_analysis
from tests.pipeline.conftest import SPAN


@dataclass(frozen=True)
class Quarters:
    """All quarters but the last, then the last on top, and where it was published."""

    before: Path
    settings: Settings
    result: pipeline.Published


@pytest.fixture(scope="module")
def further(
    archives: simulate.Simulated, tmp_path_factory: pytest.TempPathFactory
) -> Quarters:
    folder = tmp_path_factory.mktemp("further")
    settings = Settings(
        data_dir=folder / "data",
        mirror=str(archives.archives[0].parent),
        analysis=write_analysis(folder / "few", FEW_LISTS, FEW),
    )
    analysis = load_analysis(settings.analysis)
    *_, last_but_one, _ = SPAN
    pipeline.run(settings, analysis, span=QuarterSpan(SPAN.first, last_but_one))
    shutil.copytree(settings.data_dir, folder / "before", symlinks=True)
    return Quarters(folder / "before", settings, pipeline.run(settings, analysis))


def _stamp(result: pipeline.Published) -> dict[str, Any]:
    stamp: dict[str, Any] = json.loads(
        result.database.with_suffix(".json").read_text("utf-8")
    )
    del stamp["started"]
    return stamp


def test_a_further_quarter_is_compared_with_the_run_before_and_has_duplicates(
    further: Quarters,
) -> None:
    stamp = _stamp(further.result)
    assert further.result.is_current
    assert [r["kind"] for r in stamp["records"]].count("run") == 2
    for table in ("signals.change", "counts.duplicate", "counts.review_case"):
        assert int(stamp["content"][table].split(":")[0]) > 0, table


def test_a_further_quarter_without_caches_is_the_same_run_with_the_same_tables(
    further: Quarters, tmp_path: Path
) -> None:
    for name in ("ledger", "published", "reports"):
        shutil.copytree(further.before / name, tmp_path / name, symlinks=True)
    settings = further.settings.model_copy(update={"data_dir": tmp_path})
    fresh = pipeline.run(settings, load_analysis(settings.analysis))
    assert fresh.is_new
    assert _stamp(fresh) == _stamp(further.result)
    assert fresh.report.read_bytes() == further.result.report.read_bytes()
