"""The report of a run: one self-contained HTML page and CSV tables beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb

from pvsignal.analysis import Analysis
from pvsignal.progress import Progress
from pvsignal.report.charts import forest, overview, timeline
from pvsignal.report.content import Content, read_content
from pvsignal.report.drawing import draw
from pvsignal.report.html import Charts, render
from pvsignal.report.null_archives import NullArchives, write_null_archives
from pvsignal.report.tables import TABLES, WrittenTable, write_table

__all__ = ["NullArchives", "write_null_archives", "write_report"]

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
        Told of each table and each drawing.

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
    shown = content.board[:MAX_OVERVIEW_PAIRS]
    pairs = list(enumerate(content.pairs))
    dated = [(number, pair) for number, pair in pairs if pair.history]
    drawings = [
        *([overview(shown, name="overview")] if shown else []),
        *(forest(pair.row, name=f"forest-{number}") for number, pair in pairs),
        *(
            timeline(pair.row, pair.history, pair.marks, name=f"timeline-{number}")
            for number, pair in dated
        ),
    ]
    progress.start("report charts", len(drawings))
    svgs = iter(draw(drawings, progress))
    progress.finish()
    return Charts(
        overview=next(svgs) if shown else None,
        n_in_overview=len(shown),
        forest={pair.row.anchor: next(svgs) for _, pair in pairs},
        timeline={pair.row.anchor: next(svgs) for _, pair in dated},
    )
