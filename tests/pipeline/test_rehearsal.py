"""All 90 quarters with all defects: no line and no row is unexplained."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from pvsignal import pipeline, simulate, warehouse
from pvsignal.layout import TABLES
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings
from tests.staging import register_without_links, staged_archive

N_REPORTS, SEED = 8_000, 4
SPAN = QuarterSpan.parse("2004q1..2026q2")
MOVEMENTS = ["staged", "lines", "splits", "joins", "blank", "rejected"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> simulate.Simulated:
    return simulate.simulate(
        tmp_path_factory.mktemp("rehearsal"),
        span=SPAN,
        n_reports=N_REPORTS,
        seed=SEED,
        defects=tuple(simulate.DEFECTS),
    )


@pytest.fixture(scope="module")
def staged(
    made: simulate.Simulated, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Staged folder of each quarter, by land and stage."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data") / "data",
        mirror=str(made.archives[0].parent),
    )
    landed = pipeline.land(settings)
    assert [one.quarter for one in landed.archives] == list(SPAN)
    done = pipeline.stage(settings)
    return {
        str(archive.quarter): settings.staged_dir / str(archive.quarter) / key
        for archive, key in zip(done.archives, done.keys, strict=True)
    }


def _truth(made: simulate.Simulated, name: str) -> pd.DataFrame:
    return pd.read_csv(made.truth / f"{name}.csv", keep_default_na=False)


def _accounts(staged: dict[str, Path]) -> pd.DataFrame:
    """Accounting of all quarters, members named as in the truth."""
    found = pd.concat(
        pq.read_table(folder / "accounting.parquet").to_pandas()
        for folder in staged.values()
    )
    is_table = found["table_name"].isin(TABLES)
    found["truth_member"] = found["table_name"].where(is_table, found["member"])
    return found.rename(columns={"physical_lines": "lines", "blank_lines": "blank"})


def test_every_line_of_ninety_quarters_is_accounted_for_as_the_truth_has_it(
    made: simulate.Simulated, staged: dict[str, Path]
) -> None:
    truth = _truth(made, "counts").rename(columns={"rows": "staged"})
    found = _accounts(staged)
    left = found.set_index(["quarter", "truth_member"])[MOVEMENTS].sort_index()
    right = truth.set_index(["quarter", "member"])[MOVEMENTS].sort_index()
    differing = [
        (key, a, b)
        for key, a, b in zip(left.index, left.values, right.values, strict=True)
        if list(a) != list(b)
    ]
    assert left.index.tolist() == right.index.tolist()
    assert differing == []
    expected = (
        found["lines"]
        - found["header_lines"]
        - found["blank"]
        + found["splits"]
        - found["joins"]
    )
    assert (expected == found["staged"] + found["rejected"]).all()


def test_every_movement_of_a_line_is_explained_by_a_defect(
    made: simulate.Simulated, staged: dict[str, Path]
) -> None:
    counts = ["n_splits", "n_joins", "n_blank", "n_rejected"]
    defects = _truth(made, "defects")
    defects = defects[~defects["defect"].isin(["stray_members", "deeper_copy"])]
    explained = defects.groupby(["quarter", "member"])[counts].sum()
    found = _accounts(staged).set_index(["quarter", "member"])
    explained = explained.reindex(found.index, fill_value=0)
    for name in counts:
        assert (explained[name] == found[name.removeprefix("n_")]).all(), name


def test_rejects_are_the_lines_that_were_broken_beyond_repair_byte_by_byte(
    made: simulate.Simulated, staged: dict[str, Path]
) -> None:
    defects = _truth(made, "defects")
    defects = defects[defects["n_rejected"] > 0]
    assert set(defects["defect"]) == {"delimiter_in_value", "unrepairable"}
    archives = dict(zip(map(str, SPAN), made.archives, strict=True))
    for quarter, folder in staged.items():
        own = defects[defects["quarter"] == quarter]
        expected = set()
        with zipfile.ZipFile(archives[quarter]) as archive:
            for row in own.itertuples():
                line = archive.read(row.member).split(b"\n")[row.line - 1]
                reason = row.expected.removeprefix("rejected: ")
                expected.add((row.member, row.line, reason, line.rstrip(b"\r")))
        rejected = pq.read_table(folder / "rejected.parquet").to_pylist()
        assert {
            (row["member"], row["line"], row["reason"], row["bytes"])
            for row in rejected
        } == expected
        assert len(rejected) == len(own)


def test_rows_of_each_staged_file_are_those_of_the_truth(
    made: simulate.Simulated, staged: dict[str, Path]
) -> None:
    truth = _truth(made, "counts")
    is_list = ~truth["member"].isin(TABLES)
    truth["file"] = truth["member"].mask(is_list, "deleted")
    expected = truth.groupby(["quarter", "file"])["rows"].sum().to_dict()
    found = {
        (quarter, file): pq.read_metadata(folder / f"{file}.parquet").num_rows
        for quarter, folder in staged.items()
        for file in (*TABLES, "deleted")
    }
    assert {key: n for key, n in found.items() if n or key in expected} == expected


def _rows(folders: Iterable[Path], table: str) -> str:
    files = ", ".join(f"'{folder / table}.parquet'" for folder in folders)
    return f"select * exclude (line) from read_parquet([{files}])"


def test_rows_are_those_of_sound_archives_and_what_the_odd_reports_added(
    made: simulate.Simulated, staged: dict[str, Path], tmp_path: Path
) -> None:
    sound = simulate.simulate(tmp_path, span=SPAN, n_reports=N_REPORTS, seed=SEED)
    folders = [
        staged_archive(archive, tmp_path / "staged").path for archive in sound.archives
    ]
    counts = pd.concat(
        [_truth(made, "counts").assign(sign=1), _truth(sound, "counts").assign(sign=-1)]
    )
    added = (counts["rows"] * counts["sign"]).groupby(counts["member"]).sum()
    with duckdb.connect() as con:
        for table in TABLES:
            one, other = _rows(folders, table), _rows(staged.values(), table)
            lost = con.execute(f"{one} except all {other}").fetchall()
            assert lost == [], table
            more = con.execute(f"select count(*) from ({other} except all {one})")
            assert more.fetchall() == [(int(added[table]),)], table


def test_cases_of_odd_reports_have_the_fate_that_the_truth_states(
    made: simulate.Simulated, staged: dict[str, Path]
) -> None:
    truth = _truth(made, "cases")
    odd = truth[truth["kind"].isin(simulate.DEFECTS)].groupby("kind")["caseid"]
    fates = {name: sorted(map(int, group)) for name, group in odd}
    with warehouse.connect_memory() as con:
        register_without_links(con, list(staged.values()))
        groups = ["macros", "staged", "cases"]
        warehouse.run_models(con, groups, values={"as_of": SPAN.last.ordinal})

        def cases(condition: str) -> list[int]:
            rows = con.execute(
                "select version.caseid from cases.version as version "
                "join cases.sighting as sighting using (quarter_no, primaryid, caseid) "
                "join staged.demo as demo using (quarter_no, primaryid, line) "
                "where version.known_until is null and version.caseid < 2000000 "
                f"and {condition} order by all"
            )
            return [caseid for (caseid,) in rows.fetchall()]

        child = "version.primaryid {} (select t.primaryid from staged.{} as t where t.quarter_no = version.quarter_no{})"
        assert cases(child.format("not in", "drug", "")) == fates["no_drug"]
        assert cases(child.format("not in", "reac", "")) == fates["no_reaction"]
        unnamed = " and t.drugname is null and t.prod_ai is null"
        assert cases(child.format("in", "drug", unnamed)) == fates["unnamed_drug"]
        for kind in ("repeated_row", "repeated_primaryid", "recurring_primaryid"):
            own = f"version.caseid in ({', '.join(map(str, fates[kind]))})"
            if kind == "repeated_primaryid":
                own += " and demo.age_years = 60"
            assert cases(own) == fates[kind]
        no_case = con.execute("select count(*) from staged.demo where caseid is null")
        assert no_case.fetchall() == [(35,)]


def test_each_defect_is_written_in_every_kind_of_quarter_that_can_hold_it(
    made: simulate.Simulated,
) -> None:
    defects = _truth(made, "defects").groupby("defect")["quarter"].nunique()
    assert set(defects.index) == set(simulate.DEFECTS)
    possible = Counter(
        name
        for quarter in SPAN
        for name, one in simulate.DEFECTS.items()
        if one.fits(quarter)
    )
    few = {
        name: (int(defects[name]), possible[name])
        for name in simulate.DEFECTS
        if defects[name] < 0.9 * possible[name]
    }
    assert few == {}
