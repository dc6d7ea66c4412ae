"""Ratios of the pairs whose event another substance masks."""

from __future__ import annotations

import pyarrow as pa

from pvsignal import warehouse
from pvsignal.pipeline.scoring.columns import defined
from pvsignal.stats import twobytwo


def score_masking(con: warehouse.Connection) -> None:
    """Store the pairs without their event's top contributor, with both ratios."""
    masked = warehouse.query_arrow(con, "select * from counts.masked_pair")
    warehouse.load_arrow(con, "signals.masked_statistic", _without(masked))


def _without(pairs: pa.Table) -> pa.Table:
    """Cells and ratios of pairs without the reports of their contributor."""
    a, n_drug, n_event, n = (
        pairs[f"{name}_without"].to_numpy() for name in ("a", "n_drug", "n_event", "n")
    )
    b, c = n_drug - a, n_event - a
    d = n - n_drug - n_event + a
    ror = twobytwo.ror(a, b, c, d)
    columns = {
        "b_without": b,
        "c_without": c,
        "d_without": d,
        "prr_without": twobytwo.prr(a, b, c, d).point,
        "ror_without": ror.point,
        "ror_low_without": ror.low,
        "ror_high_without": ror.high,
        "is_exact_without": ror.is_exact,
    }
    for name, values in columns.items():
        pairs = pairs.append_column(name, defined(values))
    return pairs
