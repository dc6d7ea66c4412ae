"""P-values of every pair, and what they mean among all pairs that were tested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pvsignal import warehouse
from pvsignal.pipeline.scoring.controls import log_ror_se
from pvsignal.stats import (
    EmpiricalNull,
    MgpsPrior,
    bayesian_fdr,
    benjamini_hochberg,
    calibrated_p,
    fisher,
    lbe_q,
    storey_q,
)

# Whole grids. Terms have cells from one report on, markers and MedDRA are no board.
_PAIRS: Final = """
select
    statistic.comparator, statistic.drug_level, statistic.drug, statistic.event_level,
    statistic.event, statistic.quarter, statistic.a, statistic.b, statistic.c,
    statistic.d, statistic.expected, statistic.ror, drug_test.p_lrt,
    empirical_null.mean_log_ror, empirical_null.spread_log_ror
from signals.statistic as statistic
left join signals.drug_test_event as drug_test
    on statistic.comparator = drug_test.comparator
    and statistic.drug = drug_test.drug
    and statistic.event_level = drug_test.event_level
    and statistic.event = drug_test.event
left join signals.empirical_null as empirical_null
    on statistic.comparator = empirical_null.comparator
where
    statistic.variant = 'primary' and statistic.is_latest
    and statistic.event_level in ('group', 'supergroup')
order by
    statistic.comparator, statistic.drug_level, statistic.event_level,
    statistic.drug, statistic.event
"""

_KEY: Final = ("comparator", "drug_level", "drug", "event_level", "event", "quarter")
_FAMILY: Final = ("comparator", "drug_level", "event_level")
_RATES: Final = ("q_bh", "pi0_storey", "q_storey", "pi0_lbe", "q_lbe", "fdr_ebgm")
_NORMAL_P: Final = ("p_raw", "p_calibrated", "p_raw_greater", "p_calibrated_greater")

FloatArray = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


def score_multiplicity(
    con: warehouse.Connection, priors: Mapping[str, MgpsPrior] | None = None
) -> None:
    """Store p and false discovery rate of all pairs as ``signals.multiplicity``.

    A family is all pairs of a comparator, drug level and event level whose margins
    leave more than one table. Nothing is selected by ``a``. Needs `score_controls` and
    `score_drug_tests` before it.

    Parameters
    ----------
    con
        Warehouse with ``signals.statistic``.
    priors
        Prior of MGPS by event level, for the Bayesian false discovery rate of
        comparator A; without one it is NULL.
    """
    pairs = warehouse.query_arrow(con, _PAIRS)
    columns = _values(pairs, priors or {})
    table = pa.table(
        {name: pairs[name] for name in _KEY}
        | {name: pa.array(values, from_pandas=True) for name, values in columns.items()}
        | {"p_lrt": pairs["p_lrt"]}
    )
    warehouse.load_arrow(con, "signals.multiplicity", table)


def _values(
    pairs: pa.Table, priors: Mapping[str, MgpsPrior]
) -> dict[str, npt.NDArray[np.generic]]:
    """Columns of the table; NaN where nothing can be said."""
    a, b, c, d = (pairs[name].to_numpy().astype(np.float64) for name in "abcd")
    expected = pairs["expected"].to_numpy()
    test = fisher(a, b, c, d)
    is_tested = (np.minimum(a + b, c + d) > 0) & (np.minimum(a + c, b + d) > 0)
    p_greater = np.where(is_tested, test.p_greater, np.nan)
    p_mid = np.where(is_tested, test.p_mid, np.nan)
    result: dict[str, npt.NDArray[np.generic]] = {
        "m": np.zeros(a.size, dtype=np.int64),
        "p_greater": p_greater,
        "p_mid": p_mid,
    }
    rates = {name: np.full(a.size, np.nan) for name in _RATES}
    for (comparator, _, event_level), rows in _families(pairs):
        # P(p <= t) <= t holds for p_greater, which the proof of BH needs. A share of
        # true null hypotheses is read from p-values that are even between 0 and 1, and
        # p_greater is 1 wherever a = 0; mid-p is as even as a discrete p can be.
        bh = benjamini_hochberg(p_greater[rows])
        storey, lbe = storey_q(p_mid[rows]), lbe_q(p_mid[rows])
        result["m"][rows] = bh.m
        rates["q_bh"][rows] = bh.q
        rates["q_storey"][rows], rates["pi0_storey"][rows] = storey.q, storey.pi0
        rates["q_lbe"][rows], rates["pi0_lbe"][rows] = lbe.q, lbe.pi0
        prior = priors.get(event_level)
        if prior and comparator == "A":
            # Expected counts of a pair that is not tested are 0: no probability.
            below = prior.probability_below(a[rows], expected[rows], 1.0)
            below = np.where(is_tested[rows], below, np.nan)
            rates["fdr_ebgm"][rows] = bayesian_fdr(below).q
    return result | rates | _normal_p(pairs, log_ror_se(a, b, c, d))


def _families(pairs: pa.Table) -> Iterator[tuple[tuple[str, str, str], Rows]]:
    """Rows of each family with its name."""
    named: dict[tuple[str, str, str], list[int]] = {}
    columns = (pairs[name].to_pylist() for name in _FAMILY)
    for row, name in enumerate(zip(*columns, strict=True)):
        named.setdefault(name, []).append(row)
    for name, rows in named.items():
        yield name, np.array(rows, dtype=np.intp)


def _normal_p(pairs: pa.Table, se: FloatArray) -> dict[str, npt.NDArray[np.generic]]:
    """Normal p-values of ln ROR, raw and against the empirical null."""
    result = {name: np.full(len(pairs), np.nan) for name in _NORMAL_P}
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ror = np.log(pairs["ror"].to_numpy())
    for comparator in pc.unique(pairs["comparator"]).to_pylist():
        rows = np.flatnonzero(pc.equal(pairs["comparator"], comparator).to_numpy())
        mean, spread = (
            pairs[name].cast(pa.float64()).to_numpy(zero_copy_only=False)[rows[0]]
            for name in ("mean_log_ror", "spread_log_ror")
        )
        nan = float("nan")
        null = EmpiricalNull(float(mean), float(spread), 0, 0, nan, nan)
        p = calibrated_p(log_ror[rows], se[rows], null)
        result["p_raw"][rows] = p.raw_two_sided
        result["p_calibrated"][rows] = p.two_sided
        result["p_raw_greater"][rows] = p.raw_one_sided
        # Controls that lie below 1 are no evidence for a pair: only more p, never less.
        result["p_calibrated_greater"][rows] = np.fmax(p.one_sided, p.raw_one_sided)
        result["p_calibrated_greater"][rows[np.isnan(p.one_sided)]] = np.nan
    return dict(result)
