"""Where the reports of each pair come from, as known at every quarter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from pvsignal import warehouse
from pvsignal.analysis import Emerging
from pvsignal.signals.sources import Spread, spread

TRAITS: Final = ("country", "sender", "literature", "country_quarter", "reporter")

# What holds too much, in the order in which it is named, and how it is put.
_CONCENTRATED: Final[Mapping[str, str]] = {
    "sender": "sender {}",
    "literature": "one article",
    "country_quarter": "country and quarter {}",
}

_STEPS: Final = """
    select drug, event, trait, value, quarter_no, step
    from signals.source_step
    order by drug, event, trait, value, quarter_no
"""


def sources_of_pairs(con: warehouse.Connection, board: pd.DataFrame) -> pd.DataFrame:
    """Sources behind each board row, with the most frequent value of each trait.

    Parameters
    ----------
    con
        Warehouse with the models of the group ``sources``.
    board
        ``drug``, ``event``, ``quarter_no``.

    Returns
    -------
    pandas.DataFrame
        Rows of `board`, with ``n_<trait>`` distinct values, ``most_<trait>`` reports
        of the most frequent one and ``top_<trait>`` its text, ``""`` where no report
        states the trait. ``most_reporter`` counts reports of professionals.
    """
    steps = warehouse.query_frame(con, _STEPS)
    quarters = _quarters(con)
    result = board.copy()
    for trait in TRAITS:
        result[f"n_{trait}"] = np.int64(0)
        result[f"most_{trait}"] = np.int64(0)
        result[f"top_{trait}"] = ""
    if steps.empty:
        return result
    rows_of = board.groupby(["drug", "event"], sort=False).indices
    values = {
        name: result[name].to_numpy(copy=True)
        for name in result.columns[len(board.columns) :]
    }
    for key, changes in steps.groupby(["drug", "event", "trait"], sort=False):
        drug, event, trait = map(str, key)
        rows = rows_of.get((drug, event))
        if rows is None:
            continue
        found, names = _spread(changes, quarters)
        at = np.searchsorted(quarters, board["quarter_no"].to_numpy()[rows])
        values[f"n_{trait}"][rows] = found.n_values[at]
        values[f"most_{trait}"][rows] = found.most[at]
        values[f"top_{trait}"][rows] = np.where(
            found.most[at] > 0, names[found.top[at]], ""
        )
    return result.assign(**values)


def _quarters(con: warehouse.Connection) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    frame = warehouse.query_frame(
        con, "select quarter_no from cases.held_quarter order by quarter_no"
    )
    return frame["quarter_no"].to_numpy().astype(np.int64)


def _spread(
    changes: pd.DataFrame, quarters: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> tuple[Spread, np.ndarray[tuple[int], np.dtype[np.object_]]]:
    code, names = pd.factorize(changes["value"], sort=True)
    found = spread(
        changes["step"].to_numpy(),
        code.astype(np.int64),
        np.searchsorted(quarters, changes["quarter_no"].to_numpy()),
        n_quarters=len(quarters),
    )
    return found, np.asarray(names, dtype=object)


def check_concentration(
    con: warehouse.Connection, sources: pd.DataFrame, limits: Emerging
) -> pd.DataFrame:
    """Whether one sender, article, or country in one quarter holds most of a pair.

    A sender that also holds more than that share of the drug's other reports is the
    drug's usual one and fails nothing: most reports of a brand come through the
    holder of its authorisation.

    Parameters
    ----------
    con
        Warehouse with ``signals.drug_sender_step``.
    sources
        Result of `sources_of_pairs`, with ``a``.
    limits
        Give the share.

    Returns
    -------
    pandas.DataFrame
        One row per board row, in the columns of ``signals.pair_check``.
    """
    usual = _share_of_others(con, sources)
    rows = []
    for row, share_of_others in zip(sources.to_dict("records"), usual, strict=True):
        a = int(row["a"])
        held = {trait: int(row[f"most_{trait}"]) if a else 0 for trait in _CONCENTRATED}
        over = [trait for trait, n in held.items() if a and n > limits.max_share * a]
        is_usual = "sender" in over and share_of_others > limits.max_share
        failing = [t for t in over if not (t == "sender" and is_usual)]
        named = {
            trait: words.format(row[f"top_{trait}"])
            for trait, words in _CONCENTRATED.items()
        }
        most = max(held, key=lambda trait: held[trait])
        if failing:
            first = failing[0]
            words = f"{named[first]} holds {held[first]} of {a} reports"
            if first == "sender":
                words += f", and {share_of_others:.0%} of the drug's others"
            most = first
        elif is_usual:
            words = (
                f"{named['sender']} holds {held['sender']} of {a} reports, and "
                f"{share_of_others:.0%} of the drug's others: its usual sender"
            )
        elif held[most]:
            words = f"most come from {named[most]}: {held[most]} of {a} reports"
        else:
            words = "no report states a sender, an article or a country"
        rows.append(
            (
                *("fails" if failing else "passes", held[most] / a if a else None),
                *(a, words),
            )
        )
    outcome = pd.DataFrame(rows, columns=["outcome", "value", "of_n", "words"])
    key = sources[["drug", "event", "quarter_no"]].reset_index(drop=True)
    return key.assign(check_id="concentration").join(outcome)


def _share_of_others(
    con: warehouse.Connection, sources: pd.DataFrame
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Share of the drug's other reports that the pair's top sender holds."""
    steps = warehouse.query_frame(
        con,
        "select drug, sender, quarter_no, step from signals.drug_sender_step "
        "order by drug, sender, quarter_no",
    )
    quarters = _quarters(con)
    shares = np.zeros(len(sources))
    by_drug = sources.reset_index(drop=True).groupby("drug", sort=False).indices
    for drug, changes in steps.groupby("drug", sort=False):
        rows = by_drug.get(drug)
        if rows is None:
            continue
        code, names = pd.factorize(changes["sender"], sort=True)
        known = np.zeros((len(names), len(quarters)), dtype=np.int64)
        at = np.searchsorted(quarters, changes["quarter_no"].to_numpy())
        np.add.at(known, (code, at), changes["step"].to_numpy())
        known = known.cumsum(axis=1)
        position = pd.Index(names).get_indexer(
            sources["top_sender"].to_numpy()[rows]  # -1 where no sender is stated
        )
        quarter = np.searchsorted(quarters, sources["quarter_no"].to_numpy()[rows])
        own = np.where(position >= 0, known[position, quarter], 0)
        others = known[:, quarter].sum(axis=0) - sources["a"].to_numpy()[rows]
        own_others = own - sources["most_sender"].to_numpy()[rows]
        shares[rows] = np.where(others > 0, own_others / np.maximum(others, 1), 0.0)
    return shares
