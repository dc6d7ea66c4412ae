"""Gates of a whole run: what blocks archives of the FDA is a note for a mirror."""

from __future__ import annotations

import functools
import json
import shlex
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pvsignal import cli, pipeline, warehouse
from pvsignal.analysis import load_analysis
from pvsignal.errors import CheckFailed
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.query import run_query
from pvsignal.settings import Settings
from tests.archives import archive_name, deletions_name, write_archive

# Later than the known counts: these archives are held against each other.
QUARTERS = [str(q) for q in QuarterSpan.parse("2026q3..2027q3")]
LAST = QUARTERS[-1]
N_REPORTS = 200

Tables = dict[str, list[dict[str, object]]]


def invented(place: int) -> Tables:
    """Reports of one quarter: two drugs and two reactions each."""
    cases = [1_000_000 + place * N_REPORTS + n for n in range(N_REPORTS)]
    keys = [{"primaryid": f"{case}1", "caseid": case} for case in cases]
    pick = ("Fatigue", "Headache", "Basal cell carcinoma", "Fall")
    return {
        "demo": [
            {**key, "caseversion": 1, "i_f_code": "I", "fda_dt": "20260801"}
            | {"init_fda_dt": "20260801", "rept_cod": "EXP", "occp_cod": "MD"}
            for key in keys
        ],
        "drug": [
            {**key, "drug_seq": seq, "role_cod": role, "drugname": name, "prod_ai": ai}
            for n, key in enumerate(keys)
            for seq, role, name, ai in (
                (1, "PS", "OCREVUS", "OCRELIZUMAB")
                if n % 2
                else (1, "PS", "AVONEX", "INTERFERON BETA-1A"),
                (2, "C", "ASPIRIN", "ASPIRIN"),
            )
        ],
        "reac": [
            {**key, "pt": term}
            for n, key in enumerate(keys)
            for term in (pick[n % 4], "Nausea")
        ],
        "outc": [{**key, "outc_cod": "OT"} for key in keys],
        "indi": [
            {**key, "indi_drug_seq": 1, "indi_pt": "Multiple sclerosis"} for key in keys
        ],
        "ther": [{**key, "dsg_drug_seq": 1, "start_dt": "20260101"} for key in keys],
    }


