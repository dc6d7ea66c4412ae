"""Reports of openFDA become rows of the staged columns, marked, whole or not at all."""

import datetime as dt
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pvsignal import layout
from pvsignal.errors import SourceError
from pvsignal.layout.openfda import faers_code
from pvsignal.sources.http import HttpOptions
from pvsignal.sources.openfda.client import open_client
from pvsignal.sources.openfda.folders import KEPT
from pvsignal.sources.openfda.reports import (
    Rejected,
    land_reports,
    rows_of,
    schema,
)
from tests.openfda_server import OpenFda, reply, running

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "openfda"
needs_recordings = pytest.mark.skipif(
    not SHARED.is_dir(),
    reason="the folder ../shared/data/openfda with recorded answers is absent",
)
NOW = dt.datetime(2026, 9, 1, 12, tzinfo=dt.UTC)
HTTP = HttpOptions(timeout_seconds=5, tries=2, wait_seconds=0)
SCRIPT = '<script>alert("1")</script>'

REPORT = {
    "safetyreportid": "20000001",
    "safetyreportversion": "3",
    "receivedate": "20260702",
    "receiptdate": "20260810",
    "transmissiondate": "20260901",
    "serious": "1",
    "seriousnessdeath": "1",
    "seriousnesslifethreatening": "2",
    "seriousnesshospitalization": "1",
    "seriousnessdisabling": "1",
    "seriousnesscongenitalanomali": "1",
    "seriousnessother": "1",
    "fulfillexpeditecriteria": "1",
    "reporttype": "2",
    "duplicate": "1",
    "companynumb": "US-MAKER-1",
    "authoritynumb": "US-FDA-9",
    "reportduplicate": {"duplicatenumb": "x", "duplicatesource": "MAKER"},
    "occurcountry": "US",
    "primarysourcecountry": "DE",
    "primarysource": {"qualification": "3", "literaturereference": SCRIPT},
    "sender": {"senderorganization": "FDA-Public Use"},
    "patient": {
        "patientonsetage": "18",
        "patientonsetageunit": "802",
        "patientagegroup": "2",
        "patientsex": "2",
        "patientweight": "12.5",
        "summary": {"narrativeincludeclinical": "CASE EVENT DATE: 202606"},
        "drug": [
            {
                "drugcharacterization": "1",
                "medicinalproduct": "OCREVUS",
                "activesubstance": {"activesubstancename": "OCRELIZUMAB"},
                "drugadministrationroute": "042",
                "drugdosagetext": "<b>600 mg</b>",
                "drugdosageform": "Solution",
                "drugbatchnumb": "B1",
                "drugauthorizationnumb": "761053",
                "drugstructuredosagenumb": "600",
                "drugstructuredosageunit": "003",
                "drugseparatedosagenumb": "1",
                "drugintervaldosageunitnumb": "6",
                "drugintervaldosagedefinition": "802",
                "drugcumulativedosagenumb": "1.2",
                "drugcumulativedosageunit": "002",
                "drugindication": "Multiple sclerosis",
                "drugstartdate": "202501",
                "drugtreatmentduration": "18",
                "drugtreatmentdurationunit": "804",
                "actiondrug": "1",
                "drugrecurreadministration": "1",
                "drugrecurrence": [{"drugrecuraction": "NAUSEA"}],
                "openfda": {"substance_name": ["RITUXIMAB"]},
            },
            {"drugcharacterization": "2", "medicinalproduct": "ASPIRIN"},
            {"drugcharacterization": "3", "medicinalproduct": "WARFARIN"},
            {"drugcharacterization": "4", "medicinalproduct": "GIVEN NOT"},
        ],
        "reaction": [
            {
                "reactionmeddrapt": "Breast cancer",
                "reactionmeddraversionpt": "29.0",
                "reactionoutcome": "5",
            },
            {"reactionmeddrapt": "Nausea"},
        ],
    },
}


