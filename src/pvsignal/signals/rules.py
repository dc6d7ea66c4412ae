"""Screening rules of one comparator, and what the comparators say together."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pvsignal.analysis import Evaluable, Thresholds
from pvsignal.stats import evaluable_a, evaluable_bc

Counts = NDArray[np.int64]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


def sdr_evans(a: Counts, prr: Values, *, chi2: Values, limits: Thresholds) -> Flags:
    """Flag pairs by the rule of Evans: a >= 3, PRR >= 2, chi-squared >= 4.

    Parameters
    ----------
    a
        Reports with drug and event, any shape.
    prr
        Proportional reporting ratio; NaN (zero margin) never flags.
    chi2
        Chi-squared with Yates' correction.
    limits
        Thresholds of the analysis.

    References
    ----------
    Evans SJW, Waller PC, Davis S (2001) Pharmacoepidemiol Drug Saf 10:483-486.
    """
    return (
        (a >= limits.min_reports) & (prr >= limits.prr_min) & (chi2 >= limits.chi2_min)
    )


def sdr_ror(a: Counts, ror_low: Values, *, limits: Thresholds) -> Flags:
    """Flag pairs with a >= 3 and the lower 95 % limit of the ROR above 1.

    A pair with c = 0 has an exact, finite lower limit and can flag.
    """
    return (a >= limits.min_reports) & (ror_low > limits.ror_low_min)


def sdr_ic(ic025: Values, *, limits: Thresholds) -> Flags:
    """Flag pairs with the lower 95 % limit of the information component above 0.

    The shrinkage asks for a >= 3 by itself (`pvsignal.stats.detectable_reports`).

    References
    ----------
    Noren GN, Hopstadius J, Bate A (2013) Stat Methods Med Res 22:57-69.
    """
    return ic025 > limits.ic025_min


def sdr_screen(by_ror: Flags, by_ic: Flags) -> Flags:
    """Flag pairs for the board: by the ROR or by the IC.

    References
    ----------
    README, "Flags": a >= 3, and `sdr_ror` or `sdr_ic`; both ask for three reports.
    """
    return by_ror | by_ic


def sdr_omega(omega025: Values) -> Flags:
    """Flag pairs of drugs whose lower 95 % limit of Omega lies above 0.

    NaN (no report with one of the drugs alone) never flags. The limits shrink towards
    0, so that no number of reports need be asked for beside them.

    References
    ----------
    Norén, Sundberg, Bate, Edwards (2008) Stat Med 27:3057-3070.
    """
    return omega025 > 0


def sdr_eb05(a: Counts, eb05: Values, *, limits: Thresholds) -> Flags:
    """Flag pairs with a >= 3 and the 5th percentile of the EBGM at least 2.

    Parameters
    ----------
    a
        Reports with drug and event, any shape.
    eb05
        Lower limit of EBGM; NaN, where there is none, never flags.
    limits
        Thresholds of the analysis.

    References
    ----------
    Szarfman A, Machado SG, O'Neill RT (2002) Drug Saf 25:381-392: EB05 >= 2.
    """
    return (a >= limits.min_reports) & (eb05 >= limits.eb05_min)


def evaluable(
    in_a: Flags, a: Counts, *, c: Counts, expected: Values, limits: Evaluable
) -> Flags:
    """Tell where a pair could be judged at all; elsewhere no flag says nothing.

    In A a pair is judged by `pvsignal.stats.evaluable_a`, in B and C by
    `pvsignal.stats.evaluable_bc`.

    Parameters
    ----------
    in_a
        True where the row belongs to comparator A.
    a, c
        Reports with drug and event, and with the event without the drug.
    expected
        Expected count; NaN (an empty population) is not evaluable.
    limits
        Limits of the analysis.
    """
    return np.where(
        in_a,
        evaluable_a(
            a,
            expected,
            min_reports=limits.a_min_reports,
            min_expected=limits.a_min_expected,
        ),
        evaluable_bc(
            expected,
            c,
            min_expected=limits.bc_min_expected,
            min_reference_cases=limits.bc_min_reference_cases,
        ),
    )


def agreement(latest: pd.DataFrame) -> pd.DataFrame:
    """One row per pair with what A, B and C say of it.

    Parameters
    ----------
    latest
        Statistics at the latest quarter: ``comparator``, ``drug_level``, ``drug``,
        ``event_level``, ``event``, ``a``, ``sdr_screen``, ``evaluable``; one row per
        pair and comparator.

    Returns
    -------
    pandas.DataFrame
        ``a_a``, ``a_b``, ``a_c`` (nullable), ``flagged_in`` such as ``A+C``,
        ``not_evaluable_in`` (of the comparators that exist for the drug),
        ``on_board`` (a flag anywhere), ``robust`` (a flag in A and in B or C where
        that one is evaluable: a comparator that cannot judge cannot agree) and
        ``agreement``: ``robust``; ``provisional`` (A and B or C, but none of those is
        evaluable); ``only A``; ``only B or C``; ``none``.
    """
    key = ["drug_level", "drug", "event_level", "event"]
    wide = latest.set_index([*key, "comparator"])[["a", "sdr_screen", "evaluable"]]
    table = wide.unstack("comparator")

    def column(name: str, comparator: str) -> pd.Series:
        if (name, comparator) in table.columns:
            return table[(name, comparator)]
        return pd.Series(pd.NA, index=table.index, dtype="object")

    def holds(name: str, comparator: str) -> pd.Series:
        return column(name, comparator).astype("boolean").fillna(False).astype(bool)

    flagged = {x: holds("sdr_screen", x) for x in "ABC"}
    judged = {x: holds("evaluable", x) for x in "ABC"}
    blind = {x: column("a", x).notna() & ~judged[x] for x in "ABC"}
    result = pd.DataFrame(index=table.index)
    for x in "ABC":
        result[f"a_{x.lower()}"] = column("a", x).astype("Int64")
    result["flagged_in"] = _joined(flagged)
    result["not_evaluable_in"] = _joined(blind)
    other = flagged["B"] | flagged["C"]
    agreeing = (flagged["B"] & judged["B"]) | (flagged["C"] & judged["C"])
    result["on_board"] = flagged["A"] | other
    result["robust"] = flagged["A"] & agreeing
    result["agreement"] = np.select(
        [result["robust"], flagged["A"] & other, flagged["A"], other],
        ["robust", "provisional", "only A", "only B or C"],
        default="none",
    )
    return result.reset_index()


def _joined(flags: dict[str, pd.Series]) -> list[str]:
    rows = zip(*(flags[x] for x in "ABC"), strict=True)
    return [
        "+".join(x for x, is_set in zip("ABC", row, strict=True) if is_set)
        for row in rows
    ]
