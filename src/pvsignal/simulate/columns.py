"""Columns of the seven tables for every row of the span; their text is made later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.simulate.copies import KEEP, MOST_SERIAL, Copies
from pvsignal.simulate.reports import (
    PS,
    REPORTERS,
    ROLES,
    START_AFTER,
    START_ANY,
    START_BEFORE,
    START_NONE,
    Reports,
    sexes_of_neoplasms,
)
from pvsignal.simulate.shares import (
    FAERS_ORDINAL,
    IMPUTED_AGAIN,
    blank_share,
    code_shares,
    dosage_rows,
    draw_codes,
    drugs_per_report,
    rows_per_report,
)
from pvsignal.simulate.spelling import PATTERNS, verbatim
from pvsignal.simulate.texts import (
    ABSENT,
    DAY,
    MONTH,
    YEAR,
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
    replaced,
    tenths,
    upper,
    where,
    written,
)
from pvsignal.simulate.versions import Sightings
from pvsignal.simulate.vocabulary import Flags, Floats, Ints, Vocabulary, read_table

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
# Rows whose name the FDA did not validate, in legacy and in FAERS, and how fast numbers
# of their spellings grow.
VERBATIM_SHARES = (0.28, 0.020)
SPELLING_TAIL = 1.4
# Names of substances ended in a full stop in 2017q2, not before 2012 nor since 2022;
# between, the quarters are chosen.
STOPPED = (Quarter(2014, 3).ordinal, Quarter(2020, 1).ordinal)
STOPPED_SHARE = 0.8
# Rows without prod_ai, of names not validated and of others: 2.6 % together.
NO_INGREDIENT = (0.9, 0.009)
AMOUNTS = ("10", "20", "40", "5", "100", "25", "50", "1", "200", "300", "500", ".5")
FORMS = (
    "Tablet",
    "Unknown",
    "Solution for injection",
    "Capsule",
    "Injection",
    "Film-coated tablet",
    "Powder for solution for infusion",
    "Solution for infusion",
    "Cream",
)
FREQUENCIES = ("QD", "BID", "/WK", "QOW", "Q12H", "/MONTH", "TID", "Q3W")
# Of the dates that are not known to the day, FAERS wrote 6 or 4 digits until it moved.
DATES_TO_THE_MONTH, DATES_TO_THE_YEAR = 0.20, (0.09, 0.17)
# Reports of patient programmes of MS therapies, which consumers send (chosen).
PROGRAMME_SHARE = 0.3
MOST_SOURCES = 4
EUROPE, EUROPE_FROM, EUROPE_SHARE = "EU", Quarter(2024, 1).ordinal, 0.27


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
        "drug": _drug(
            rng,
            vocabulary,
            drugs,
            versions,
            drug_children,
            _spell(rng, vocabulary, reports.cases, drugs, span),
        ),
        "reac": _reac(rng, vocabulary, reports, versions, rows),
        "outc": _outc(rng, reports, versions, rows, span),
        "rpsr": _rpsr(rng, versions),
        "ther": _ther(rng, drugs, versions, drug_children, patient, span),
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


def _first_quarters(rows: pd.DataFrame) -> Ints:
    """Position of the quarter that first holds each case, by its number."""
    case, quarter = rows["case"].to_numpy(), rows["quarter"].to_numpy()
    first = np.full(int(case.max(initial=-1)) + 1, np.iinfo(np.int32).max)
    np.minimum.at(first, case, quarter)
    return first


@dataclass(frozen=True)
class _Versions:
    """What the tables need of each sighting."""

    primaryid: Texts
    caseid: Texts
    quarter: Ints
    ordinal: Ints
    first_drug_seq: int
    in_capitals: Flags

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
            # Terms of reports that were migrated from legacy stay in capitals.
            _first_quarters(rows)[rows["case"].to_numpy()]
            < FAERS_ORDINAL - span.first.ordinal,
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
    rng: np.random.Generator, vocabulary: Vocabulary, reports: Reports, first: int
) -> Ints:
    """Sex of each case: 0 female, 1 male, -1 unknown; as settled where it is.

    ``first`` is the ordinal of the span's first quarter: blanks depend on the quarter.
    """
    n = len(reports.cases)
    population = vocabulary.populations.iloc[_populations(vocabulary, reports)]
    ordinal = reports.cases["quarter"].to_numpy() + first
    wanted = sexes_of_neoplasms(vocabulary, reports).to_numpy()
    drawn = np.where(rng.random(n) < population["women"].to_numpy(), 0, 1)
    is_blank = rng.random(n) < blank_share("sex", ordinal)
    drawn = np.where(is_blank | (wanted == "U"), -1, drawn)
    sex: Ints = np.where(wanted == "F", 0, np.where(wanted == "M", 1, drawn))
    return sex


def draw_ages(
    rng: np.random.Generator, vocabulary: Vocabulary, reports: Reports
) -> npt.NDArray[np.float64]:
    """Age of each case in years; as settled where it is."""
    population = vocabulary.populations.iloc[_populations(vocabulary, reports)]
    has_neoplasm = np.zeros(len(reports.cases), dtype=bool)
    has_neoplasm[reports.events.loc[reports.events["neoplasm"] >= 0, "case"]] = True
    mean = population["mean_age"].to_numpy() + np.where(has_neoplasm, 5.0, 0.0)
    drawn = rng.normal(mean, population["sd_age"].to_numpy())
    # What falls below zero turns back, so that the young are no heap at the edge.
    drawn = np.clip(np.abs(drawn), 0.05, 96.0)
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
    ordinal = cases["quarter"].to_numpy() + span.first.ordinal
    sex = draw_sexes(rng, vocabulary, reports, span.first.ordinal)
    age = draw_ages(rng, vocabulary, reports)
    begins = np.array([quarter.first_day for quarter in span], dtype="datetime64[D]")
    received = begins[cases["quarter"].to_numpy()] + rng.integers(0, 88, n)
    event = received - (7 + rng.exponential(200.0, n)).astype(np.int64)
    event, precision = _event_dates(rng, event, ordinal)
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


def _populations(vocabulary: Vocabulary, reports: Reports) -> Ints:
    """Population of each case: that of MS, else of what its first drug is for.

    Of an indication that is blank or unknown the product tells what it is for.
    """
    drugs = reports.drugs
    product, term = drugs["product"].to_numpy(), drugs["indication"].to_numpy()
    of_term = np.where(term >= 0, vocabulary.population_of_term[term], 0)
    of_product = vocabulary.products["population"].to_numpy()[product]
    is_ms = vocabulary.products["ingredient"].to_numpy()[product] != ""
    found = np.where(is_ms | (of_term == 0), of_product, of_term)
    # The last one written stands: the primary suspect, and MS therapies over all.
    order = np.flatnonzero((drugs["role"].to_numpy() == PS) | is_ms)
    order = order[np.argsort(is_ms[order], kind="stable")]
    population = np.zeros(len(reports.cases), dtype=np.int64)
    population[drugs["case"].to_numpy()[order]] = found[order]
    return population


def _event_dates(
    rng: np.random.Generator, event: Days, ordinal: Ints
) -> tuple[Days, Ints]:
    """Event dates as they are written, and their precision.

    What is known to the month or the year alone has 6 or 4 digits from 2012q4 to
    2021q3; else 01 stands for what is missing, so that dates heap on the first of
    January and of each month.
    """
    n = len(event)
    to_the_year = np.where(ordinal < FAERS_ORDINAL, *DATES_TO_THE_YEAR)
    chance = rng.random(n)
    known = np.where(
        chance < to_the_year,
        YEAR,
        np.where(chance < to_the_year + DATES_TO_THE_MONTH, MONTH, DAY),
    )
    imputed = (ordinal < FAERS_ORDINAL) | (ordinal >= IMPUTED_AGAIN)
    day = event.astype("datetime64[D]")
    first = {
        kind: day.astype(f"datetime64[{unit}]").astype("datetime64[D]")
        for kind, unit in ((YEAR, "Y"), (MONTH, "M"))
    }
    for kind, days in first.items():
        day = np.where(imputed & (known == kind), days, day)
    precision = np.where(imputed, DAY, known)
    blank = rng.random(n) < blank_share("event_dt", ordinal)
    return day.astype(event.dtype), np.where(blank, ABSENT, precision)


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
    shown = rows["caseversion"].to_numpy()
    n_cases = len(patient.sex)
    legacy, year = versions.is_legacy, versions.ordinal // 4
    begins = np.array([quarter.first_day for quarter in span], dtype="datetime64[D]")
    received = np.where(
        version == 1,
        patient.received[case],
        begins[versions.quarter] + rng.integers(0, 88, n),
    )
    lawyer = patient.lawyer[case]
    first_ordinal = span.first.ordinal + _quarter_of(patient.received, begins)
    types, report_type = draw_codes(rng, "rept_cod", first_ordinal)
    direct_code = types.index("DIR")
    report_type = np.where(
        copies.is_company & (report_type == direct_code), 0, report_type
    )[case]
    direct = report_type == direct_code
    senders = rng.integers(0, len(SENDERS), n_cases)
    others = senders[copies.source] + 1 + senders % (len(SENDERS) - 1)
    senders = np.where(copies.is_copy, others % len(SENDERS), senders)
    senders = np.where(copies.sender >= 0, senders[copies.sender], senders)
    sender = senders[case]
    table = read_table("countries")
    countries = _countries(rng, first_ordinal, patient, table)[copies.source]
    country = countries[case]
    codes, names = list(table["code"]), list(table["legacy_name"])
    age_known = rng.random(n_cases) >= blank_share("age", first_ordinal)
    age_known |= copies.is_known
    age_known = (age_known & ~copies.hides_age)[case]
    age, age_unit = _ages(patient.age[case], _choose(rng, [0.02], n_cases)[case])
    weight_known = (rng.random(n_cases) >= blank_share("wt", first_ordinal))[case]
    weight = _weights(rng, patient.age)[case]
    pounds = (rng.random(n_cases) < 0.3)[case]
    weight_text = tenths(np.where(pounds, weight * 2.2046, weight))
    literature = rng.random(n_cases) >= blank_share("lit_ref", first_ordinal)
    literature = (literature | (copies.article >= 0))[case] & ~direct
    first_year = 2004 + (
        patient.received.astype("datetime64[Y]") - np.datetime64("2004", "Y")
    ).astype(np.int64)
    # Ten numbers of its own for each case, so that none is another's by chance.
    serial = 10 * sightings.caseid + rng.integers(0, 10 - MOST_SERIAL, n_cases)
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
    occupation = _occupations(rng, first_ordinal, patient, case, year)
    country_text = either(legacy, named(names, country), named(codes, country))
    hides_country = copies.hides_country[case]
    hidden = (rng.random(n_cases) < 0.01)[case] | hides_country
    reporter = either(hidden, "COUNTRY NOT SPECIFIED", country_text)
    sent = received - rng.integers(0, 8, n)
    # Versions that no extract held came earlier in the quarter of the first one seen.
    since_begin = patient.received - begins[_quarter_of(patient.received, begins)]
    waited = np.ceil(rng.random(n_cases) * since_begin.astype(np.int64))
    waited = np.where(shown > version, waited[case], 0).astype(np.int64)
    initial = patient.received[case] - waited
    at, abroad = versions.ordinal, float((country > 0).mean())
    columns = {
        "primaryid": versions.primaryid,
        "caseid": versions.caseid,
        "caseversion": numbered(shown),
        "i_f_code": named(("I", "F"), (shown > 1).astype(np.int64)),
        "foll_seq": numbered(shown - 1, (shown > 1) & (rng.random(n) < 0.45)),
        "image": joined(
            versions.primaryid,
            "-",
            named(tuple("0123456789X"), rng.integers(0, 11, n)),
        ),
        "event_dt": dates(patient.event[case], patient.event_precision[case]),
        "mfr_dt": where(~direct, dates(sent - rng.integers(1, 12, n), DAY)),
        "init_fda_dt": dates(initial, DAY),
        "fda_dt": dates(received, DAY),
        "rept_cod": named(types, report_type),
        "auth_num": where(
            (country > 0) & (rng.random(n) * abroad < 1 - blank_share("auth_num", at)),
            joined(
                named(codes, country), "-SIM-", numbered(rng.integers(1, 99_999, n))
            ),
        ),
        "mfr_num": where(~direct, number),
        "mfr_sndr": where(~direct, named(SENDERS, sender)),
        "lit_ref": where(literature, _citations(rng, first_year, copies).take(case)),
        "age": where(age_known, age),
        "age_cod": where(age_known, age_unit),
        "age_grp": where(
            (rng.random(n) >= blank_share("age_grp", at)) & ~copies.hides_age[case],
            _age_groups(patient.age[case]),
        ),
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
            (rng.random(n) >= blank_share("occr_country", at)) & ~hides_country,
            named(codes, country),
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


def _quarter_of(days: Days, begins: Days) -> Ints:
    """Position of the quarter of each day in the span."""
    found: Ints = np.searchsorted(begins, days.astype("datetime64[D]"), side="right")
    return found - 1


def _weights(rng: np.random.Generator, age: Floats) -> Floats:
    """Body weight in kg: 76 in adults, from 4 at birth on in children."""
    mean = np.interp(age, [0.0, 1.0, 10.0, 18.0], [4.0, 10.0, 33.0, 76.0])
    weight = np.clip(mean * (1 + 0.22 * rng.standard_normal(len(age))), 2.0, 190.0)
    return np.round(weight, 1)


def _countries(
    rng: np.random.Generator, ordinal: Ints, patient: _Patients, table: pd.DataFrame
) -> npt.NDArray[np.int64]:
    """Country of each case; since 2024 the European Union is written as one too."""
    n = len(ordinal)
    cumulated = np.cumsum(table["weight"].astype(float).to_numpy())
    drawn = np.searchsorted(cumulated, rng.random(n) * cumulated[-1], side="right")
    union = (ordinal >= EUROPE_FROM) & (drawn > 0) & (rng.random(n) < EUROPE_SHARE)
    drawn = np.where(union, list(table["code"]).index(EUROPE), drawn)
    # Suits are filed in the United States, the first row.
    drawn = np.where(patient.lawyer, 0, drawn)
    return np.where(patient.country >= 0, patient.country, drawn)


def _occupations(
    rng: np.random.Generator,
    ordinal: Ints,
    patient: _Patients,
    case: Ints,
    year: Ints,
) -> Texts:
    """Draw reporters: with MS therapies more consumers; HP replaced OT in 2020."""
    codes, drawn = draw_codes(rng, "occp_cod", ordinal)
    programme = patient.is_ms & (rng.random(len(ordinal)) < PROGRAMME_SHARE)
    drawn = np.where(programme, codes.index("CN"), drawn)
    settled = np.array([codes.index(code) for code in REPORTERS])[patient.reporter]
    drawn = np.where(patient.reporter >= 0, settled, drawn)[case]
    other, professional = codes.index("OT"), codes.index("HP")
    drawn = np.where((drawn == other) & (year >= 2020), professional, drawn)
    return named(codes, drawn)


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


@dataclass(frozen=True)
class _Spelling:
    """How each drug of a report is written.

    Attributes
    ----------
    names
        Its name.
    is_verbatim
        Whether that is the reporter's own spelling.
    is_stopped
        Whether a full stop follows where the FDA put one: ``PREDNISONE.``.
    """

    names: Texts
    is_verbatim: Flags
    is_stopped: Flags


def _spell(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    cases: pd.DataFrame,
    drugs: pd.DataFrame,
    span: QuarterSpan,
) -> _Spelling:
    """Draw spellings, the same in all versions of a report.

    Planted reports and names that a rule rests on stay as they are.
    """
    products, case = vocabulary.products, drugs["case"].to_numpy()
    product = drugs["product"].to_numpy()
    ordinal = cases["quarter"].to_numpy()[case] + span.first.ordinal
    is_free = products["is_respelt"].to_numpy()[product]
    is_free &= ~cases["special"].to_numpy()[case]
    share = np.where(ordinal < FAERS_ORDINAL, *VERBATIM_SHARES)
    is_verbatim = is_free & (rng.random(len(drugs)) < share)
    rows = np.flatnonzero(is_verbatim)
    # Few spellings are frequent; with each thousand rows there are new ones.
    rare = rng.random(len(rows)) ** -SPELLING_TAIL - 1
    draw = len(PATTERNS) * np.minimum(rare, 1e6).astype(np.int64)
    draw += rng.integers(0, len(PATTERNS), len(rows))
    names, substances = list(products["drugname"]), list(products["prod_ai"])

    def write(number: int, draw: int) -> str:
        return verbatim(names[number], substances[number], draw)

    is_substance = (products["drugname"] == products["prod_ai"]).to_numpy()
    is_stopped = is_free & ~is_verbatim & is_substance[product]
    is_stopped &= rng.random(len(drugs)) < STOPPED_SHARE
    return _Spelling(
        replaced(named(names, product), rows, written(write, product[rows], draw)),
        is_verbatim,
        is_stopped,
    )


def _drug(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    drugs: pd.DataFrame,
    versions: _Versions,
    children: _Children,
    spelling: _Spelling,
) -> Table:
    sequence = _sequence(versions, drugs, children)
    # FAERS repeats the row of a drug for each of its dosage records.
    repeated = dosage_rows(versions.ordinal)[children.sighting]
    repeats = np.where(rng.random(len(children.source)) < repeated, 2, 1)
    index = compact(np.repeat(np.arange(len(children.source)), repeats))
    sighting, source = children.sighting[index], children.source[index]
    again = np.concatenate([[False], index[1:] == index[:-1]])
    n = len(index)
    legacy = versions.is_legacy[sighting]
    products = vocabulary.products
    product = drugs["product"].to_numpy()[source]
    role = drugs["role"].to_numpy()[source]
    at = versions.ordinal[sighting]
    suspect = role <= PS + 1
    words, word = draw_codes(rng, "route", at)
    word = np.where(again, -1, word)
    route = either(
        word == words.index("named"),
        named(list(products["route"]), product),
        where(word >= 0, constant("Unknown", n)),
    )
    dose = named(list(products["dose"]), product)
    amount, unit = _dose_parts(products)
    measured = (rng.random(n) >= blank_share("dose_amt", at)) & ~again
    stated = named(amount, product)
    any_amount = rng.integers(0, len(AMOUNTS), n)
    has_amount = np.array([text != "" for text in amount])[product]
    is_verbatim = spelling.is_verbatim[source]
    stopped = spelling.is_stopped[source] & (at >= STOPPED[0]) & (at < STOPPED[1])
    drugname = spelling.names.take(source)
    cumulated = rng.random(n) >= blank_share("cum_dose_chr", at)
    expires = (
        np.datetime64("2004-01-01") + (at - 2004 * 4) * 91 + rng.integers(0, 900, n)
    )
    columns = {
        **versions.keys(sighting),
        "drug_seq": sequence.take(index),
        "role_cod": named(ROLES, role),
        "drugname": either(stopped, joined(drugname, "."), drugname),
        "prod_ai": where(
            rng.random(n) >= np.where(is_verbatim, *NO_INGREDIENT),
            named(list(products["prod_ai"]), product),
        ),
        "val_vbm": named(("1", "2"), is_verbatim.astype(np.int64)),
        "route": either(legacy, upper(route), route),
        "dose_vbm": where(
            (rng.random(n) >= blank_share("dose_vbm", at)) & ~again,
            either(legacy, upper(dose), dose),
        ),
        "cum_dose_chr": where(cumulated, numbered(rng.integers(1, 900, n))),
        "cum_dose_unit": where(cumulated, constant("MG", n)),
        "dechal": _challenges(rng, "dechal", at, suspect),
        "rechal": _challenges(rng, "rechal", at, suspect),
        "lot_num": where(
            suspect & (rng.random(n) >= blank_share("lot_num_suspect", at)),
            joined("SIM", numbered(rng.integers(1000, 99_999, n))),
        ),
        "exp_dt": where(
            rng.random(n) >= blank_share("exp_dt", at),
            dates(expires, DAY),
        ),
        "nda_num": where(
            rng.random(n) >= blank_share("nda_num", at),
            numbered(20_000 + (product * 7919) % 190_000),
        ),
        "dose_amt": where(
            measured, either(has_amount, stated, named(AMOUNTS, any_amount))
        ),
        "dose_unit": where(measured, either(has_amount, named(unit, product), "MG")),
        "dose_form": where(
            (rng.random(n) >= blank_share("dose_form", at)) & ~again,
            named(FORMS, _skewed_number(rng, len(FORMS), n)),
        ),
        "dose_freq": where(
            rng.random(n) >= blank_share("dose_freq", at),
            named(FREQUENCIES, _skewed_number(rng, len(FREQUENCIES), n)),
        ),
    }
    return Table(columns, versions.quarter[sighting])


def _challenges(
    rng: np.random.Generator, column: str, ordinal: Ints, suspect: Flags
) -> Texts:
    """Dechallenge or rechallenge, of suspects more often than of other drugs."""
    blank = np.where(
        suspect,
        blank_share(f"{column}_suspect", ordinal),
        blank_share(f"{column}_other", ordinal),
    )
    codes, drawn = draw_codes(rng, column, ordinal)
    return where(rng.random(len(ordinal)) >= blank, named(codes, drawn))


def _skewed_number(rng: np.random.Generator, most: int, n: int) -> Ints:
    """Numbers below ``most``, small ones more often."""
    return (rng.random(n) ** 2 * most).astype(np.int64)


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
        "pt": either(versions.in_capitals[sighting], upper(term), term),
        "drug_rec_act": where(rng.random(len(index)) < 0.003, term),
    }
    return Table(columns, versions.quarter[sighting])


def _outc(
    rng: np.random.Generator,
    reports: Reports,
    versions: _Versions,
    rows: pd.DataFrame,
    span: QuarterSpan,
) -> Table:
    cases = reports.cases
    ordinal = cases["quarter"].to_numpy() + span.first.ordinal
    shares = code_shares("outc_cod", ordinal)
    # The mix of the codes is that of few quarters, their number that of each.
    scale = rows_per_report("outc", ordinal) / sum(shares.values())
    malignant = np.zeros(len(cases), dtype=bool)
    malignant[reports.events.loc[reports.events["neoplasm"] >= 0, "case"]] = True
    parts = []
    for number, (code, share) in enumerate(shares.items()):
        # A neoplasm is medically important whatever else it is.
        always = malignant & (code == "OT")
        share = (share * scale - always.mean()) / (1 - always.mean())
        drawn = np.flatnonzero((rng.random(len(cases)) < share) | always)
        parts.append(pd.DataFrame({"case": drawn, "code": number}))
    table = pd.concat(parts, ignore_index=True).sort_values(["case", "code"])
    children = _children(rows, table.reset_index(drop=True))
    columns = {
        **versions.keys(children.sighting),
        "outc_cod": named(tuple(shares), table["code"].to_numpy()[children.source]),
    }
    return Table(columns, versions.quarter[children.sighting])


def _rpsr(rng: np.random.Generator, versions: _Versions) -> Table:
    """Sources of the report, a field of the paper era that dies out."""
    mean = rows_per_report("rpsr", versions.ordinal)
    number = rng.binomial(MOST_SOURCES, np.minimum(mean / MOST_SOURCES, 1.0))
    sighting = np.repeat(np.arange(len(number)), number)
    codes, drawn = draw_codes(rng, "rpsr_cod", versions.ordinal[sighting])
    named_twice = pd.Series(drawn).groupby([sighting, drawn]).cumcount().to_numpy()
    # A code stands once in a report: one that is drawn again is the next one.
    drawn = (drawn + named_twice) % len(codes)
    columns = {
        **versions.keys(sighting),
        "rpsr_cod": named(codes, drawn),
    }
    return Table(columns, versions.quarter[sighting])


def _ther(
    rng: np.random.Generator,
    drugs: pd.DataFrame,
    versions: _Versions,
    children: _Children,
    patient: _Patients,
    span: QuarterSpan,
) -> Table:
    n = len(drugs)
    case, rule = drugs["case"].to_numpy(), drugs["start"].to_numpy()
    event = patient.event[case]
    start = event - (1 + rng.exponential(500.0, n)).astype(np.int64)
    start = np.where(rule == START_BEFORE, event - rng.integers(800, 2500, n), start)
    start = np.where(rule == START_AFTER, event + rng.integers(10, 60, n), start)
    precision = np.searchsorted([0.69, 0.84, 0.92], rng.random(n), side="right")
    fixed = (rule == START_BEFORE) | (rule == START_AFTER)
    precision = np.where(fixed, DAY, precision)
    ordinal = (
        span.first.ordinal
        + _quarter_of(
            patient.received,
            np.array([quarter.first_day for quarter in span], dtype="datetime64[D]"),
        )[case]
    )
    share = rows_per_report("ther", ordinal) / drugs_per_report(ordinal)
    present = np.where(rule == START_ANY, rng.random(n) < share, rule != START_NONE)
    days = rng.integers(1, 400, n)
    ended = rng.random(n) >= blank_share("end_dt", ordinal)
    ended &= rule == START_ANY
    end = np.minimum(start + days, patient.received[case])
    end = np.maximum(end, start)
    end_precision = np.where(ended, precision, ABSENT)
    measured = rng.random(n) >= blank_share("dur", ordinal)
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
        "indi_pt": either(versions.in_capitals[sighting], upper(term), term),
    }
    return Table(columns, versions.quarter[sighting])
