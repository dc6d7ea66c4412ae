"""What was planted, held against what was flagged."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pvsignal import codelists
from pvsignal.simulate.attrition import attrition, row_fates
from pvsignal.simulate.fates import Fates

Pair = tuple[str, str]


@dataclass(frozen=True)
class Comparison:
    """Flags of a run beside the truth of its simulated archives.

    Attributes
    ----------
    found, missed
        Planted pairs with and without a flag in comparator B or C.
    sprung
        Traps that are flagged in any comparator.
    n_traps
        Number of traps.
    n_implied
        Flagged pairs that hold a planted one or one of a scene (a class of the drug,
        a supergroup of the event).
    n_other
        Flagged pairs that nothing planted explains: chance.
    n_scored
        Pairs of a drug or class and a group or supergroup.
    """

    found: tuple[Pair, ...]
    missed: tuple[Pair, ...]
    sprung: tuple[Pair, ...]
    n_traps: int
    n_implied: int
    n_other: int
    n_scored: int

    @property
    def is_as_planted(self) -> bool:
        """Every planted signal is flagged and no trap is."""
        return not self.missed and not self.sprung

    def lines(self) -> Iterable[str]:
        """Sentences for a person."""
        n_planted = len(self.found) + len(self.missed)
        yield f"planted signals flagged in B or C: {len(self.found)} of {n_planted}"
        for drug, event in self.missed:
            yield f"  missed: {drug} x {event}"
        yield f"traps flagged in any comparator: {len(self.sprung)} of {self.n_traps}"
        for drug, event in self.sprung:
            yield f"  trap: {drug} x {event}"
        yield (
            f"other flags: {self.n_other} of {self.n_scored} pairs scored, by chance; "
            f"{self.n_implied} more hold a planted signal (its class or supergroup)"
        )


@dataclass(frozen=True)
class Figures:
    """Figures of an attrition beside those of the truth.

    Attributes
    ----------
    table
        One row per figure of either: its key, ``expected``, ``found``, and
        ``rests_on``: ``duplicates`` where the expected one is that of the suspected
        duplicates really found, else empty. A figure that one side lacks is -1 there.
    """

    table: pd.DataFrame

    @property
    def differing(self) -> pd.DataFrame:
        """Rows in which the two differ."""
        return self.table[self.table["expected"] != self.table["found"]]

    def line(self, name: str) -> str:
        """Sentence for a person."""
        n, n_wrong = len(self.table), len(self.differing)
        n_resting = int((self.table["rests_on"] != "").sum())
        return (
            f"{name}: {n - n_wrong} of {n} figures as planted, {n_resting} of them "
            "with the duplicates that were found"
        )


def compare_attrition(
    truth: Path, found: pd.DataFrame, duplicates: Collection[int]
) -> Figures:
    """Hold ``api.attrition`` against ``attrition.csv``.

    Parameters
    ----------
    truth
        Folder of the truth tables.
    found
        ``part``, ``step``, ``kind``, ``unit``, ``n``.
    duplicates
        Cases that the run leaves out as suspected duplicates. Planted duplicates are
        not all found, and others are: the figures that rest on them are expected for
        these, summed up from ``reports.csv``, ``exposures.csv`` and ``outcomes.csv``.
    """
    planned = _read(truth / "attrition.csv")
    by_found = attrition(Fates.read(truth), duplicates)
    resting = planned["rests_on"] != ""
    expected = pd.concat([planned[~resting], by_found[by_found["rests_on"] != ""]])
    return _figures(expected, found, ["part", "step", "kind", "unit"], "n")


def compare_row_fates(
    truth: Path, found: pd.DataFrame, duplicates: Collection[int]
) -> Figures:
    """Hold ``api.row_fates`` against ``row_fates.csv``, as `compare_attrition` does.

    Parameters
    ----------
    truth
        Folder of the truth tables.
    found
        ``quarter``, ``fate``, ``n_rows``.
    duplicates
        Cases that the run leaves out as suspected duplicates.
    """
    planned = _read(truth / "row_fates.csv")
    by_found = row_fates(Fates.read(truth), duplicates)
    expected = pd.concat(
        [
            planned[planned["rests_on"] == ""],
            by_found[by_found["rests_on"] != ""],
        ]
    )
    return _figures(expected, found, ["quarter", "fate"], "n_rows")


def _figures(
    expected: pd.DataFrame, found: pd.DataFrame, key: list[str], n: str
) -> Figures:
    left = expected[[*key, n, "rests_on"]].rename(columns={n: "expected"})
    right = found[[*key, n]].rename(columns={n: "found"})
    table = left.merge(right, on=key, how="outer", validate="one_to_one")
    table["rests_on"] = table["rests_on"].fillna("")
    numbers = ["expected", "found"]
    table[numbers] = table[numbers].fillna(-1).astype("int64")
    return Figures(table)


def compare_with_truth(truth: Path, flags: pd.DataFrame) -> Comparison:
    """Hold flags against the truth tables that `simulate` wrote.

    Parameters
    ----------
    truth
        Folder with ``signals.csv``, ``implied.csv``, ``masking.csv``, ``traps.csv``,
        ``expected_ratios.csv`` and ``scenes.csv``.
    flags
        ``drug``, ``event``, ``comparator``, ``sdr_screen`` at the latest quarter, group
        and supergroup level.
    """
    flagged = flags[flags["sdr_screen"]]
    anywhere = set(zip(flagged["drug"], flagged["event"], strict=True))
    in_bc = flagged[flagged["comparator"] != "A"]
    within = set(zip(in_bc["drug"], in_bc["event"], strict=True))
    planted = _pairs(truth / "signals.csv")
    traps = _pairs(truth / "traps.csv")
    implied = _pairs(truth / "implied.csv") | _pairs(truth / "masking.csv")
    staged = _pairs(truth / "expected_ratios.csv") | _pairs(truth / "scenes.csv")
    implied |= holding(planted | {pair for pair in staged if all(pair)}, anywhere)
    implied -= planted | traps
    scored = flags[["drug", "event"]].drop_duplicates()
    return Comparison(
        found=tuple(sorted(planted & within)),
        missed=tuple(sorted(planted - within)),
        sprung=tuple(sorted(traps & anywhere)),
        n_traps=len(traps),
        n_implied=len(anywhere & implied),
        n_other=len(anywhere - implied - planted - traps),
        n_scored=len(scored),
    )


def holding(planted: Collection[Pair], pairs: Collection[Pair]) -> set[Pair]:
    """Pairs whose drug shares a therapy and whose event shares a term with a plant.

    Parameters
    ----------
    planted
        Pairs of a drug or class and an event.
    pairs
        Pairs to choose from; what the shipped code lists do not know holds none.
    """
    lists = codelists.load_codelists()
    members = codelists.drug_members(lists)
    therapies = members.groupby("drug")["therapy"].agg(frozenset)
    listed = [codelists.normalise_term(pt) for pt in lists["neoplasm_pts"].table["pt"]]
    meaning = codelists.classify_terms(listed, lists)
    events = codelists.events_of_terms(meaning, lists)
    terms = events.groupby("event")["term"].agg(frozenset)
    nothing: frozenset[str] = frozenset()
    return {
        (drug, event)
        for drug, event in pairs
        for planted_drug, planted_event in planted
        if therapies.get(drug, nothing) & therapies.get(planted_drug, nothing)
        and terms.get(event, nothing) & terms.get(planted_event, nothing)
    }


def _read(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, keep_default_na=False)


def _pairs(file: Path) -> set[Pair]:
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    return set(zip(table["drug"], table["event"], strict=True))
