"""With a MedDRA folder its groupings are counted; without one nothing is missing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pvsignal import cli, pipeline
from pvsignal.analysis import load_analysis
from pvsignal.errors import CodelistError
from pvsignal.query import run_query
from pvsignal.settings import Settings
from tests.archives import write_archive
from tests.meddra_folder import (
    CONTENT,
    GROWTHS,
    LLTS,
    LUMPS,
    PTS,
    SMQS,
    SOC,
    SPOTS,
    write_meddra,
)

FIRST, SECOND = "2019q2", "2019q3"
# Case: drug, what for, reaction. Case 4: the cancer is why the primary suspect was given.
REPORTS: Mapping[int, tuple[str, str, str]] = {
    1: ("GILENYA", "Multiple sclerosis", "Basal cell carcinoma"),
    2: ("GILENYA", "Multiple sclerosis", "Rodent quibble"),
    3: ("GILENYA", "Multiple sclerosis", "Skin lesion"),
    4: ("GILENYA", "Basal cell carcinoma", "Basal cell carcinoma"),
    5: ("AVONEX", "Multiple sclerosis", "Breast cancer"),
    6: ("AVONEX", "Multiple sclerosis", "Headache"),
    7: ("ASPIRIN", "Pain", "Breast cancer"),
    8: ("VALSARTAN", "Hypertension", "Bladder cancer"),
}
BROAD = "smq:Malignancies of the invented kind:broad"
NARROW = "smq:Malignancies of the invented kind:narrow"
OWN_TABLES = {"signals.run"}


def _tables(reports: Mapping[int, tuple[str, str, str]]) -> dict[str, list[Any]]:
    tables: dict[str, list[Any]] = {}
    for case, (drug, indication, reaction) in reports.items():
        key = {"primaryid": f"{1000 + case}1", "caseid": str(1000 + case)}
        rows = {
            "demo": {**key, "caseversion": "1", "init_fda_dt": "20190515"},
            "drug": {**key, "drug_seq": "1", "role_cod": "PS", "drugname": drug},
            "reac": {**key, "pt": reaction},
            "indi": {**key, "indi_drug_seq": "1", "indi_pt": indication},
            "outc": {**key, "outc_cod": "OT"},
        }
        for table, row in rows.items():
            tables.setdefault(table, []).append(row)
    return tables


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mirror")
    write_archive(folder, FIRST, _tables(REPORTS))
    return folder


@pytest.fixture(scope="module")
def runs(
    mirror: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[pipeline.Published, pipeline.Published]:
    """The same run without and with a folder."""
    place = tmp_path_factory.mktemp("data")
    folder = write_meddra(tmp_path_factory.mktemp("dictionary"))
    plain = Settings(data_dir=place / "plain", mirror=str(mirror))
    own = Settings(data_dir=place / "own", mirror=str(mirror), meddra=folder)
    return pipeline.run(plain, load_analysis()), pipeline.run(own, load_analysis())


def _content(run: pipeline.Published) -> dict[str, str]:
    stamp = json.loads(run.database.with_suffix(".json").read_text("utf-8"))
    content: dict[str, str] = stamp["content"]
    return content


def _ask(run: pipeline.Published, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(run.database), read_only=True) as con:
        return con.execute(query).fetchall()


def _a(run: pipeline.Published, drug: str, comparator: str = "A") -> dict[str, int]:
    return dict(
        _ask(
            run,
            "select event, a from api.signals where event_level = 'meddra' "
            f"and variant = 'primary' and drug = '{drug}' and comparator = '{comparator}'",
        )
    )


def test_without_a_folder_nothing_is_missing_and_with_one_no_other_row_moves(
    runs: tuple[pipeline.Published, pipeline.Published],
) -> None:
    plain, own = (_content(run) for run in runs)
    moved = {name for name in plain if plain[name] != own[name]}
    # Rows of the level meddra stand in these and the ledger names the run.
    assert moved == {
        "signals.statistic",
        "signals.year_stratified",
        "signals.onset",
        "signals.ledger",
        "counts.pair_profile",
        "counts.pair_case",
        "counts.crude_event",
        "signals.prior",
        "signals.adjusted",
    }
    for table in moved - {"signals.ledger"}:
        shown = f"from {table} where event_level <> 'meddra' order by all"
        assert repr(_ask(runs[0], shown)) == repr(_ask(runs[1], shown))
    assert not _ask(runs[0], "from signals.statistic where event_level = 'meddra'")


def test_groupings_are_counted_like_groups_with_their_zeros(
    runs: tuple[pipeline.Published, pipeline.Published],
) -> None:
    assert _a(runs[1], "fingolimod") == {
        f"hlt:{SPOTS}": 2,
        f"hlt:{LUMPS}": 0,
        "hlt:Invented bladders": 0,
        f"hlgt:{GROWTHS}": 2,
        f"soc:{SOC}": 2,
        NARROW: 2,
        BROAD: 3,
        "smq:Invented skin tumours:narrow": 2,
        "smq:Invented skin tumours:broad": 3,
    }
    assert _a(runs[1], "interferon beta-1a", "B")[f"hlt:{LUMPS}"] == 1
    assert _a(runs[1], "fingolimod", "C")[BROAD] == 3


def test_the_indication_rule_takes_neoplasm_terms_out_of_groupings_too(
    runs: tuple[pipeline.Published, pipeline.Published],
) -> None:
    # Case 4 is not among the two of the term; case 3 has a term that is no neoplasm.
    listed = _ask(
        runs[1], f"select caseid from api.case_listing('fingolimod', '{BROAD}')"
    )
    assert sorted(caseid for (caseid,) in listed) == [1001, 1002, 1003]


def test_litigated_reports_leave_the_groupings_of_their_groups(
    runs: tuple[pipeline.Published, pipeline.Published],
) -> None:
    population = dict(
        _ask(
            runs[1],
            "select event, n from api.signals where variant = 'primary' and comparator = 'A' "
            "and drug = 'fingolimod' and event_level <> 'pt'",
        )
    )
    # Case 8 is litigated for cancers of the bladder, so of any kind, not of the breast.
    assert population["bladder_urothelial"] == population["any_malignancy"] == 7
    assert population["hlt:Invented bladders"] == population[f"soc:{SOC}"] == 7
    assert population["breast"] == population[f"hlt:{LUMPS}"] == 8


def test_groupings_never_reach_the_board(
    runs: tuple[pipeline.Published, pipeline.Published],
) -> None:
    for relation in ("api.verdicts", "api.excluded_cases", "api.ledger"):
        assert not _ask(
            runs[1],
            f"select 1 from {relation} as t where regexp_matches(t::varchar, "
            "'(hlt|hlgt|soc|smq):')",
        )


def test_the_folder_is_part_of_the_identity_and_stands_in_the_run(
    runs: tuple[pipeline.Published, pipeline.Published],
) -> None:
    plain, own = (
        _ask(run, "select inputs, meddra_sha256 from api.runs") for run in runs
    )
    assert plain[0][0] != own[0][0]
    assert plain[0][1] is None
    assert len(own[0][1]) == 64


def test_no_code_no_membership_and_no_name_without_a_report_is_published(
    runs: tuple[pipeline.Published, pipeline.Published],
) -> None:
    codes = {*PTS, *(row[0] for row in (*LLTS, *SMQS)), *(row[1] for row in CONTENT)}
    unreported = {"Zorbic gloom", "Spotted zorb", "yesteryear", "Invented minds"}
    with duckdb.connect(str(runs[1].database), read_only=True) as con:
        tables = con.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_type = 'BASE TABLE'"
        ).fetchall()
        for (table,) in tables:
            text = repr(con.execute(f"from {table}").fetchall()).lower()
            assert not {c for c in codes if c in text}, table
            assert not {name for name in unreported if name.lower() in text}, table
        levels = con.execute("select distinct event_level from codelists.event_term")
        assert {level for (level,) in levels.fetchall()} == {
            *("pt", "group", "supergroup", "marker")
        }


def test_terms_that_later_quarters_bring_leave_earlier_litigation_as_it_was(
    mirror: Path, tmp_path: Path
) -> None:
    write_archive(tmp_path, FIRST, _tables(REPORTS))
    more = {20: ("AVONEX", "Multiple sclerosis", "Melanocytic naevus")}
    write_archive(tmp_path, SECOND, _tables(more))
    folder = write_meddra(tmp_path / "dictionary")
    history = []
    for number, place in enumerate((mirror, tmp_path)):
        settings = Settings(
            data_dir=tmp_path / f"data{number}", mirror=str(place), meddra=folder
        )
        history.append(
            run_query(
                pipeline.run(settings, load_analysis()).database,
                "select comparator, drug, event, a, n from api.signal_history "
                f"where event_level = 'meddra' and as_of = '{FIRST}' order by all",
                timeout_seconds=60,
            ).to_pylist()
        )
    assert history[0] == history[1]


def test_a_run_with_a_folder_that_is_none_ends_before_anything_is_landed(
    mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_dir=tmp_path / "data", mirror=str(mirror), meddra=tmp_path)
    with pytest.raises(CodelistError, match="is no MedDRA folder"):
        pipeline.run(settings, load_analysis())
    assert not (tmp_path / "data").exists()
    arguments = [
        *("run", "--data-dir", str(tmp_path / "data"), "--mirror", str(mirror)),
        *("--meddra", str(tmp_path)),
    ]
    assert cli._exit_code(arguments) == 5
    said = capsys.readouterr().err.strip()
    assert said.startswith("pvsignal: ")
    assert "\n" not in said


def test_single_commands_take_the_folder_too(
    mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_meddra(tmp_path / "dictionary")
    where = ["--data-dir", str(tmp_path / "data")]
    for command in (["land", "--mirror", str(mirror)], ["stage"]):
        assert cli._exit_code([*command, *where]) == 0
    for stage in ("build", "score", "assess", "publish"):
        assert cli._exit_code([stage, *where, "--meddra", str(folder)]) == 0
    # Without the folder the inputs are others.
    assert cli._exit_code(["score", *where]) == 2
    assert "run 'pvsignal build' again" in capsys.readouterr().err
