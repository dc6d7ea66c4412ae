"""Likelihood ratio test of all groups of a drug at once, by simulation."""

from __future__ import annotations

import zlib
from itertools import groupby
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.stats import benjamini_hochberg, two_proportion_lrt

N_SIMULATIONS: Final = 1_999
_SEED: Final = 2011
_ALPHA: Final = 0.05
_MIN_REPORTS: Final = 3

# Groups only: supergroups hold groups, one event would stand in two rows.
_GROUPS: Final = """
select comparator, drug_level, drug, quarter, event, a, n_drug, n_event, n, expected
from signals.statistic
where variant = 'primary' and is_latest and event_level = 'group'
order by comparator, drug_level, drug, event
"""

_TEST: Final = pa.schema(
    [
        ("comparator", pa.string()),
        ("drug_level", pa.string()),
        ("drug", pa.string()),
        ("quarter", pa.string()),
        ("n_drug", pa.int64()),
        ("n_events", pa.int64()),
        ("event", pa.string()),
        ("a", pa.int64()),
        ("expected", pa.float64()),
        ("llr", pa.float64()),
        ("p_lrt", pa.float64()),
        ("n_flagged", pa.int64()),
        ("flagged_events", pa.string()),
        ("n_simulations", pa.int64()),
        ("m", pa.int64()),
        ("q_bh", pa.float64()),
    ]
)

_EVENT: Final = pa.schema(
    [
        ("comparator", pa.string()),
        ("drug", pa.string()),
        ("event_level", pa.string()),
        ("event", pa.string()),
        ("p_lrt", pa.float64()),
    ]
)

FloatArray = npt.NDArray[np.float64]
Row = dict[str, Any]


def score_drug_tests(
    con: warehouse.Connection, *, n_simulations: int = N_SIMULATIONS
) -> None:
    """Store the test of each drug and the step-down p of each of its groups.

    ``signals.drug_test`` has a row per comparator and drug; ``signals.drug_test_event``
    the p-values of the pairs. A drug is simulated from a seed of its own, so that
    another drug in the list does not move its p.
    """
    rows = warehouse.query_arrow(con, _GROUPS).to_pylist()
    tests: list[Row] = []
    events: list[Row] = []
    for _, found in groupby(rows, lambda r: (r["comparator"], r["drug_level"])):
        family = []
        for _, pairs in groupby(found, lambda r: r["drug"]):
            test, p_of_events = _of_drug(list(pairs), n_simulations=n_simulations)
            family.append(test)
            events += p_of_events
        tests += _with_q(family)
    for name, of_table, schema in (
        ("signals.drug_test", tests, _TEST),
        ("signals.drug_test_event", events, _EVENT),
    ):
        warehouse.load_arrow(con, name, pa.Table.from_pylist(of_table, schema=schema))


def _of_drug(pairs: list[Row], *, n_simulations: int) -> tuple[Row, list[Row]]:
    """Test of one drug in one comparator, and the p of its pairs."""
    first = pairs[0]
    key = {name: first[name] for name in ("comparator", "drug_level", "drug")}
    n_drug = max(row["n_drug"] for row in pairs)
    # An event that no report has, or every one, leaves nothing to compare.
    tested = [row for row in pairs if 0 < row["n_event"] < row["n"]]
    test = key | {
        "quarter": first["quarter"],
        "n_drug": n_drug,
        "n_events": len(tested),
        "n_simulations": n_simulations,
    }
    if not tested or not 0 < n_drug < max(row["n"] for row in pairs):
        return test, []
    a, n_drugs, n_event, n = (
        np.array([row[name] for row in tested], dtype=np.float64)
        for name in ("a", "n_drug", "n_event", "n")
    )
    counts, totals = mention_table(a, n_drugs, n_event=n_event, n=n)
    seed = zlib.crc32(f"{key['comparator']}|{key['drug']}".encode())
    result = two_proportion_lrt(
        counts[:, np.newaxis],
        totals,
        rng=np.random.default_rng([_SEED, seed]),
        n_simulations=n_simulations,
    )
    llr, p = result.llr[:-1, 0], result.p_step_down[:-1, 0]
    # Fewer than three reports are no finding, whatever their p.
    flagged = np.flatnonzero((p <= _ALPHA) & (a >= _MIN_REPORTS))
    flagged = flagged[np.argsort(-llr[flagged], kind="stable")]
    largest = int(np.argmax(llr))
    has_excess = bool(llr[largest] > 0)
    test |= {
        "event": tested[largest]["event"] if has_excess else None,
        "a": tested[largest]["a"] if has_excess else None,
        "expected": tested[largest]["expected"] if has_excess else None,
        "llr": float(llr[largest]),
        "p_lrt": float(p[largest]),
        "n_flagged": int(flagged.size),
        "flagged_events": "|".join(tested[i]["event"] for i in flagged) or None,
    }
    names = {name: key[name] for name in ("comparator", "drug")}
    return test, [
        names | {"event_level": "group", "event": row["event"], "p_lrt": float(value)}
        for row, value in zip(tested, p, strict=True)
    ]


def mention_table(
    a: FloatArray, n_drug: FloatArray, *, n_event: FloatArray, n: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Column of a drug and row totals as the likelihood ratio test needs them.

    Parameters
    ----------
    a, n_drug, n_event, n
        Cells and margins of the groups of one drug, one dimension. Margins differ
        between events by the litigated reports that leave them.

    Returns
    -------
    tuple of ndarray
        Counts of the drug and totals, each with a last row "other" that fills the
        drug's margin and the population up. Each event keeps its share of its own
        population, ``n_event / n``; the drug has the largest of its margins, so an
        expected count is too large by the litigated reports of the drug, never too
        small.
    """
    n_all = n.max()
    totals = n_event / n * n_all
    # A report with two groups stands in two rows; where few have none, nothing is left.
    other = max(n_drug.max() - a.sum(), 0.0)
    rest = max(n_all - totals.sum(), other)
    # Shares of unequal populations: rounding must not lift a count above its total.
    totals = np.maximum(totals, a)
    return np.append(a, other), np.append(totals, rest)


def _with_q(family: list[Row]) -> list[Row]:
    """Tests of the drugs of one comparator and level, with q among them."""
    p = np.array([row.get("p_lrt", np.nan) for row in family], dtype=np.float64)
    result = benjamini_hochberg(p)
    q = (None if np.isnan(value) else float(value) for value in result.q)
    return [
        row | {"m": result.m, "q_bh": value}
        for row, value in zip(family, q, strict=True)
    ]
