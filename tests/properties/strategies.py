"""Hypothesis strategies for small datasets with everything that is awkward in FAERS.

`datasets` draws four to six quarters, always over the change from AERS to FAERS
(2012q3, 2012q4) and into the time of deletion lists (2019q1). Cases come in several
versions, sent again, out of order, tied or deleted; names, terms and dates are from
pools in which a wrong rule shows. Texts are as in the FDA's files, by canonical column;
`Dataset.staged` gives the typed rows that `tests.reference` reads.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from hypothesis import strategies as st

RawRow = Mapping[str, str]

ALWAYS_HELD = ("2012q3", "2012q4", "2019q1")
SOMETIMES_HELD = ("2019q2", "2019q3", "2020q1", "2024q4", "2005q1", "2012q2", "2014q3")
FIRST_DELETIONS = "2019q1"

# The first of each pool is where a failing example shrinks to.
NAMES = (
    ("ASPIRIN", "ASPIRIN"),
    ("OCREVUS", "OCRELIZUMAB"),
    ("AVONEX", "INTERFERON BETA-1A"),
    ("COPAXONE", "GLATIRAMER ACETATE"),
    ("LEMTRADA", "ALEMTUZUMAB"),
    ("ALEMTUZUMAB", ""),
    ("CAMPATH", "ALEMTUZUMAB"),
    ("TYSABRI", "NATALIZUMAB"),
    ("NATALIZUMAB", "NATALIZUMAB"),
    ("KESIMPTA", "OFATUMUMAB"),
    ("OFATUMUMAB", ""),
    ("ARZERRA", "OFATUMUMAB"),
    ("MAVENCLAD", "CLADRIBINE"),
    ("CLADRIBINE", "CLADRIBINE"),
    ("LEUSTATIN", ""),
    ("ZINBRYTA", "DACLIZUMAB"),
    ("ZENAPAX", "DACLIZUMAB"),
    ("RITUXIMAB", "RITUXIMAB"),
    ("TAMOXIFEN", "TAMOXIFEN CITRATE"),
    ("FLUOROURACIL", "FLUOROURACIL"),
    ("METHOTREXATE", "METHOTREXATE SODIUM"),
    ("ZANTAC", "RANITIDINE HYDROCHLORIDE"),
    ("RANITIDINE", ""),
    ("PIOGLITAZONE", "PIOGLITAZONE"),
    ("FAMPRIDINE", "DALFAMPRIDINE"),
    ("AMIFAMPRIDINE", "AMIFAMPRIDINE"),
    ("REBIF", ""),
    ("PLEGRIDY", "PEGINTERFERON BETA-1A"),
    ("PEGINTERFERON ALFA-2A", ""),
    ("GILENYA", "FINGOLIMOD HYDROCHLORIDE"),
    ("ZEPOSIA", "OZANIMOD HYDROCHLORIDE"),
    ("TECFIDERA", "DIMETHYL FUMARATE"),
    ("FUMADERM", "DIMETHYL FUMARATE"),
    ("Interferon beta-1a", ""),
    ("", "OCRELIZUMAB"),
    ("", ""),
)
ROUTES = ("", "Subcutaneous", "SUBCUTANEOUS", "Intravenous drip", "Oral", "ORAL")
REACTIONS = (
    "Headache",
    "Breast cancer",
    "BREAST  CANCER ",
    "Breast cancer recurrent",
    "Breast cancer metastatic",
    "Breast cancer stage I",
    "Basal cell carcinoma",
    "Malignant melanoma",
    "Meningioma",
    "Metastases to bone",
    "Neuroleptic malignant syndrome",
    "Thyroid cancer",
    "B-cell lymphoma",
    "Hodgkin^s disease",
    "Colorectal cancer",
    "Bladder cancer",
    "Melanocytic naevus",
    "Thyroid nodule",
    "Breast mass",
    "Chronic lymphocytic leukaemia",
    " ",
    "",
)
INDICATIONS = (
    "Multiple sclerosis",
    "MULTIPLE SCLEROSIS",
    "Relapsing-remitting multiple sclerosis",
    "Product used for unknown indication",
    "Breast cancer",
    "Breast cancer metastatic",
    "Chronic lymphocytic leukaemia",
    "B-cell lymphoma",
    "Hodgkin^s disease",
    "Crohn^s  disease",
    "Rheumatoid arthritis",
    "Renal transplant",
    "Pain",
    " ",
    "",
)
ROLES = ("PS", "SS", "C", "I", "")
# Days, months and years that overlap; the last three are no dates.
DATES = (
    "",
    "2018",
    "2019",
    "201812",
    "201901",
    "20181231",
    "20190101",
    "20190215",
    "201903",
    "20120715",
    "2012",
    "201209",
    "20200301",
    "20190231",
    "2019013",
    "0000",
)
# Of patient and sender: few, so that reports of different cases look alike.
AGES = ("50", "50", "51", "75", "")
SEXES = ("F", "F", "M", "UNK", "")
COUNTRIES = ("US", "DE", "COUNTRY NOT SPECIFIED", "")
NUMBERS = ("", "US-ACME-2019001", "us acme 2019001", "DE-BOLD-77", "DE-BOLD-7712")
SENDERS = ("ACME", "BOLD", "")
ARTICLES = ("", "Author A. The title of an article. J 2019; 1: 1", "Author B")


@dataclass(frozen=True)
class Dataset:
    """A few quarters as the FDA publishes them.

    Attributes
    ----------
    quarters
        Quarters held, in order.
    tables
        Rows of each table of each quarter, by canonical column, as text; a column that
        a row does not name is empty. Line 2 of the file is the first row.
    deleted
        Case numbers on the deletion list of each quarter that has one.
    """

    quarters: tuple[str, ...]
    tables: Mapping[str, Mapping[str, tuple[RawRow, ...]]]
    deleted: Mapping[str, tuple[int, ...]]

    def staged(self) -> dict[str, list[dict[str, Any]]]:
        """Typed rows of all quarters, as `tests.reference` reads them."""
        rows: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("demo", "drug", "reac", "ther", "indi", "deleted")
        }
        for quarter in self.quarters:
            for table, add in _STAGED.items():
                rows[table] += [
                    {"quarter": quarter, "line": line, **add(row, quarter)}
                    for line, row in enumerate(self.tables[quarter][table], start=2)
                ]
            rows["deleted"] += [
                {"quarter": quarter, "caseid": caseid}
                for caseid in self.deleted.get(quarter, ())
            ]
        return rows

    def texts(self, table: str, *columns: str) -> set[str]:
        """Distinct texts of columns, the empty one left out."""
        return {
            row[column]
            for quarter in self.quarters
            for row in self.tables[quarter][table]
            for column in columns
        } - {""}


def era(quarter: str) -> str:
    """Era of the file layout of a quarter."""
    firsts = {
        "a": "2004q1",
        "b": "2005q3",
        "c0": "2012q4",
        "c": "2013q1",
        "d": "2014q3",
    }
    return max(name for name, first in firsts.items() if first <= quarter)


def dated(text: str) -> tuple[dt.date | None, str | None]:
    """First day that a date of the FDA's files states, and its precision."""
    precision = {4: "year", 6: "month", 8: "day"}.get(len(text))
    year, month, day = text[:4], text[4:6] or "1", text[6:] or "1"
    if precision is None or not 1900 <= int(year) <= 2100:
        return None, None
    if not 1 <= int(month) <= 12:
        return None, None
    if not 1 <= int(day) <= calendar.monthrange(int(year), int(month))[1]:
        return None, None
    return dt.date(int(year), int(month), int(day)), precision


