"""Quarters, labels, decisions, crashes and restarts: the ledger tells it all."""

from __future__ import annotations

import datetime as dt
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pvsignal.analysis import Review
from pvsignal.errors import CheckFailed
from pvsignal.quarter import Quarter
from pvsignal.signals import ledger, reviews
from pvsignal.signals.lifecycle import EVIDENCE, KEY, records_since, replayed
from pvsignal.signals.states import (
    ORDER,
    Evidence,
    Overlay,
    State,
    is_allowed,
    replay,
    shown,
)

PAIRS = [("fingolimod", "skin_bcc"), ("ozanimod", "skin_bcc"), ("ozanimod", "thyroid")]
FLAGS = st.lists(st.booleans(), min_size=len(PAIRS), max_size=len(PAIRS))
START = Quarter.parse("2018q1")


class LedgerMachine(RuleBasedStateMachine):
    """A data directory over the quarters, with a model that forgets nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "a.jsonl"
        self.records: tuple[ledger.Record, ...] = ()
        self.quarters: list[tuple[list[bool], list[bool], list[bool]]] = []
        self.overlays: list[list[set[Overlay]]] = []
        self.n_recorded = 0
        self.counts = [0] * len(PAIRS)
        self.shown = [str(State.NONE)] * len(PAIRS)
        # What a slow reader would keep of each pair: the last decision, the evidence
        # at it, and whether the pair has become emerging since.
        self.last: dict[int, dict[str, Any]] = {}

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(
        crosses=FLAGS,
        fresh=FLAGS,
        low=FLAGS,
        overlays=st.lists(
            st.sets(st.sampled_from(Overlay), max_size=2),
            min_size=len(PAIRS),
            max_size=len(PAIRS),
        ),
        skipped=st.booleans(),
    )
    def quarter_comes_in(
        self,
        crosses: list[bool],
        fresh: list[bool],
        low: list[bool],
        overlays: list[set[Overlay]],
        skipped: bool,
    ) -> None:
        low = [a and not b for a, b in zip(low, crosses, strict=True)]
        self.quarters.append((crosses, fresh, low))
        self.overlays.append(overlays)
        self.counts = [
            n + 2 * is_fresh for n, is_fresh in zip(self.counts, fresh, strict=True)
        ]
        if skipped:
            return
        history, held = self._history(), self._held()
        is_first = all(record.kind != "run" for record in self.records)
        run, as_of = f"r{len(self.records)}", str(held[-1])
        rows = [
            {
                **dict.fromkeys(EVIDENCE),
                **dict(zip(KEY, pair, strict=True)),
                "quarter": str(held[at]),
                "state": state,
                "a": self.counts[no] if at == len(held) - 1 else None,
            }
            for at, states in enumerate(history)
            for no, (pair, state) in enumerate(zip(PAIRS, states, strict=True))
            # Pairs that never crossed have no row in some quarters.
            if state != State.NONE or self.quarters[at][1][no]
        ]
        table = pd.DataFrame(rows, columns=["quarter", *KEY, "state", *EVIDENCE])
        is_last = table["quarter"] == as_of
        drafts = records_since(
            run,
            held,
            current=table[is_last],
            earlier=table[~is_last],
            before=self.records,
        )
        self.records = ledger.chain(
            self.records, [ledger.Draft("run", run, as_of, {}), *drafts]
        )
        ledger.append(self.path, self.records)
        # A first run records its own quarter, each later one all that came in since.
        for states in history[-1:] if is_first else history[self.n_recorded :]:
            for no, (was, now) in enumerate(zip(self.shown, states, strict=True)):
                if was != now == State.EMERGING and no in self.last:
                    self.last[no]["has_emerged"] = True
            self.shown = states
        self.n_recorded = len(history)

    def _history(self) -> list[list[str]]:
        """States that are shown of each pair, by quarter."""
        columns = [np.array(x).T for x in zip(*self.quarters, strict=True)]
        history = replay(Evidence(*columns))
        return [
            [
                str(shown(ORDER[code], over))
                for code, over in zip(codes, overlays, strict=True)
            ]
            for codes, overlays in zip(history.state.T, self.overlays, strict=True)
        ]

    def _held(self) -> list[Quarter]:
        return [
            Quarter.from_ordinal(START.ordinal + no)
            for no in range(1, len(self.quarters) + 1)
        ]

    def _first_crossing(self, no: int) -> str | None:
        """First crossing that the states of the last run count from."""
        if not self.n_recorded:
            return None
        columns = [
            np.array(x).T for x in zip(*self.quarters[: self.n_recorded], strict=True)
        ]
        at = int(replay(Evidence(*columns)).first_crossing[no, -1])
        return None if at < 0 else str(self._held()[at])

    def _quarter(self) -> Quarter:
        return Quarter.from_ordinal(START.ordinal + self.n_recorded)

    @rule(no=st.integers(0, len(PAIRS) - 1), decision=st.sampled_from(reviews.Decision))
    def somebody_decides(self, no: int, decision: reviews.Decision) -> None:
        evidence = self._now(no)
        draft = reviews.review_record(
            evidence,
            run=f"r{len(self.records)}",
            as_of=str(self._quarter()),
            decision=decision,
            reason="Three further reports came in.",
            by="A. Reviewer",
            date=dt.date(2024, 1, 1),
        )
        self.records = ledger.chain(self.records, [draft])
        ledger.append(self.path, self.records)
        self.last[no] = {
            **evidence,
            **{"decision": decision, "has_emerged": False, "n": self.n_recorded},
        }

    def _now(self, no: int) -> dict[str, Any]:
        return {
            **dict(zip(KEY, PAIRS[no], strict=True)),
            "state": self.shown[no],
            "a": self.counts[no],
            "flagged_in": "A",
            "first_crossing": self._first_crossing(no),
            "since": None,
        }

    @rule()
    def program_starts_again(self) -> None:
        self.records = ledger.read_ledger(self.path)

    @precondition(lambda self: self.records)
    @rule(is_before=st.booleans())
    def power_fails_while_a_record_is_written(self, is_before: bool) -> None:
        more = ledger.chain(
            self.records, [ledger.Draft("run", "cut", str(self._quarter()), {})]
        )
        ends = [(len(x), ledger.head(x)) for x in (self.records, more)]
        ledger._write_head(self.path, ends)
        if not is_before:
            ledger._replace(self.path, b"".join(map(ledger._line, more)))
        self.records = ledger.read_ledger(self.path)
        assert self.records == (more[:-1] if is_before else more)

    @precondition(lambda self: self.records)
    @rule(data=st.data())
    def a_lost_record_is_missed(self, data: st.DataObject) -> None:
        lines = self.path.read_bytes().splitlines(keepends=True)
        head = ledger.head_path(self.path).read_bytes()
        ledger.append(self.path, self.records)
        place = data.draw(st.integers(0, len(lines) - 1))
        whole = self.path.read_bytes()
        self.path.write_bytes(b"".join([*lines[:place], *lines[place + 1 :]]))
        with pytest.raises(CheckFailed):
            ledger.read_ledger(self.path)
        self.path.write_bytes(whole)
        ledger.head_path(self.path).write_bytes(head)

    @invariant()
    def ledger_is_whole_and_holds_every_record(self) -> None:
        assert ledger.read_ledger(self.path) == self.records

    @invariant()
    def folding_the_ledger_gives_the_states_that_are_shown(self) -> None:
        told = replayed(self.records)
        found = [told.get(pair, {"to": "none"})["to"] for pair in PAIRS]
        assert found == self.shown

    @invariant()
    def evidence_makes_no_transition_that_the_table_does_not_list(self) -> None:
        if not self.quarters:
            return
        columns = [np.array(x).T for x in zip(*self.quarters, strict=True)]
        for codes in replay(Evidence(*columns)).state:
            names = [State.NONE, *(ORDER[code] for code in codes)]
            assert all(is_allowed(*step) for step in pairwise(names))

    @invariant()
    def decisions_stand_until_evidence_grows(self) -> None:
        current = pd.DataFrame([self._now(no) for no in range(len(PAIRS))])
        found = reviews.decisions(self.records, current, rule=Review())
        last = found[found["status"] != "superseded"]
        assert len(last) == len(self.last)
        assert len(found) == sum(record.kind == "review" for record in self.records)
        for row in last.to_dict("records"):
            no = PAIRS.index((row["drug"], row["event"]))
            then = self.last[no]
            gained = self.counts[no] - then["a"]
            has_grown = gained >= 3 and 2 * gained >= then["a"]
            is_open = then["decision"] not in ("validate", "escalate") and (
                then["has_emerged"] or has_grown or self._has_crossed(no, then["n"])
            )
            assert row["status"] == ("reopened" if is_open else "standing")

    def _has_crossed(self, no: int, n_then: int) -> bool:
        """Whether a pair became new, whatever stood over it, after some quarters."""
        if not self.n_recorded:
            return False
        columns = [np.array(x).T for x in zip(*self.quarters, strict=True)]
        codes = replay(Evidence(*columns)).state[no, : self.n_recorded]
        states = [State.NONE, *(ORDER[code] for code in codes)]
        steps = list(pairwise(states))[n_then:]
        return any(was != now == State.NEW for was, now in steps)


LedgerMachine.TestCase.settings = settings(
    max_examples=10, stateful_step_count=20, deadline=None
)
TestLedger = LedgerMachine.TestCase
