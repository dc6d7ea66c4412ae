"""openFDA since the newest held quarter, beside what invented archives expect."""

import csv
import datetime as dt
import io
import json
import re
from pathlib import Path

import pytest

from pvsignal import pipeline
from pvsignal.errors import SourceError, UsageError
from pvsignal.pipeline.watching import CANNOT_SAY
from pvsignal.settings import Settings
from pvsignal.sources import manifest
from tests.archives import write_archive
from tests.openfda_server import OpenFda, failure, running

KEY = "SECRETkey0123456789"
NOW = dt.datetime(2026, 5, 4, 6, tzinfo=dt.UTC)
QUARTERS = {"2025q1": "0210", "2025q2": "0511", "2025q3": "0812", "2025q4": "1113"}


def case(number, received, drugs, terms, version=1):
    """One version of a case as rows of three tables; a drug is (role, name, substance)."""
    key = {"primaryid": f"{number}{version}", "caseid": number}
    return {
        "demo": [key | {"caseversion": version, "init_fda_dt": received}],
        "drug": [
            key
            | {"drug_seq": n, "role_cod": role, "drugname": name, "prod_ai": substance}
            for n, (role, name, substance) in enumerate(drugs, 1)
        ],
        "reac": [key | {"pt": term} for term in terms],
    }


def joined(cases):
    return {t: [row for c in cases for row in c[t]] for t in ("demo", "drug", "reac")}


OCREVUS = ("PS", "OCREVUS", "OCRELIZUMAB")
OTHER = ("PS", "ASPIRIN", "ASPIRIN")

# In each quarter: ocrelizumab twice with breast cancer (a suspect of either kind), once
# without; as a concomitant once; and once a report without it.
EACH_QUARTER = [
    ([OCREVUS], ["Breast cancer", "Nausea"]),
    ([OTHER, ("SS", "ocrelizumab infusion", "")], ["Breast cancer stage II"]),
    ([OCREVUS], ["Nausea"]),
    ([OTHER, ("C", "OCREVUS", "OCRELIZUMAB")], ["Breast cancer"]),
    ([OTHER], ["Breast cancer"]),
]


def archive_cases(quarter, place):
    received = quarter[:4] + QUARTERS[quarter]
    return [
        case(15000000 + 100 * place + n, received, drugs, terms)
        for n, (drugs, terms) in enumerate(EACH_QUARTER)
    ]


@pytest.fixture(scope="module")
def staged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archives")
    for place, quarter in enumerate(QUARTERS, 1):
        cases = archive_cases(quarter, place)
        deleted = []
        if quarter == "2025q2":
            # A version that came after the quarter of first receipt, with more in it.
            cases.append(
                case(15000102, "20250210", [OCREVUS], ["Nausea", "Melanoma"], version=2)
            )
            # First received in 2025q1, and in no archive before this one.
            cases.append(case(15000003, "20250331", [OCREVUS], ["Breast cancer"]))
            # Two versions within the quarter of first receipt: the newer one counts.
            cases.append(case(15000004, "20250420", [OCREVUS], ["Breast cancer"]))
            cases.append(case(15000004, "20250420", [OTHER], ["Nausea"], version=2))
            # Received before the base quarters, though it comes in one of them.
            cases.append(case(15000001, "20241231", [OCREVUS], ["Breast cancer"]))
            # Another substance whose name holds that of dalfampridine.
            cases.append(case(15000002, "20250412", [("PS", "AMIFAMPRIDINE", "")], []))
        if quarter == "2025q4":
            # A retracted case stays, as it would in openFDA.
            deleted = [15000400]
        write_archive(folder, quarter, joined(cases), deleted)
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data") / "data", mirror=str(folder)
    )
    pipeline.land(settings)
    pipeline.stage(settings)
    return settings


def report(number, received, drugs, terms, **more):
    """One report; a drug is (characterization, name, substance)."""
    listed = [
        {"drugcharacterization": kind, "medicinalproduct": name}
        | ({"activesubstance": {"activesubstancename": s}} if s else {})
        | {"openfda": {"substance_name": ["RITUXIMAB", "NATALIZUMAB"]}}
        for kind, name, s in drugs
    ]
    reactions = [{"reactionmeddrapt": term} for term in terms]
    return {
        "safetyreportid": str(number),
        "safetyreportversion": "1",
        "receivedate": received,
        "patient": {"drug": listed, "reaction": reactions},
    } | more


