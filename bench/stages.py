"""The stages of a run, each measured, in this process or a process of their own.

Links of suspected duplicates are a stage here, apart from the build that needs them.
Rows of a stage are those that it makes: lines of the archives, links, rows of the
tables of the warehouse, of statistics, of what is judged, of the published file.

    python -m bench.stages land,stage --data-dir DIR --mirror DIR [--quarters SPAN]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from bench.meter import Meter, Step, in_a_process
from pvsignal import codelists, duplicates, pipeline, simulate, warehouse
from pvsignal.analysis import load_analysis
from pvsignal.layout import TABLES
from pvsignal.pipeline.building import open_warehouse
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings
from pvsignal.simulate.reports import MS_SHARE

LAND, STAGE, LINK, BUILD = "land", "stage", "link duplicates", "build"
SCORE, ASSESS, PUBLISH = "score", "assess", "publish"


class Stages:
    """A data directory on its way from archives to a published file.

    Parameters
    ----------
    settings
        Where, from where, and how many threads.
    span
        Quarters; None for all that are offered.
    """

    def __init__(self, settings: Settings, span: QuarterSpan | None = None) -> None:
        self.settings = settings
        self.span = span
        self._assessed: pipeline.Assessed | None = None

    def measure(self, name: str) -> Step:
        """Do one stage; what it needs of earlier ones was done before.

        Publishing needs what assessing in the same process returned.
        """
        work = self._works()[name]
        meter = Meter()
        with meter.step(name):
            n_rows = work()
        (step,) = meter.steps
        return replace(step, n_rows=n_rows())

    def _works(self) -> Mapping[str, Callable[[], Callable[[], int | None]]]:
        return {
            LAND: self._land,
            STAGE: self._stage,
            LINK: self._link,
            BUILD: self._build,
            SCORE: self._score,
            ASSESS: self._assess,
            PUBLISH: self._publish,
        }

    # Each returns how its rows are counted, so that counting takes none of its time.

    def _land(self) -> Callable[[], int | None]:
        pipeline.land(self.settings, span=self.span)
        return lambda: None

    def _stage(self) -> Callable[[], int]:
        staged = pipeline.stage(self.settings, span=self.span)
        return lambda: staged_rows(self.settings, staged)

    def _link(self) -> Callable[[], int]:
        linked = link(self.settings, self._inputs().staged)
        return lambda: sum(pq.read_metadata(file).num_rows for file in linked.files)

    def _build(self) -> Callable[[], int]:
        pipeline.build(self.settings, self._inputs())
        return lambda: warehouse_rows(self.settings)

    def _score(self) -> Callable[[], int]:
        inputs = self._inputs()
        pipeline.score(self.settings, pipeline.built_before(self.settings, inputs))
        return lambda: warehouse_rows(self.settings, "signals")

    def _assess(self) -> Callable[[], int]:
        scored = pipeline.scored_before(self.settings, self._inputs())
        before = warehouse_rows(self.settings, "signals")
        self._assessed = pipeline.assess(self.settings, scored)
        return lambda: warehouse_rows(self.settings, "signals") - before

    def _publish(self) -> Callable[[], int]:
        if self._assessed is None:
            raise ValueError("assess in the same process before publishing")
        published = pipeline.publish(self.settings, self._assessed)
        return lambda: rows_of_tables(published.database)

    def _inputs(self) -> pipeline.Inputs:
        return pipeline.identify(
            self.settings,
            load_analysis(self.settings.analysis),
            staged=pipeline.staged_before(self.settings, span=self.span),
        )


SIMULATE: Final = "simulate"
ALL: Final = (LAND, STAGE, LINK, BUILD, SCORE, ASSESS, PUBLISH)


def simulate_archives(
    folder: Path,
    *,
    span: QuarterSpan,
    n_reports: int,
    ms_share: float = MS_SHARE,
    scenes: Sequence[str] = (),
) -> list[Step]:
    """Simulate in this process, without fates; archives that are there are no step."""
    if (folder / "truth").is_dir():
        return []
    meter = Meter()
    with meter.step(SIMULATE):
        made = simulate.simulate(
            folder,
            span=span,
            n_reports=n_reports,
            seed=1,
            scenes=scenes,
            ms_share=ms_share,
            with_fates=False,
        )
    (step,) = meter.steps
    lines = (made.truth / "counts.csv").read_text("utf-8").splitlines()[1:]
    return [replace(step, n_rows=sum(int(line.split(",")[2]) for line in lines))]


def link(settings: Settings, staged: pipeline.Staged) -> duplicates.Linked:
    """Links of suspected duplicates of the staged quarters, as a build makes them."""
    folders = {
        quarter: settings.staged_dir / str(quarter) / key
        for quarter, key in zip(staged.quarters, staged.keys, strict=True)
    }
    return duplicates.link_quarters(
        settings.duplicates_dir,
        folders,
        countries=codelists.load_codelists()["countries"].table,
        threads=settings.threads,
        memory_limit=settings.memory_limit,
    )


def staged_files(settings: Settings, staged: pipeline.Staged, table: str) -> list[Path]:
    """Parquet files of a table, one a quarter."""
    return [
        settings.staged_dir / str(quarter) / key / f"{table}.parquet"
        for quarter, key in zip(staged.quarters, staged.keys, strict=True)
    ]


def staged_rows(settings: Settings, staged: pipeline.Staged) -> int:
    """Rows of the staged tables, from the footers of their files."""
    return sum(
        pq.read_metadata(file).num_rows
        for table in TABLES
        for file in staged_files(settings, staged, table)
    )


def warehouse_rows(settings: Settings, schema: str | None = None) -> int:
    """Rows of the tables of one schema of the warehouse, or of all but ``signals``."""
    which = f"= '{schema}'" if schema else "<> 'signals'"
    with open_warehouse(settings) as con:
        return _rows(con, f"where schema_name {which}")


def rows_of_tables(file: Path) -> int:
    """Rows of all tables of a DuckDB file."""
    with warehouse.connect_readonly(file, temp_dir=file.parent / ".spill") as con:
        return _rows(con, "")


def _rows(con: warehouse.Connection, where: str) -> int:
    # Nothing is deleted from a table of these files: the estimate is the number.
    (found,) = warehouse.query_rows(
        con,
        "select coalesce(sum(estimated_size), 0)::bigint as n "
        f"from duckdb_tables() {where}",
    )
    return int(found["n"])


def in_own_process(
    names: Sequence[str], settings: Settings, span: QuarterSpan | None = None
) -> list[Step]:
    """Measure stages in a process that does nothing else, with the same settings."""
    limits = ["--memory-limit", settings.memory_limit]
    if settings.threads:
        limits += ["--threads", str(settings.threads)]
    where = ["--data-dir", str(settings.data_dir), "--mirror", str(settings.mirror)]
    spans = ["--quarters", str(span)] if span else []
    found = in_a_process("bench.stages", ",".join(names), *where, *limits, *spans)
    return [Step(**step) for step in found]


def main() -> None:
    """Print the steps as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stages", help=f"of {', '.join(ALL)}")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--mirror", required=True)
    parser.add_argument("--quarters", type=QuarterSpan.parse)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--memory-limit")
    given = parser.parse_args()
    limits = {"memory_limit": given.memory_limit} if given.memory_limit else {}
    settings = Settings(
        data_dir=given.data_dir, mirror=given.mirror, threads=given.threads, **limits
    )
    stages = Stages(settings, given.quarters)
    steps = [stages.measure(name) for name in given.stages.split(",")]
    print(json.dumps([asdict(step) for step in steps]))


if __name__ == "__main__":
    main()
