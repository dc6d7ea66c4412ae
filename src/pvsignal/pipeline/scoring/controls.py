"""Control pairs, and what negative ones show about each comparator."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import binomtest

from pvsignal import warehouse
from pvsignal.stats import EmpiricalNull, empirical_null
from pvsignal.stats.calibration import MIN_CONTROLS
from pvsignal.stats.twobytwo import Z_95

# Controls that expect fewer reports say little and lose their low ratios to a = 0.
_MIN_EXPECTED: Final = 1.0

# Below it mean and spread are too uncertain to be taken for known (docs/validation.md).
_ENOUGH_CONTROLS: Final = 30

# Null archives drawn for the mean that small counts alone give, and when it is said.
_N_DRAWS: Final = 100
_SEED: Final = 2014
_MEAN_WORTH_SAYING: Final = 0.05
_SPREAD_WORTH_SAYING: Final = 0.01

_CONTROLS: Final = """
select
    control.*, statistic.a, statistic.b, statistic.c, statistic.d,
    statistic.expected, statistic.ror, statistic.ror_low, statistic.ror_high,
    statistic.is_exact, statistic.sdr_ror, statistic.sdr_ic, statistic.evaluable
from counts.control as control
left join signals.statistic as statistic
    on statistic.variant = 'primary' and statistic.is_latest
    and control.comparator = statistic.comparator and control.drug = statistic.drug
    and control.event_level = statistic.event_level and control.event = statistic.event
order by control.comparator, control.control_type, control.drug, control.event
"""

_COMPARATORS: Final = """
select distinct comparator.comparator, held_quarter.quarter
from analysis.variant_comparator as comparator
cross join cases.held_quarter as held_quarter
where comparator.variant = 'primary' and held_quarter.quarter_no = (
    select max(latest.quarter_no) from cases.held_quarter as latest)
order by comparator.comparator
"""

Flags = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]


def score_controls(con: warehouse.Connection) -> None:
    """Store the control pairs and the empirical null of each comparator.

    ``signals.control`` holds every pair of the code list in every comparator, with the
    reason why it is not used where it is not; ``signals.empirical_null`` one row per
    comparator, also where no null can be fitted.
    """
    controls = _judged(warehouse.query_arrow(con, _CONTROLS))
    warehouse.load_arrow(con, "signals.control", controls)
    comparators = warehouse.query_rows(con, _COMPARATORS)
    rows = [_performance(controls, **row) for row in comparators]
    warehouse.load_arrow(
        con, "signals.empirical_null", pa.Table.from_pylist(rows, schema=_PERFORMANCE)
    )


def log_ror_se(*cells: FloatArray) -> FloatArray:
    """Standard error of ln ROR, ``sqrt(1/a + 1/b + 1/c + 1/d)``.

    Infinite where a cell is 0, NaN where it is missing.
    """
    with np.errstate(divide="ignore"):
        return np.sqrt(sum(1 / cell for cell in cells))


def _judged(controls: pa.Table) -> pa.Table:
    """Controls with whether they are used, and why not."""
    a, b, c, d, expected = (
        controls[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
        for name in ("a", "b", "c", "d", "expected")
    )
    has_cells = ~np.isnan(a)
    has_ratio = np.isfinite(log_ror_se(a, b, c, d))
    is_expected = expected >= _MIN_EXPECTED
    is_litigated = controls["is_litigated"].to_numpy()
    is_negative = pc.equal(controls["control_type"], "negative").to_numpy()
    is_judged = is_expected & ~is_litigated
    is_used = is_negative & is_judged & has_ratio
    why = [
        uncounted
        or ("a drug of lawsuits for this event" if litigated else None)
        or (None if enough else "fewer than 1 report is expected")
        or (None if finite else "a cell is 0: no finite ratio")
        for uncounted, litigated, enough, finite in zip(
            controls["why_not_counted"].to_pylist(),
            is_litigated,
            is_expected,
            has_ratio,
            strict=True,
        )
    ]
    columns = {
        "is_judged": pa.array(is_judged, mask=~has_cells),
        "is_used": pa.array(is_used),
        "why_not_used": pa.array(why, pa.string()),
    }
    for name, values in columns.items():
        controls = controls.append_column(name, values)
    return controls.drop_columns(["is_litigated", "why_not_counted"])


_FLAGGED: Final = [
    (f"{name}_{control_type}_{rule}", kind)
    for control_type in ("negative", "positive")
    for rule in ("sdr_ror", "sdr_ic")
    for name, kind in (
        ("n", pa.int64()),
        ("share", pa.float64()),
        ("share_low", pa.float64()),
        ("share_high", pa.float64()),
    )
]

_PERFORMANCE: Final = pa.schema(
    [
        ("comparator", pa.string()),
        ("quarter", pa.string()),
        ("n_negative", pa.int64()),
        ("n_negative_counted", pa.int64()),
        ("n_negative_judged", pa.int64()),
        ("n_negative_used", pa.int64()),
        ("mean_log_ror", pa.float64()),
        ("spread_log_ror", pa.float64()),
        ("mean_log_ror_chance", pa.float64()),
        ("ror_null_low", pa.float64()),
        ("ror_null_high", pa.float64()),
        ("share_used_above_1", pa.float64()),
        ("share_used_above_null", pa.float64()),
        ("n_positive", pa.int64()),
        ("n_positive_counted", pa.int64()),
        ("n_positive_judged", pa.int64()),
        *_FLAGGED,
        ("note", pa.string()),
    ]
)


def _performance(
    controls: pa.Table, *, comparator: str, quarter: str
) -> dict[str, Any]:
    """Row of a comparator: its null, and how many controls flag."""
    rows = [row for row in controls.to_pylist() if row["comparator"] == comparator]
    used = [row for row in rows if row["is_used"]]
    null = empirical_null(*_log_ror(*_cells(used)))
    judged = [
        row for row in rows if row["is_judged"] and row["control_type"] == "negative"
    ]
    chance = _mean_by_chance(*_cells(judged)) if null.n >= MIN_CONTROLS else np.nan
    half = Z_95 * null.spread
    result: dict[str, Any] = {
        "comparator": comparator,
        "quarter": quarter,
        "n_negative_used": null.n,
        "mean_log_ror": null.mean,
        "spread_log_ror": null.spread,
        "mean_log_ror_chance": chance,
        "ror_null_low": float(np.exp(null.mean - half)),
        "ror_null_high": float(np.exp(null.mean + half)),
        "share_used_above_1": null.share_flagged,
        "share_used_above_null": null.share_flagged_calibrated,
    }
    for control_type in ("negative", "positive"):
        listed = [row for row in rows if row["control_type"] == control_type]
        judged = [row for row in listed if row["is_judged"]]
        result |= {
            f"n_{control_type}": len(listed),
            f"n_{control_type}_counted": sum(row["a"] is not None for row in listed),
            f"n_{control_type}_judged": len(judged),
        }
        for rule in ("sdr_ror", "sdr_ic"):
            flags = np.array([row[rule] for row in judged], dtype=np.bool_)
            result |= _share(flags, f"{control_type}_{rule}")
    result = {
        name: None if isinstance(value, float) and np.isnan(value) else value
        for name, value in result.items()
    }
    note = _note(null, chance, n_listed=result["n_negative"])
    return result | {"note": note}


def _cells(rows: list[dict[str, Any]]) -> list[FloatArray]:
    return [np.array([row[x] for row in rows], dtype=np.float64) for x in "abcd"]


def _log_ror(*cells: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Logarithm of the ROR of tables, and its standard error."""
    a, b, c, d = cells
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(a / b * (d / c)), log_ror_se(a, b, c, d)