TAKEN = ("1", "OCREVUS", "OCRELIZUMAB")
RECORDS = [
    # Before the first day that the archive does not cover.
    report(30000001, "20251231", [TAKEN], ["Breast cancer"]),
    report(30000002, "20260101", [TAKEN], ["Breast cancer", "Breast cancer female"]),
    report(30000003, "20260215", [TAKEN, ("2", "TYSABRI", "")], ["Breast cancer"]),
    report(
        30000004,
        "20260301",
        [("1", "Ocrevus", "")],
        ["Invasive ductal breast carcinoma"],
    ),
    report(30000005, "20260302", [TAKEN], ["Melanoma of skin", "Headache"]),
    report(30000006, "20260303", [TAKEN], ["<script>alert(1)</script>"]),
    report(30000007, "20260304", [("2", "OCREVUS", "OCRELIZUMAB")], ["Breast cancer"]),
    # Interacting is no suspect role; ASPIRIN is no therapy.
    report(30000008, "20260305", [("3", "OCREVUS", "")], ["Breast cancer"]),
    report(30000009, "20260331", [("1", "ASPIRIN", "ASPIRIN")], ["Breast cancer"]),
    report(30000010, "20260306", [("1", "AMIFAMPRIDINE", "FAMPRIDINE")], ["Nausea"]),
]


