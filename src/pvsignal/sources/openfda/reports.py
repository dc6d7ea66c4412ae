"""Reports of openFDA in the columns of the staged archive, in a folder of their own.

The mapping and what it loses stand in docs/openfda.md. Each row says ``source =
'openfda'``; a suspect drug has role ``S``, which is no role of the archive, because
openFDA does not tell PS from SS; columns without a counterpart start in ``openfda_``.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from pvsignal import layout
from pvsignal.layout import Column
from pvsignal.layout.openfda import faers_code
from pvsignal.quarter import Quarter
from pvsignal.sources import values
from pvsignal.sources.manifest import write_json
from pvsignal.sources.openfda.client import Client
from pvsignal.sources.openfda.folders import folder_of, written_whole

ENDPOINT = "drug/event"
SOURCE = "openfda"

# Facts of openFDA that the quarterly files have no column for.
_EXTRA: Mapping[str, tuple[str, ...]] = {
    "demo": (
        "openfda_serious",
        "openfda_expedited",
        "openfda_reporttype",
        "openfda_duplicate",
        "openfda_transmissiondate",
        "openfda_narrative",
    ),
    "drug": (
        "openfda_characterization",
        "openfda_action",
        "openfda_additional",
        "openfda_recurred",
    ),
    "reac": ("openfda_outcome", "openfda_meddra_version"),
}
# RI (required intervention) has no flag of its own in openFDA.
_OUTCOMES = {
    "DE": "seriousnessdeath",
    "LT": "seriousnesslifethreatening",
    "HO": "seriousnesshospitalization",
    "DS": "seriousnessdisabling",
    "CA": "seriousnesscongenitalanomali",
    "OT": "seriousnessother",
}
# From 2014q3 the one place of the event date.
_EVENT_DATE = re.compile(r"CASE EVENT DATE:\s*([0-9]{4,8})\b")
# One after the other they fit the 64 bits of primaryid.
_CASE = re.compile(r"[1-9][0-9]{0,13}")
_VERSION = re.compile(r"[0-9]{1,4}")

Record = Mapping[str, Any]
Raw = Mapping[str, str | None]


@dataclass(frozen=True)
class Rejected:
    """A record that cannot be placed, and why."""

    reason: str


@dataclass(frozen=True)
class LandedReports:
    """What one answer of openFDA came to.

    Attributes
    ----------
    path
        Folder of its Parquet files and of ``manifest.json``.
    retrieved
        When it was asked for, ISO 8601 UTC.
    last_updated
        When openFDA last rebuilt its reports, ISO date; empty where nothing matched.
    n_reports, n_repeated, n_rejected
        Reports, records that an earlier answer had brought already, records that could
        not be placed.
    """

    path: Path
    url: str
    queries: tuple[str, ...]
    retrieved: str
    last_updated: str
    n_reports: int
    n_repeated: int
    n_rejected: int


@cache
def schema(table: str) -> pa.Schema:
    """Schema of a table: that of the staged archive, the source, what openFDA adds."""
    staged = layout.staged_schema(table)
    added = [pa.field("source", pa.string())]
    added += [pa.field(name, pa.string()) for name in _EXTRA.get(table, ())]
    return pa.schema([*staged, *added])


def rows_of(record: Record) -> Mapping[str, list[dict[str, Any]]] | Rejected:
    """Rows of one report by table, without line numbers.

    ``caseid`` is ``safetyreportid``; ``primaryid`` is case and version written one
    after the other as in the archive, version 0 for a legacy report, which has none;
    the quarter is that of ``receivedate``. A drug has no number in openFDA: its place
    in the report stands for ``drug_seq``.

    Parameters
    ----------
    record
        One element of ``results``.

    Returns
    -------
    mapping of table to rows, or Rejected
        Rejected without a case number of up to 14 digits, a day of receipt, or a
        patient, and with a version that is no number of up to 4 digits.
    """
    caseid, version = _text(record, "safetyreportid"), _version(record)
    received = values.date_of(_text(record, "receivedate") or "")
    patient = record.get("patient")
    if caseid is None or not _CASE.fullmatch(caseid):
        return Rejected("safetyreportid is no case number")
    if version is not None and not _VERSION.fullmatch(version):
        return Rejected("safetyreportversion is no version number")
    if received is None or received[1] != values.DAY:
        return Rejected("receivedate is no day")
    if not isinstance(patient, dict):
        return Rejected("no patient")
    day = received[0]
    stamp = {
        "quarter": (quarter := Quarter(day.year, (day.month + 2) // 3)),
        "quarter_no": quarter.ordinal,
    }
    key = {"caseid": caseid, "primaryid": f"{caseid}{int(version or 0)}"}
    drugs = _records(patient.get("drug"))
    raw: dict[str, Sequence[Raw]] = {
        "demo": [_demo(record, patient) | {"caseversion": version}],
        "drug": [
            _drug(drug, place) | {"openfda_recurred": _recurred(drug, patient)}
            for place, drug in enumerate(drugs, 1)
        ],
        "reac": list(_reactions(patient, drugs)),
        "outc": [
            {"outc_cod": code}
            for code, name in _OUTCOMES.items()
            if _text(record, name) == "1"
        ],
        "ther": list(_therapies(drugs)),
        "indi": [
            {"indi_drug_seq": str(place), "indi_pt": term}
            for place, drug in enumerate(drugs, 1)
            if (term := _text(drug, "drugindication"))
        ],
        "rpsr": [],
    }
    stamped = stamp | {"quarter": str(quarter), "source": SOURCE}
    return {
        table: [_typed(table, key | dict(row)) | stamped for row in rows]
        for table, rows in raw.items()
    }


def land_reports(
    client: Client,
    searches: Sequence[str],
    *,
    folder: Path,
    retrieved: dt.datetime,
) -> LandedReports:
    """Fetch the reports of several searches and write them as one folder of Parquet.

    A report that several searches bring counts once. The folder appears whole or not
    at all; the newest five stay.

    Parameters
    ----------
    client
        Open connection.
    searches
        Texts of `pvsignal.sources.openfda.query`.
    folder
        Parent of the new folder, ``<data_dir>/openfda/reports``.
    retrieved
        Time of the run, UTC.

    Raises
    ------
    SourceError
        As the client; transient where openFDA was rebuilt between two searches.
    """
    final = folder_of(folder, retrieved, [client.url, *searches])
    with written_whole(final) as temporary:
        with _Writer(temporary) as writer:
            updated = _fetch(client, searches, writer)
        landed = LandedReports(
            path=final,
            url=client.url,
            queries=tuple(searches),
            retrieved=retrieved.isoformat(),
            last_updated=updated,
            n_reports=writer.lines["demo"],
            n_repeated=writer.n_repeated,
            n_rejected=writer.lines["rejected"],
        )
        write_json(
            temporary / "manifest.json",
            asdict(landed) | {"path": final.name, "source": f"openFDA {ENDPOINT}"},
        )
    return landed


def _fetch(client: Client, searches: Sequence[str], writer: _Writer) -> str:
    updated = ""
    for page in client.pages_of(ENDPOINT, searches, sort="receivedate:asc"):
        updated = page.last_updated
        for record in page.records:
            writer.add(record)
        writer.flush()
    return updated


@dataclass
class _Writer:
    """Tables that grow page by page."""

    folder: Path
    lines: Counter[str] = field(default_factory=Counter)
    n_repeated: int = 0
    # Case numbers of placed reports; whole records of the others.
    _seen: set[int | bytes] = field(default_factory=set)
    _rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _files: dict[str, pa.parquet.ParquetWriter] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> _Writer:
        for table in (*layout.TABLES, *layout.OTHER_TABLES):
            file = self.folder / f"{table}.parquet"
            self._files[table] = self._stack.enter_context(
                pa.parquet.ParquetWriter(file, schema(table), compression="zstd")
            )
            self._rows[table] = []
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self._account()
            self.flush()
        self._stack.close()

    def add(self, record: Record) -> None:
        rows = rows_of(record)
        if isinstance(rows, Rejected):
            self._reject(record, rows.reason)
            return
        caseid = rows["demo"][0]["caseid"]
        if self._is_repeated(caseid):
            return
        for table, several in rows.items():
            for row in several:
                self._append(table, row)

    def _reject(self, record: Record, reason: str) -> None:
        content = json.dumps(record, ensure_ascii=False).encode()
        # Without a number, equal records are not known to be one.
        if _text(record, "safetyreportid") and self._is_repeated(content):
            return
        reject = {"table_name": "demo", "member": ENDPOINT, "source": SOURCE}
        self._append("rejected", reject | {"reason": reason, "bytes": content})

    def _is_repeated(self, mark: int | bytes) -> bool:
        repeated = mark in self._seen
        self.n_repeated += repeated
        self._seen.add(mark)
        return repeated

    def flush(self) -> None:
        for table, rows in self._rows.items():
            if rows:
                self._files[table].write_table(
                    pa.Table.from_pylist(rows, schema=schema(table))
                )
                rows.clear()

    def _append(self, table: str, row: dict[str, Any]) -> None:
        self.lines[table] += 1
        self._rows[table].append(row | {"line": self.lines[table]})

    def _account(self) -> None:
        for table in layout.TABLES:
            staged = self.lines[table]
            rejected = self.lines["rejected"] if table == "demo" else 0
            repeated = self.n_repeated if table == "demo" else 0
            self._rows["accounting"].append(
                {
                    "table_name": table,
                    "member": ENDPOINT,
                    "era": SOURCE,
                    "physical_lines": staged + rejected + repeated,
                    "header_lines": 0,
                    "blank_lines": 0,
                    "splits": 0,
                    "joins": repeated,
                    "staged": staged,
                    "rejected": rejected,
                    "source": SOURCE,
                }
            )


# ------------------------------------------------------------------ one report


def _demo(record: Record, patient: Record) -> dict[str, str | None]:
    primary, summary = _record(record, "primarysource"), _record(patient, "summary")
    narrative = _text(summary, "narrativeincludeclinical")
    event = _EVENT_DATE.search(narrative or "")
    weight, expedited = (
        _text(patient, "patientweight"),
        _text(record, "fulfillexpeditecriteria"),
    )
    return {
        "event_dt": event[1] if event else None,
        "init_fda_dt": _text(record, "receivedate"),
        "fda_dt": _text(record, "receiptdate"),
        "rept_cod": faers_code("fulfillexpeditecriteria", expedited),
        "auth_num": _text(record, "authoritynumb"),
        "mfr_num": _text(record, "companynumb"),
        "mfr_sndr": _sender(record),
        "lit_ref": _text(primary, "literaturereference"),
        "age": _text(patient, "patientonsetage"),
        "age_cod": _coded(patient, "patientonsetageunit"),
        "age_grp": _coded(patient, "patientagegroup"),
        "sex": _coded(patient, "patientsex"),
        "wt": weight,
        "wt_cod": "KG" if weight else None,
        "occp_cod": _coded(primary, "qualification"),
        "reporter_country": _text(primary, "reportercountry")
        or _text(record, "primarysourcecountry"),
        "occr_country": _text(record, "occurcountry"),
        "openfda_serious": _text(record, "serious"),
        "openfda_expedited": expedited,
        "openfda_reporttype": _coded(record, "reporttype"),
        "openfda_duplicate": _text(record, "duplicate"),
        "openfda_transmissiondate": _text(record, "transmissiondate"),
        "openfda_narrative": narrative,
    }


def _sender(record: Record) -> str | None:
    duplicates = _records(record.get("reportduplicate"))
    sources = [_text(one, "duplicatesource") for one in duplicates]
    stated = _text(_record(record, "sender"), "senderorganization")
    # The FDA puts this in place of the sender of most reports.
    own = None if stated == "FDA-Public Use" else stated
    return next((source for source in sources if source), own)


def _drug(drug: Record, place: int) -> dict[str, str | None]:
    substances = _records(drug.get("activesubstance"))
    names = [_text(one, "activesubstancename") for one in substances]
    return {
        "drug_seq": str(place),
        "role_cod": _coded(drug, "drugcharacterization"),
        "drugname": _text(drug, "medicinalproduct"),
        "prod_ai": "\\".join(name for name in names if name) or None,
        "route": _coded(drug, "drugadministrationroute"),
        "dose_vbm": _text(drug, "drugdosagetext"),
        "cum_dose_chr": _text(drug, "drugcumulativedosagenumb"),
        "cum_dose_unit": faers_code(
            "dose_unit", _text(drug, "drugcumulativedosageunit")
        ),
        "rechal": _coded(drug, "drugrecurreadministration"),
        "lot_num": _text(drug, "drugbatchnumb"),
        "nda_num": _text(drug, "drugauthorizationnumb"),
        "dose_amt": _text(drug, "drugstructuredosagenumb"),
        "dose_unit": faers_code("dose_unit", _text(drug, "drugstructuredosageunit")),
        "dose_form": _text(drug, "drugdosageform"),
        "dose_freq": _frequency(drug),
        "openfda_characterization": _text(drug, "drugcharacterization"),
        "openfda_action": _coded(drug, "actiondrug"),
        "openfda_additional": _text(drug, "drugadditional"),
    }


def _frequency(drug: Record) -> str | None:
    """Frequency in words such as ``2 per 1 day``; the codes of FAERS say less."""
    unit = _coded(drug, "drugintervaldosagedefinition")
    if unit is None:
        return None
    times = _text(drug, "drugseparatedosagenumb") or "1"
    return f"{times} per {_text(drug, 'drugintervaldosageunitnumb') or '1'} {unit}"


def _reactions(patient: Record, drugs: Sequence[Record]) -> Iterator[Raw]:
    recurred = {term.lower(): term for drug in drugs for term in _recurrences(drug)}
    for reaction in _records(patient.get("reaction")):
        term = _text(reaction, "reactionmeddrapt")
        yield {
            "pt": term,
            "drug_rec_act": recurred.get((term or "").lower()),
            "openfda_outcome": _coded(reaction, "reactionoutcome"),
            "openfda_meddra_version": _text(reaction, "reactionmeddraversionpt"),
        }


def _recurrences(drug: Record) -> list[str]:
    several = _records(drug.get("drugrecurrence"))
    return [term for one in several if (term := _text(one, "drugrecuraction"))]


def _recurred(drug: Record, patient: Record) -> str | None:
    """Terms that recurred with a drug and have no row among the reactions."""
    reactions = _records(patient.get("reaction"))
    listed = {(_text(one, "reactionmeddrapt") or "").lower() for one in reactions}
    terms = [term for term in _recurrences(drug) if term.lower() not in listed]
    return "|".join(terms) or None


def _therapies(drugs: Sequence[Record]) -> Iterator[Raw]:
    for place, drug in enumerate(drugs, 1):
        dates = {
            "start_dt": _text(drug, "drugstartdate"),
            "end_dt": _text(drug, "drugenddate"),
            "dur": _text(drug, "drugtreatmentduration"),
        }
        if any(dates.values()):
            unit = _coded(drug, "drugtreatmentdurationunit")
            yield {"dsg_drug_seq": str(place), **dates, "dur_cod": unit}


def _version(record: Record) -> str | None:
    """Version as it is stated; None only where a legacy report states none."""
    version = record.get("safetyreportversion")
    return None if version is None or not str(version).strip() else str(version)


def _coded(record: Record, name: str) -> str | None:
    return faers_code(name, _text(record, name))


def _text(record: Record, name: str) -> str | None:
    """Value as text; openFDA writes numbers as texts, and null for what it lost."""
    value = record.get(name)
    if value is None or isinstance(value, dict | list):
        return None
    text = str(value)
    return text if text.strip() else None


def _record(record: Record, name: str) -> Record:
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def _records(value: object) -> list[Record]:
    """One record or several; XML with one child became an object, not a list."""
    several = value if isinstance(value, list) else [value]
    return [one for one in several if isinstance(one, dict)]


# ------------------------------------------------------------------ typed columns


def _typed(table: str, raw: Raw) -> dict[str, Any]:
    row: dict[str, Any] = {name: raw.get(name) for name in _EXTRA.get(table, ())}
    for column in layout.columns(table):
        text = raw.get(column.name)
        row |= _number(column, text) if column.is_number else _value(column, text, raw)
    return row


def _number(column: Column, text: str | None) -> dict[str, Any]:
    return {column.name: int(text) if text else None}


def _value(column: Column, text: str | None, raw: Raw) -> dict[str, Any]:
    row: dict[str, Any] = {column.name: text}
    if column.derived is None or text is None:
        return row
    unit = raw.get(column.unit_column) if column.unit_column else None
    match column.type:
        case "date":
            date, precision = values.date_of(text) or (None, None)
            return row | {
                column.derived: date,
                f"{column.derived}_precision": precision,
            }
        case "age":
            derived: float | None = values.age_years_of(text, unit)
        case "weight":
            derived = values.wt_kg_of(text, unit)
        case "duration":
            derived = values.dur_days_of(text, unit)
        case "integer":
            derived = values.caseversion_of(text)
        case _:
            derived = values.decimal_of(text)
    return row | {column.derived: derived}