@pytest.fixture
def fda(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running(OpenFda()) as play:
        yield play


@pytest.fixture
def land(fda, tmp_path):
    def landed(searches=("receivedate:[20200101 TO 20301231]",), now=NOW):
        with open_client(
            fda.url,
            key=None,
            budget_file=tmp_path / "requests.sqlite",
            http=HTTP,
            sleep=lambda seconds: None,
        ) as client:
            return land_reports(
                client, searches, folder=tmp_path / "reports", retrieved=now
            )

    return landed


def only(rows, table="demo"):
    (row,) = rows[table]
    return row


# ---------------------------------------------------------------- the mapping


def test_the_report_stands_in_the_columns_of_demo():
    row = only(rows_of(REPORT))
    expected = {
        "caseid": 20000001,
        "primaryid": 200000013,
        "caseversion": "3",
        "caseversion_no": 3,
        "quarter": "2026q3",
        "quarter_no": 2026 * 4 + 2,
        "init_fda_dt": "20260702",
        "init_fda_date": dt.date(2026, 7, 2),
        "fda_date": dt.date(2026, 8, 10),
        "event_dt": "202606",
        "event_date": dt.date(2026, 6, 1),
        "event_date_precision": "month",
        "rept_cod": "EXP",
        "auth_num": "US-FDA-9",
        "mfr_num": "US-MAKER-1",
        "mfr_sndr": "MAKER",
        "lit_ref": SCRIPT,
        "age": "18",
        "age_cod": "MON",
        "age_years": 1.5,
        "age_grp": "I",
        "sex": "F",
        "wt": "12.5",
        "wt_cod": "KG",
        "wt_kg": 12.5,
        "occp_cod": "HP",
        "reporter_country": "DE",
        "occr_country": "US",
        "source": "openfda",
        "openfda_serious": "1",
        "openfda_reporttype": "study",
        "openfda_transmissiondate": "20260901",
    }
    assert {name: row[name] for name in expected} == expected


def test_a_suspect_drug_is_neither_ps_nor_ss():
    rows = rows_of(REPORT)["drug"]
    assert [row["role_cod"] for row in rows] == ["S", "C", "I", "4"]
    assert [row["drug_seq"] for row in rows] == [1, 2, 3, 4]


def test_the_drug_is_what_was_taken_not_what_labels_match():
    row = rows_of(REPORT)["drug"][0]
    expected = {
        "drugname": "OCREVUS",
        "prod_ai": "OCRELIZUMAB",
        "route": "Intravenous (not otherwise specified)",
        "dose_vbm": "<b>600 mg</b>",
        "dose_amt": "600",
        "dose_amount": 600.0,
        "dose_unit": "MG",
        "dose_form": "Solution",
        "dose_freq": "1 per 6 month",
        "cum_dose_amount": 1.2,
        "cum_dose_unit": "GM",
        "lot_num": "B1",
        "nda_num": "761053",
        "rechal": "Y",
        "openfda_action": "withdrawn",
    }
    assert {name: row[name] for name in expected} == expected
    assert "RITUXIMAB" not in json.dumps(rows_of(REPORT), default=str)


def test_reactions_outcomes_therapies_and_indications():
    rows = rows_of(REPORT)
    terms = [(r["pt"], r["drug_rec_act"], r["openfda_outcome"]) for r in rows["reac"]]
    assert terms == [("Breast cancer", None, "fatal"), ("Nausea", "NAUSEA", None)]
    # 2 stands for "no" where the raw XML kept the flag.
    codes = [row["outc_cod"] for row in rows["outc"]]
    assert codes == ["DE", "HO", "DS", "CA", "OT"]
    therapy = only(rows, "ther")
    assert (therapy["dsg_drug_seq"], therapy["start_date_precision"]) == (1, "month")
    assert (therapy["dur_cod"], therapy["dur_days"]) == ("DAY", 18.0)
    assert only(rows, "indi")["indi_pt"] == "Multiple sclerosis"
    assert rows["rpsr"] == []


def test_a_legacy_report_has_no_version():
    record = REPORT | {"safetyreportid": "4261825"}
    record.pop("safetyreportversion")
    row = only(rows_of(record))
    assert row["caseversion"] is None
    assert "caseversion_no" not in row
    assert row["primaryid"] == 42618250


@pytest.mark.parametrize(
    ("caseid", "version", "number", "primaryid"),
    [
        ("20000001", "12", 12, 2000000112),
        ("20000001", "123", 123, 20000001123),
        ("20000001", 1234, 1234, 200000011234),
        ("9" * 14, "9999", 9999, 999999999999999999),
    ],
)
def test_a_version_of_up_to_four_digits_is_kept(caseid, version, number, primaryid):
    change = {"safetyreportid": caseid, "safetyreportversion": version}
    row = only(rows_of(REPORT | change))
    assert (row["caseversion"], row["caseversion_no"]) == (str(version), number)
    assert row["primaryid"] == primaryid < 2**63


def test_an_absent_version_is_that_of_a_legacy_report():
    row = only(rows_of(REPORT | {"safetyreportversion": None}))
    assert (row["caseversion"], row["primaryid"]) == (None, 200000010)


@pytest.mark.parametrize(
    ("narrative", "date"),
    [
        ("CASE EVENT DATE: 20210421", dt.date(2021, 4, 21)),
        ("CASE EVENT DATE: 2021", dt.date(2021, 1, 1)),
        ("CASE EVENT DATE: 20210231", None),
        ("something else 20210421", None),
    ],
)
def test_the_narrative_carries_the_event_date(narrative, date):
    patient = REPORT["patient"] | {"summary": {"narrativeincludeclinical": narrative}}
    row = only(rows_of(REPORT | {"patient": patient}))
    assert row.get("event_date") == date
    assert row["openfda_narrative"] == narrative


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"safetyreportid": "5801206-7"}, "case number"),
        ({"safetyreportid": None}, "case number"),
        ({"safetyreportid": "1" * 15}, "case number"),
        ({"safetyreportversion": "12345"}, "safetyreportversion"),
        ({"safetyreportversion": "1a"}, "safetyreportversion"),
        ({"safetyreportversion": "-1"}, "safetyreportversion"),
        ({"safetyreportversion": "\u0663"}, "safetyreportversion"),
        ({"safetyreportversion": ["3"]}, "safetyreportversion"),
        ({"receivedate": "202607"}, "day"),
        ({"receivedate": None}, "day"),
        ({"patient": None}, "patient"),
    ],
)
def test_a_report_that_cannot_be_placed_is_rejected_with_its_reason(change, reason):
    rejected = rows_of(REPORT | change)
    assert isinstance(rejected, Rejected)
    assert reason in rejected.reason