@pytest.fixture
def fda(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    play = OpenFda(records={"drug/event": list(RECORDS)}, last_updated="2026-04-28")
    with running(play):
        yield play


@pytest.fixture
def settings(staged, fda):
    # Each test has the requests of a minute to itself.
    for file in staged.openfda_dir.glob("requests.sqlite*"):
        file.unlink()
    fields = {"openfda_url": fda.url, "http_tries": 2, "http_wait_seconds": 0.0}
    return staged.model_copy(update=fields)


def watched(settings):
    return pipeline.watch(settings, now=lambda: NOW)


def row(result, drug, event):
    (found,) = [r for r in result.rows if (r.drug, r.event) == (drug, event)]
    return found


def test_a_pair_is_observed_beside_what_the_archive_expects(settings):
    result = watched(settings)
    assert result.last_quarter == "2025q4"
    assert result.base_quarters == tuple(QUARTERS)
    assert (result.covered_from, result.covered_until) == ("2026-01-01", "2026-03-31")
    assert (result.base_days, result.covered_days) == (365, 90)
    pair = row(result, "ocrelizumab", "breast")
    assert pair.n_by_quarter == (2, 2, 2, 2)
    assert pair.observed == 3
    assert pair.expected == pytest.approx(8 * 90 / 365)
    assert (pair.low, pair.high) == (0, 6)
    assert pair.ratio == pytest.approx(3 / (8 * 90 / 365))
    assert pair.position == "within"
    assert pair.label == "Breast"


def test_a_change_of_volume_is_seen_and_taken_out(settings):
    result = watched(settings)
    every = row(result, "ocrelizumab", "all events")
    assert every.n_by_quarter == (3, 3, 3, 3)
    assert every.observed == 5
    assert every.expected == pytest.approx(12 * 90 / 365)
    pair = row(result, "ocrelizumab", "breast")
    assert pair.ratio_corrected == pytest.approx((3 / 8) / (5 / 12))
    total = row(result, "all reports", "all events")
    # 5 cases a quarter, and two of 2025q2 without a therapy in the end; in openFDA
    # all nine reports of the time, whatever they name.
    assert total.n_by_quarter == (5, 7, 5, 5)
    assert total.observed == 9
    assert total.ratio_corrected is None
    assert every.ratio_corrected == pytest.approx((5 / 12) / (9 / 22))


def test_a_case_counts_as_it_stood_in_the_quarter_of_its_first_receipt(settings):
    # Cases since then had as little time for a second version.
    result = watched(settings)
    melanoma = row(result, "ocrelizumab", "melanoma_cutaneous")
    assert melanoma.n_by_quarter == (0, 0, 0, 0)
    assert (melanoma.observed, melanoma.expected) == (1, 0)
    malignancy = row(result, "ocrelizumab", "any_malignancy")
    assert malignancy.n_by_quarter == (2, 2, 2, 2)
    assert malignancy.expected == pytest.approx(8 * 90 / 365)
    assert malignancy.observed == 4


def test_a_case_that_the_archive_published_later_is_not_expected(settings):
    result = watched(settings)
    assert row(result, "ocrelizumab", "breast").n_by_quarter == (2, 2, 2, 2)
    assert row(result, "all reports", "all events").n_by_quarter == (5, 7, 5, 5)


def test_the_newest_version_of_the_quarter_of_first_receipt_counts(settings):
    result = watched(settings)
    assert row(result, "ocrelizumab", "all events").n_by_quarter == (3, 3, 3, 3)


def test_names_of_labels_and_other_substances_are_no_exposure(settings):
    drugs = {r.drug for r in watched(settings).rows}
    assert drugs == {"all reports", "ocrelizumab"}


def test_many_more_than_expected_lie_above(settings, fda):
    fda.records["drug/event"] += [
        report(30000100 + n, "20260310", [TAKEN], ["Breast cancer"]) for n in range(9)
    ]
    result = watched(settings)
    pair = row(result, "ocrelizumab", "breast")
    assert (pair.observed, pair.position) == (12, "above")
    assert "2 pairs" in result.statement


def test_the_result_is_written_with_what_it_cannot_say(settings):
    result = watched(settings)
    assert result.file == settings.data_dir / "openfda" / "watch" / "2026-05-04.json"
    content = json.loads(result.file.read_bytes())
    assert content["cannot_say"] == list(CANNOT_SAY)
    assert content["last_updated"] == "2026-04-28"
    assert len(content["rows"]) == len(result.rows)
    assert content["rows"][0]["drug"] == "all reports"
    text = result.file.read_text("utf-8")
    assert "no signal is decided" in text
    assert "retracted" in text


def test_the_reports_land_apart_from_the_archive(settings):
    before = manifest.read_manifest(settings.data_dir)
    result = watched(settings)
    folder = settings.openfda_dir / "reports" / result.reports
    assert (folder / "demo.parquet").is_file()
    stated = json.loads((folder / "manifest.json").read_bytes())
    # The seven that name a therapy in the time, in any role, and the other substance.
    assert stated["n_reports"] == result.n_reports == 8
    assert stated["n_repeated"] > 0
    assert manifest.read_manifest(settings.data_dir) == before
    left = [p.name for p in settings.openfda_dir.iterdir()]
    assert not [name for name in left if name.startswith(".tmp")]


def test_every_question_fits_an_address_and_asks_for_the_time_alone(settings, fda):
    watched(settings)
    for place, asked in enumerate(fda.asked):
        assert len(asked) < 4500
        params = fda.params(place)
        assert "skip" not in params
        if place:
            assert params["search"].startswith("receivedate:[20260101 TO 20260331]")


def test_the_last_update_bounds_what_is_covered(settings, fda):
    fda.records["drug/event"].append(report(30000099, "20991231", [TAKEN], ["Nausea"]))
    result = watched(settings)
    assert result.newest_received == "2099-12-31"
    assert result.covered_until == "2026-04-28"
    assert result.covered_days == 118


def test_nothing_after_the_last_quarter_is_said_plainly(settings, fda):
    fda.records["drug/event"] = RECORDS[:1]
    result = watched(settings)
    assert result.rows == ()
    assert result.covered_days == 0
    assert re.search(
        r"no report first received after 2025-12-31.*nothing is compared",
        result.statement,
    )
    assert len(fda.asked) == 1
    assert json.loads(result.file.read_bytes())["rows"] == []


def test_no_report_of_a_therapy_is_zero_observed(settings, fda):
    fda.records["drug/event"] = [RECORDS[8]]
    result = watched(settings)
    pair = row(result, "ocrelizumab", "breast")
    assert (pair.observed, pair.ratio, pair.ratio_corrected) == (0, 0, None)
    assert result.n_reports == 0


@pytest.mark.parametrize("place", [0, 1, 3, -1])
def test_a_failure_on_the_way_leaves_no_result(settings, fda, place):
    result = watched(settings)
    n_asked = len(fda.asked)
    result.file.unlink()
    before = set((settings.openfda_dir / "reports").iterdir())
    fda.script = [*[fda.serve] * (place % n_asked), failure(400, "BAD_REQUEST", "no")]
    with pytest.raises(SourceError, match="400"):
        watched(settings)
    assert not result.file.exists()
    # The count of all reports comes last, when the reports are there, whole.
    if place != -1:
        assert set((settings.openfda_dir / "reports").iterdir()) == before
    assert not list(settings.openfda_dir.rglob(".tmp*"))


def test_a_rebuild_between_questions_is_transient(settings, fda):
    def rebuilt(target):
        answer = fda.serve(target)
        fda.last_updated = "2026-07-28"
        return answer

    fda.script = [rebuilt]
    with pytest.raises(SourceError, match="rebuilt") as failed:
        watched(settings)
    assert failed.value.transient


def test_simulated_archives_are_not_compared(settings, tmp_path):
    data_dir = tmp_path / "data"
    manifest.claim_origin(data_dir, "simulated")
    (data_dir / "staged").mkdir()
    for name in ("staged", "landing"):
        source = settings.data_dir / name / "manifest.json"
        target = data_dir / name / "manifest.json"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(source.read_bytes())
    with pytest.raises(UsageError, match="simulated"):
        watched(settings.model_copy(update={"data_dir": data_dir}))


def test_without_staged_quarters_there_is_no_expectation(settings, tmp_path):
    with pytest.raises(UsageError, match="no staged quarter"):
        watched(settings.model_copy(update={"data_dir": tmp_path}))


def _command(settings, monkeypatch, capsys, *words):
    from pvsignal import cli

    monkeypatch.setenv("PVSIGNAL_OPENFDA_URL", settings.openfda_url)
    monkeypatch.setenv("PVSIGNAL_OPENFDA_API_KEY", KEY)
    data_dir = str(settings.data_dir)
    monkeypatch.setattr("sys.argv", ["pvsignal", *words, "--data-dir", data_dir])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    printed = capsys.readouterr()
    assert KEY not in printed.out + printed.err
    return ended.value.code, printed.out, printed.err


def test_the_command_prints_a_table_and_says_what_it_cannot(
    settings, monkeypatch, capsys
):
    code, out, err = _command(settings, monkeypatch, capsys, "watch")
    assert code == 0
    line = next(line for line in out.splitlines() if "Breast" in line)
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells == [
        *("ocrelizumab", "Breast", "2 2 2 2", "3", "2.0", "0-6", "1.52", "0.90", "")
    ]
    for note in CANNOT_SAY:
        assert f"note: {note}" in err
    assert "openFDA covers 90 days after 2025q4" in err


def test_reports_that_cannot_be_placed_are_told(settings, fda, monkeypatch, capsys):
    fda.records["drug/event"].append(RECORDS[1] | {"safetyreportid": "5801206-7"})
    assert watched(settings).n_rejected == 1
    code, _, err = _command(settings, monkeypatch, capsys, "watch")
    assert code == 0
    assert "note: 1 reports of openFDA could not be placed" in err


def test_machine_formats_hold_every_row(settings, monkeypatch, capsys):
    code, out, _ = _command(settings, monkeypatch, capsys, "watch", "--format", "csv")
    assert code == 0
    rows = {(r["drug"], r["event"]): r for r in csv.DictReader(io.StringIO(out))}
    pair = rows["ocrelizumab", "breast"]
    assert (pair["observed"], pair["n_by_quarter"]) == ("3", "2 2 2 2")
    code, out, _ = _command(settings, monkeypatch, capsys, "watch", "--format", "json")
    assert code == 0
    content = json.loads(out)
    assert len(content["rows"]) == len(rows)
    assert content["covered_days"] == 90


def test_nothing_new_is_no_failure_of_the_command(settings, fda, monkeypatch, capsys):
    fda.records["drug/event"] = RECORDS[:1]
    code, out, err = _command(settings, monkeypatch, capsys, "watch")
    assert (code, out) == (0, "")
    assert "nothing is compared" in err


def test_a_refusal_is_one_line_and_exit_code_three(settings, fda, monkeypatch, capsys):
    fda.script = [failure(403, "API_KEY_INVALID", f"{KEY} is no key")]
    code, out, err = _command(settings, monkeypatch, capsys, "watch")
    assert (code, out) == (3, "")
    assert len(err.splitlines()) == 1
    assert "PVSIGNAL_OPENFDA_API_KEY" in err


def test_no_file_of_openfda_holds_the_key(settings, monkeypatch, capsys):
    _command(settings, monkeypatch, capsys, "watch")
    for file in settings.openfda_dir.rglob("*"):
        assert file.is_dir() or KEY.encode() not in file.read_bytes()


def test_labels_are_read_by_a_command_of_their_own(settings, fda, monkeypatch, capsys):
    block = {"brand_name": ["OCREVUS"], "generic_name": ["OCRELIZUMAB"]}
    fda.records["drug/label"] = [
        {
            "id": "a",
            "set_id": "b",
            "version": "1",
            "effective_time": "20260101",
            "openfda": block,
            "warnings_and_cautions": ["5.3 Malignancies. Breast cancer occurred."],
        }
    ]
    code, out, err = _command(settings, monkeypatch, capsys, "labels")
    assert code == 0
    assert "labels of the therapies: 1, sentences on malignancy: 2" in err
    assert (Path(out.strip()) / "mention.parquet").is_file()
