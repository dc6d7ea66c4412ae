"""What a run up to a quarter must have judged: that quarter's rows of a longer run."""

from __future__ import annotations

import duckdb

# What was judged at a quarter stands in rows of that quarter.
JUDGED = {
    "states": "select * from api.states where quarter = '{}' order by all",
    "pair_checks": "select * from api.pair_checks where quarter = '{}' order by all",
    "classes": "select * exclude is_latest from api.classes where as_of = '{}' "
    "order by all",
}

# The board as the histories of a quarter give it.
BOARD_THEN = """
with said as (
    select drug, event_level, event,
        max(a) filter (where comparator = 'A') as a_a,
        max(a) filter (where comparator = 'B') as a_b,
        max(a) filter (where comparator = 'C') as a_c,
        coalesce(string_agg(comparator, '+' order by comparator)
            filter (where sdr_screen), '') as flagged_in,
        coalesce(string_agg(comparator, '+' order by comparator)
            filter (where not evaluable), '') as not_evaluable_in,
        bool_or(sdr_screen) as on_board,
        bool_or(comparator = 'A' and sdr_screen)
            and bool_or(comparator <> 'A' and sdr_screen and evaluable) as robust
    from api.signal_history
    where as_of = '{0}' and event_level in ('group', 'supergroup')
    group by all
)
select said.*,
    coalesce(known.state, 'none'), coalesce(known.evidence_state, 'none'),
    known.* exclude (drug, event, state, evidence_state)
from said left join (
    select drug, event, state, evidence_state, first_crossing, novelty,
        failing_checks, is_eligible, n_countries, n_senders, n_professional
    from api.states where quarter = '{0}'
) as known using (drug, event)
order by all
"""
BOARD_NOW = """
select drug, event_level, event, a_a, a_b, a_c, coalesce(flagged_in, ''),
    coalesce(not_evaluable_in, ''), on_board, robust, state, evidence_state,
    first_crossing, novelty, failing_checks, is_eligible, n_countries, n_senders,
    n_professional
from api.verdicts order by all
"""


def assert_judged_as_then(
    whole: duckdb.DuckDBPyConnection, cut: duckdb.DuckDBPyConnection, quarter: str
) -> None:
    """Compare states, checks, classes and board row by row.

    `whole` has the views of the longer run, `cut` those of a run that ends at `quarter`.
    """

    def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[object, ...]]:
        return con.execute(sql).fetchall()

    for name, sql in JUDGED.items():
        then = rows(whole, sql.format(quarter))
        assert then, name
        assert rows(cut, sql.format(quarter)) == then, name
    board = rows(whole, BOARD_THEN.format(quarter))
    assert len(board) > 500
    assert rows(cut, BOARD_NOW) == board
