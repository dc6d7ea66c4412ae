"""The first crossing, worked out again from the published histories."""

import duckdb

from pvsignal.quarter import Quarter
from tests.pipeline.conftest import Published

PARTS = """
select h.drug, h.event, h.as_of, bool_or(y.ic025_year > 0) as in_a,
    bool_or(h.comparator <> 'A' and h.sdr_ror) as elsewhere
from api.signal_history as h
left join api.year_history as y
    on h.comparator = 'A' and h.drug = y.drug and h.event_level = y.event_level
    and h.event = y.event and h.as_of = y.as_of
where h.event_level in ('group', 'supergroup')
group by all
"""


def test_a_first_crossing_takes_the_year_stratified_ic_and_the_crude_ror(
    published: Published,
) -> None:
    with duckdb.connect(str(published.result.database), read_only=True) as con:
        parts = con.execute(PARTS).fetchall()
        verdicts = con.execute(
            "select drug, event, first_crossing, crossing_state from api.verdicts"
        ).fetchall()
    crossed: dict[tuple[str, str], set[int]] = {}
    for drug, event, as_of, in_a, elsewhere in parts:
        if in_a and elsewhere:
            quarter = Quarter.parse(as_of).ordinal
            crossed.setdefault((drug, event), set()).add(quarter)
    latest = max(Quarter.parse(as_of).ordinal for _, _, as_of, _, _ in parts)
    n_held = 0
    for drug, event, first, state in verdicts:
        found = crossed.get((drug, event), set())
        held = sorted(q for q in found if q + 1 in found)
        expected: tuple[str | None, str] = (None, "none")
        if held:
            expected = (str(Quarter.from_ordinal(held[0])), "held")
        elif latest in found:
            expected = (str(Quarter.from_ordinal(latest)), "provisional")
        assert (first or None, state) == expected, (drug, event)
        n_held += bool(held)
    assert n_held > 3