def _number(text: str) -> int | None:
    return int(text) if text else None


def _demo(row: RawRow, quarter: str) -> dict[str, Any]:
    event_date, precision = dated(row["event_dt"])
    return {
        "primaryid": int(row["primaryid"]),
        "caseid": _number(row["caseid"]),
        "caseversion_no": _number(row["caseversion"]),
        "era": era(quarter),
        "init_fda_date": dated(row["init_fda_dt"])[0],
        "fda_date": dated(row["fda_dt"])[0],
        "event_date": event_date,
        "event_date_precision": precision,
        "age_years": float(row["age"]) if row["age"] else None,
        **{
            name: row[name] or None
            for name in ("sex", "rept_cod", "mfr_num", "mfr_sndr")
        },
        # Columns of the later eras only.
        "reporter_country": row["reporter_country"] or None
        if era(quarter) != "a"
        else None,
        "occr_country": row["occr_country"] or None if quarter >= "2012q4" else None,
        "lit_ref": row["lit_ref"] or None if era(quarter) == "d" else None,
    }


def _drug(row: RawRow, quarter: str) -> dict[str, Any]:
    return {
        "primaryid": int(row["primaryid"]),
        "drug_seq": _number(row["drug_seq"]),
        "role_cod": row["role_cod"] or None,
        "drugname": row["drugname"] or None,
        "prod_ai": row["prod_ai"] or None,
        "route": row["route"] or None,
    }


