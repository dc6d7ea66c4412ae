"""Times to onset of the reports behind each pair of comparator A."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.stats import OnsetSummary, Share, onset_summary

# The fewest reports for which simulation says how often the limits of a shape hold it
# (`onset_summary`).
_SHAPE_FROM: Final = 5

_PAIR: Final = "drug_level, drug, event_level, event"


def score_onset(con: warehouse.Connection) -> None:
    """Store quartiles, early shares and shape of every pair as ``signals.onset``."""
    pairs = warehouse.query_arrow(
        con,
        f"select {_PAIR}, count(*) as a, "
        "count(*) filter (where low_days = high_days and low_days >= 0) as n_exact "
        f"from counts.pair_onset group by {_PAIR} order by {_PAIR}",
    )
    # In the order of the pairs, and within a pair by day: events that hold the same
    # reports (a group, and a supergroup with this group alone) are then equal arrays.
    spans = warehouse.query_arrow(
        con,
        "select cast(low_days as double) as low, cast(high_days as double) as high "
        f"from counts.pair_onset order by {_PAIR}, low, high",
    )
    low, high = spans["low"].to_numpy(), spans["high"].to_numpy()
    known: dict[tuple[bytes, bytes], OnsetSummary] = {}
    summaries = []
    for first, last in pairwise([0, *np.cumsum(pairs["a"].to_numpy())]):
        earliest, latest = low[first:last], high[first:last]
        key = earliest.tobytes(), latest.tobytes()
        if key not in known:
            known[key] = onset_summary(earliest, latest, shape_from=_SHAPE_FROM)
        summaries.append(known[key])
    figures = pa.Table.from_pylist(
        [
            {**pair, **_figures(summary)}
            for pair, summary in zip(pairs.to_pylist(), summaries, strict=True)
        ],
        schema=_SCHEMA,
    )
    warehouse.load_arrow(con, "signals.onset", figures)


def _figures(summary: OnsetSummary) -> dict[str, float | None]:
    """Columns of a summary; what is not known is None."""
    has_shape = not np.isnan(summary.shape)
    figures = {
        "n_dated": summary.n,
        "n_before_start": summary.n_before_start,
        "n_not_dated": summary.n_missing,
        "n_shape": summary.n if has_shape else 0,
        "shape": summary.shape,
        "shape_low": summary.shape_low,
        "shape_high": summary.shape_high,
        "scale_days": summary.scale_days,
        **_share("90", summary.under_90),
        **_share("180", summary.under_180),
    }
    for name, low, high in zip(
        ("q1", "median", "q3"),
        summary.quartiles_low,
        summary.quartiles_high,
        strict=True,
    ):
        figures |= {f"{name}_low_days": low, f"{name}_high_days": high}
    return {
        name: None if np.isnan(figure) else figure for name, figure in figures.items()
    }


def _share(border: str, share: Share) -> dict[str, float]:
    return {
        f"n_under_{border}": share.n_under,
        f"n_uncertain_{border}": share.n_unknown,
        f"share_under_{border}": share.share,
        f"share_under_{border}_low": share.low,
        f"share_under_{border}_high": share.high,
    }


_SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("drug_level", "drug")),
        *((name, pa.string()) for name in ("event_level", "event")),
        *((name, pa.int64()) for name in ("a", "n_dated", "n_exact")),
        *((name, pa.int64()) for name in ("n_before_start", "n_not_dated")),
        *(
            (f"{name}_{side}_days", pa.float64())
            for name in ("q1", "median", "q3")
            for side in ("low", "high")
        ),
        *(
            (name.format(border), kind)
            for border in ("90", "180")
            for name, kind in (
                ("n_under_{}", pa.int64()),
                ("n_uncertain_{}", pa.int64()),
                ("share_under_{}", pa.float64()),
                ("share_under_{}_low", pa.float64()),
                ("share_under_{}_high", pa.float64()),
            )
        ),
        ("n_shape", pa.int64()),
        *((name, pa.float64()) for name in ("shape", "shape_low", "shape_high")),
        ("scale_days", pa.float64()),
    ]
)