def test_one_child_that_became_an_object_is_a_list_of_one():
    patient = REPORT["patient"] | {
        "drug": {"medicinalproduct": "X", "drugrecurrence": {"drugrecuraction": "y"}},
        "reaction": {"reactionmeddrapt": "Y"},
    }
    rows = rows_of(REPORT | {"patient": patient})
    assert only(rows, "drug")["drugname"] == "X"
    assert only(rows, "reac")["drug_rec_act"] == "y"


def test_a_recurrence_that_is_no_reaction_of_the_report_stays_with_its_drug():
    patient = REPORT["patient"] | {
        "drug": [
            {
                "medicinalproduct": "X",
                "drugrecurrence": [
                    {"drugrecuraction": "RASH"},
                    {"drugrecuraction": "nausea"},
                    {"drugrecuraction": "Chills"},
                ],
            },
            {"medicinalproduct": "Y", "drugrecurrence": {"drugrecuraction": "Rash"}},
            {"medicinalproduct": "Z", "drugrecurrence": {"drugrecuraction": "Nausea"}},
        ],
    }
    rows = rows_of(REPORT | {"patient": patient})
    recurred = [row["openfda_recurred"] for row in rows["drug"]]
    assert recurred == ["RASH|Chills", "Rash", None]
    assert [row["drug_rec_act"] for row in rows["reac"]] == [None, "Nausea"]


@pytest.mark.parametrize(
    ("field", "code", "faers"),
    [
        ("drugadministrationroute", "001", "Auricular (otic)"),
        ("drugadministrationroute", "048", "Oral"),
        # The words of the archive are the FDA's, misspelt as they are.
        ("drugadministrationroute", "049", "Oropharingeal"),
        ("drugadministrationroute", "057", "Sunconjunctival"),
        ("drugadministrationroute", "058", "Subcutaneous"),
        ("drugadministrationroute", "065", "Unknown"),
        ("drugadministrationroute", "067", "Vaginal"),
        ("dose_unit", "004", "UG"),
        ("dose_unit", "032", "DF"),
        ("patientonsetageunit", "800", "DEC"),
        ("patientonsetageunit", "804", "DY"),
        ("drugtreatmentdurationunit", "804", "DAY"),
        ("patientsex", "0", "UNK"),
        ("qualification", "4", "LW"),
        ("fulfillexpeditecriteria", "2", None),
        ("patientsex", "9", "9"),
        ("patientsex", None, None),
    ],
)
def test_a_code_in_the_words_of_the_archive(field, code, faers):
    assert faers_code(field, code) == faers


@pytest.mark.parametrize("table", layout.TABLES)
def test_the_columns_are_those_of_the_archive_and_the_source(table):
    names = schema(table).names
    staged = layout.staged_schema(table).names
    assert names[: len(staged)] == staged
    assert names[len(staged)] == "source"
    assert all(name.startswith("openfda_") for name in names[len(staged) + 1 :])


# ---------------------------------------------------------------- the folder