def _reac(row: RawRow, quarter: str) -> dict[str, Any]:
    return {"primaryid": int(row["primaryid"]), "pt": row["pt"] or None}


def _ther(row: RawRow, quarter: str) -> dict[str, Any]:
    start_date, precision = dated(row["start_dt"])
    return {
        "primaryid": int(row["primaryid"]),
        "dsg_drug_seq": _number(row["dsg_drug_seq"]),
        "start_date": start_date,
        "start_date_precision": precision,
    }


def _indi(row: RawRow, quarter: str) -> dict[str, Any]:
    return {
        "primaryid": int(row["primaryid"]),
        "indi_drug_seq": _number(row["indi_drug_seq"]),
        "indi_pt": row["indi_pt"] or None,
    }


_STAGED = {"demo": _demo, "drug": _drug, "reac": _reac, "ther": _ther, "indi": _indi}
_TABLES = ("demo", "drug", "reac", "outc", "rpsr", "ther", "indi")


@dataclass(frozen=True)
class _Drug:
    role: str
    names: tuple[str, str]
    route: str
    indications: tuple[str, ...]
    starts: tuple[str, ...]
    is_repeated: bool
    has_seq: bool


@dataclass(frozen=True)
class _Patient:
    """Who it was and who sent it."""

    age: str
    sex: str
    occr_country: str
    reporter_country: str
    rept_cod: str
    mfr_num: str
    mfr_sndr: str
    lit_ref: str


@dataclass(frozen=True)
class _Sighting:
    quarter_place: int
    version: int
    has_version: bool
    has_case: bool
    is_repeated: bool
    init_fda_dt: str
    fda_dt: str
    event_dt: str
    drugs: tuple[_Drug, ...]
    reactions: tuple[str, ...]
    orphan_indication: str | None
    patient: _Patient


def _seldom() -> st.SearchStrategy[bool]:
    """True in about one draw of twelve."""
    return st.sampled_from((False,) * 11 + (True,))


def _few(
    values: Sequence[str], most: int, *, least: int = 0
) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=most).map(tuple)


@dataclass(frozen=True)
class _Pools:
    """What a report is made of."""

    names: Sequence[tuple[str, str]]
    reactions: Sequence[str]
    primary_indications: Sequence[str]
    indications: Sequence[str]
    event_dates: Sequence[str]
    starts: Sequence[str]
    least_starts: int = 0


ANYTHING = _Pools(NAMES, REACTIONS, INDICATIONS, INDICATIONS, DATES, DATES)
# Where the indication rule decides: a cancer, its treatment and an MS therapy, with
# dates so close that their precision matters.
CANCER = _Pools(
    names=(
        ("OCREVUS", "OCRELIZUMAB"),
        ("TAMOXIFEN", "TAMOXIFEN CITRATE"),
        ("RITUXIMAB", "RITUXIMAB"),
        ("ASPIRIN", "ASPIRIN"),
    ),
    reactions=(
        "Breast cancer",
        "Breast cancer metastatic",
        "Breast cancer recurrent",
        "Metastases to bone",
    ),
    primary_indications=("Multiple sclerosis",) * 4 + ("Breast cancer",),
    indications=("Breast cancer", "Breast cancer metastatic", "Multiple sclerosis"),
    event_dates=("", "", "2019", "201902", "20190215"),
    starts=("2018", "2019", "201901", "201902", "20190215", "201903", ""),
    least_starts=1,
)


# Where drugs of a report are counted together: few names, a combination and a
# litigated drug among them, and events of several groups.
TOGETHER = _Pools(
    names=(
        ("OCREVUS", "OCRELIZUMAB"),
        ("TYSABRI", "NATALIZUMAB"),
        ("ASPIRIN", "ASPIRIN"),
        ("ASPIRIN WITH CODEINE", "ASPIRIN\\CODEINE"),
        ("ZANTAC", "RANITIDINE HYDROCHLORIDE"),
    ),
    reactions=("Breast cancer", "Colorectal cancer", "Headache"),
    primary_indications=("Multiple sclerosis",),
    indications=("Multiple sclerosis", "Pain"),
    event_dates=("2019", "201902", "20190215", "20190215", ""),
    starts=("2018", "2019", "201901", "20181215", "20190220"),
)


