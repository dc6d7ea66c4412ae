"""How many rows, blanks and codes the quarters of the real archive have.

The figures stand in ``data/rows_per_report.csv``, ``data/blank_shares.csv`` and
``data/code_shares.csv``; where they come from is said in the README beside them. A
share between two quarters of a table is interpolated, outside it the nearest holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from pvsignal.quarter import Quarter
from pvsignal.simulate.vocabulary import Floats, Ints, read_table

FAERS_ORDINAL = Quarter(2012, 4).ordinal
# FAERS wrote dates as exactly as they were known until the system moved in 2021; before
# and since, what is not known is imputed with 01.
IMPUTED_AGAIN = Quarter(2021, 4).ordinal
# Dosage records have rows of their own in a sample of 2025q4 (9 %), in none of 2017q2
# and 2022q4; when that began is not known.
DOSAGE_ROWS_FROM = Quarter(2023, 1).ordinal
DOSAGE_ROWS = 0.09
DOSAGE_ROWS_BEFORE = 0.01


@cache
def _anchors(name: str) -> pd.DataFrame:
    table = read_table(name)
    table["ordinal"] = [Quarter.parse(text).ordinal for text in table["quarter"]]
    return table


def rows_per_report(table: str, ordinals: Ints) -> Floats:
    """Rows of a table per row of DEMO in each quarter; late ones have the last four's.

    Parameters
    ----------
    table
        ``drug``, ``reac``, ``outc``, ``indi``, ``ther`` or ``rpsr``.
    ordinals
        Quarters as ordinals.
    """
    known = _anchors("rows_per_report")
    counted = known[table].astype(float).to_numpy()
    ratios = np.append(counted, counted[-4:].mean())
    place = np.asarray(ordinals) - int(known["ordinal"].iloc[0])
    found: Floats = ratios[np.clip(place, 0, len(ratios) - 1)]
    return found


def dosage_rows(ordinals: Ints) -> Floats:
    """Share of the drugs whose row is repeated for a second dosage."""
    share = np.where(ordinals >= DOSAGE_ROWS_FROM, DOSAGE_ROWS, DOSAGE_ROWS_BEFORE)
    return np.where(ordinals < FAERS_ORDINAL, 0.0, share)


def drugs_per_report(ordinals: Ints) -> Floats:
    """Mean number of drugs of a report: rows of DRUG without those of dosages."""
    return rows_per_report("drug", ordinals) / (1 + dosage_rows(ordinals))


def blank_share(column: str, ordinals: Ints) -> Floats:
    """Share of the rows in which a column is blank, by quarter."""
    table = _anchors("blank_shares")
    own = table[table["column"] == column]
    return _between(ordinals, own["ordinal"], own["share"])


def code_shares(column: str, ordinals: Ints) -> Mapping[str, Floats]:
    """Share of each code of a column, by quarter; what they leave of 1 is blank."""
    table = _anchors("code_shares")
    own = table[table["column"] == column]
    wide = own.pivot(index="ordinal", columns="code", values="share").astype(float)
    wide = wide.fillna(0.0)[own["code"].unique()]
    return {str(code): _between(ordinals, wide.index, wide[code]) for code in wide}


def draw_codes(
    rng: np.random.Generator, column: str, ordinals: Ints
) -> tuple[tuple[str, ...], Ints]:
    """Codes of a column, and the number of the one that each row gets (-1: blank)."""
    quarters, which = _quarters(ordinals)
    shares = code_shares(column, quarters)
    cumulated = np.cumsum(list(shares.values()), axis=0)
    chance = rng.random(len(ordinals))
    drawn = np.zeros(len(ordinals), dtype=np.int64)
    for bound in cumulated:
        drawn += chance >= bound[which]
    return tuple(shares), np.where(drawn == len(shares), -1, drawn)


def _between(ordinals: Ints, at: Any, values: Any) -> Floats:
    quarters, which = _quarters(ordinals)
    of_quarter: Floats = np.interp(
        quarters, np.asarray(at, dtype=float), np.asarray(values, dtype=float)
    )
    return of_quarter[which]


def _quarters(ordinals: Ints) -> tuple[Ints, Ints]:
    """All quarters from the first to the last one, and the place of each row's."""
    ordinals = np.asarray(ordinals)
    first = int(ordinals.min()) if len(ordinals) else 0
    return np.arange(first, ordinals.max(initial=first) + 1), ordinals - first
