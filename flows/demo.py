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
from pvsignal.simulate.truth import compare_with_truth

SPAN = QuarterSpan.parse("2012q1..2025q4")
N_REPORTS = 40_000
SEED = 1


def flags_of(database: Path) -> pd.DataFrame:
    """Flags of a published file at group and supergroup level."""
    rows = run_query(
        database,
        "select drug, event, comparator, sdr_ror from api.signals "
        "where variant = 'primary' and event_level in ('group', 'supergroup')",
        timeout_seconds=60,
    )
    frame: pd.DataFrame = rows.to_pandas()
    return frame


def main(folder: Path = Path("demo")) -> int:
    """Simulate, refresh through Prefect, hold the board against the truth.

    Returns
    -------
    int
        0 if every planted signal is flagged in B or C and no trap anywhere, else 1.
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
    sys.stdout.write(f"report: {published.report.resolve()}\n")
    return 0 if outcome.is_as_planted else 1


if __name__ == "__main__":
    sys.exit(main())