def _drugs(
    roles: Sequence[str], indications: Sequence[str], pools: _Pools
) -> st.SearchStrategy[_Drug]:
    return st.builds(
        _Drug,
        role=st.sampled_from(roles),
        names=st.sampled_from(pools.names),
        route=st.sampled_from(ROUTES),
        indications=_few(indications, 2),
        starts=_few(pools.starts, 2, least=pools.least_starts),
        is_repeated=_seldom(),
        has_seq=_seldom().map(lambda seldom: not seldom),
    )


def _patients() -> st.SearchStrategy[_Patient]:
    return st.builds(
        _Patient,
        age=st.sampled_from(AGES),
        sex=st.sampled_from(SEXES),
        occr_country=st.sampled_from((*COUNTRIES[:2], "")),
        reporter_country=st.sampled_from(COUNTRIES),
        rept_cod=st.sampled_from(("EXP", "EXP", "DIR")),
        mfr_num=st.sampled_from(NUMBERS),
        mfr_sndr=st.sampled_from(SENDERS),
        lit_ref=st.sampled_from(ARTICLES),
    )


# Enough is known for a copy to be recognised.
DOCUMENTED: dict[str, Any] = {
    "event_dt": "20190215",
    "patient": _Patient("50", "F", "DE", "DE", "EXP", "", "", ""),
    "reactions": ("Headache", "Breast cancer"),
}


def _copies(n_quarters: int) -> st.SearchStrategy[Callable[[_Sighting], _Sighting]]:
    """What another company makes of a report: one thing changed, or nothing."""
    changes = st.one_of(
        st.just({}),
        st.just({}),
        st.builds(lambda dated: {"event_dt": dated}, st.sampled_from(DATES)),
        st.builds(lambda who: {"patient": who}, _patients()),
        st.builds(lambda terms: {"reactions": terms}, _few(REACTIONS, 3, least=1)),
    )
    return st.builds(
        lambda change, quarter: (
            lambda one: replace(one, quarter_place=quarter, **change)
        ),
        changes,
        st.integers(0, n_quarters - 1),
    )


def _sightings(n_quarters: int, pools: _Pools) -> st.SearchStrategy[_Sighting]:
    primary = _drugs(("PS",), pools.primary_indications, pools).map(
        lambda drug: (drug,)
    )
    others = st.lists(_drugs(ROLES, pools.indications, pools), max_size=2).map(tuple)
    return st.builds(
        _Sighting,
        quarter_place=st.integers(0, n_quarters - 1),
        version=st.integers(1, 3),
        has_version=_seldom().map(lambda seldom: not seldom),
        has_case=_seldom().map(lambda seldom: not seldom),
        is_repeated=_seldom(),
        init_fda_dt=st.sampled_from(DATES),
        fda_dt=st.sampled_from(DATES),
        event_dt=st.sampled_from(pools.event_dates),
        drugs=st.builds(lambda first, rest: first + rest, primary, others),
        reactions=_few(pools.reactions, 3, least=1),
        orphan_indication=st.none() | st.sampled_from(pools.indications),
        patient=_patients(),
    )


@st.composite
def datasets(
    draw: st.DrawFn,
    *,
    max_cases: int = 25,
    min_cases: int = 5,
    pools: Sequence[_Pools] = (ANYTHING, CANCER),
) -> Dataset:
    """Dataset of four to six quarters with `min_cases` to `max_cases` cases.

    A report is made of one of the pools. Each quarter also holds one plain report, so
    that no file is without a row.
    """
    more = draw(
        st.lists(st.sampled_from(SOMETIMES_HELD), unique=True, min_size=1, max_size=3)
    )
    quarters = tuple(sorted({*ALWAYS_HELD, *more}))
    sightings = st.one_of(*(_sightings(len(quarters), one) for one in pools))
    cases = draw(
        st.lists(
            st.lists(sightings, min_size=1, max_size=4),
            min_size=min_cases,
            max_size=max_cases,
        )
    )
    for copied in draw(st.lists(_copies(len(quarters)), max_size=6)):
        found = draw(st.sampled_from(cases))
        number = draw(st.integers(0, len(found) - 1))
        if draw(st.integers(0, 3)):
            found[number] = replace(found[number], **DOCUMENTED)
        # In front of its source or behind it: the case numbers follow the places.
        place = draw(st.integers(0, len(cases)))
        cases.insert(place, [copied(found[number])])
    tables = {quarter: _plain_report(quarter) for quarter in quarters}
    for place, found in enumerate(cases):
        for number, sighting in enumerate(found):
            quarter = quarters[sighting.quarter_place]
            _add(tables[quarter], quarter, 1_000_000 + place, number, sighting)
    return Dataset(
        quarters,
        {
            quarter: {table: tuple(rows) for table, rows in held.items()}
            for quarter, held in tables.items()
        },
        {
            quarter: draw(_deletion_lists(len(cases)))
            for quarter in quarters
            if quarter >= FIRST_DELETIONS
        },
    )