@needs_recordings
@pytest.mark.parametrize("file", ["event_response.json", "event_records.json"])
def test_the_recorded_reports_land_whole(fda, land, file):
    body = json.loads((SHARED / file).read_bytes())
    records = body["results"] if isinstance(body, dict) else body
    meta = {"last_updated": "2026-04-28", "results": {"total": len(records)}}
    fda.script = [reply(200, {"meta": meta, "results": records})]
    landed = land()
    assert (landed.n_reports, landed.n_rejected) == (len(records), 0)
    tables = {t: pq.read_table(landed.path / f"{t}.parquet") for t in layout.TABLES}
    assert tables["demo"].num_rows == len(records)
    drugs = sum(len(r["patient"]["drug"]) for r in records)
    assert tables["drug"].num_rows == drugs
    roles = [d["drugcharacterization"] for r in records for d in r["patient"]["drug"]]
    staged = tables["drug"]["role_cod"].to_pylist()
    assert staged.count("S") == roles.count("1")
    assert staged.count("C") == roles.count("2")
    reactions = [
        x["reactionmeddrapt"] for r in records for x in r["patient"]["reaction"]
    ]
    assert tables["reac"]["pt"].to_pylist() == reactions
    dated = sum("summary" in r["patient"] for r in records)
    assert tables["demo"]["event_date"].null_count == len(records) - dated
    for table in tables.values():
        assert set(table["source"].to_pylist()) <= {"openfda"}
        assert table["line"].to_pylist() == list(range(1, table.num_rows + 1))


def report(number: int, day: str = "20260702"):
    return REPORT | {"safetyreportid": str(number), "receivedate": day}


def test_the_manifest_says_what_was_asked_and_came(fda, land):
    fda.records["drug/event"] = [report(i) for i in (20000001, 20000002)]
    fda.records["drug/event"].append(REPORT | {"safetyreportid": "1-2"})
    search = "receivedate:[20260701 TO 20260731]"
    landed = land([search, search])
    manifest = json.loads((landed.path / "manifest.json").read_bytes())
    assert manifest == {
        "source": "openFDA drug/event",
        "url": fda.url,
        "path": landed.path.name,
        "queries": [search, search],
        "retrieved": "2026-09-01T12:00:00+00:00",
        "last_updated": "2026-04-28",
        "n_reports": 2,
        "n_repeated": 3,
        "n_rejected": 1,
    }
    rejected = pq.read_table(landed.path / "rejected.parquet").to_pylist()
    assert json.loads(rejected[0]["bytes"])["safetyreportid"] == "1-2"
    (demo,) = [
        row
        for row in pq.read_table(landed.path / "accounting.parquet").to_pylist()
        if row["table_name"] == "demo"
    ]
    lines = demo["physical_lines"] - demo["joins"]
    assert lines == demo["staged"] + demo["rejected"] == 3


def test_each_record_without_a_number_is_rejected_with_its_bytes(fda, land):
    nameless = {k: v for k, v in REPORT.items() if k != "safetyreportid"}
    records = [nameless, nameless | {"safetyreportid": None}, nameless]
    fda.records["drug/event"] = [*records, report(20000001)]
    landed = land()
    found = (landed.n_reports, landed.n_repeated, landed.n_rejected)
    assert found == (1, 0, 3)
    rejected = pq.read_table(landed.path / "rejected.parquet").to_pylist()
    assert [json.loads(row["bytes"]) for row in rejected] == records
    assert {row["reason"] for row in rejected} == {"safetyreportid is no case number"}


def test_a_rejected_record_does_not_hide_a_report_of_the_same_number(fda, land):
    fda.records["drug/event"] = [report(20000001, "2026"), report(20000001)]
    landed = land()
    found = (landed.n_reports, landed.n_repeated, landed.n_rejected)
    assert found == (1, 0, 1)


def test_text_with_html_stays_text(fda, land):
    fda.records["drug/event"] = [report(20000001)]
    demo = pq.read_table(land().path / "demo.parquet").to_pylist()
    assert demo[0]["lit_ref"] == SCRIPT


def test_an_empty_result_is_a_folder_without_rows(fda, land):
    fda.records["drug/event"] = []
    landed = land()
    assert (landed.n_reports, landed.last_updated) == (0, "")
    assert pq.read_table(landed.path / "demo.parquet").num_rows == 0


@pytest.mark.parametrize("failure", ["server", "update"])
def test_a_failure_on_the_way_leaves_nothing(fda, land, tmp_path, failure):
    fda.records["drug/event"] = [report(20000001)]

    def fails(target):
        if failure == "server":
            return reply(400, {"error": {"code": "BAD_REQUEST", "message": "no"}})
        fda.last_updated = "2026-07-28"
        return fda.serve(target)

    fda.script = [fda.serve, fails]
    with pytest.raises(SourceError):
        land(["receivedate:[20260701 TO 20260731]"] * 2)
    assert list((tmp_path / "reports").iterdir()) == []


def test_the_newest_folders_stay(fda, land, tmp_path):
    fda.records["drug/event"] = [report(20000001)]
    paths = [land(now=NOW + dt.timedelta(days=day)).path for day in range(KEPT + 2)]
    assert sorted((tmp_path / "reports").iterdir()) == paths[2:]
