"""Line lists and source rows of a run say what its staged rows and its cells say."""

from __future__ import annotations

from collections import Counter

import duckdb
import pytest

from pvsignal import layout, warehouse
from pvsignal.pipeline.building import open_warehouse
from pvsignal.settings import Settings
from tests.pipeline.conftest import Published


def test_source_rows_of_a_case_are_all_rows_of_all_its_versions(
    published: Published,
) -> None:
    with open_warehouse(published.settings) as con:
        cases = con.execute(
            "select caseid from cases.version semi join counts.review_report "
            "using (caseid) group by caseid having count(*) > 1 order by caseid limit 20"
        ).fetchall()
        expected = {
            caseid: Counter(
                row
                for table in layout.TABLES
                for row in con.execute(
                    f"select v.quarter_no, v.primaryid, upper(a.table_name), a.member, "
                    f"s.line, x.archive_sha256, coalesce(v.until_reason, 'current') "
                    f"from cases.version as v join staged.{table} as s "
                    f"using (quarter_no, primaryid) join staged.accounting as a "
                    f"using (quarter_no) join source.archive as x using (quarter_no) "
                    f"where v.caseid = ? and a.table_name = '{table}'",
                    [caseid],
                ).fetchall()
            )
            for (caseid,) in cases
        }
    assert len(cases) == 20
    with duckdb.connect(str(published.result.database), read_only=True) as con:
        found = {
            caseid: Counter(
                con.execute(
                    "select q.quarter_no, r.primaryid, r.table_name, r.member, r.line, "
                    "r.archive_sha256, r.version_state from api.source_rows(?) as r "
                    "join (select distinct quarter, quarter_no from counts.quarter) as q "
                    "using (quarter)",
                    [caseid],
                ).fetchall()
            )
            for (caseid,) in cases
        }
    assert found == expected
    with duckdb.connect(str(published.result.database), read_only=True) as con:
        for (caseid,) in cases:
            rows = con.execute(
                "select quarter, table_name, line from api.source_rows(?)", [caseid]
            ).fetchall()
            assert rows == sorted(rows)
    states = {state for rows in found.values() for *_, state in rows}
    assert {"current", "superseded"} <= states


@pytest.mark.parametrize(
    "change",
    [
        "delete from {one} where {key} = (select min({key}) from {one})",
        "insert into {one} from {one} where {key} = (select min({key}) from {one})",
    ],
    ids=["a line is missing", "a line is there twice"],
)
@pytest.mark.parametrize("one", ["counts.listed_case", "counts.pair_case"])
def test_a_line_list_that_is_not_a_blocks(
    data: Settings, change: str, one: str
) -> None:
    with open_warehouse(data) as con:
        # A header that no list shows is missed by nobody.
        con.execute(
            "delete from counts.listed_case where caseid not in "
            "(select caseid from counts.pair_case)"
        )
        assert _listing_check(con).effect == "passed"
        con.execute(change.format(one=one, key="caseid"))
        assert _listing_check(con).effect == "blocked"


def _listing_check(con: warehouse.Connection) -> warehouse.CheckResult:
    (found,) = (
        check
        for check in warehouse.run_checks(con, origin="simulated")
        if check.name == "listing_equals_cell"
    )
    return found
