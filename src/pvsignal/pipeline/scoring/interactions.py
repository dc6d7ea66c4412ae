"""Omega of pairs of drugs: a scored substance and another suspect of its reports."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.pipeline.scoring.columns import defined
from pvsignal.signals import rules
from pvsignal.stats import omega

# As `omega` takes them; the digits say drug, substance, event.
_COUNTS = ("n111", "n11", "n101", "n10", "n011", "n01", "n001", "n00")


def score_interactions(con: warehouse.Connection) -> None:
    """Store Omega of every combination with 3 reports as ``signals.interaction``."""
    counts = warehouse.query_arrow(con, "select * from counts.co_suspect_count")
    warehouse.load_arrow(con, "signals.interaction", _scored(counts))


def _scored(counts: pa.Table) -> pa.Table:
    """Counts with Omega beside them; NULL where a stratum without one drug is empty."""
    result = omega(*(counts[name].to_numpy() for name in _COUNTS))
    columns = {name: result[name].to_numpy() for name in result.columns}
    flags = rules.sdr_omega(columns["omega025"])
    is_missing = np.isnan(columns["omega025"])
    for name, values in columns.items():
        counts = counts.append_column(name, defined(values))
    return counts.append_column("sdr_omega", pa.array(flags, mask=is_missing))