def _mean_by_chance(*cells: FloatArray) -> float:
    """Mean of the null that controls with these margins have without any bias.

    The normal likelihood takes ln ROR for symmetric, and a pair without a report has
    none: of few expected reports the low ratios are missing, so the mean is above 0.
    Counts are drawn given the margins, the null is fitted as to the real ones.
    """
    a, b, c, d = (cell.astype(np.int64) for cell in cells)
    rng = np.random.default_rng(_SEED)
    means = []
    for _ in range(_N_DRAWS):
        drawn = rng.hypergeometric(a + c, b + d, a + b)
        log_ror, se = _log_ror(
            *(cell.astype(np.float64) for cell in (drawn, a + b - drawn)),
            *(cell.astype(np.float64) for cell in (a + c - drawn, d - a + drawn)),
        )
        means.append(empirical_null(log_ror, se).mean)
    return float(np.nanmean(means)) if np.isfinite(means).any() else float("nan")


def _share(flags: Flags, name: str) -> dict[str, Any]:
    """Number and share of controls that flag, with Wilson's 95 % limits."""
    if not flags.size:
        return {f"n_{name}": 0}
    test = binomtest(int(flags.sum()), flags.size)
    interval = test.proportion_ci(0.95, method="wilson")
    return {
        f"n_{name}": int(flags.sum()),
        f"share_{name}": float(flags.mean()),
        f"share_low_{name}": float(interval.low),
        f"share_high_{name}": float(interval.high),
    }


def _note(null: EmpiricalNull, chance: float, *, n_listed: int) -> str | None:
    """What a reader of the null must know; None where nothing is special."""
    if not n_listed:
        return "the analysis has no negative controls"
    if null.n < MIN_CONTROLS:
        return (
            f"{null.n} of {n_listed} negative controls can be used, a null needs"
            f" {MIN_CONTROLS}: nothing is calibrated"
        )
    notes = []
    if null.n < _ENOUGH_CONTROLS:
        notes.append(
            f"{null.n} negative controls: mean and spread are uncertain and taken for"
            " known, so calibrated p-values are too small more often than they say"
        )
    if null.spread < _SPREAD_WORTH_SAYING:
        notes.append(
            "spread is 0 as far as these controls tell: bias that differs between pairs"
            " is not excluded"
        )
    if abs(chance) > _MEAN_WORTH_SAYING:
        notes.append(
            "controls expect few reports: small counts alone give a mean of"
            f" {chance:.2f}"
        )
    return "; ".join(notes) or None
