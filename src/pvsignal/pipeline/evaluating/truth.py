"""What is true of each scored pair of a simulated archive."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from pvsignal import codelists
from pvsignal.codelists import drug_members
from pvsignal.quarter import Quarter
from pvsignal.simulate.truth import Pair, holding
from pvsignal.simulate.vocabulary import load_vocabulary

PLANTED: Final = "planted"
CHANCE: Final = "chance"

# A scene writes down all pairs of its group; those that it is not about have this mark.
OTHERS: Final = ", other pairs"

# A crude ratio of A that is too large by this factor, by the plan, misleads.
MISLEADING: Final = 1.5


@dataclass(frozen=True)
class PlantedPair:
    """A planted signal.

    Attributes
    ----------
    drug, event
        The pair.
    ratio
        True ratio of the reports from the onset on.
    n_expected
        Reports of the pair from then on that a ratio of 1 would bring.
    n_planted
        Reports that were added to them.
    """

    drug: str
    event: str
    ratio: float
    n_expected: float
    n_planted: int


@dataclass(frozen=True)
class Truth:
    """Pairs whose reporting ratio is known.

    Attributes
    ----------
    pairs
        One row a pair: ``drug``, ``event``, ``ratio`` (true, from the onset on; 1 of a
        null pair), ``onset`` (ordinal of the quarter) and ``scene``: the scene that it
        belongs to, ``planted`` for an ordinary signal, ``chance`` where nothing was
        done to it. A pair of a scene's group that has no effect, and whose crude ratio
        in A is not too large by the plan, is one of its `OTHERS`.
    expected
        Crude ratio that the plan implies: ``drug``, ``event``, ``comparator``,
        ``expected_ratio``.
    planted
        Planted signals.
    """

    pairs: pd.DataFrame
    expected: pd.DataFrame
    planted: tuple[PlantedPair, ...] = ()


def simulated_therapies() -> frozenset[str]:
    """MS therapies of which simulated archives have reports of their own."""
    return frozenset(load_vocabulary().therapies["ingredient"])


def read_truth(folder: Path, scored: Collection[Pair], *, first: Quarter) -> Truth:
    """Truth of the scored pairs.

    Pairs of which the ratio is not known are left out: traps (thinned below what could
    be flagged), those that hold a planted pair or a pair of a scene, such as the class
    of its drug, and any other drug with the group of a planted pair or of litigated
    reports, which stand in its background. So are pairs of a drug that is no simulated
    therapy, nor a class with one.

    Parameters
    ----------
    folder
        Truth tables that `simulate` wrote.
    scored
        Pairs of drug or class and group.
    first
        Quarter in which the archive begins: the onset of pairs without another one.
    """
    expected = _read(folder / "expected_ratios.csv", _EXPECTED)
    signals = _read(folder / "signals.csv", _SIGNALS)
    known = pd.concat([_signals(signals), _scene_pairs(expected)], ignore_index=True)
    known = known.drop_duplicates(["drug", "event"], ignore_index=True)
    touched = _pairs_of(known)
    for name in ("implied", "masking", "traps", "scenes"):
        touched |= _pairs_of(_read(folder / f"{name}.csv", ("drug", "event")))
    touched = {pair for pair in touched if all(pair)}
    masking = _read(folder / "masking.csv", ("event",))
    changed = {*signals["event"], *masking["event"]}
    members = drug_members(codelists.load_codelists())
    simulated = members[members["therapy"].isin(simulated_therapies())]
    drugs = set(simulated["drug"])
    chance = {pair for pair in scored if pair[0] in drugs and pair[1] not in changed}
    chance -= touched | holding(touched, chance)
    known = known[[pair in scored for pair in _rows(known)]]
    nulls = pd.DataFrame(sorted(chance), columns=["drug", "event"])
    nulls = nulls.assign(ratio=1.0, onset=first.ordinal, scene=CHANCE)
    pairs = pd.concat([known, nulls], ignore_index=True)
    plan = expected[["drug", "event", "comparator", "expected_ratio"]]
    return Truth(
        pairs.astype({"ratio": float, "onset": "int64"}),
        plan.drop_duplicates(["drug", "event", "comparator"]),
        tuple(
            PlantedPair(*row)
            for row in signals.drop(columns="from_quarter").itertuples(index=False)
        ),
    )


_EXPECTED = (
    *("scene", "drug", "event", "from_quarter", "comparator"),
    *("true_ratio", "expected_ratio"),
)
_SIGNALS = ("drug", "event", "ratio", "from_quarter", "n_expected", "n_planted")


def _signals(signals: pd.DataFrame) -> pd.DataFrame:
    return _with_onset(signals.assign(scene=PLANTED))


def _scene_pairs(expected: pd.DataFrame) -> pd.DataFrame:
    """Pairs of scenes, by the row of A, which has all of them."""
    rows = expected[expected["comparator"] == "A"]
    true = rows["true_ratio"].to_numpy(np.float64)
    exaggerated = rows["expected_ratio"].to_numpy(np.float64) >= MISLEADING * true
    is_other = (true <= 1) & ~exaggerated
    scene = rows["scene"].where(~is_other, rows["scene"] + OTHERS)
    return _with_onset(rows.assign(ratio=true, scene=scene))


def _with_onset(table: pd.DataFrame) -> pd.DataFrame:
    """Pairs with the ordinal of the quarter in which their ratio begins."""
    onset = [Quarter.parse(quarter).ordinal for quarter in table["from_quarter"]]
    return table.assign(onset=onset)[["drug", "event", "ratio", "onset", "scene"]]


def _read(file: Path, columns: Collection[str]) -> pd.DataFrame:
    """Some columns of a truth table; no row where the archive has no such table."""
    if not file.exists():
        return pd.DataFrame(columns=list(columns))
    return pd.read_csv(file, keep_default_na=False, na_values={"expected_ratio": [""]})[
        list(columns)
    ]


def _rows(table: pd.DataFrame) -> list[Pair]:
    return list(zip(table["drug"], table["event"], strict=True))


def _pairs_of(table: pd.DataFrame) -> set[Pair]:
    return set(_rows(table))
