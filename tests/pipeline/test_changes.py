"""Why counts changed between two published runs, through the real stages."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pvsignal import pipeline, warehouse
from pvsignal.analysis import load_analysis
from pvsignal.pipeline.building import open_warehouse
from pvsignal.pipeline.judging.changes import judge_changes, previous_file
from pvsignal.settings import Settings
from tests.analyses import ANALYSIS, LISTS, write_analysis
from tests.archives import write_archive

# Case: version, drug and reaction; all reports have the one indication.
Reports = Mapping[int, tuple[int, str, str]]
FIRST: Reports = {
    1: (1, "foxglove", "Fall"),
    2: (1, "foxglove", "Nausea"),
    3: (1, "hawthorn", "Fall"),
    4: (1, "hawthorn", "Nausea"),
    5: (1, "foxglove", "Trip"),
    6: (1, "foxglove", "Slip"),
    7: (1, "foxglove", "Fall"),
    8: (1, "aspirin", "Nausea"),
    11: (1, "hawthorn", "Trip"),
}
SECOND: Reports = {
    2: (2, "foxglove", "Fall"),
    6: (2, "hawthorn", "Slip"),
    9: (1, "foxglove", "Fall"),
    12: (1, "hawthorn", "Headache"),
}
DELETED = (7,)
# 8 is not in it any more, 10 is.
REISSUED: Reports = {
    **{number: report for number, report in FIRST.items() if number != 8},
    10: (1, "foxglove", "Fall"),
}
# With these limits a pair with a case is on the board.
BOARD = ANALYSIS + "\n[thresholds]\nmin_reports = 1\nror_low_min = 0.0\n"
TRIP = LISTS | {
    "fall_terms": LISTS["fall_terms"] + "Trip,fall,Y,\n",
}


def archive(
    folder: Path, quarter: str, reports: Reports, deleted: tuple[int, ...] = ()
) -> None:
    tables: dict[str, list[dict[str, object]]] = {
        name: [] for name in ("demo", "drug", "reac", "indi")
    }
    for number, (version, drug, reaction) in reports.items():
        caseid = 20000000 + number
        key = {"primaryid": 10 * caseid + version, "caseid": caseid}
        tables["demo"].append(
            key
            | {"caseversion": version, "init_fda_dt": "20220715", "fda_dt": "20220715"}
        )
        tables["reac"].append(key | {"pt": reaction})
        tables["drug"].append(
            key | {"drug_seq": 1, "role_cod": "PS", "drugname": drug.upper()}
        )
        tables["indi"].append(key | {"indi_drug_seq": 1, "indi_pt": "Weak heart"})
    write_archive(folder, quarter, tables, [20000000 + n for n in deleted])


@dataclass(frozen=True)
class Place:
    """A data directory, its mirror and its analysis; lists may be changed."""

    folder: Path

    @property
    def settings(self) -> Settings:
        return Settings(
            data_dir=self.folder / "data", mirror=str(self.folder / "mirror")
        )

    def run(self, lists: Mapping[str, str] = LISTS) -> pipeline.Published:
        """Publish with the changes since the run before."""
        number = len(list(self.folder.glob("analysis*")))
        file = write_analysis(self.folder / f"analysis{number}", lists, BOARD)
        settings, analysis = self.settings, load_analysis(file)
        pipeline.land(settings)
        inputs = pipeline.identify(settings, analysis, staged=pipeline.stage(settings))
        scored = pipeline.score(settings, pipeline.build(settings, inputs))
        assessed = pipeline.assess(settings, scored)
        with open_warehouse(settings) as con:
            judge_changes(
                con,
                inputs,
                previous=previous_file(settings, analysis.name),
                spill=settings.data_dir / ".spill",
            )
        return pipeline.publish(settings, assessed)


def ask(result: pipeline.Published, sql: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(result.database), read_only=True) as con:
        return con.execute(sql).df().to_dict("records")


PARTS = (
    "new_cases",
    "follow_ups",
    "deletions",
    "duplicates",
    "background",
    "archives",
    "vocabulary",
    "code_lists",
)


def cell(result: pipeline.Published, name: str, event: str = "fall") -> dict[str, int]:
    """Before, now and the parts that are not 0, of foxglove in A."""
    (row,) = ask(
        result,
        f"select before, now, {', '.join(PARTS)} from api.changes where "
        f"drug = 'foxglove' and event = '{event}' and comparator = 'A' "
        f"and cell = '{name}'",
    )
    return {key: n for key, n in row.items() if n or key in ("before", "now")}


def run_row(result: pipeline.Published) -> dict[str, Any]:
    (row,) = ask(result, "from api.change_run")
    return row


def assert_exact(result: pipeline.Published) -> None:
    assert ask(result, "from api.changes")
    wrong = (
        f"select * from api.changes where before + {' + '.join(PARTS)} <> now "
        "or is_mixed"
    )
    assert ask(result, wrong) == []
    signals = (
        "select c.* from api.changes as c anti join api.signals as s on "
        "s.variant = 'primary' and c.comparator = s.comparator and c.drug = s.drug "
        "and c.event = s.event and c.now = "
        "case c.cell when 'a' then s.a when 'b' then s.b when 'c' then s.c else s.d end"
    )
    assert ask(result, signals) == []


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """First run; a quarter more; a term more; the first quarter re-issued."""
    place = Place(tmp_path_factory.mktemp("story"))
    mirror = place.folder / "mirror"
    mirror.mkdir()
    archive(mirror, "2022q3", FIRST)
    found: dict[str, Any] = {"place": place, "first": place.run()}
    archive(mirror, "2022q4", SECOND, DELETED)
    found["quarter"] = place.run()
    found["lists"] = place.run(TRIP)
    archive(mirror, "2022q3", REISSUED)
    found["reissue"] = place.run(TRIP)
    return found


def test_a_first_run_is_compared_with_nothing_and_says_so(story) -> None:
    assert ask(story["first"], "from api.changes") == []
    assert ask(story["first"], "from api.changed_cases") == []
    row = run_row(story["first"])
    assert not row["is_computed"]
    assert row["note"] == ("not computed: no run of this analysis was published before")


def test_a_further_quarter_is_split_into_new_cases_versions_and_deletions(
    story,
) -> None:
    result = story["quarter"]
    # 1 and 7 before; 2 by its second version and 9 came, 7 was withdrawn.
    assert cell(result, "a") == {
        "before": 2,
        "now": 3,
        "new_cases": 1,
        "follow_ups": 1,
        "deletions": -1,
    }
    # 2, 5 and 6 before; 2 has a fall by now, 6 is none of foxglove any more.
    assert cell(result, "b") == {"before": 3, "now": 1, "follow_ups": -2}
    assert cell(result, "c") == {"before": 1, "now": 1}
    assert cell(result, "d") == {"before": 3, "now": 5, "background": 2}
    assert_exact(result)
    row = run_row(result)
    assert (row["from_run"], row["from_as_of"]) == (story["first"].run, "2022q3")
    assert (row["is_computed"], row["differs"], row["note"]) == (True, None, None)
    assert row["n_cells_revised"] == 0


def test_a_term_that_is_added_has_all_of_the_change_in_every_cell(story) -> None:
    result = story["lists"]
    assert cell(result, "a") == {"before": 3, "now": 4, "code_lists": 1}
    assert cell(result, "b") == {"before": 1, "now": 0, "code_lists": -1}
    assert cell(result, "c") == {"before": 1, "now": 2, "code_lists": 1}
    assert cell(result, "d") == {"before": 5, "now": 4, "code_lists": -1}
    assert_exact(result)
    assert run_row(result)["differs"] == "code list fall_terms changed"


def test_a_reissued_archive_has_the_change_that_it_made(story) -> None:
    result = story["reissue"]
    assert cell(result, "a") == {"before": 4, "now": 5, "archives": 1}
    assert cell(result, "d") == {"before": 4, "now": 3, "archives": -1}
    assert_exact(result)
    assert run_row(result)["differs"] == "archive of 2022q3 re-issued"


@pytest.mark.parametrize(
    ("name", "cases"),
    [
        (
            "quarter",
            [
                (2, "gained", "follow_ups"),
                (7, "lost", "deletions"),
                (9, "gained", "new_cases"),
            ],
        ),
        ("lists", [(5, "gained", "code_lists")]),
        ("reissue", [(10, "gained", "archives")]),
    ],
)
def test_cases_of_a_pair_on_the_board_are_named_with_their_reason(
    story, name, cases
) -> None:
    listed = ask(
        story[name],
        "select caseid - 20000000 as n, change, reason, is_mixed "
        "from api.changed_cases where drug = 'foxglove' and event = 'fall' order by n",
    )
    assert [(r["n"], r["change"], r["reason"]) for r in listed] == cases
    assert not any(r["is_mixed"] for r in listed)


# --- What is compared with nothing; the tables are those of the last run's warehouse.


def judged(
    story: dict[str, Any], folder: Path, *, previous: Path, is_complete: bool = True
) -> dict[str, Any]:
    """What a copy of the warehouse says of the changes since a file."""
    place = story["place"]
    settings = place.settings
    analysis = load_analysis(write_analysis(folder / "analysis", TRIP, BOARD))
    inputs = pipeline.identify(
        settings, analysis, staged=pipeline.staged_before(settings)
    )
    shutil.copy(settings.warehouse_path, folder / "warehouse.duckdb")
    with warehouse.connect(folder / "warehouse.duckdb") as con:
        judge_changes(
            con,
            replace(inputs, is_complete=is_complete),
            previous=previous,
            spill=folder / "spill",
        )
        (row,) = warehouse.query_rows(con, "from signals.change_run")
        for table in ("cell_change", "change", "changed_case"):
            rows = warehouse.query_rows(con, f"from signals.{table}")
            assert bool(rows) == row["is_computed"], table
    return row


def test_a_run_on_a_part_of_what_is_held_is_compared_with_nothing(
    story, tmp_path
) -> None:
    published = story["first"].database
    assert judged(story, tmp_path, previous=published)["is_computed"]
    (tmp_path / "part").mkdir()
    row = judged(story, tmp_path / "part", previous=published, is_complete=False)
    assert row["note"] == (
        "not computed: a run as of an earlier quarter or on some of the quarters"
    )


def test_a_previous_file_that_is_gone_is_compared_with_nothing(story, tmp_path) -> None:
    row = judged(story, tmp_path, previous=tmp_path / "pvsignal_2022q3_0.duckdb")
    assert row["note"] == "not computed: the file of the previous run was removed"


def test_a_previous_file_that_is_no_database_is_compared_with_nothing(
    story, tmp_path
) -> None:
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(b"half a file" * 1000)
    row = judged(story, tmp_path, previous=broken)
    assert row["note"] == "not computed: the file of the previous run cannot be read"


def test_a_file_of_an_older_version_is_compared_with_nothing(story, tmp_path) -> None:
    older = tmp_path / "older.duckdb"
    shutil.copy(story["first"].database, older)
    with duckdb.connect(str(older)) as con:
        con.execute("drop view api.codelists")
        con.execute(
            "create or replace view api.runs as "
            "select * exclude (linkage_version) from signals.run"
        )
    row = judged(story, tmp_path, previous=older)
    assert row["note"] == (
        "not computed: the previous run was published by an older version, without "
        "api.runs.linkage_version, api.codelists.list, api.codelists.sha256"
    )


def test_a_file_of_another_origin_is_compared_with_nothing(story, tmp_path) -> None:
    other = tmp_path / "other.duckdb"
    shutil.copy(story["first"].database, other)
    with duckdb.connect(str(other)) as con:
        con.execute("update signals.run set origin = 'simulated'")
    row = judged(story, tmp_path, previous=other)
    assert not row["is_computed"]
    assert row["from_run"] == story["first"].run
    assert "of origin simulated, this one of origin mirror" in row["note"]


def test_lists_and_archives_that_differ_at_once_are_mixed_and_still_add_up(
    story, tmp_path
) -> None:
    # From the first run to the last: a term was added and the archive re-issued.
    row = judged(story, tmp_path, previous=story["first"].database)
    assert row["differs"] == (
        "code list fall_terms changed; archive of 2022q3 re-issued"
    )
    assert "more than one kind of input differs" in row["note"]
    with warehouse.connect(tmp_path / "warehouse.duckdb") as con:
        (found,) = warehouse.query_rows(
            con,
            "select * from signals.change where drug = 'foxglove' and event = 'fall' "
            "and comparator = 'A' and cell = 'a'",
        )
    # 5 and 10 count by now: the list would be enough for 5, the archive brought 10.
    assert (found["before"], found["code_lists"], found["is_mixed"]) == (2, 2, True)
    assert found["before"] + sum(found[part] for part in PARTS) == found["now"] == 5


def test_the_ledger_names_the_file_of_the_previous_run(story, tmp_path) -> None:
    place = story["place"]
    assert previous_file(place.settings, "foxglove") == story["reissue"].database
    assert previous_file(Settings(data_dir=tmp_path), "foxglove") is None
