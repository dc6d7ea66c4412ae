"""The report of a run: one self-contained HTML page and CSV tables beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

from pvsignal.analysis import Analysis
from pvsignal.progress import Progress
from pvsignal.report.charts import forest, overview, timeline
from pvsignal.report.content import Content, read_content
from pvsignal.report.html import Charts, render
from pvsignal.report.tables import TABLES, WrittenTable, write_table

__all__ = ["write_report"]

MAX_OVERVIEW_PAIRS: Final = 15


def write_report(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    analysis: Analysis,
    progress: Progress,
) -> Path:
    """Write the page and its tables; equal inputs give equal bytes.

    Parameters
    ----------
    con
        Open connection to a published file; only read.
    folder
        Where ``index.html`` and ``tables/*.csv`` go; made if absent.
    analysis
        The analysis of the run.
    progress
        Told of each table and each drawn pair.

    Returns
    -------
    Path
        ``folder/index.html``.
    """
    content = read_content(con, analysis.roles)
    tables = _write_tables(con, folder / "tables", progress=progress)
    charts = _draw(content, progress)
    page = folder / "index.html"
    page.write_text(
        render(content, charts, analysis=analysis, tables=tables),
        encoding="utf-8",
        newline="\n",
    )
    return page


def _write_tables(
    con: duckdb.DuckDBPyConnection, folder: Path, *, progress: Progress
) -> list[WrittenTable]:
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    progress.start("report tables", len(TABLES))
    for name in TABLES:
        written.append(write_table(con, folder, name=name))
        progress.advance(1)
    progress.finish()
    return written


def _draw(content: Content, progress: Progress) -> Charts:
    forests: dict[str, str] = {}
    timelines: dict[str, str] = {}
    progress.start("report charts", len(content.pairs))
    for number, pair in enumerate(content.pairs):
        row = pair.row
        forests[row.anchor] = forest(row, name=f"forest-{number}")
        if pair.history:
            timelines[row.anchor] = timeline(
                row, pair.history, name=f"timeline-{number}"
            )
        progress.advance(1)
    progress.finish()
    shown = content.board[:MAX_OVERVIEW_PAIRS]
    return Charts(
        overview=overview(shown, name="overview") if shown else None,
        n_in_overview=len(shown),
        forest=forests,
        timeline=timelines,
    )
