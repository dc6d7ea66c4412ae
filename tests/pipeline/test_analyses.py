"""Analyses other than MS and neoplasms: counted, reported, kept apart."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from pvsignal import cli, pipeline, simulate, warehouse
from pvsignal.analysis import load_analysis
from pvsignal.codelists import load_codelists
from pvsignal.errors import UsageError
from pvsignal.quarter import QuarterSpan
from pvsignal.query import run_query
from pvsignal.settings import Settings
from tests import reference
from tests.analyses import ANALYSIS, LISTS, write_analysis
from tests.archives import write_archive
from tests.properties.shipped_lists import lists_of

JAK = Path("jak_inhibitors")

RA, INFARCTION = "Rheumatoid arthritis", "Myocardial infarction"

# Report: receipt, reactions, and drugs as (name, role, indication).
Drug = tuple[str, str, str]
Reports = Mapping[int, tuple[str, tuple[str, ...], tuple[Drug, ...]]]

REPORTS: Reports = {
    1: ("20221015", (INFARCTION,), (("XELJANZ", "PS", RA),)),
    2: ("20221015", ("Nausea",), (("TOFACITINIB CITRATE", "PS", RA),)),
    # Aspirin for an earlier infarction: the reported one is new.
    3: (
        "20221015",
        (INFARCTION,),
        (("XELJANZ", "PS", RA), ("ASPIRIN", "C", INFARCTION)),
    ),
    4: ("20221015", (INFARCTION,), (("HUMIRA", "PS", RA),)),
    5: ("20221015", ("Nausea",), (("HUMIRA", "PS", RA),)),
    # Psoriasis is no indication for a scored JAK inhibitor: not in B.
    6: ("20221015", ("Nausea",), (("ENBREL", "PS", "Psoriasis"),)),
    # The primary suspect treats the infarction: no event.
    7: ("20221015", (INFARCTION,), (("CLOPIDOGREL", "PS", INFARCTION),)),
    8: ("20221015", (INFARCTION,), (("IBUPROFEN", "PS", "Pain"),)),
    # The tablets of ruxolitinib are another product.
    9: ("20221015", (INFARCTION,), (("JAKAFI", "PS", "Myelofibrosis"),)),
    # Litigated: leaves the infarctions of A.
    10: ("20080515", (INFARCTION,), (("VIOXX", "PS", "Pain"),)),
    # A JAK inhibitor that nobody suspects is no exposure.
    11: ("20221015", (INFARCTION,), (("XELJANZ", "C", RA), ("PREDNISONE", "PS", RA))),
    # Baricitinib in hospital for COVID-19 is another use.
    12: ("20221015", ("Pulmonary embolism",), (("OLUMIANT", "PS", "COVID-19"),)),
    13: ("20221015", ("Pulmonary embolism",), (("OLUMIANT", "PS", RA),)),
}


def tables_of(reports: Reports) -> dict[str, list[dict[str, object]]]:
    tables: dict[str, list[dict[str, object]]] = {
        name: [] for name in ("demo", "drug", "reac", "indi")
    }
    for number, (received, reactions, drugs) in reports.items():
        key = {"primaryid": 200000000 + 10 * number + 1, "caseid": 20000000 + number}
        tables["demo"].append(
            key | {"caseversion": 1, "init_fda_dt": received, "fda_dt": received}
        )
        tables["reac"] += [key | {"pt": reaction} for reaction in reactions]
        for seq, (name, role, indication) in enumerate(drugs, start=1):
            tables["drug"].append(
                key | {"drug_seq": seq, "role_cod": role, "drugname": name}
            )
            tables["indi"].append(key | {"indi_drug_seq": seq, "indi_pt": indication})
    return tables


def mirror_of(folder: Path, reports: Reports) -> Path:
    folder.mkdir()
    write_archive(folder, "2022q4", tables_of(reports))
    return folder


def cells(database: Path, drug: str, event: str) -> dict[str, tuple[int, ...]]:
    rows = run_query(
        database,
        "select comparator, a, b, c, d from api.signals where variant = 'primary' "
        f"and drug = '{drug}' and event = '{event}'",
        timeout_seconds=60,
    ).to_pylist()
    return {row.pop("comparator"): tuple(row.values()) for row in rows}


@pytest.fixture(scope="module")
def jak(tmp_path_factory: pytest.TempPathFactory) -> pipeline.Published:
    folder = tmp_path_factory.mktemp("jak")
    mirror = mirror_of(folder / "mirror", REPORTS)
    settings = Settings(data_dir=folder / "data", mirror=str(mirror))
    return pipeline.run(settings, load_analysis(JAK))


def test_a_jak_inhibitor_and_an_infarction_count_as_worked_out_by_hand(
    jak: pipeline.Published,
) -> None:
    found = cells(jak.database, "tofacitinib", "myocardial_infarction")
    # a: 1 3, b: 2; c of A: 4 8 9 11, d: 5 6 7 12 13; 10 is litigated.
    # B: those with an indication of the list. C: exposed, and the TNF inhibitors.
    assert found == {"A": (2, 1, 4, 5), "B": (2, 1, 2, 2), "C": (2, 1, 1, 2)}
    assert cells(jak.database, "tofacitinib", "all_mace") == found


def test_another_use_of_the_same_substance_is_no_exposure(
    jak: pipeline.Published,
) -> None:
    found = cells(jak.database, "baricitinib", "pulmonary_embolism")
    assert found["A"] == (1, 0, 1, 11 - 0)
    left_out = run_query(
        jak.database,
        "select caseid, reason from api.excluded_cases "
        "where drug = 'baricitinib' and event = 'pulmonary_embolism'",
        timeout_seconds=60,
    ).to_pylist()
    assert left_out == [{"caseid": 20000012, "reason": "product: other_indication"}]


def test_what_is_compared_with_is_not_scored_and_not_in_the_review_set(
    jak: pipeline.Published,
) -> None:
    with duckdb.connect(str(jak.database), read_only=True) as con:
        drugs = {
            row[0] for row in con.execute("select drug from api.signals").fetchall()
        }
        cases = con.execute("select caseid from api.cases order by 1").fetchall()
    assert not {"adalimumab", "etanercept", "ruxolitinib"} & drugs
    assert [caseid - 20000000 for (caseid,) in cases] == [1, 2, 3, 9, 11, 12, 13]


def test_an_event_that_another_drug_treats_is_kept_and_marked(
    jak: pipeline.Published,
) -> None:
    with duckdb.connect(str(jak.database), read_only=True) as con:
        listed = con.execute(
            "select caseid - 20000000, is_treated_event from "
            "api.case_listing('tofacitinib', 'myocardial_infarction') order by 1"
        ).fetchall()
    assert listed == [(1, False), (3, True)]


def words_of(report: Path) -> str:
    """Text of the page but for its section on data, where the lists have names."""
    parts = (
        r'(?s)<style>.*?</style>|<script>.*?</script>|<section id="data".*?</section>'
    )
    return re.sub(r"<[^>]+>", " ", re.sub(parts, "", report.read_text("utf-8")))


def test_the_report_speaks_of_jak_inhibitors_and_not_of_ms(
    jak: pipeline.Published,
) -> None:
    text = words_of(jak.report)
    assert "cardiovascular events reported with JAK inhibitors" in text
    assert "people with the same diseases" in text
    assert not re.search(r"\bMS\b|sclerosis", text)
    # Null archives were run for the analysis of MS alone.
    assert "nothing is planted" not in text


def test_the_table_of_signals_holds_the_primary_variant(
    jak: pipeline.Published,
) -> None:
    table = pd.read_csv(jak.report.parent / "tables" / "signals.csv", dtype=str)
    assert set(table["variant"]) == {"primary"}
    ((n,),) = [
        tuple(row.values())
        for row in run_query(
            jak.database,
            "select count(*) from api.signals where variant = 'primary'",
            timeout_seconds=60,
        ).to_pylist()
    ]
    assert len(table) == n


@pytest.mark.parametrize("name", ["signals", "excluded_cases", "codelists", "ledger"])
def test_each_table_beside_the_report_says_its_run_and_code_lists(
    jak: pipeline.Published, name: str
) -> None:
    table = pd.read_csv(jak.report.parent / "tables" / f"{name}.csv", dtype=str)
    lists = load_codelists(analysis=load_analysis(JAK))
    (hash_,) = run_query(
        jak.database, "select codelists_sha256 from api.runs", timeout_seconds=60
    ).to_pylist()
    assert set(table["made_by_run"]) == {jak.run}
    assert set(table["made_with_codelists"]) == set(hash_.values())
    assert f"code lists {hash_['codelists_sha256']}" in words_of(jak.report)
    if name == "codelists":
        by_list = dict(zip(table["list"], table["sha256"], strict=True))
        assert by_list == {n: one.sha256 for n, one in lists.files.items()}


# Two analyses in one data directory


def test_two_analyses_share_what_is_landed_and_staged_and_nothing_else(
    tmp_path: Path,
) -> None:
    mirror = mirror_of(tmp_path / "mirror", REPORTS)
    settings = Settings(data_dir=tmp_path / "data", mirror=str(mirror))
    ms, jak = load_analysis(), load_analysis(JAK)
    first = pipeline.run(settings, ms)
    staged = sorted(path for path in settings.staged_dir.rglob("*"))
    ledger = settings.ledger_path(ms.name).read_bytes()
    second = pipeline.run(settings, jak)
    assert sorted(path for path in settings.staged_dir.rglob("*")) == staged
    assert settings.ledger_path(ms.name).read_bytes() == ledger
    assert settings.ledger_path(jak.name).exists()
    assert first.database.parent.name == "ms_malignancy"
    assert second.database.parent.name == "jak_inhibitors"
    assert first.report.exists() and second.report.exists()
    assert not pipeline.run(settings, ms).is_new
    assert not pipeline.run(settings, jak).is_new


def test_the_warehouse_of_another_analysis_is_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mirror = mirror_of(tmp_path / "mirror", REPORTS)
    settings = Settings(data_dir=tmp_path / "data", mirror=str(mirror))
    pipeline.run(settings, load_analysis(JAK))
    inputs = pipeline.identify(
        settings, load_analysis(), staged=pipeline.staged_before(settings)
    )
    with pytest.raises(UsageError, match="not built whole from these inputs"):
        pipeline.built_before(settings, inputs)
    words = ["sql", "select 1", "--warehouse", "--data-dir", str(settings.data_dir)]
    assert cli._exit_code(words) == 2
    assert "last built for the analysis jak_inhibitors" in capsys.readouterr().err
    assert cli._exit_code([*words, "--analysis", "jak_inhibitors"]) == 0


# An analysis of one's own

FALLS: Reports = {
    1: ("20221015", ("Fall",), (("FOXGLOVE TEA", "PS", "Weak heart"),)),
    2: ("20221015", ("Slip", "Nausea"), (("FOXGLOVE", "SS", "Tiredness"),)),
    3: ("20221015", ("Nausea",), (("FOXGLOVE", "PS", "Weak heart"),)),
    4: ("20221015", ("Fall",), (("HAWTHORN", "PS", "Weak heart"),)),
    5: ("20221015", ("Nausea",), (("HAWTHORN", "PS", "Weak heart in winter"),)),
    6: ("20221015", ("Fallen arches",), (("MISTLETOE", "PS", "Luck"),)),
    7: ("20221015", ("Fall",), (("HANDRAIL", "PS", "Fall"),)),
}


def test_an_analysis_of_ones_own_runs_from_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_analysis(tmp_path / "mine")
    mirror = mirror_of(tmp_path / "mirror", FALLS)
    place = ["--data-dir", str(tmp_path / "data"), "--analysis", str(file)]
    assert cli._exit_code(["codelists", "--analysis", str(file)]) == 0
    assert cli._exit_code(["run", "--mirror", str(mirror), *place]) == 0
    database = tmp_path / "data" / "published" / "foxglove" / "current.duckdb"
    assert cells(database, "foxglove", "any_fall") == {
        "A": (2, 1, 1, 3),
        "B": (1, 1, 1, 1),
        "C": (2, 1, 1, 1),
    }
    assert cells(database, "foxglove", "slip")["A"] == (1, 2, 0, 4)
    assert cells(database, "class:digitalis", "fall")["C"] == (1, 2, 1, 1)
    (report,) = (tmp_path / "data" / "reports" / "foxglove").glob("*/index.html")
    text = words_of(report)
    assert "Falls reported with foxglove" in text
    assert "people with a weak heart" in text
    assert not re.search(r"\bMS\b|sclerosis|neoplasm|malignan", text)
    capsys.readouterr()


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("garden_classes", "foxglove", "foxgloves", "garden_classes.csv line 2"),
        ("fall_terms", "Slip,slip", "Slip,trip", "fall_terms.csv line 4"),
        ("fall_groups", "slip,group", "fall,group", "fall_groups.csv line 4"),
    ],
)
def test_a_slip_in_an_own_list_is_one_line_and_exit_code_5(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    old: str,
    new: str,
    said: str,
) -> None:
    broken = LISTS | {name: LISTS[name].replace(old, new, 1)}
    file = write_analysis(tmp_path / "mine", broken)
    mirror = mirror_of(tmp_path / "mirror", FALLS)
    place = ["--data-dir", str(tmp_path / "data"), "--analysis", str(file)]
    assert cli._exit_code(["run", "--mirror", str(mirror), *place]) == 5
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert said in error
    assert ";" in error


def test_a_list_that_is_missing_is_found_before_anything_is_landed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = ANALYSIS.replace('"garden_drugs"', '"herbs"')
    file = write_analysis(tmp_path / "mine", analysis=text)
    place = ["--data-dir", str(tmp_path / "data"), "--analysis", str(file)]
    assert cli._exit_code(["run", "--mirror", str(tmp_path), *place]) == 5
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert "herbs.csv does not exist" in error
    assert not (tmp_path / "data").exists()


# The SQL against the slow reference


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("simulated")
    span = QuarterSpan.parse("2022q1..2022q2")
    simulate.simulate(folder / "mirror", span=span, n_reports=1_100, seed=5)
    return Settings(data_dir=folder / "data", mirror=str(folder / "mirror"))


def staged_rows(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for name in ("demo", "drug", "reac", "ther", "indi", "deleted"):
        files = sorted(settings.staged_dir.glob(f"*/*/{name}.parquet"))
        rows[name] = [row for file in files for row in pq.read_table(file).to_pylist()]
    for row in rows["demo"]:
        row["era"] = "d"
    return rows


def test_the_sql_counts_jak_inhibitors_as_the_reference_does(
    simulated: Settings,
) -> None:
    analysis = load_analysis(JAK)
    pipeline.land(simulated)
    staged = pipeline.stage(simulated)
    pipeline.build(simulated, pipeline.identify(simulated, analysis, staged=staged))
    rows = staged_rows(simulated)
    lists = lists_of(
        load_codelists(analysis=analysis),
        analysis,
        names={row[k] or "" for row in rows["drug"] for k in ("drugname", "prod_ai")},
        routes={row["route"] or "" for row in rows["drug"]},
        terms={row["pt"] or "" for row in rows["reac"]}
        | {row["indi_pt"] or "" for row in rows["indi"]},
    )
    with warehouse.connect(simulated.warehouse_path) as con:
        counted = warehouse.query_rows(
            con,
            "select cell.* from counts.cell as cell inner join cases.held_quarter as "
            "held using (quarter_no) where held.quarter = '2022q2' "
            "and variant = 'with_duplicates'",
        )
    found = {
        (
            row["comparator"],
            (row["drug_level"], row["drug"]),
            (row["event_level"], row["event"]),
        ): reference.Cells(row["a"], row["n_drug"], row["n_event"], row["n"])
        for row in counted
    }
    # Whether links are found alike is asked elsewhere; it takes the reference long.
    expected = reference.cells(
        rows, lists, "2022q2", choice=reference.Choice(with_duplicates=True)
    )
    assert {c for c, *_ in expected} == {"A", "B", "C"}
    assert sum(cell.n_event for cell in expected.values()) > 500
    assert found == expected
