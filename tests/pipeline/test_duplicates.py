"""Planted duplicates are found, links are kept, and nothing is counted twice."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pvsignal import codelists, duplicates, pipeline, simulate
from pvsignal.analysis import load_analysis
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.settings import Settings
from tests.linkage import judge, linked, pairs, staged_folders
from tests.pipeline.conftest import Published

POLICY = Path(__file__).parents[2] / "docs" / "duplicates.md"
# Kinds of copies that have the date, the age and most of the drugs and reactions.
COMPLETE = ("exact", "same_number", "drug_dropped", "term_dropped")
QUERIES = re.findall(r"```sql\n(.*?)```", POLICY.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("seed", [11, 12])
def test_planted_duplicates_are_found_and_near_misses_are_not(
    tmp_path: Path, seed: int
) -> None:
    made = simulate.simulate(
        tmp_path / "archives",
        span=QuarterSpan.parse("2013q1..2016q4"),
        n_reports=15_000,
        seed=seed,
    )
    settings = Settings(data_dir=tmp_path / "data", mirror=str(made.archives[0].parent))
    judged = judge(pairs(linked(settings).files), made.truth)
    print(f"seed {seed}: {judged}")  # noqa: T201
    # Half of the reports name one drug and a third one reaction, as in the archive: where
    # the date or the age is off or missing too, little is left to know them by.
    assert judged.recall >= 0.65
    assert judged.precision >= 0.9
    complete = judged.by_kind.loc[True].loc[list(COMPLETE)].sum()
    assert complete["sum"] >= 0.9 * complete["size"]


@pytest.fixture(scope="module")
def folders(published: Published) -> dict[Quarter, Path]:
    return staged_folders(published.settings)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def _link(
    folder: Path, staged: dict[Quarter, Path], *, threads: int = 2
) -> duplicates.Linked:
    countries = codelists.load_codelists()["countries"].table
    return duplicates.link_quarters(
        folder, staged, countries=countries, threads=threads
    )


def test_links_are_made_once_and_left_alone(
    published: Published, folders: dict[Quarter, Path]
) -> None:
    folder = published.settings.duplicates_dir
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*.*")}
    again = _link(folder, folders)
    assert again.new == ()
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*.*")} == before


def test_pairs_below_the_threshold_stand_apart_from_the_links(
    published: Published, folders: dict[Quarter, Path]
) -> None:
    decision = duplicates.load_model().decision
    found = _link(published.settings.duplicates_dir, folders)
    weights = [
        pd.concat([pd.read_parquet(file)["match_weight"] for file in files])
        for files in (found.files, found.looser_files)
    ]
    assert all(len(found) for found in weights)
    assert weights[0].min() >= decision.threshold_match_weight
    assert weights[1].max() <= decision.threshold_match_weight
    assert weights[1].min() >= decision.kept_match_weight


def test_links_that_are_deleted_come_back_the_same(
    published: Published, folders: dict[Quarter, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "duplicates"
    shutil.copytree(published.settings.duplicates_dir, folder)
    whole = _bytes(folder)
    shutil.rmtree(folder / "2019q1")
    assert _link(folder, folders).new == (Quarter.parse("2019q1"),)
    assert _bytes(folder) == whole
    shutil.rmtree(folder)
    _link(folder, folders)
    assert _bytes(folder) == whole


def test_quarter_by_quarter_and_all_at_once_give_the_same_links(
    published: Published, folders: dict[Quarter, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "duplicates"
    for last in sorted(folders):
        found = _link(folder, {q: x for q, x in folders.items() if q <= last})
        assert found.new == (last,)
    assert _bytes(folder) == _bytes(published.settings.duplicates_dir)


def test_the_number_of_threads_does_not_matter(
    published: Published, folders: dict[Quarter, Path], tmp_path: Path
) -> None:
    _link(tmp_path / "one", folders, threads=1)
    assert _bytes(tmp_path / "one") == _bytes(published.settings.duplicates_dir)


def test_a_quarter_that_is_staged_anew_renews_its_links_and_all_later_ones(
    published: Published, folders: dict[Quarter, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "duplicates"
    shutil.copytree(published.settings.duplicates_dir, folder)
    changed = Quarter.parse("2019q1")
    other = tmp_path / "other-key"
    shutil.copytree(folders[changed], other)
    found = _link(folder, {**folders, changed: other})
    assert found.new == tuple(q for q in sorted(folders) if q >= changed)


def test_what_a_killed_linking_left_is_swept(
    published: Published, folders: dict[Quarter, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "duplicates"
    (folder / ".tmp-scratch-x").mkdir(parents=True)
    (folder / "2019q1" / ".tmp-abc").mkdir(parents=True)
    _link(folder, folders)
    assert _bytes(folder) == _bytes(published.settings.duplicates_dir)
    assert not list(folder.rglob(".tmp-*"))


# --- what the published file says


@pytest.fixture(scope="module")
def con(published: Published) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published.result.database), read_only=True) as con:
        yield con


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[object, ...]:
    found = con.execute(sql).fetchall()
    assert len(found) == 1
    return found[0]


def test_a_suspected_duplicate_is_out_of_the_count_and_in_the_review_set(
    con: duckdb.DuckDBPyConnection,
) -> None:
    n, n_included, n_without_link = _one(
        con,
        "select count(*), count(*) filter (where included), count(*) filter (where "
        "caseid not in (select caseid from api.duplicates)) "
        "from api.cases where is_suspected_duplicate",
    )
    assert n
    assert (n_included, n_without_link) == (0, 0)


def test_every_link_names_the_larger_case_number_as_left_out(
    con: duckdb.DuckDBPyConnection,
) -> None:
    n, n_wrong, lightest, largest = _one(
        con,
        "select count(*), count(*) filter (where caseid <= linked_caseid), "
        "min(match_weight), max(cluster_size) from api.duplicates",
    )
    assert n
    assert n_wrong == 0
    assert lightest >= duplicates.load_model().decision.threshold_match_weight
    assert largest <= 50


# What is left out of each event's population, and how many duplicates litigation has
# taken out of it before.
LEFT_OUT = """
    select p.event, w.n - p.n as n_left_out, w.n_drug > p.n_drug as has_more
    from api.signals as p join api.signals as w
    using (comparator, drug, event)
    where p.variant = 'primary' and w.variant = 'with_duplicates'
        and p.comparator = 'A' and p.event_level in ('group', 'supergroup')
