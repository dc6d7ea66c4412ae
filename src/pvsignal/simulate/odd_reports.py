"""Reports whose content is odd in one way, after plain reports of the same quarter.

They have case numbers from one million and ISRs from three million, below all others,
and never a therapy or a neoplasm, so that what was planted stays true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pvsignal.layout import corrections
from pvsignal.quarter import Quarter
from pvsignal.simulate.defects import CONTENT, DEFECTS

Row = dict[str, str]
Rows = dict[str, list[Row]]

_FIRST = Quarter(2004, 1)
_FAERS = Quarter(2012, 4)
_CASES, _ISRS, _SEQUENCES = 1_000_000, 3_000_000, 1_001_000_000
_PER_QUARTER = 1_000
_SEQUENCE_OF = {"drug": "drug_seq", "ther": "dsg_drug_seq", "indi": "indi_drug_seq"}


@dataclass(frozen=True)
class Place:
    """Where an odd report stands.

    Attributes
    ----------
    quarter
        Its quarter.
    rng
        Source of randomness.
    earlier
        A primaryid of the quarter before, empty where there is none.
    """

    quarter: Quarter
    rng: np.random.Generator
    earlier: str

    def one_of(self, *texts: str) -> str:
        """Draw one of some texts."""
        return texts[self.rng.integers(len(texts))]


@dataclass(frozen=True)
class OddReport:
    """Rows of a report and what is odd in it.

    Attributes
    ----------
    defect
        Name of the defect.
    rows
        Rows of each table, in file order.
    table, at
        Row that holds the defect.
    expected
        What staging must make of it.
    caseid
        Number of its case, empty where it has none.
    fate
        What becomes of the case, empty where nothing is special.
    """

    defect: str
    rows: Mapping[str, Sequence[Row]]
    table: str
    at: int
    expected: str
    caseid: str
    fate: str


@dataclass(frozen=True)
class _Oddity:
    """Where the defect stands, what is expected, the fate of the case."""

    expected: str
    table: str = "demo"
    at: int = 0
    fate: str = ""


_Make = Callable[[Rows, Place], _Oddity | None]


def odd_report(
    name: str, template: Rows, place: Place, *, number: int
) -> OddReport | None:
    """A report that shows a defect, None if the quarter lacks what it needs.

    Parameters
    ----------
    name
        A defect of content.
    template
        Rows of a plain report.
    place
        Where it stands.
    number
        Number of the report within its quarter.
    """
    rows = _renumbered(template, place.quarter, number)
    oddity = _MAKE[name](rows, place)
    if oddity is None:
        return None
    caseid = rows["demo"][0]["caseid"] if rows["demo"] else ""
    return OddReport(
        name, rows, oddity.table, oddity.at, oddity.expected, caseid, oddity.fate
    )


def odd_names(names: Sequence[str], quarter: Quarter) -> list[str]:
    """Defects of content among the names that can stand in a quarter."""
    return [n for n in names if DEFECTS[n].kind == CONTENT and DEFECTS[n].fits(quarter)]


def _renumbered(template: Rows, quarter: Quarter, number: int) -> Rows:
    """The template's rows, one drug and one reaction, under numbers of their own."""
    offset = (quarter.ordinal - _FIRST.ordinal) * _PER_QUARTER + number
    caseid = str(_CASES + offset)
    is_legacy = quarter < _FAERS
    primaryid = str(_ISRS + offset) if is_legacy else f"{caseid}1"
    sequence = str(_SEQUENCES + offset) if is_legacy else "1"
    rows: Rows = {}
    for table, given in template.items():
        rows[table] = [
            row
            | {"primaryid": primaryid, "caseid": caseid}
            | ({_SEQUENCE_OF[table]: sequence} if table in _SEQUENCE_OF else {})
            for row in given[:1]
        ]
    demo, drug = rows["demo"][0], rows["drug"][0]
    demo |= {"caseversion": "1", "i_f_code": "I", "foll_seq": "", "image": ""}
    demo["init_fda_dt"] = demo["fda_dt"]
    drug["role_cod"] = "PS"
    return rows


def _row(rows: Rows, table: str) -> Row:
    """First row of a table, made where the template has none."""
    if not rows[table]:
        columns = {_SEQUENCE_OF[table]: rows["drug"][0]["drug_seq"]}
        keys = {name: rows["demo"][0][name] for name in ("primaryid", "caseid")}
        rows[table] = [keys | columns]
    return rows[table][0]


def _set(table: str, column: str, *texts: str, expected: str = "kept as text") -> _Make:
    """One value of a column replaced by one of some texts."""

    def make(rows: Rows, place: Place) -> _Oddity:
        text = place.one_of(*texts)
        _row(rows, table)[column] = text
        return _Oddity(f"{column} '{text}' {expected}", table)

    return make


def _known_delimiter(rows: Rows, place: Place) -> _Oddity | None:
    for known in corrections("demo", place.quarter):
        for table in rows:
            for row in rows[table]:
                row["primaryid"] = known.primaryid
        rows["demo"][0]["mfr_num"] = known.text
        return _Oddity(f"mfr_num '{known.text}'")
    return None


def _unnamed_drug(rows: Rows, place: Place) -> _Oddity:
    rows["drug"][0] |= {"drugname": "", "prod_ai": ""}
    return _Oddity("drugname is NULL", "drug", fate="no report: no named drug")


