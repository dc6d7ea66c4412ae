"""Columns of the seven tables for every row of the span; their text is made later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from pvsignal.quarter import QuarterSpan
from pvsignal.simulate.copies import KEEP, Copies
from pvsignal.simulate.reports import (
    PS,
    ROLES,
    START_AFTER,
    START_ANY,
    START_BEFORE,
    START_NONE,
    Reports,
    sexes_of_neoplasms,
)
from pvsignal.simulate.texts import (
    ABSENT,
    DAY,
    Days,
    Made,
    Texts,
    compact,
    constant,
    dates,
    either,
    joined,
    named,
    numbered,
    tenths,
    upper,
    where,
)
from pvsignal.simulate.versions import FAERS_ORDINAL, Sightings
from pvsignal.simulate.vocabulary import Ints, Vocabulary, read_table

# Invented; no company of that name is meant.
SENDERS = (
    "ALDERBROOK",
    "BRANTON BIOTECH",
    "CALDERMERE",
    "DUNMOOR PHARMA",
    "ESKVALE",
    "FENWICK AND LOWE",
    "GREYSTOKE",
    "HOLLINGROVE",
    "INGLEBY LABS",
    "KESTRELMONT",
    "LARKSPUR BIOLOGICS",
    "MOSSDALE",
)
OUTCOMES = (("OT", 0.50), ("HO", 0.26), ("DE", 0.06), ("LT", 0.03), ("DS", 0.02))
OUTCOMES_RARE = (("RI", 0.005), ("CA", 0.003))


@dataclass(frozen=True)
class Table:
    """Columns by canonical name, and the quarter (position) of each row, sorted."""

    columns: Mapping[str, Texts]
    quarter: Ints

    def bounds(self, position: int) -> tuple[int, int]:
        """First row of a quarter and the row after its last one."""
        begin, end = np.searchsorted(self.quarter, [position, position + 1])
        return int(begin), int(end)

    def within(self, position: int) -> dict[str, Made]:
        """Text of all columns in one quarter."""
        begin, end = self.bounds(position)
        return {
            name: column.slice(begin, end - begin)
            for name, column in self.columns.items()
        }


def build_tables(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    reports: Reports,
    copies: Copies,
    sightings: Sightings,
    span: QuarterSpan,
) -> dict[str, Table]:
    """All rows of the seven tables in the order in which they are written."""
    rows = sightings.rows
    patient = _copied(_draw_patients(rng, vocabulary, reports, sightings, span), copies)
    drugs = _order_drugs(reports)
    versions = _Versions.of(sightings, span)
    drug_children = _children(rows, drugs)
    return {
        "demo": _demo(rng, sightings, versions, patient, copies, span),
        "drug": _drug(rng, vocabulary, drugs, versions, drug_children),
        "reac": _reac(rng, vocabulary, reports, versions, rows),
        "outc": _outc(rng, reports, versions, rows),
        "rpsr": _rpsr(rng, versions),
        "ther": _ther(rng, drugs, versions, drug_children, patient),
        "indi": _indi(vocabulary, drugs, versions, drug_children),
    }


# --- small pieces -------------------------------------------------------------------


def _choose(
    rng: np.random.Generator, shares: list[float], n: int
) -> npt.NDArray[np.int64]:
    """Draw the number of a share, -1 for what they leave of 1."""
    cumulated = np.cumsum(shares)
    drawn: Ints = np.searchsorted(cumulated, rng.random(n), side="right")
    drawn[drawn == len(shares)] = -1
    return drawn


def _ranges(start: Ints, length: Ints) -> Ints:
    """All numbers of the ranges, one range after another."""
    ends = np.cumsum(length)
    numbers: Ints = np.repeat(start - (ends - length), length)
    return numbers + np.arange(len(numbers))


@dataclass(frozen=True)
class _Children:
    """Rows of a child table: which sighting each belongs to, which row it repeats."""

    sighting: Ints
    source: Ints


def _children(rows: pd.DataFrame, table: pd.DataFrame) -> _Children:
    """Child rows of every sighting; ``table`` is sorted by case."""
    case = rows["case"].to_numpy()
    n_cases = int(max(case.max(initial=-1), table["case"].max())) + 1
    counts = np.bincount(table["case"].to_numpy(), minlength=n_cases)
    starts = np.cumsum(counts) - counts
    sighting = np.repeat(np.arange(len(rows)), counts[case])
    source = _ranges(starts[case], counts[case])
    return _Children(compact(sighting), compact(source))


@dataclass(frozen=True)
class _Versions:
    """What the tables need of each sighting."""

    primaryid: Texts
    caseid: Texts
    quarter: Ints
    ordinal: Ints
    first_drug_seq: int

    @classmethod
    def of(cls, sightings: Sightings, span: QuarterSpan) -> _Versions:
        rows = sightings.rows
        quarter = rows["quarter"].to_numpy()
        return cls(
            numbered(rows["primaryid"].to_numpy()),
            numbered(sightings.caseid[rows["case"].to_numpy()]),
            quarter.astype(np.int16),
            quarter + span.first.ordinal,
            sightings.first_drug_seq,
        )

    @property
    def is_legacy(self) -> npt.NDArray[np.bool_]:
        return self.ordinal < FAERS_ORDINAL

    def keys(self, sighting: Ints) -> dict[str, Texts]:
        return {
            "primaryid": self.primaryid.take(sighting),
            "caseid": self.caseid.take(sighting),
        }


# --- patients -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Patients:
    """One entry per case."""

    sex: Ints
    age: npt.NDArray[np.float64]
    received: Days
    event: Days
    event_precision: Ints
    is_ms: npt.NDArray[np.bool_]
    lawyer: npt.NDArray[np.bool_]
    reporter: Ints
    country: Ints


def names_therapy(vocabulary: Vocabulary, reports: Reports) -> npt.NDArray[np.bool_]:
    """Whether each case names an MS therapy."""
    ingredient = vocabulary.products["ingredient"].to_numpy() != ""
    is_ms = np.zeros(len(reports.cases), dtype=bool)
    drugs = reports.drugs
    is_ms[drugs["case"].to_numpy()[ingredient[drugs["product"].to_numpy()]]] = True
    return is_ms


def draw_sexes(
    rng: np.random.Generator, vocabulary: Vocabulary, reports: Reports
) -> Ints:
    """Sex of each case: 0 female, 1 male, -1 unknown; as settled where it is."""
    n, is_ms = len(reports.cases), names_therapy(vocabulary, reports)
    wanted = sexes_of_neoplasms(vocabulary, reports).to_numpy()
    drawn = np.where(rng.random(n) < np.where(is_ms, 0.73, 0.57), 0, 1)
    drawn = np.where((rng.random(n) < 0.07) | (wanted == "U"), -1, drawn)
    sex: Ints = np.where(wanted == "F", 0, np.where(wanted == "M", 1, drawn))
    return sex


def draw_ages(
    rng: np.random.Generator, vocabulary: Vocabulary, reports: Reports
) -> npt.NDArray[np.float64]:
    """Age of each case in years; as settled where it is."""
    is_ms = names_therapy(vocabulary, reports)
    has_neoplasm = np.zeros(len(reports.cases), dtype=bool)
    has_neoplasm[reports.events.loc[reports.events["neoplasm"] >= 0, "case"]] = True
    mean = np.where(is_ms, 46.0, 56.0) + np.where(has_neoplasm, 5.0, 0.0)
    drawn = np.clip(rng.normal(mean, np.where(is_ms, 11.0, 18.0)), 0.3, 96.0)
    settled = reports.cases["age"].to_numpy()
    return np.where(np.isnan(settled), drawn, settled)


def _draw_patients(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    reports: Reports,
    sightings: Sightings,
    span: QuarterSpan,
) -> _Patients:
    cases = reports.cases
    n = len(cases)
    sex = draw_sexes(rng, vocabulary, reports)
    age = draw_ages(rng, vocabulary, reports)
    begins = np.array([quarter.first_day for quarter in span], dtype="datetime64[D]")
    received = begins[cases["quarter"].to_numpy()] + rng.integers(0, 88, n)
    event = received - (7 + rng.exponential(200.0, n)).astype(np.int64)
    precision = np.searchsorted([0.44, 0.50, 0.54], rng.random(n), side="right")
    precision = np.where(cases["dated"].to_numpy(), DAY, precision)
    return _Patients(
        sex,
        age,
        received,
        event,
        precision,
        names_therapy(vocabulary, reports),
        cases["lawyer"].to_numpy(),
        cases["reporter"].to_numpy(),
        cases["country"].to_numpy(),
    )


def _copied(patient: _Patients, copies: Copies) -> _Patients:
    """Patients of the copies after those they were copied from."""
    source, is_copy = copies.source, copies.is_copy
    sex = patient.sex[source]
    unknown = copies.is_known & (sex < 0)
    sex = np.where(unknown, 0, sex)
    sex = np.where(copies.other_sex & (sex >= 0), 1 - sex, sex)
    age = patient.age[source] + copies.years
    # An age out of range turns back: a near miss must stay another age.
    age = np.where((age < 1) | (age > 96), patient.age[source] - copies.years, age)
    precision = patient.event_precision[source]
    return replace(
        patient,
        sex=np.where(copies.hides_sex, -1, sex),
        age=age,
        received=np.where(
            is_copy,
            np.maximum(patient.received, patient.received[source]),
            patient.received,
        ),
        event=patient.event[source] + copies.days,
        event_precision=np.where(copies.precision == KEEP, precision, copies.precision),
        is_ms=patient.is_ms[source],
    )


def _demo(
    rng: np.random.Generator,
    sightings: Sightings,
    versions: _Versions,
    patient: _Patients,
    copies: Copies,
    span: QuarterSpan,
) -> Table:
    rows = sightings.rows
    n = len(rows)
    case, version = rows["case"].to_numpy(), rows["version"].to_numpy()
    n_cases = len(patient.sex)
    legacy, year = versions.is_legacy, versions.ordinal // 4
    begins = np.array([quarter.first_day for quarter in span], dtype="datetime64[D]")
    received = np.where(
        version == 1,
        patient.received[case],
        begins[versions.quarter] + rng.integers(0, 88, n),
    )
    lawyer = patient.lawyer[case]
    report_type = _choose(rng, [0.46, 0.45, 0.07, 0.02], n_cases)
    report_type = np.where(copies.is_company & (report_type == 2), 0, report_type)[case]
    report_type = np.where(
        (report_type == 3) & (versions.ordinal < 2022 * 4 + 3), 1, report_type
    )
    direct = report_type == 2
    senders = rng.integers(0, len(SENDERS), n_cases)
    others = senders[copies.source] + 1 + senders % (len(SENDERS) - 1)
    senders = np.where(copies.is_copy, others % len(SENDERS), senders)
    senders = np.where(copies.sender >= 0, senders[copies.sender], senders)
    sender = senders[case]
    countries = _countries(rng, n_cases, patient)[copies.source]
    country = countries[case]
    table = read_table("countries")
    codes, names = list(table["code"]), list(table["legacy_name"])
    age_known = (rng.random(n_cases) > 0.33) | copies.is_known
    age_known = (age_known & ~copies.hides_age)[case]
    age, age_unit = _ages(patient.age[case], _choose(rng, [0.02], n_cases)[case])
    weight_known = (rng.random(n_cases) < 0.2)[case]
    weight = np.round(np.clip(rng.normal(76.0, 17.0, n_cases), 4.0, 190.0), 1)[case]
    pounds = (rng.random(n_cases) < 0.3)[case]
    weight_text = tenths(np.where(pounds, weight * 2.2046, weight))
    literature = (rng.random(n_cases) < 0.05) | (copies.article >= 0)
    literature = literature[case] & ~direct
    first_year = 2004 + (
        patient.received.astype("datetime64[Y]") - np.datetime64("2004", "Y")
    ).astype(np.int64)
    serial = 100_000 + rng.integers(0, 900_000, n_cases)
    serial = np.where(copies.serial > 0, serial[copies.source] + copies.serial, serial)
    number_of = np.where(copies.number >= 0, copies.number, np.arange(n_cases))[case]
    number = joined(
        named(codes, countries[number_of]),
        "-",
        named(SENDERS, senders[number_of]),
        "-",
        numbered(first_year[number_of]),
        named(codes, countries[number_of]),
        numbered(serial[number_of]),
    )
    occupation = _occupations(rng, n_cases, patient, case, year)
    country_text = either(legacy, named(names, country), named(codes, country))
    hides_country = copies.hides_country[case]
    hidden = (rng.random(n_cases) < 0.01)[case] | hides_country
    reporter = either(hidden, "COUNTRY NOT SPECIFIED", country_text)
    sent = received - rng.integers(0, 8, n)
    columns = {
        "primaryid": versions.primaryid,
        "caseid": versions.caseid,
        "caseversion": numbered(version),
        "i_f_code": named(("I", "F"), (version > 1).astype(np.int64)),
        "foll_seq": numbered(version - 1, (version > 1) & (rng.random(n) < 0.5)),
        "image": joined(
            versions.primaryid,
            "-",
            named(tuple("0123456789X"), rng.integers(0, 11, n)),
        ),
        "event_dt": dates(patient.event[case], patient.event_precision[case]),
        "mfr_dt": where(~direct, dates(sent - rng.integers(1, 12, n), DAY)),
        "init_fda_dt": dates(patient.received[case], DAY),
        "fda_dt": dates(received, DAY),
        "rept_cod": named(("EXP", "PER", "DIR", "30DAY"), report_type),
        "auth_num": where(
            (country > 0) & (rng.random(n) < 0.2),
            joined(
                named(codes, country), "-SIM-", numbered(rng.integers(1, 99_999, n))
            ),
        ),
        "mfr_num": where(~direct, number),
        "mfr_sndr": where(~direct, named(SENDERS, sender)),
        "lit_ref": where(literature, _citations(rng, first_year, copies).take(case)),
        "age": where(age_known, age),
        "age_cod": where(age_known, age_unit),
        "age_grp": where((rng.random(n) < 0.25), _age_groups(patient.age[case])),
        "sex": named(("F", "M"), patient.sex[case]),
        "e_sub": named(("N", "Y"), (~direct & (year > 2005)).astype(np.int64)),
        "wt": where(weight_known, weight_text),
        "wt_cod": where(weight_known, named(("KG", "LBS"), pounds.astype(np.int64))),
        "rept_dt": dates(sent, DAY),
        "to_mfr": where(direct, named(("N", "Y"), rng.integers(0, 2, n))),
        "confid": where(direct, named(("N", "Y"), rng.integers(0, 2, n))),
        "death_dt": constant("", n),
        "occp_cod": either(lawyer, "LW", occupation),
        "reporter_country": reporter,
        "occr_country": where(
            (rng.random(n) > 0.08) & ~hides_country, named(codes, country)
        ),
    }
    return Table(columns, versions.quarter)


def _citations(rng: np.random.Generator, year: Ints, copies: Copies) -> Texts:
    """Article of each case; companies punctuate the same article in their own way."""
    n = len(year)
    volume, page = rng.integers(1, 60, n), rng.integers(1, 2_000, n)
    of = np.where(copies.article >= 0, copies.article, np.arange(n))
    parts = [numbered(number[of]) for number in (year, volume, page)]
    plain = joined(
        "SIMULATED AUTHOR A, SIMULATED AUTHOR B. A CASE THAT NEVER WAS. J INVENT MED. ",
        parts[0],
        ";",
        parts[1],
        ":",
        parts[2],
    )
    other = joined(
        "Simulated Author A., Simulated Author B. A case that never was. J Invent Med ",
        parts[0],
        "; ",
        parts[1],
        ": ",
        parts[2],
        ".",
    )
    return either(rng.random(n) < 0.5, plain, other)


def _ages(age: npt.NDArray[np.float64], decades: Ints) -> tuple[Texts, Texts]:
    """Age with its unit: months below two years, now and then decades."""
    unit = np.where(age < 2, 2, np.where((decades == 0) & (age > 20), 1, 0))
    number = np.where(unit == 2, age * 12, np.where(unit == 1, age / 10, age))
    return numbered(number.astype(np.int64)), named(("YR", "DEC", "MON"), unit)


def _age_groups(age: npt.NDArray[np.float64]) -> Texts:
    group = np.searchsorted([0.08, 2.0, 12.0, 18.0, 65.0], age, side="right")
    return named(("N", "I", "C", "T", "A", "E"), group)


def _countries(
    rng: np.random.Generator, n: int, patient: _Patients
) -> npt.NDArray[np.int64]:
    weights = read_table("countries")["weight"].astype(float).to_numpy()
    cumulated = np.cumsum(weights)
    drawn = np.searchsorted(cumulated, rng.random(n) * cumulated[-1], side="right")
    # Suits are filed in the United States, the first row.
    drawn = np.where(patient.lawyer, 0, drawn)
    return np.where(patient.country >= 0, patient.country, drawn)


def _occupations(
    rng: np.random.Generator,
    n_cases: int,
    patient: _Patients,
    case: Ints,
    year: Ints,
) -> Texts:
    """Draw reporters: with MS therapies more consumers; HP replaced OT in 2020."""
    general = _choose(rng, [0.42, 0.26, 0.05, 0.18, 0.01], n_cases)
    programme = _choose(rng, [0.60, 0.18, 0.03, 0.14, 0.0], n_cases)
    drawn = np.where(patient.is_ms, programme, general)
    drawn = np.where(patient.reporter >= 0, patient.reporter, drawn)[case]
    drawn = np.where((drawn == 3) & (year < 2020), 5, drawn)
    return named(("CN", "MD", "PH", "HP", "LW", "OT"), drawn)


# --- children -----------------------------------------------------------------------


def _order_drugs(reports: Reports) -> pd.DataFrame:
    """Drug rows by case and role, numbered within the case, dates still to come."""
    drugs = reports.drugs.sort_values(["case", "role"], kind="stable")
    drugs = drugs.reset_index(drop=True)
    drugs["seq"] = drugs.groupby("case").cumcount() + 1
    return drugs


def _sequence(versions: _Versions, drugs: pd.DataFrame, children: _Children) -> Texts:
    """1..n inside the report in FAERS; unique over all reports in legacy."""
    seq = drugs["seq"].to_numpy()[children.source]
    legacy = versions.first_drug_seq + np.arange(len(seq))
    return numbered(np.where(versions.is_legacy[children.sighting], legacy, seq))


def _drug(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    drugs: pd.DataFrame,
    versions: _Versions,
    children: _Children,
) -> Table:
    sequence = _sequence(versions, drugs, children)
    # FAERS repeats the row of a drug for each of its dosage records.
    repeats = np.where(
        ~versions.is_legacy[children.sighting]
        & (rng.random(len(children.source)) < 0.08),
        2,
        1,
    )
    index = compact(np.repeat(np.arange(len(children.source)), repeats))
    sighting, source = children.sighting[index], children.source[index]
    again = np.concatenate([[False], index[1:] == index[:-1]])
    n = len(index)
    legacy = versions.is_legacy[sighting]
    products = vocabulary.products
    product = drugs["product"].to_numpy()[source]
    role = drugs["role"].to_numpy()[source]
    route = named(list(products["route"]), product)
    route_known = (rng.random(n) < 0.7) & ~again
    dose = named(list(products["dose"]), product)
    amount, unit = _dose_parts(products)
    suspect = role <= PS + 1
    verbatim = rng.random(n) < 0.02
    columns = {
        **versions.keys(sighting),
        "drug_seq": sequence.take(index),
        "role_cod": named(ROLES, role),
        "drugname": named(list(products["drugname"]), product),
        "prod_ai": where(
            rng.random(n) > 0.025, named(list(products["prod_ai"]), product)
        ),
        "val_vbm": named(("1", "2"), verbatim.astype(np.int64)),
        "route": where(
            route_known,
            either(legacy, upper(route), route),
        ),
        "dose_vbm": where(
            (rng.random(n) < 0.6) & ~again,
            either(legacy, upper(dose), dose),
        ),
        "cum_dose_chr": constant("", n),
        "cum_dose_unit": constant("", n),
        "dechal": where(
            suspect,
            named(("Y", "N", "U", "D"), _choose(rng, [0.15, 0.08, 0.3, 0.05], n)),
        ),
        "rechal": where(
            suspect,
            named(("Y", "N", "U", "D"), _choose(rng, [0.01, 0.02, 0.05, 0.02], n)),
        ),
        "lot_num": where(
            suspect & (rng.random(n) < 0.15),
            joined("SIM", numbered(rng.integers(1000, 99_999, n))),
        ),
        "exp_dt": constant("", n),
        "nda_num": where(
            rng.random(n) < 0.38, numbered(20_000 + (product * 7919) % 190_000)
        ),
        "dose_amt": where(~again, named(amount, product)),
        "dose_unit": where(~again, named(unit, product)),
        "dose_form": constant("", n),
        "dose_freq": where(
            rng.random(n) < 0.3,
            named(("QD", "BID", "/WK", "QM"), rng.integers(0, 4, n)),
        ),
    }
    return Table(columns, versions.quarter[sighting])


def _dose_parts(products: pd.DataFrame) -> tuple[list[str], list[str]]:
    """``44 ug`` as amount and unit code, nothing where the dose is unknown."""
    parts = [dose.partition(" ") for dose in products["dose"]]
    known = [amount if unit else "" for amount, _, unit in parts]
    return known, [unit.upper().replace("MG/M2", "MG/M**2") for _, _, unit in parts]


def _reac(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    reports: Reports,
    versions: _Versions,
    rows: pd.DataFrame,
) -> Table:
    events = reports.events.sort_values("case", kind="stable").reset_index(drop=True)
    children = _children(rows, events)
    kept = (
        events["last_version"].to_numpy()[children.source]
        >= rows["version"].to_numpy()[children.sighting]
    )
    index = np.flatnonzero(kept)
    # A PT now and then stands twice in a report.
    index = np.repeat(index, np.where(rng.random(len(index)) < 0.002, 2, 1))
    sighting, source = children.sighting[index], children.source[index]
    term = named(vocabulary.terms, events["term"].to_numpy()[source])
    columns = {
        **versions.keys(sighting),
        "pt": either(versions.is_legacy[sighting], upper(term), term),
        "drug_rec_act": where(rng.random(len(index)) < 0.003, term),
    }
    return Table(columns, versions.quarter[sighting])


def _outc(
    rng: np.random.Generator,
    reports: Reports,
    versions: _Versions,
    rows: pd.DataFrame,
) -> Table:
    n_cases = len(reports.cases)
    malignant = np.zeros(n_cases, dtype=bool)
    malignant[reports.events.loc[reports.events["neoplasm"] >= 0, "case"]] = True
    parts = []
    for number, (_, share) in enumerate((*OUTCOMES, *OUTCOMES_RARE)):
        # A neoplasm is medically important whatever else it is.
        always = malignant if number == 0 else np.zeros(n_cases, dtype=bool)
        cases = np.flatnonzero((rng.random(n_cases) < share) | always)
        parts.append(pd.DataFrame({"case": cases, "code": number}))
    table = pd.concat(parts, ignore_index=True).sort_values(["case", "code"])
    children = _children(rows, table.reset_index(drop=True))
    codes = tuple(code for code, _ in (*OUTCOMES, *OUTCOMES_RARE))
    columns = {
        **versions.keys(children.sighting),
        "outc_cod": named(codes, table["code"].to_numpy()[children.source]),
    }
    return Table(columns, versions.quarter[children.sighting])


def _rpsr(rng: np.random.Generator, versions: _Versions) -> Table:
    """Source of the report, a field of the paper era that dies out."""
    n = len(versions.quarter)
    share = np.where(versions.is_legacy, 0.8, 0.03)
    drawn = np.where(rng.random(n) < share, rng.integers(0, 4, n), -1)
    sighting = np.flatnonzero(drawn >= 0)
    columns = {
        **versions.keys(sighting),
        "rpsr_cod": named(("HP", "CSM", "FGN", "LIT"), drawn[sighting]),
    }
    return Table(columns, versions.quarter[sighting])


def _ther(
    rng: np.random.Generator,
    drugs: pd.DataFrame,
    versions: _Versions,
    children: _Children,
    patient: _Patients,
) -> Table:
    n = len(drugs)
    case, rule = drugs["case"].to_numpy(), drugs["start"].to_numpy()
    event = patient.event[case]
    start = event - (1 + rng.exponential(500.0, n)).astype(np.int64)
    start = np.where(rule == START_BEFORE, event - rng.integers(800, 2500, n), start)
    start = np.where(rule == START_AFTER, event + rng.integers(10, 60, n), start)
    precision = np.searchsorted([0.65, 0.85], rng.random(n), side="right")
    fixed = (rule == START_BEFORE) | (rule == START_AFTER)
    precision = np.where(fixed, DAY, precision)
    present = np.where(rule == START_ANY, rng.random(n) < 0.42, rule != START_NONE)
    days = rng.integers(1, 400, n)
    ended = (rng.random(n) < 0.25) & (rule == START_ANY)
    end = np.minimum(start + days, patient.received[case])
    end = np.maximum(end, start)
    end_precision = np.where(ended, precision, ABSENT)
    measured = rng.random(n) < 0.1
    index = np.flatnonzero(present[children.source])
    sighting, source = children.sighting[index], children.source[index]
    columns = {
        **versions.keys(sighting),
        "dsg_drug_seq": _sequence(versions, drugs, children).take(index),
        "start_dt": dates(start[source], precision[source]),
        "end_dt": dates(end[source], end_precision[source]),
        "dur": numbered(days[source], measured[source]),
        "dur_cod": where(measured[source], constant("DAY", len(source))),
    }
    return Table(columns, versions.quarter[sighting])


def _indi(
    vocabulary: Vocabulary,
    drugs: pd.DataFrame,
    versions: _Versions,
    children: _Children,
) -> Table:
    indication = drugs["indication"].to_numpy()
    index = np.flatnonzero(indication[children.source] >= 0)
    sighting, source = children.sighting[index], children.source[index]
    term = named(vocabulary.terms, indication[source])
    columns = {
        **versions.keys(sighting),
        "indi_drug_seq": _sequence(versions, drugs, children).take(index),
        "indi_pt": either(versions.is_legacy[sighting], upper(term), term),
    }
    return Table(columns, versions.quarter[sighting])
