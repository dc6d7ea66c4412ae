"""When each version of a case is published, and which cases the FDA deletes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pvsignal.errors import UsageError
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.simulate.cohorts import Cohort
from pvsignal.simulate.plants import DROPPED_AFTER, Truth
from pvsignal.simulate.reports import EVER, Reports, quarter_weights
from pvsignal.simulate.shares import FAERS_ORDINAL
from pvsignal.simulate.vocabulary import Flags, Ints

FIRST_ORDINAL = Quarter(2004, 1).ordinal
LISTS_FROM = Quarter(2019, 1).ordinal
# ISRs of 35 legacy quarters stay below the first primaryid, 40,000,001.
MOST_IN_QUARTER = 1_000_000
FIRST_CASEID, FIRST_ISR, FIRST_DRUG_SEQ = 4_000_000, 4_260_000, 1_004_000_000
# Numbers of a quarter of the real archive; more where the simulated one needs more.
CASEIDS_OF_QUARTER, ISRS_OF_QUARTER = 240_000, 127_000
# Rows of DEMO for each case first reported in the fullest quarter, and some to spare.
ROOM, SPARE = 1.5, 1_000
# Share of cases with at least one, two, three later versions: 17 % of all rows.
LATER_VERSIONS = (0.165, 0.05, 0.015)
# Share of cases whose first row in an extract is version 1, 2 and so on: with the later
# rows 67, 20 and 6 % of all are version 1, 2 and 3, as in 2026q1.
# Four skipped, three later and one sent again make version 9, the last of one digit.
SKIPPED_VERSIONS = (0.775, 0.13, 0.04, 0.03, 0.025)
DELETED_SHARE = 0.005
RESENT_SHARE = 0.1
LATE_CASES = 8
SHOWN_BRIDGES = 20


@dataclass(frozen=True)
class Sightings:
    """Rows of DEMO and lines of the deletion lists.

    Attributes
    ----------
    caseid
        Number of each case.
    rows
        case, version (1 = the first published), caseversion (its number in FAERS),
        quarter (position in the span), primaryid, by quarter and primaryid.
    deletions
        quarter, caseid: lines of the lists in their order, also of unknown cases.
    first_drug_seq
        Number of the first drug row; those of legacy reports are unique.
    """

    caseid: Ints
    rows: pd.DataFrame
    deletions: pd.DataFrame
    first_drug_seq: int


class Numbers:
    """Hands out distinct numbers that grow with the quarter, cohort after cohort.

    Parameters
    ----------
    base
        First number of 2004q1.
    per_quarter
        Numbers that each quarter has.
    """

    def __init__(self, base: int, per_quarter: int) -> None:
        self.base = base
        self.per_quarter = per_quarter
        self.n_taken: defaultdict[int, int] = defaultdict(int)

    def draw(self, rng: np.random.Generator, ordinal: Ints, end: int) -> Ints:
        """Give each row a number of its quarter, in random order within it.

        Parameters
        ----------
        rng
            Source of randomness.
        ordinal
            Quarter of each row.
        end
            Ordinal of the quarter after the cohort. Of the quarters before it the
            cohort is the last one, and its rows are spread over the numbers that are
            left; in later ones they stand closely, to leave room.

        Raises
        ------
        UsageError
            If a quarter has too few numbers.
        """
        numbers = np.empty(len(ordinal), dtype=np.int64)
        for one in np.unique(ordinal).tolist():
            here = np.flatnonzero(ordinal == one)
            begin = self.n_taken[one]
            n_left = self.per_quarter - begin
            if len(here) > n_left:
                raise _too_many(begin + len(here), self.per_quarter)
            step = n_left // len(here) if one < end else 1
            self.n_taken[one] += step * len(here)
            offset = (one - FIRST_ORDINAL) * self.per_quarter + begin
            place = np.arange(len(here)) * step + rng.integers(0, step, len(here))
            numbers[rng.permutation(here)] = self.base + offset + place
        return numbers


@dataclass
class Identifiers:
    """Where the identifiers of the next cohort go on.

    Attributes
    ----------
    caseids, isrs
        Numbers of cases and of legacy reports.
    drug_seq
        Number of the next drug row.
    """

    caseids: Numbers
    isrs: Numbers
    drug_seq: int = FIRST_DRUG_SEQ

    @classmethod
    def of(cls, span: QuarterSpan, n_reports: int) -> Identifiers:
        """Identifiers for so many cases over the span.

        Raises
        ------
        UsageError
            If a quarter gets more reports than there are numbers of eight digits.
        """
        expected = quarter_weights(span) * n_reports
        is_legacy = np.array([quarter.ordinal < FAERS_ORDINAL for quarter in span])
        fullest = round(ROOM * expected.max()) + SPARE
        fullest_legacy = round(ROOM * (expected * is_legacy).max()) + SPARE
        if fullest > MOST_IN_QUARTER:
            raise _too_many(fullest, MOST_IN_QUARTER)
        return cls(
            Numbers(FIRST_CASEID, max(CASEIDS_OF_QUARTER, fullest)),
            Numbers(FIRST_ISR, max(ISRS_OF_QUARTER, fullest_legacy)),
        )


def _too_many(n: int, most: int) -> UsageError:
    return UsageError(
        f"{n:,} rows of DEMO in one quarter are more than the {most:,} that have "
        "numbers; ask for fewer --reports"
    )


def draw_sightings(
    rng: np.random.Generator,
    reports: Reports,
    span: QuarterSpan,
    cohort: Cohort,
    *,
    identifiers: Identifiers,
    truth: Truth,
) -> Sightings:
    """Versions, deletions and identifiers of the cases of a cohort.

    Raises
    ------
    UsageError
        If a quarter gets more rows than there are numbers.
    """
    quarter = reports.cases["quarter"].to_numpy()
    first = span.first.ordinal
    end = first + cohort.end
    caseid = identifiers.caseids.draw(rng, quarter + first, end)
    rows = _draw_versions(rng, reports, len(span))
    _swap_versions(rng, rows, first, truth)
    rows, deletions = _draw_deletions(
        rng, reports, rows, caseid, span, cohort, truth=truth
    )
    rows = rows.sort_values(["quarter", "case", "version"], ignore_index=True)
    skipped = _draw_skipped(rng, reports, truth)
    rows["caseversion"] = rows["version"] + skipped[rows["case"].to_numpy()]
    rows["primaryid"] = _primaryids(rng, rows, caseid, first, end, identifiers.isrs)
    _note_bridges(rows, first, truth)
    rows = rows.sort_values(["quarter", "primaryid"], ignore_index=True)
    for case in truth.cases:
        case["caseid"] = int(caseid[int(str(case["case"]))])
    for pair in truth.duplicates:
        pair["caseid"] = int(caseid[int(str(pair["case"]))])
        pair["other_caseid"] = int(caseid[int(str(pair["other"]))])
    return Sightings(caseid, rows, deletions, identifiers.drug_seq)


def _draw_versions(
    rng: np.random.Generator, reports: Reports, n_quarters: int
) -> pd.DataFrame:
    """Versions of each case with the quarter of each, up to the end of the span."""
    n = len(reports.cases)
    chance = rng.random(n)
    n_later = sum((chance < share).astype(np.int64) for share in LATER_VERSIONS)
    delay = rng.geometric(0.45, size=(n, len(LATER_VERSIONS)))
    # Against the FDA's own words one extract now and then holds a case twice.
    delay[rng.random(delay.shape) < 0.003] = 0
    dropped = reports.events.loc[
        reports.events["last_version"] < EVER, "case"
    ].to_numpy()
    n_later = np.where(np.isin(np.arange(n), dropped), 1, n_later)
    delay[dropped, 0] = DROPPED_AFTER
    case = np.repeat(np.arange(n), 1 + n_later)
    starts = np.cumsum(1 + n_later) - (1 + n_later)
    version = np.arange(len(case)) - starts[case] + 1
    waited = np.concatenate([np.zeros((n, 1), dtype=np.int64), delay.cumsum(axis=1)], 1)
    quarter = reports.cases["quarter"].to_numpy()[case] + waited[case, version - 1]
    rows = pd.DataFrame({"case": case, "version": version, "quarter": quarter})
    return rows[rows["quarter"] < n_quarters].reset_index(drop=True)


def _draw_skipped(rng: np.random.Generator, reports: Reports, truth: Truth) -> Ints:
    """Number of versions of each case that were never published.

    An extract holds the latest version of its quarter alone, so that the first one that
    is seen is often a later one. Planted cases, copies and those with a known fate have
    none: a case that is first seen as a later version is never one of these.
    """
    n = len(reports.cases)
    bounds = np.cumsum(SKIPPED_VERSIONS)
    skipped: Ints = np.searchsorted(bounds, rng.random(n) * bounds[-1], side="right")
    skipped[reports.cases["special"].to_numpy()] = 0
    skipped[_cases_of(truth)] = 0
    return skipped


def _swap_versions(
    rng: np.random.Generator, rows: pd.DataFrame, first: int, truth: Truth
) -> None:
    """Let a lower version of some FAERS cases arrive after the higher one."""
    second = rows.index[rows["version"] == 2].to_numpy()
    second = second[second + 1 < len(rows)]
    third = second + 1
    quarter = rows["quarter"].to_numpy().copy()
    usable = (
        (rows["version"].to_numpy()[third] == 3)
        & (quarter[second] + first >= FAERS_ORDINAL)
        & (quarter[third] > quarter[second])
    )
    chosen = rng.permutation(second[usable])[:LATE_CASES]
    quarter[chosen], quarter[chosen + 1] = quarter[chosen + 1], quarter[chosen]
    rows["quarter"] = quarter
    last = rows.groupby("case")["version"].max()
    for row in np.sort(chosen):
        case = int(rows["case"].to_numpy()[row])
        truth.cases.append(
            {
                "kind": "late_lower_version",
                "case": case,
                "expected": f"current version {int(last[case])}",
            }
        )


def _draw_deletions(
    rng: np.random.Generator,
    reports: Reports,
    rows: pd.DataFrame,
    caseid: Ints,
    span: QuarterSpan,
    cohort: Cohort,
    *,
    truth: Truth,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Delete cases, send some again; also the lines of the deletion lists."""
    first, last = span.first.ordinal, span.last.ordinal
    listed = np.arange(max(LISTS_FROM, first + cohort.begin), last + 1) - first
    empty = pd.DataFrame({"quarter": [], "caseid": []}).astype("int64")
    if len(listed) == 0:
        return rows, empty
    seen = reports.cases["quarter"].to_numpy()
    free = np.flatnonzero(~reports.cases["special"].to_numpy())
    free = np.setdiff1d(free, _cases_of(truth))
    n_deleted = max(2, round(len(free) * DELETED_SHARE))
    chosen = np.sort(rng.choice(free, min(n_deleted, len(free)), replace=False))
    begin = np.maximum(seen[chosen], listed[0])
    when = begin + (rng.random(len(chosen)) * (listed[-1] - begin + 1)).astype(int)
    again = rng.random(len(chosen)) < RESENT_SHARE
    back = when + rng.integers(1, 4, len(chosen))
    again &= back <= listed[-1]
    # After its deletion a case stays silent unless it is sent again.
    gone = np.full(len(seen), len(span), dtype=np.int64)
    gone[chosen] = when
    kept = rows[rows["quarter"].to_numpy() <= gone[rows["case"].to_numpy()]]
    highest = kept.groupby("case")["version"].max()
    resent = pd.DataFrame(
        {
            "case": chosen[again],
            "version": highest.reindex(chosen[again]).to_numpy() + 1,
            "quarter": back[again],
        }
    )
    rows = pd.concat([kept, resent], ignore_index=True).astype("int64")
    for case, quarter, is_back, return_ in zip(chosen, when, again, back, strict=True):
        gone_at = Quarter.from_ordinal(first + int(quarter))
        back_at = Quarter.from_ordinal(first + int(return_))
        expected = f"absent from {gone_at}"
        truth.cases.append(
            {
                "kind": "deleted_resent" if is_back else "deleted",
                "case": int(case),
                "expected": expected + (f" present from {back_at}" if is_back else ""),
            }
        )
    # What is back in the next quarter must not be on its list, or it is gone again.
    at_once = again & (back == when + 1)
    return rows, _deletion_lines(rng, caseid[chosen], when, listed, at_once)


