"""What must become of every report of simulated archives, from what was planned.

An account of its own, kept apart from the SQL and the code lists: histories of cases
are walked quarter by quarter, each report is judged alone (``verdicts``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pvsignal.layout import canonical, era_of_quarter
from pvsignal.quarter import QuarterSpan
from pvsignal.simulate.columns import Table
from pvsignal.simulate.odd_reports import Row
from pvsignal.simulate.verdicts import (
    STATUSES,
    SUSPECTS,
    Drug,
    Meanings,
    days_of,
    product_status,
)
from pvsignal.simulate.versions import Sightings
from pvsignal.simulate.vocabulary import Ints, read_table

NO_CASE = "without a case number"
REPEATED_ROW = "repeats the key of another row of the quarter"
LOWER, OLDER = "lower version in the same quarter", "older than the version held"
SUPERSEDED, DELETED = "superseded", "deleted"
NOT_COMPLETE = "without a named drug or a reaction"
DUPLICATE, COUNTED = "suspected duplicate", "counted"

Frame = pd.DataFrame
OddRows = Mapping[str, Sequence[Row]]


@dataclass(frozen=True)
class Fates:
    """What becomes of everything planned, before any duplicate is left out.

    Attributes
    ----------
    reports
        One row per row of DEMO: quarter, primaryid, caseid (empty where it has none),
        fate, ``is_disease`` (of comparator B), ``is_litigated`` (left out of any
        malignancy), duplicate_of (smaller planted case that is current, 0 for none).
    exposures
        One row per counted report and scored therapy: caseid, therapy, status (the
        first of those of its records that decides), is_admitted, is_exposed (admitted
        in a suspect role).
    outcomes
        One row per counted report and term of an event: caseid, term, event
        (``incident``, ``recurrence``, ``progression``, ``other``), group_id, reason
        (empty where the term counts), is_treated_event.
    """

    reports: Frame
    exposures: Frame
    outcomes: Frame

    @classmethod
    def read(cls, truth: Path) -> Fates:
        """Fates that `simulate` wrote into a folder."""
        return cls(
            *(
                pd.read_csv(truth / f"{name}.csv", keep_default_na=False)
                for name in ("reports", "exposures", "outcomes")
            )
        )

    @property
    def duplicates(self) -> frozenset[int]:
        """Cases that are left out if exactly the planted duplicates are found."""
        left_out = self.reports["duplicate_of"] > 0
        return frozenset(self.reports.loc[left_out, "caseid"].astype(int))


# --- histories of cases ------------------------------------------------------------


def _demo_rows(sightings: Sightings, odd: Mapping[int, Sequence[OddRows]]) -> Frame:
    """Rows of DEMO in the order of quarter and file: planned ones, then odd ones."""
    rows = sightings.rows
    planned = pd.DataFrame(
        {
            "quarter": rows["quarter"].to_numpy(),
            "primaryid": rows["primaryid"].to_numpy(),
            "caseid": sightings.caseid[rows["case"].to_numpy()],
            "version": rows["version"].to_numpy(),
        }
    )
    added = [
        (quarter, int(row["primaryid"]), int(row["caseid"] or 0), 1)
        for quarter, reports in odd.items()
        for report in reports
        for row in report["demo"]
    ]
    more = pd.DataFrame(added, columns=list(planned.columns)).astype("int64")
    return pd.concat([planned, more], ignore_index=True)


def _fates(rows: Frame, deletions: Frame) -> list[str]:
    """Fate of each row; what is current at the end has none (an empty text)."""
    fates = [""] * len(rows)
    withdrawn: dict[int, set[int]] = {}
    for caseid, quarter in zip(
        deletions["caseid"].tolist(), deletions["quarter"].tolist(), strict=True
    ):
        withdrawn.setdefault(caseid, set()).add(quarter)
    last_of_key = {
        tuple(key): place
        for place, (*key, caseid, _) in enumerate(
            rows.itertuples(index=False, name=None)
        )
        if caseid
    }
    history: dict[int, dict[int, list[tuple[int, int]]]] = {}
    for place, (quarter, primaryid, caseid, version) in enumerate(
        rows.itertuples(index=False, name=None)
    ):
        if not caseid:
            fates[place] = NO_CASE
        elif last_of_key[quarter, primaryid] != place:
            fates[place] = REPEATED_ROW
        else:
            seen = history.setdefault(caseid, {}).setdefault(quarter, [])
            seen.append((version, place))
    for caseid, by_quarter in history.items():
        _walk(by_quarter, withdrawn.get(caseid, set()), fates)
    return fates


def _walk(
    by_quarter: Mapping[int, Sequence[tuple[int, int]]],
    withdrawn: Collection[int],
    fates: list[str],
) -> None:
    """Walk the quarters of one case and write the fate of what stops counting."""
    current, held = -1, 0
    for quarter in sorted({*by_quarter, *withdrawn}):
        seen = sorted(by_quarter.get(quarter, ()))
        for _, place in seen[:-1]:
            fates[place] = LOWER
        if seen:
            version, place = seen[-1]
            if version < held:
                fates[place] = OLDER
            else:
                if current >= 0:
                    fates[current] = SUPERSEDED
                current, held = place, version
        if quarter in withdrawn:
            if current >= 0:
                fates[current] = DELETED
            current, held = -1, 0


# --- rows of the children ------------------------------------------------------------


class _Children:
    """Rows of a child table that belong to current reports, ``place`` of each known."""

    def __init__(
        self,
        tables: Mapping[str, Table],
        odd: Mapping[int, Sequence[OddRows]],
        places: Frame,
    ) -> None:
        self.tables = tables
        self.odd = odd
        self.places = places

    def rows(self, name: str, *columns: str) -> Frame:
        """Texts of some columns, in capitals, of all current reports."""
        table = self.tables[name]
        planned = {
            "quarter": table.quarter,
            "primaryid": _numbers(_texts(table, "primaryid")),
            **{column: _texts(table, column).to_pandas() for column in columns},
        }
        added = [
            (quarter, int(row["primaryid"]), *(row.get(c, "") for c in columns))
            for quarter, reports in self.odd.items()
            for report in reports
            for row in report[name]
        ]
        more = pd.DataFrame(added, columns=list(planned))
        both = pd.concat([pd.DataFrame(planned), more], ignore_index=True)
        both = both.astype({"quarter": "int64", "primaryid": "int64"})
        found = both.merge(self.places, on=["quarter", "primaryid"])
        found = found[["place", *columns]]
        for column in columns:
            found[column] = found[column].str.upper()
        return found


def _texts(table: Table, column: str) -> Any:
    texts = table.columns[column]
    return texts.slice(0, len(texts))


def _numbers(texts: Any) -> Ints:
    numbers: Ints = pc.cast(texts, pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


# --- verdicts -------------------------------------------------------------------------


def _exposures(drugs: Frame, indications: Frame, diseased: Collection[int]) -> Frame:
    """Therapies of each report, by all its records."""
    own = indications[indications["place"].isin(drugs["place"])]
    meaning = own.groupby(["place", "seq"])["meaning"].agg(list).to_dict()
    rows = []
    for place, seq, role, therapy, product, brand in zip(
        *(
            drugs[name].tolist()
            for name in ("place", "seq", "role_cod", "therapy", "product", "brand")
        ),
        strict=True,
    ):
        status = product_status(
            product,
            brand,
            meaning.get((place, seq), []),
            is_disease=place in diseased,
        )
        is_admitted = STATUSES[status]
        rows.append((place, therapy, status, is_admitted, role in SUSPECTS))
    columns = ["place", "therapy", "status", "is_admitted", "is_suspect"]
    records = pd.DataFrame(rows, columns=columns)
    records["is_exposed"] = records["is_admitted"] & records["is_suspect"]
    records["order"] = records["status"].map({s: n for n, s in enumerate(STATUSES)})
    # An admitted record decides over others, then the order of the rules.
    records = records.sort_values(
        ["place", "therapy", "is_admitted", "order"],
        ascending=[True, True, False, True],
    )
    return (
        records.groupby(["place", "therapy"], sort=True)
        .agg(
            status=("status", "first"),
            is_admitted=("is_admitted", "max"),
            is_exposed=("is_exposed", "max"),
        )
        .reset_index()
    )


def _outcomes(children: _Children, meanings: Meanings, indications: Frame) -> Frame:
    """Verdict on each term of an event, report by report."""
    reactions = children.rows("reac", "pt")
    reactions = reactions[reactions["pt"].isin(list(meanings.event))]
    terms = reactions.groupby("place")["pt"].agg(set).to_dict()
    places = list(terms)
    starts = children.rows("ther", "dsg_drug_seq", "start_dt")
    starts = starts[starts["place"].isin(places) & (starts["start_dt"] != "")]
    start_of = {
        (place, seq): days_of(text)
        for place, seq, text in starts.itertuples(index=False, name=None)
    }
    given = indications[indications["place"].isin(places)]
    reasons = given.groupby(["place", "seq"])["term"].agg(tuple).to_dict()
    rows = children.rows("drug", "drug_seq", "role_cod")
    # FAERS repeats the row of a drug for each of its dosage records.
    rows = rows[rows["place"].isin(places)].drop_duplicates(["place", "drug_seq"])
    drugs: dict[Any, list[Drug]] = {place: [] for place in places}
    for place, seq, role in rows.itertuples(index=False, name=None):
        key = (place, seq)
        drug = Drug(role, reasons.get(key, ()), start_of.get(key))
        drugs[place].append(drug)
    dates = children.rows("demo", "event_dt")
    dates = dates[dates["place"].isin(places)]
    events = dict(dates.itertuples(index=False, name=None))
    found = []
    for place in places:
        event = days_of(events[place])
        judged = meanings.verdicts(terms[place], drugs[place], event and event[0])
        found += [
            (place, term, meanings.event[term], meanings.group[term], reason, treated)
            for term, reason, treated in judged
        ]
    columns = ["place", "term", "event", "group_id", "reason", "is_treated_event"]
    return pd.DataFrame(found, columns=columns)


# --- everything together -------------------------------------------------------------


def plan_fates(
    span: QuarterSpan,
    sightings: Sightings,
    tables: Mapping[str, Table],
    odd: Mapping[int, Sequence[OddRows]],
    duplicates: Sequence[Mapping[str, object]],
) -> Fates:
    """What must become of each report of the archives.

    Parameters
    ----------
    span
        Quarters of the archives; the last is the one that is looked back from.
    sightings
        Versions, deletions and identifiers of the planned cases.
    tables
        Columns of all planned rows.
    odd
        Rows of the odd reports that defects added, by position of their quarter.
    duplicates
        Planned pairs: caseid, other_caseid, is_duplicate.
    """
    demo = _demo_rows(sightings, odd)
    fates = np.array(_fates(demo, sightings.deletions), dtype=object)
    current = demo[fates == ""]
    places = current[["quarter", "primaryid"]].assign(place=current.index)
    children = _Children(tables, odd, places)
    drugs = children.rows("drug", "drug_seq", "role_cod", "drugname", "prod_ai")
    is_named = (drugs["drugname"] != "") | (drugs["prod_ai"] != "")
    reactions = children.rows("reac", "pt")
    complete = np.intersect1d(
        drugs.loc[is_named, "place"], reactions.loc[reactions["pt"] != "", "place"]
    )
    fates[fates == ""] = NOT_COMPLETE
    fates[complete] = COUNTED
    children = _Children(tables, odd, places[places["place"].isin(complete)])
    drugs = drugs[drugs["place"].isin(complete)].rename(columns={"drug_seq": "seq"})
    quarters = demo["quarter"].loc[drugs["place"]].to_numpy()
    therapies = _therapies(drugs, has_ingredient=_has_ingredient(span)[quarters])
    meanings = Meanings()
    indications = children.rows("indi", "indi_drug_seq", "indi_pt")
    indications = indications[indications["indi_pt"] != ""].set_axis(
        ["place", "seq", "term"], axis=1
    )
    indications["meaning"] = indications["term"].map(meanings.of_indication)
    diseased = set(indications.loc[indications["meaning"] == "disease", "place"])
    names = np.array([str(quarter) for quarter in span])
    reports = pd.DataFrame(
        {
            "quarter": names[demo["quarter"]],
            "primaryid": demo["primaryid"],
            "caseid": demo["caseid"],
            "fate": fates,
            "is_disease": demo.index.isin(
                diseased | set(therapies.loc[therapies["brand"] == "disease", "place"])
            ),
            "is_litigated": demo.index.isin(_litigated(demo, drugs, span)),
            "duplicate_of": _kept_cases(demo, fates, duplicates),
        }
    )
    caseid = demo["caseid"]
    exposures = _exposures(therapies, indications, diseased)
    outcomes = _outcomes(children, meanings, indications)
    return Fates(
        reports,
        *(
            table.assign(place=caseid.loc[table["place"]].to_numpy()).rename(
                columns={"place": "caseid"}
            )
            for table in (exposures, outcomes)
        ),
    )


def _has_ingredient(span: QuarterSpan) -> Any:
    """Whether the files of each quarter hold the coded ingredient."""
    return np.array(
        [
            any(
                column.name == "prod_ai"
                for column in canonical("drug", era_of_quarter(quarter)).values()
            )
            for quarter in span
        ]
    )


def _therapies(drugs: Frame, *, has_ingredient: Any) -> Frame:
    """Records of scored therapies, by name; by ingredient where the name is odd."""
    products = read_table("therapy_products")
    is_known = drugs["drugname"].isin(products["drugname"])
    by_ingredient = drugs["prod_ai"].where(has_ingredient, "")
    name = drugs["drugname"].where(is_known, by_ingredient)
    return drugs.assign(drugname=name).merge(products, on="drugname")


def _litigated(demo: Frame, drugs: Frame, span: QuarterSpan) -> Ints:
    """Reports that name a litigated product as a suspect, received in its years."""
    received = demo[demo["caseid"] > 0].groupby("caseid")["quarter"].min()
    years = np.array([quarter.year for quarter in span])[received]
    year_of = dict(zip(received.index, years.tolist(), strict=True))
    found = drugs[drugs["role_cod"].isin(SUSPECTS)].merge(
        read_table("litigated_products"), on="drugname"
    )
    year = demo["caseid"].loc[found["place"]].map(year_of).to_numpy()
    inside = (year >= found["year_from"]) & (year <= found["year_to"])
    places: Ints = found.loc[inside, "place"].unique()
    return places


def _kept_cases(
    demo: Frame, fates: Any, duplicates: Sequence[Mapping[str, object]]
) -> Ints:
    """Smallest planted duplicate that counts beside each report, 0 where none does."""
    counted = demo["caseid"][fates == COUNTED]
    place_of = dict(zip(counted, counted.index, strict=True))
    kept = np.zeros(len(demo), dtype=np.int64)
    for pair in duplicates:
        low, high = sorted(int(str(pair[name])) for name in ("caseid", "other_caseid"))
        if pair["is_duplicate"] and low in place_of and high in place_of:
            place = place_of[high]
            kept[place] = min(low, kept[place] or low)
    return kept
