"""What bundles the cases of pairs of a whole run, beside their cases one by one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from pvsignal import warehouse
from pvsignal.analysis import load_analysis
from pvsignal.pipeline.judging.stimulation import judge_concentration_detail
from pvsignal.signals.stimulation import TRAITS
from pvsignal.stats import expected, information_component, ror
from tests.pipeline.conftest import Published


@pytest.fixture(scope="module")
def con(
    published: Published, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[warehouse.Connection]:
    file = tmp_path_factory.mktemp("stimulation") / "warehouse.duckdb"
    shutil.copy(published.settings.warehouse_path, file)
    with warehouse.connect(file) as con:
        # More pairs than a small run has on its board.
        con.execute("update signals.screened set is_screened = a >= 1")
        warehouse.run_models(con, ["grid"], values={})
        judge_concentration_detail(con, load_analysis())
        yield con


def test_every_pair_has_its_reporters_and_they_add_up_to_its_cases(
    con: warehouse.Connection,
) -> None:
    ((n_pairs, n_other),) = con.execute(
        "select count(*), count(*) filter (where found.a <> s.a or"
        " abs(share - 1) > 1e-9 or n_other <> s.n_drug - s.a and n_values = 3)"
        " from (select drug, event, sum(a) as a, sum(share_of_a) as share,"
        " sum(n_other) as n_other, count(*) as n_values from signals.stimulation"
        " where trait = 'reporter' group by all) as found join signals.statistic as s"
        " using (drug, event) where s.is_latest and s.variant = 'primary' and"
        " s.comparator = 'A'"
    ).fetchall()
    ((n_board,),) = con.execute("select count(*) from signals.grid_pair").fetchall()
    assert n_pairs == n_board > 100
    assert n_other == 0


def test_no_trait_shows_more_than_three_values_but_for_bursts(
    con: warehouse.Connection,
) -> None:
    found = dict(
        con.execute(
            "select trait, max(n) from (select drug, event, trait, count(*) as n from"
            " signals.stimulation where is_burst is not true group by all) group by all"
        ).fetchall()
    )
    assert set(found) == set(TRAITS)
    assert max(found.values()) == 3
    ((n,),) = con.execute(
        "select count(*) from signals.stimulation"
        " where (trait = 'entry_quarter') <> (is_burst is not null)"
        " or (trait = 'entry_quarter') <> (expected is not null)"
    ).fetchall()
    assert n == 0


# The condition by which a report has the value, on what the review of cases shows.
CONDITIONS = {
    "sender": "upper(trim(review.sender)) = $value",
    "country": "review.country = $value",
    "literature": "review.literature = $value",
    "country_quarter": "review.country || ' ' || entered.quarter = $value",
    "entry_quarter": "entered.quarter = $value",
    "notoriety": "exists (select 1 from codelists.notoriety_date as d where"
    " d.date_text || ' ' || d.ingredient || ': ' || d.what = $value and"
    " review.received_date > d.last_day and"
    " review.received_date <= d.window_last_day)",
}


@pytest.mark.parametrize("trait", CONDITIONS)
def test_the_verdict_without_a_value_is_that_of_the_reports_that_stay(
    con: warehouse.Connection, trait: str
) -> None:
    rows = warehouse.query_rows(
        con,
        "select * from signals.stimulation where trait = ?"
        " order by a desc, event, drug limit 5",
        [trait],
    )
    assert len(rows) == 5
    for row in rows:
        for comparator in "ABC":
            cells = warehouse.query_rows(
                con,
                f"""
                select s.n, s.n_event, s.a, s.n_drug, s.sdr_screen,
                    count(*) as n_taken,
                    count(*) filter (where exists (
                        select 1 from counts.pair_member as p
                        where p.comparator = $comparator and p.drug = $drug
                        and p.event = $event and p.known_until is null
                        and p.caseid = e.caseid
                    )) as a_taken
                from counts.exposed_member as e
                join counts.review_case as review using (caseid)
                join cases.held_quarter as entered
                    on e.entry_quarter_no = entered.quarter_no
                join signals.statistic as s
                    on s.comparator = e.comparator and s.drug = e.drug
                    and s.event = $event and s.is_latest and s.variant = 'primary'
                where e.comparator = $comparator and e.drug = $drug
                and e.known_until is null and {CONDITIONS[trait]}
                and not exists (
                    select 1 from cohort.litigated_report as l
                    join cohort.event as event using (litigation_set)
                    where event.event = $event and l.caseid = e.caseid
                    and l.primaryid = e.primaryid and l.quarter_no = e.quarter_no
                )
                group by all
                """,
                {
                    "comparator": comparator,
                    "drug": row["drug"],
                    "event": row["event"],
                    "value": row["value"],
                },
            )
            if not cells:
                continue
            (cell,) = cells
            a = cell["a"] - cell["a_taken"]
            n_drug = cell["n_drug"] - cell["n_taken"]
            n_event = cell["n_event"] - cell["a_taken"]
            n = cell["n"] - cell["n_taken"]
            four = (a, n_drug - a, n_event - a, n - n_drug - n_event + a)
            ratio = ror(*four)
            ic = information_component(a, expected(*four))
            name = comparator.lower()
            assert row[f"a_{name}_without"] == a
            assert row[f"ror_{name}_without"] == pytest.approx(_plain(ratio.point))
            assert row[f"ror_low_{name}_without"] == pytest.approx(_plain(ratio.low))
            assert row[f"ic025_{name}_without"] == pytest.approx(_plain(ic.ic025))
            if comparator == "A":
                assert row["a"] == cell["a_taken"]
                assert row["n_other"] == cell["n_taken"] - cell["a_taken"]
                assert row["share_of_a"] == pytest.approx(row["a"] / cell["a"])
            is_flagged = (a >= 3 and ratio.low[0] > 1) or ic.ic025[0] > 0
            flagged = (row["flagged_in"] or "").split("+")
            assert (comparator in flagged) is cell["sdr_screen"]
            still = (row["flagged_in_without"] or "").split("+")
            assert (comparator in still) is (cell["sdr_screen"] and bool(is_flagged))


def _plain(values: object) -> float | None:
    (value,) = values  # type: ignore[misc]
    return None if value != value else float(value)


def test_a_pair_holds_without_a_value_where_every_flag_stays(
    con: warehouse.Connection,
) -> None:
    found = dict(
        con.execute(
            "select holds_without, count(*) from signals.stimulation"
            " where flagged_in is not null group by all"
        ).fetchall()
    )
    assert found[True] > 20 and found[False] > 20
    ((n,),) = con.execute(
        "select count(*) from signals.stimulation where holds_without <>"
        " (flagged_in is not distinct from flagged_in_without)"
    ).fetchall()
    assert n == 0


def test_a_board_without_a_pair_leaves_an_empty_table(
    published: Published, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("empty") / "warehouse.duckdb"
    shutil.copy(published.settings.warehouse_path, file)
    with warehouse.connect(file) as con:
        con.execute("update signals.screened set is_screened = false")
        warehouse.run_models(con, ["grid"], values={})
        assert judge_concentration_detail(con, load_analysis()) == 0
        assert con.execute("from signals.stimulation").fetchall() == []