def _deletion_lists(n_cases: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Case numbers that repeat, and one that matches no case."""
    ids = st.integers(1_000_000, 1_000_000 + n_cases)
    return st.lists(ids, max_size=n_cases // 2).map(tuple)


def _plain_report(quarter: str) -> dict[str, list[dict[str, str]]]:
    sighting = _Sighting(
        quarter_place=0,
        version=1,
        has_version=True,
        has_case=True,
        is_repeated=False,
        init_fda_dt="",
        fda_dt="20120801",
        event_dt="",
        drugs=(
            _Drug(
                "PS", ("ASPIRIN", "ASPIRIN"), "Oral", ("Pain",), ("2012",), False, True
            ),
        ),
        reactions=("Headache",),
        orphan_indication=None,
        patient=_Patient("", "", "", "", "EXP", "", "", ""),
    )
    tables: dict[str, list[dict[str, str]]] = {table: [] for table in _TABLES}
    caseid = 9_000_000 + int(quarter[:4]) * 10 + int(quarter[-1])
    _add(tables, quarter, caseid, 0, sighting)
    return tables


def _add(
    tables: dict[str, list[dict[str, str]]],
    quarter: str,
    caseid: int,
    number: int,
    sighting: _Sighting,
) -> None:
    """Append the rows of one sighting, `number` within its case."""
    is_faers = quarter >= "2012q4"
    if is_faers:
        # A later sighting with this version repeats the key; without a version number
        # the key is another one and the ranks are equal.
        version = str(sighting.version) if sighting.has_version else ""
        primaryid = f"{caseid}{version or 100 + number}"
    else:
        version = ""
        # The order of ISR numbers is not that of the quarters.
        primaryid = str(
            4_000_000 + caseid % 1_000_000 * 40 + sighting.version * 10 + number
        )
    demo = {
        "primaryid": primaryid,
        "caseid": str(caseid) if sighting.has_case else "",
        "caseversion": version,
        "init_fda_dt": sighting.init_fda_dt if is_faers else "",
        "fda_dt": sighting.fda_dt,
        "event_dt": sighting.event_dt,
        **asdict(sighting.patient),
        "age_cod": "YR" if sighting.patient.age else "",
    }
    tables["demo"] += [demo] * (2 if sighting.is_repeated else 1)
    key = {"primaryid": primaryid, "caseid": str(caseid) if is_faers else ""}
    for place, drug in enumerate(sighting.drugs, start=1):
        # A key that DEMO repeats has all drugs below it: their numbers stay apart.
        first = 10 * number if is_faers else 1_000
        seq = str(first + place) if drug.has_seq else ""
        row = {
            **key,
            "drug_seq": seq,
            "role_cod": drug.role,
            "drugname": drug.names[0],
            "prod_ai": drug.names[1] if era(quarter) == "d" else "",
            "route": drug.route,
        }
        tables["drug"] += [row] * (2 if drug.is_repeated else 1)
        tables["indi"] += [
            {**key, "indi_drug_seq": seq, "indi_pt": term} for term in drug.indications
        ]
        tables["ther"] += [
            {**key, "dsg_drug_seq": seq, "start_dt": start} for start in drug.starts
        ]
    if sighting.orphan_indication is not None:
        tables["indi"].append(
            {**key, "indi_drug_seq": "77", "indi_pt": sighting.orphan_indication}
        )
    tables["reac"] += [{**key, "pt": term} for term in sighting.reactions]
    tables["outc"].append({**key, "outc_cod": "OT"})
    tables["rpsr"].append({**key, "rpsr_cod": "HP"})