"""
LITIGATED = """
    select event.event, count(distinct d.caseid) as n_litigated
    from cohort.event as event
    left join cohort.litigated_report as l using (litigation_set)
    left join cases.suspected_duplicate as d using (quarter_no, primaryid)
    group by event.event
"""


def test_counts_stand_with_and_without_suspected_duplicates(
    con: duckdb.DuckDBPyConnection, published: Published
) -> None:
    with duckdb.connect(str(published.settings.warehouse_path), read_only=True) as held:
        litigated = dict(held.execute(LITIGATED).fetchall())
    (removed,) = _one(
        con,
        "select n from api.attrition where part = 'population' "
        "and starts_with(step, 'suspected duplicate')",
    )
    rows = con.execute(LEFT_OUT).fetchall()
    assert removed
    assert {event for event, *_ in rows} >= {"any_malignancy", "skin_bcc"}
    for event, n_left_out, _ in rows:
        assert n_left_out == removed - litigated[event], event
    assert any(has_more for *_, has_more in rows)


def test_one_report_under_seven_case_numbers_counts_once(
    con: duckdb.DuckDBPyConnection,
) -> None:
    counts = con.execute(
        "select variant, a from api.signals where comparator = 'A' "
        "and drug = 'dalfampridine' and event = 'thyroid' "
        "and variant in ('primary', 'with_duplicates') order by variant"
    ).fetchall()
    assert counts == [("primary", 1), ("with_duplicates", 7)]
    left_out = con.execute(
        "select count(distinct caseid) from api.excluded_cases where drug = "
        "'dalfampridine' and event = 'thyroid' and reason = 'suspected duplicate'"
    ).fetchall()
    assert left_out == [(6,)]
    (cluster,) = con.execute(
        "select duplicate_cluster_size from "
        "api.case_listing('dalfampridine', 'thyroid')"
    ).fetchall()
    assert cluster == (7,)


def test_the_steps_of_each_part_of_the_attrition_sum_up(
    con: duckdb.DuckDBPyConnection,
) -> None:
    steps = con.execute(
        "select part, kind, n from api.attrition order by step_no"
    ).fetchall()

    def part(name: str) -> list[tuple[str, int]]:
        return [(kind, n) for x, kind, n in steps if x == name]

    def removed(name: str) -> int:
        return sum(n for kind, n in part(name) if kind == "removed")

    current = next(n for n in [n for x, _, n in steps if x == "cases"][::-1])
    in_a = next(n for kind, n in part("population") if kind == "left")
    assert current - removed("population") == in_a
    (_, named), *_, (_, exposed) = part("exposure")
    assert named - removed("exposure") == exposed
    (_, terms), *rest = part("outcome")
    incident = [n for kind, n in rest if kind == "left"]
    other = sum(n for kind, n in rest if kind == "no incident event")
    assert terms - removed("outcome") - other == incident[0]


def test_links_as_of_a_quarter_are_those_of_a_run_that_ends_there(
    data: Settings, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path / "cut", mirror=data.mirror)
    cut = pipeline.run(
        settings, load_analysis(), span=QuarterSpan.parse("2018q3..2019q1")
    )
    early = pipeline.run(data, load_analysis(), as_of=Quarter.parse("2019q1"))
    found = []
    for result in (cut, early):
        with duckdb.connect(str(result.database), read_only=True) as con:
            found.append(con.execute("from api.duplicates order by all").fetchall())
    assert found[0]
    assert found[0] == found[1]


@pytest.mark.parametrize("query", QUERIES)
def test_each_query_of_the_policy_answers(
    con: duckdb.DuckDBPyConnection, query: str
) -> None:
    assert con.execute(query).fetchall()
