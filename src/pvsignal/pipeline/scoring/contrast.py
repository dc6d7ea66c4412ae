"""Recent reports of each pair against those before: what is rising."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.pipeline.scoring.columns import defined
from pvsignal.stats import recent_contrast

IntArray = npt.NDArray[np.int64]


def score_contrast(con: warehouse.Connection) -> None:
    """Store the contrast of each pair and quarter as ``signals.contrast``.

    Pairs with at least three recent reports, from the ninth quarter of an unbroken
    span on; nothing else can be called rising.
    """
    cells = warehouse.query_arrow(
        con,
        "select cell.*, held_quarter.quarter from counts.contrast_cell as cell "
        "inner join cases.held_quarter as held_quarter "
        "on cell.quarter_no = held_quarter.quarter_no",
    )
    warehouse.load_arrow(con, "signals.contrast", contrasted(cells))


def contrasted(cells: pa.Table) -> pa.Table:
    """Cells of the recent reports and of those before, with the ratio of the two."""
    whole, recent = _tables(cells, ""), _tables(cells, "_recent")
    before = [known - late for known, late in zip(whole, recent, strict=True)]
    result = recent_contrast(*recent, *before)
    kept = ["comparator", "drug_level", "drug", "event_level", "event"]
    table = cells.select([*kept, "quarter_no", "quarter"])
    columns = {
        **{f"{cell}_recent": n for cell, n in zip("abcd", recent, strict=True)},
        **{f"{cell}_before": n for cell, n in zip("abcd", before, strict=True)},
        "ratio": result.point,
        "ratio_low": result.low,
        "ratio_high": result.high,
        "is_exact": result.is_exact,
        "p_rising": result.p_rising,
        "is_rising": result.is_rising,
    }
    for name, values in columns.items():
        table = table.append_column(name, defined(values))
    return table


def _tables(cells: pa.Table, suffix: str) -> list[IntArray]:
    """Cells a, b, c and d of the margins with a suffix."""
    a, n_drug, n_event, n = (
        cells[f"{name}{suffix}"].to_numpy() for name in ("a", "n_drug", "n_event", "n")
    )
    return [a, n_drug - a, n_event - a, n - n_drug - n_event + a]