def _text_in_number(rows: Rows, place: Place) -> _Oddity:
    drug = rows["drug"][0]
    drug["dose_amt"] = place.one_of("ONE TABLET", "1-2", "2,5")
    drug["exp_dt"] = place.one_of("UNKNOWN", "20139999", "0")
    return _Oddity("dose_amt and exp_dt kept as text, no number", "drug")


def _odd_age(rows: Rows, place: Place) -> _Oddity:
    age, unit = place.one_of("23 DEC", "126 YR", "U YR", "163/6 YR", "40 ").split(" ")
    rows["demo"][0] |= {"age": age, "age_cod": unit}
    return _Oddity(f"age '{age}' '{unit}' kept, no age_years")


def _odd_weight(rows: Rows, place: Place) -> _Oddity:
    weight, unit = place.one_of("80505 KG", "0 KG", "80 IB").split(" ")
    rows["demo"][0] |= {"wt": weight, "wt_cod": unit}
    return _Oddity(f"wt '{weight}' '{unit}' kept, no wt_kg")


def _odd_duration(rows: Rows, place: Place) -> _Oddity:
    _row(rows, "ther").update(dur=place.one_of("SEVERAL", "2-3", "-1"), dur_cod="DAY")
    return _Oddity("dur kept as text, no dur_days", "ther")


def _odd_country(rows: Rows, place: Place) -> _Oddity:
    legacy = ("COUNTRY NOT SPECIFIED", "EUROPEAN UNION", "NAMIBIA")
    current = ("NA", "EU", "COUNTRY NOT SPECIFIED")
    country = place.one_of(*(legacy if place.quarter < _FAERS else current))
    rows["demo"][0]["reporter_country"] = country
    return _Oddity(f"reporter_country '{country}' kept as text")


def _null_case(rows: Rows, place: Place) -> _Oddity:
    rows["demo"][0]["caseid"] = ""
    return _Oddity("caseid is NULL; no case")


def _repeated_row(rows: Rows, place: Place) -> _Oddity:
    rows["demo"].append(dict(rows["demo"][0]))
    return _Oddity("staged twice", at=1, fate="one report of two equal rows")


def _repeated_primaryid(rows: Rows, place: Place) -> _Oddity:
    rows["demo"][0] |= {"age": "40", "age_cod": "YR"}
    rows["demo"].append(rows["demo"][0] | {"age": "60"})
    return _Oddity("staged twice", at=1, fate="age 60 of the last row")


def _recurring_primaryid(rows: Rows, place: Place) -> _Oddity | None:
    if not place.earlier:
        return None
    for given in rows.values():
        for row in given:
            row["primaryid"] = place.earlier
    said = f"primaryid {place.earlier} of the quarter before, under another case"
    return _Oddity(said, fate="a report of its own")


def _orphan_rows(rows: Rows, place: Place) -> _Oddity:
    for table in rows:
        if table not in ("drug", "reac"):
            rows[table] = []
    return _Oddity("staged; of no report", "drug")


def _no_drug(rows: Rows, place: Place) -> _Oddity:
    for table in _SEQUENCE_OF:
        rows[table] = []
    return _Oddity("staged", fate="no report: no drug")


def _no_reaction(rows: Rows, place: Place) -> _Oddity:
    rows["reac"] = []
    return _Oddity("staged", fate="no report: no reaction")


def _primary_suspects(rows: Rows, place: Place) -> _Oddity:
    first = rows["drug"][0]
    rows["drug"].append(first | {"drug_seq": str(int(first["drug_seq"]) + 500)})
    return _Oddity("two rows with role PS", "drug", at=1)


_MAKE: Mapping[str, _Make] = {
    "known_delimiter": _known_delimiter,
    # In latin-1 the sign is the byte 0x92, which cp1252 uses for an apostrophe.
    "cp1252_byte": _set(
        "drug", "drugname", "CHILDREN\x92S SYRUP", expected="read as latin-1"
    ),
    "utf8_text": _set(
        "drug", "drugname", "SOLUCIÓN “NOS” – 葛根湯", expected="read as UTF-8"
    ),
    "substituted_sign": _set("indi", "indi_pt", "Parkinson^s disease", "N?VUS"),
    "quotes": _set("drug", "drugname", '"VITAMINS" (NOS)', '"OPEN', "O'X #1"),
    "unnamed_drug": _unnamed_drug,
    "text_in_number": _text_in_number,
    "odd_duration": _odd_duration,
    "odd_date": _set(
        "demo", "event_dt", "19000101", "00010101", "91990101", "20150231"
    ),
    "odd_age": _odd_age,
    "odd_weight": _odd_weight,
    "odd_country": _odd_country,
    "odd_follow_up": _set("demo", "foll_seq", "", "#", "#1", "C-", "1A"),
    "new_role": _set("drug", "role_cod", "DN"),
    "unknown_role": _set("drug", "role_cod", "XX"),
    "null_case": _null_case,
    "repeated_row": _repeated_row,
    "repeated_primaryid": _repeated_primaryid,
    "recurring_primaryid": _recurring_primaryid,
    "orphan_rows": _orphan_rows,
    "no_drug": _no_drug,
    "no_reaction": _no_reaction,
    "no_primary_suspect": _set("drug", "role_cod", "SS", "C"),
    "primary_suspects": _primary_suspects,
}