def _deletion_lines(
    rng: np.random.Generator, caseid: Ints, when: Ints, listed: Ints, only_once: Flags
) -> pd.DataFrame:
    """Write lists with as many unknown ids as known ones, some ids listed twice.

    A second line stands on the list of the next quarter.
    """
    # Numbers below four million belong to no simulated case.
    unknown_when = rng.choice(listed, size=len(caseid) + len(listed))
    unknown = rng.integers(2_000_000, 4_000_000, len(unknown_when))
    repeated = (rng.random(len(caseid)) < 0.05) & (when < listed[-1]) & ~only_once
    lines = pd.DataFrame(
        {
            "quarter": np.concatenate([when, unknown_when, when[repeated] + 1]),
            "caseid": np.concatenate([caseid, unknown, caseid[repeated]]),
        }
    )
    return lines.sort_values(["quarter", "caseid"], ignore_index=True)


def _primaryids(
    rng: np.random.Generator,
    rows: pd.DataFrame,
    caseid: Ints,
    first: int,
    end: int,
    isrs: Numbers,
) -> Ints:
    """ISR of legacy rows; caseid followed by the version in FAERS.

    ``rows`` are in the order of quarter, case and version; ``first`` and ``end`` are
    the ordinals of the span's first quarter and of the quarter after the cohort.
    """
    ordinal = rows["quarter"].to_numpy() + first
    case = rows["case"].to_numpy()
    numbers: Ints = caseid[case] * 10 + rows["caseversion"].to_numpy()
    legacy = np.flatnonzero(ordinal < FAERS_ORDINAL)
    drawn = isrs.draw(rng, ordinal[legacy], end)
    # Within a quarter the later version of a case has the higher ISR.
    numbers[legacy] = drawn[np.lexsort((drawn, case[legacy], ordinal[legacy]))]
    return numbers


def _cases_of(truth: Truth) -> Ints:
    """Cases whose fate is written down already."""
    return np.array([int(str(row["case"])) for row in truth.cases], dtype=np.int64)


def _note_bridges(rows: pd.DataFrame, first: int, truth: Truth) -> None:
    """Write down some cases that go on from legacy into FAERS."""
    legacy = rows["quarter"].to_numpy() + first < FAERS_ORDINAL
    cases = np.intersect1d(
        rows["case"].to_numpy()[legacy], rows["case"].to_numpy()[~legacy]
    )
    cases = np.setdiff1d(cases, _cases_of(truth))
    last = rows.groupby("case")["caseversion"].max()
    truth.cases.extend(
        {
            "kind": "bridged",
            "case": int(case),
            "expected": f"current version {int(last[case])} of FAERS",
        }
        for case in cases[:SHOWN_BRIDGES]
    )
