"""Crossings and states of a whole run, worked out again from its histories."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb

from tests.pipeline.conftest import Published
from tests.replayed import CHECKS, Pair, ordinal, read_evidence, replay, shown

STATES = """
select drug, event, quarter, evidence_state, first_crossing, crosses, is_eligible,
    is_provisional, on_board, n_entered, n_countries, n_senders, n_professional,
    state, novelty, failing_checks
from api.states
"""
CHECKED = "select drug, event, quarter, check_id, outcome from api.pair_checks"
VERDICTS = "select drug, event, state, evidence_state, first_crossing from api.verdicts"


def assert_states_are_those_of_the_definition(
    published: Path, warehouse: Path
) -> Counter[str]:
    """Compare every row of the states; how often each state of the evidence is."""
    evidence = read_evidence(published, warehouse)
    expected = {
        (*pair, quarter): found
        for pair in evidence.of_pair
        for quarter, found in replay(evidence, pair).items()
    }
    with duckdb.connect(str(published), read_only=True) as con:
        rows = con.execute(STATES).fetchall()
        checked = con.execute(CHECKED).fetchall()
        verdicts = con.execute(VERDICTS).fetchall()
    outcome = {
        (drug, event, ordinal(quarter), check): said
        for drug, event, quarter, check, said in checked
    }
    assert len(outcome) == len(checked)
    met: Counter[str] = Counter()
    latest: dict[Pair, tuple[str, str, str | None]] = {}
    for drug, event, quarter, state, first, *rest, over, novelty, failing in rows:
        key = (drug, event, ordinal(quarter))
        found = expected.pop(key)
        crosses, eligible, provisional, on_board, *counted = rest
        assert state == found.state, key
        assert (ordinal(first) if first else None) == found.first_crossing, key
        assert (crosses, eligible, provisional, *counted) == (
            *(found.crosses, found.is_eligible, found.is_provisional),
            *(found.n_entered, found.n_countries),
            *(found.n_senders, found.n_professional),
        ), key
        said = outcome.get((*key, "concentration"))
        assert on_board == (said is not None), key
        if on_board:
            assert said == ("fails" if found.is_concentrated else "passes"), key
        failed = [c for c in CHECKS if outcome.get((*key, c)) == "fails"]
        assert (failing or "") == ", ".join(failed), key
        assert over == shown(state, novelty, failed, is_provisional=provisional), key
        met[state] += 1
        latest[drug, event] = (over, state, first)
    assert not expected
    for drug, event, *said in verdicts:
        assert tuple(said) == latest.get((drug, event), ("none", "none", None))
    return met


def test_states_of_all_pairs_and_quarters_are_those_of_the_definition(
    published: Published,
) -> None:
    met = assert_states_are_those_of_the_definition(
        published.result.database, published.settings.warehouse_path
    )
    # Too small for a crossing; tests/pipeline/test_situations.py has every state.
    assert sum(met.values()) > 40