def write_mirror(folder: Path, changed: Mapping[str, Tables]) -> Path:
    """Write archives of all quarters, those of some with other tables."""
    folder.mkdir()
    for place, quarter in enumerate(QUARTERS):
        tables = invented(place) | changed.get(quarter, {})
        write_archive(folder, quarter, tables, deleted=[999_000 + place])
    return folder


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Any]:
    """Serve a folder of archives with a listing page, as the FDA's site does."""
    servers: list[ThreadingHTTPServer] = []

    def start(folder: Path) -> str:
        handler = functools.partial(_Quiet, directory=str(folder))
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        url = f"http://127.0.0.1:{server.server_port}"
        links = [f'<a href="{url}/{file.name}">ASCII</a>' for file in _zips(folder)]
        (folder / "listing.html").write_text("".join(links), "utf-8")
        return f"{url}/listing.html"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def _zips(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.zip"))


def rows(result: pipeline.Published, sql: str) -> list[dict[str, Any]]:
    found = run_query(result.database, sql, timeout_seconds=60)
    return found.to_pylist()


def notes(result: pipeline.Published) -> dict[str, int]:
    asked = "select name, n_rows from api.checks where effect = 'note'"
    return {row["name"]: row["n_rows"] for row in rows(result, asked)}


@dataclass(frozen=True)
class Defect:
    """Changed tables of the last quarter, the check, and the figures it names."""

    check: str
    figures: tuple[str, ...]
    tables: Tables


def _cut(table: str, share: float) -> Tables:
    whole = invented(len(QUARTERS) - 1)[table]
    return {table: whole[: round(len(whole) * share)]}


def _with(table: str, **values: object) -> Tables:
    """Table of the last quarter, some columns of each row given other values."""
    return {table: [row | values for row in invented(len(QUARTERS) - 1)[table]]}


DEFECTS = {
    "lost rows": Defect(
        "row_counts_against_neighbours",
        ("table_name=ther", "n_rows=80", "measure_around=1.0"),
        _cut("ther", 0.4),
    ),
    "lost reactions": Defect(
        "many_reports_without_drug_or_reaction",
        ("table_name=reac", "n_reports=120", "n_demo=200"),
        _cut("reac", 0.4),
    ),
    "lost reports": Defect(
        "many_children_without_parent",
        ("table_name=drug", "n_orphans=240", "n_rows=400"),
        _cut("demo", 0.4),
    ),
    "lost column": Defect(
        "column_lost",
        ("table_name=demo", "column_name=occp_cod", "n_blank=200"),
        _with("demo", occp_cod=""),
    ),
    "new roles": Defect(
        "unknown_code_share",
        ("table_name=drug", "n_unknown=400", "unknown_values=XX"),
        _with("drug", role_cod="XX"),
    ),
    "no names": Defect(
        "blank_key_texts",
        ("table_name=drug", "column_name=drugname", "n_blank=400"),
        _with("drug", drugname=""),
    ),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mirror(tmp_path_factory.mktemp("good") / "mirror", {})


def test_good_archives_of_the_fda_pass_every_gate(
    good: Path, tmp_path: Path, serve: Any
) -> None:
    settings = Settings(data_dir=tmp_path / "data", listing_url=serve(good))
    result = pipeline.run(settings, load_analysis())
    assert rows(result, "select origin from api.runs") == [{"origin": "fda"}]
    assert set(notes(result)) == {"litigated_entry_matches_nothing"}
    assert {name for name, _, _ in warehouse.describe_checks()} == {
        row["name"] for row in rows(result, "select name from api.checks")
    }
    asked = (
        "select table_name, staged, known_rows, n_orphans, n_without_drug, "
        "n_without_reaction from api.quarters where quarter = '2026q3' "
        "and table_name in ('demo', 'drug', 'deleted') order by table_name"
    )
    assert [tuple(row.values()) for row in rows(result, asked)] == [
        ("deleted", 1, None, None, None, None),
        ("demo", 200, None, None, 0, 0),
        ("drug", 400, None, 0, None, None),
    ]


@pytest.mark.parametrize("name", list(DEFECTS))
def test_a_defect_blocks_archives_of_the_fda(
    name: str, tmp_path: Path, serve: Any
) -> None:
    defect = DEFECTS[name]
    mirror = write_mirror(tmp_path / "mirror", {LAST: defect.tables})
    settings = Settings(data_dir=tmp_path / "data", listing_url=serve(mirror))
    with pytest.raises(CheckFailed) as failed:
        pipeline.run(settings, load_analysis())
    message = str(failed.value)
    assert len(message.splitlines()) == 1
    named = [part for part in message.split(" | ") if f"{defect.check} (" in part]
    assert len(named) == 1
    for figure in (f"quarter={LAST}", *defect.figures):
        assert figure in named[0]
    assert not list((tmp_path / "data").glob("published/*/*.duckdb"))


@pytest.mark.parametrize("name", list(DEFECTS))
def test_the_same_defect_of_a_mirror_is_a_note(name: str, tmp_path: Path) -> None:
    defect = DEFECTS[name]
    mirror = write_mirror(tmp_path / "mirror", {LAST: defect.tables})
    settings = Settings(data_dir=tmp_path / "data", mirror=str(mirror))
    result = pipeline.run(settings, load_analysis())
    assert defect.check in notes(result)
    asked = f"select distinct quarter from api.check_rows where name = '{defect.check}'"
    assert rows(result, asked) == [{"quarter": LAST}]


def _without_list(folder: Path) -> Path:
    """Write archives of which the last has no deletion list."""
    write_mirror(folder, {})
    tables: Mapping[str, Sequence[Mapping[str, object]]]
    tables = invented(len(QUARTERS) - 1)
    # A deletion list with no case number is as good as none.
    raw = {deletions_name(Quarter.parse(LAST)): b" \n"}
    write_archive(folder / archive_name(Quarter.parse(LAST)), LAST, tables, raw=raw)
    return folder


def test_a_quarter_without_deleted_cases_blocks_archives_of_the_fda_only(
    tmp_path: Path, serve: Any
) -> None:
    mirror = _without_list(tmp_path / "mirror")
    settings = Settings(data_dir=tmp_path / "data", listing_url=serve(mirror))
    with pytest.raises(CheckFailed, match=f"deletion_list_missing.*quarter={LAST}"):
        pipeline.run(settings, load_analysis())
    settings = Settings(data_dir=tmp_path / "other", mirror=str(mirror))
    result = pipeline.run(settings, load_analysis())
    assert notes(result)["deletion_list_missing"] == 1


def test_roles_that_are_no_exposure_are_staged_and_reported_but_not_exposed(
    tmp_path: Path,
) -> None:
    tables = invented(len(QUARTERS) - 1)
    roles = {1: "DN", 3: "XX"}
    caseids = {}
    for n, role in roles.items():
        row = tables["drug"][2 * n]
        assert row["drugname"] == "OCREVUS"
        row["role_cod"] = role
        caseids[role] = row["caseid"]
    mirror = write_mirror(tmp_path / "mirror", {LAST: tables})
    settings = Settings(data_dir=tmp_path / "data", mirror=str(mirror))
    result = pipeline.run(settings, load_analysis())
    figures = rows(
        result,
        "select figures->>'value' as value, (figures->>'n_rows')::int as n, "
        "figures->>'why' as why from api.check_rows "
        "where name = 'unknown_code_values' order by value",
    )
    assert figures == [
        {
            "value": "DN",
            "n": 1,
            "why": "the drug was not taken: staged and listed, never exposure",
        },
        {"value": "XX", "n": 1, "why": "not documented"},
    ]
    with warehouse.connect(settings.warehouse_path) as con:
        staged = warehouse.query_rows(
            con,
            "select caseid, role_cod from staged.drug where role_cod in ('DN', 'XX')",
        )
        exposed = warehouse.query_rows(
            con,
            "select count(*) as n from cohort.exposure as exposure "
            "inner join staged.demo as demo using (quarter_no, primaryid) "
            f"where demo.caseid in ({caseids['DN']}, {caseids['XX']})",
        )
    assert {row["role_cod"]: row["caseid"] for row in staged} == caseids
    assert exposed == [{"n": 0}]
    listed = rows(
        result,
        "select role, is_admitted from api.case_drugs "
        f"where caseid = {caseids['DN']} and therapy = 'ocrelizumab'",
    )
    assert listed == [{"role": "DN", "is_admitted": True}]


def test_a_changed_bound_makes_another_run(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path / "data", mirror=str(good))
    pipeline.land(settings)
    staged = pipeline.stage(settings)
    before = pipeline.identify(settings, load_analysis(), staged=staged)
    monkeypatch.setattr("pvsignal.layout.gates.gates_hash", lambda: "another")
    after = pipeline.identify(settings, load_analysis(), staged=staged)
    assert before.identity != after.identity


def ask(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *words: str,
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    monkeypatch.setattr("sys.argv", ["pvsignal", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()
    code = ended.value.code
    assert isinstance(code, int)
    return code, out, err


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_a_blocked_build_keeps_its_rows_and_status_says_so_until_one_passes(
    tmp_path: Path,
    serve: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    defect = DEFECTS["lost rows"]
    mirror = write_mirror(tmp_path / "mirror", {LAST: defect.tables})
    data = tmp_path / "data of the FDA"
    where = ["--data-dir", str(data)]
    monkeypatch.setenv("PVSIGNAL_LISTING_URL", serve(mirror))
    monkeypatch.chdir(tmp_path)
    before = f"{QUARTERS[0]}..{QUARTERS[-2]}"
    assert ask(capsys, monkeypatch, "run", *where, "--quarters", before)[0] == 0
    stood = contents(data / "published"), contents(data / "reports")

    code, _, err = ask(capsys, monkeypatch, "run", *where)
    assert code == 6
    assert len(err.splitlines()) == 1
    command = err.strip().rpartition("all their rows: ")[2]
    assert command == (
        f"pvsignal sql --warehouse \"from source.check_row\" --data-dir '{data}'"
    )
    assert (contents(data / "published"), contents(data / "reports")) == stood

    words = shlex.split(command)[1:]
    code, out, _ = ask(capsys, monkeypatch, *words, "--format", "json")
    assert code == 0
    kept = {row["name"]: row["figures"] for row in json.loads(out)}
    assert f'"quarter": "{LAST}", "table_name": "ther"' in kept[defect.check]

    said = (
        f"the last build was blocked by {defect.check} (1 row), nothing was published"
    )
    code, out, _ = ask(capsys, monkeypatch, "status", *where, "--format", "json")
    (note,) = [line for line in json.loads(out)["notes"] if "blocked" in line]
    assert note == f"{said}; all their rows: {command}"
    assert said in ask(capsys, monkeypatch, "status", *where)[1]

    # Nothing is scored or published from a warehouse that was blocked.
    for stage in ("score", "assess", "publish"):
        code, _, err = ask(capsys, monkeypatch, stage, *where)
        assert (code, err.strip()) == (6, f"pvsignal: {note}")
    assert (contents(data / "published"), contents(data / "reports")) == stood

    code, _, _ = ask(capsys, monkeypatch, "build", *where, "--quarters", before)
    assert code == 0
    out = ask(capsys, monkeypatch, "status", *where, "--format", "json")[1]
    assert not [line for line in json.loads(out)["notes"] if "blocked" in line]


def test_inputs_that_were_published_before_end_the_note_of_a_blocked_build(
    tmp_path: Path, serve: Any
) -> None:
    mirror = write_mirror(tmp_path / "mirror", {LAST: DEFECTS["lost rows"].tables})
    settings = Settings(data_dir=tmp_path / "data", listing_url=serve(mirror))
    before = QuarterSpan.parse(f"{QUARTERS[0]}..{QUARTERS[-2]}")
    pipeline.run(settings, load_analysis(), span=before)
    with pytest.raises(CheckFailed):
        pipeline.run(settings, load_analysis())
    assert settings.blocked_path.exists()
    assert not pipeline.run(settings, load_analysis(), span=before).is_new
    assert not settings.blocked_path.exists()


# The query of docs/gates.md that writes an operator's row.
STATED = """
select quarter, demo, drug, reac, outc, indi, ther, rpsr, deleted,
    n_bytes as archive_bytes, 're-issued by the FDA' as reason
from (
    pivot (select quarter, table_name, n_rows from counts.table_quarter)
    on table_name in
        ('demo', 'drug', 'reac', 'outc', 'indi', 'ther', 'rpsr', 'deleted')
    using max(n_rows)
)
join source.archive using (quarter)
where quarter in ('2026q2')
"""


def test_a_reissue_passes_once_the_operator_states_its_counts(
    tmp_path: Path,
    serve: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "mirror").mkdir()
    write_archive(tmp_path / "mirror", "2026q2", invented(0), deleted=[999_000])
    data = tmp_path / "data"
    where = ["--data-dir", str(data)]
    monkeypatch.setenv("PVSIGNAL_LISTING_URL", serve(tmp_path / "mirror"))
    code, _, err = ask(capsys, monkeypatch, "run", *where)
    assert code == 6
    assert "row_counts_against_known" in err
    assert "known_counts.csv of the data directory" in err
    assert "known_from=shipped" in err

    file = data / "known_counts.csv"
    words = ["sql", STATED, *where, "--warehouse", "--format", "csv"]
    assert ask(capsys, monkeypatch, *words, "--output", str(file))[0] == 0
    code, _, err = ask(capsys, monkeypatch, "run", *where)
    assert (code, "blocked" in err) == (0, False)
    asked = (
        "select distinct known_from, known_reason, staged = known_rows as is_as_known "
        "from api.quarters"
    )
    words = ["sql", asked, *where, "--format", "json"]
    assert json.loads(ask(capsys, monkeypatch, *words)[1]) == [
        {
            "known_from": "operator",
            "known_reason": "re-issued by the FDA",
            "is_as_known": True,
        }
    ]

    # Other counts are another run, and a quarter is held against them.
    file.write_text(file.read_text("utf-8").replace("200,400", "200,500"), "utf-8")
    code, _, err = ask(capsys, monkeypatch, "run", *where)
    assert code == 6
    assert "n_rows=400, known_rows=500, known_from=operator" in err

    file.write_text(file.read_text("utf-8").replace("200,500", "200,many"), "utf-8")
    code, _, err = ask(capsys, monkeypatch, "run", *where)
    assert (code, len(err.splitlines())) == (5, 1)
    assert f"{file}, line 2: drug is 'many'" in err


def test_counts_of_the_operator_make_another_run(good: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", mirror=str(good))
    pipeline.land(settings)
    staged = pipeline.stage(settings)

    def identity() -> str:
        return pipeline.identify(settings, load_analysis(), staged=staged).identity

    identities = [identity()]
    head = "quarter,demo,drug,reac,outc,indi,ther,rpsr,deleted,archive_bytes,reason\n"
    for n, reason in ((200, "counted"), (201, "counted"), (201, "re-issued")):
        row = f"2026q3,{n},1,1,1,1,1,0,,,{reason}\n"
        settings.known_counts_path.write_text(head + row, "utf-8")
        identities.append(identity())
    assert len(set(identities)) == 4
    settings.known_counts_path.unlink()
    assert identity() == identities[0]
