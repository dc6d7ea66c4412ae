"""Simulated archives through the flow to a report: ``make demo``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pandas as pd

import flows  # noqa: F401  (settings of Prefect, before Prefect is imported)
from pvsignal import simulate
from pvsignal.quarter import QuarterSpan
from pvsignal.query import run_query
from pvsignal.simulate.truth import (
    Figures,
    compare_attrition,
    compare_row_fates,
    compare_with_truth,
)

SPAN = QuarterSpan.parse("2012q1..2025q4")
N_REPORTS = 40_000
SEED = 1


def _query(database: Path, sql: str) -> pd.DataFrame:
    frame: pd.DataFrame = run_query(database, sql, timeout_seconds=60).to_pandas()
    return frame


def flags_of(database: Path) -> pd.DataFrame:
    """Flags of a published file at group and supergroup level."""
    return _query(
        database,
        "select drug, event, comparator, sdr_screen from api.signals "
        "where variant = 'primary' and event_level in ('group', 'supergroup')",
    )


def figures_of(database: Path, truth: Path) -> dict[str, Figures]:
    """Attrition and fates of rows of a published file beside what was planned."""
    duplicates = set(_query(database, "select caseid from api.duplicates")["caseid"])
    steps = _query(database, "select part, step, kind, unit, n from api.attrition")
    fates = _query(database, "select quarter, fate, n_rows from api.row_fates")
    return {
        "attrition": compare_attrition(truth, steps, duplicates),
        "fates of rows by quarter": compare_row_fates(truth, fates, duplicates),
    }


def main(folder: Path = Path("demo")) -> int:
    """Simulate, refresh through Prefect, hold the board against the truth.

    Returns
    -------
    int
        0 if every planted signal is flagged in B or C and no trap anywhere, and every
        figure of the attrition is as planned, else 1.
    """
    data_dir = folder / "data"
    home = (data_dir / "prefect").resolve()
    home.mkdir(parents=True, exist_ok=True)
    os.environ["PREFECT_HOME"] = str(home)
    os.environ.pop("PREFECT_API_URL", None)
    from flows.refresh import refresh  # Prefect reads its settings when imported

    made = simulate.simulate(
        folder / "archives", span=SPAN, n_reports=N_REPORTS, seed=SEED
    )
    published = refresh(data_dir=data_dir, mirror=str(folder / "archives"))
    outcome = compare_with_truth(made.truth, flags_of(published.database))
    for line in outcome.lines():
        sys.stdout.write(line + "\n")
    figures = figures_of(published.database, made.truth)
    for name, one in figures.items():
        sys.stdout.write(one.line(name) + "\n")
    sys.stdout.write(f"report: {published.report.resolve()}\n")
    is_attrition_true = all(one.differing.empty for one in figures.values())
    return 0 if outcome.is_as_planted and is_attrition_true else 1


if __name__ == "__main__":
    sys.exit(main())
