"""Statistics become verdicts and ledger records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from pvsignal import codelists, warehouse
from pvsignal.pipeline.building import open_warehouse
from pvsignal.pipeline.inputs import Inputs, short_hash
from pvsignal.pipeline.reviewing import held_ledger
from pvsignal.pipeline.scoring import Scored
from pvsignal.settings import Settings
from pvsignal.signals import ledger, lifecycle, rules
from pvsignal.signals.states import ORDER, Evidence, replay

_HISTORY: Final = """
    select
        statistic.comparator, statistic.drug_level, statistic.drug,
        statistic.event_level, statistic.event, statistic.quarter_no, statistic.a,
        statistic.sdr_ror, statistic.sdr_screen, statistic.evaluable, year.ic025_year
    from signals.statistic as statistic
    left join signals.year_stratified as year
        on statistic.comparator = 'A' and statistic.drug = year.drug
        and statistic.event_level = year.event_level
        and statistic.event = year.event
        and statistic.quarter_no = year.quarter_no
    where statistic.variant = 'primary'
        and statistic.event_level in ('group', 'supergroup')
"""


@dataclass(frozen=True)
class Assessed:
    """Verdicts stand in ``signals.verdict``; the run has its identity."""

    scored: Scored
    run: str
    records: tuple[ledger.Record, ...]
    n_on_board: int
    n_robust: int

    @property
    def inputs(self) -> Inputs:
        """Inputs of the run."""
        return self.scored.built.inputs


def assess(settings: Settings, scored: Scored) -> Assessed:
    """Say which comparators agree, when each pair first crossed, and draft the ledger.

    Raises
    ------
    CheckFailed
        If the ledger was changed by another hand.
    """
    inputs = scored.built.inputs
    quarters = [q.ordinal for q in inputs.quarters]
    with open_warehouse(settings) as con:
        warehouse.run_models(con, ["screened"], values={})
        history = warehouse.query_frame(
            con,
            _HISTORY,
        )
        history["crosses"] = rules.crosses(
            history["comparator"].to_numpy() == "A",
            history["sdr_ror"].to_numpy(),
            rules.sdr_ic(
                history["ic025_year"].to_numpy(), limits=inputs.analysis.thresholds
            ),
        )
        latest = history[history["quarter_no"] == inputs.as_of.ordinal]
        verdicts = rules.agreement(latest).merge(
            lifecycle.first_crossings(history, quarters), on=lifecycle.KEY, how="left"
        )
        labels = _labels(inputs)
        verdicts["event_label"] = verdicts["event"].map(labels)
        verdicts["first_crossing"] = verdicts["first_crossing"].fillna("").astype(str)
        warehouse.load_frame(con, "signals.verdict", verdicts)
        states = _pair_states(history, quarters)
        warehouse.load_frame(con, "signals.pair_state", states)
    before = held_ledger(settings, inputs.analysis.name)
    # A run that used all that is held and a partial one are two files, never one.
    run = short_hash(
        {
            "inputs": inputs.identity,
            "ledger": ledger.head(before),
            "complete": inputs.is_complete,
        }
    )
    records = before
    if inputs.is_complete:
        records = ledger.chain(before, _drafts(inputs, run, verdicts, states, before))
    return Assessed(
        scored,
        run,
        records,
        int(verdicts["on_board"].sum()),
        int(verdicts["robust"].sum()),
    )


def _labels(inputs: Inputs) -> dict[str, str]:
    """Event name to its label."""
    catalogue = codelists.event_catalogue(inputs.lists)
    return dict(zip(catalogue["event"], catalogue["label"], strict=True))


def _pair_states(history: pd.DataFrame, quarters: list[int]) -> pd.DataFrame:
    """States of pairs that ever crossed, by quarter; no row where one is missing."""
    columns = ["drug", "event", "quarter_no", "evidence_state", "state"]
    if not lifecycle.is_unbroken(quarters):
        return pd.DataFrame(columns=columns).astype({"quarter_no": "int64"})
    in_a = history["comparator"] == "A"

    def grid(rows: pd.DataFrame, values: str) -> pd.DataFrame:
        wide = rows.pivot(index=lifecycle.KEY, columns="quarter_no", values=values)
        return wide.reindex(columns=quarters)

    count = grid(history[in_a], "a").fillna(0)
    part_a = grid(history[in_a].astype({"crosses": int}), "crosses").fillna(0) > 0
    rest = history[~in_a].groupby([*lifecycle.KEY, "quarter_no"])["crosses"].max()
    elsewhere = grid(rest.astype(int).reset_index(), "crosses")
    other = elsewhere.reindex(index=count.index).fillna(0) > 0
    found = replay(
        Evidence(
            crosses=(part_a & other).to_numpy(),
            has_new_case=(count.diff(axis=1).fillna(count) > 0).to_numpy(),
            is_low=~part_a.to_numpy(),
        )
    )
    names = np.array([str(state) for state in ORDER], dtype=object)[found.state]
    wide = pd.DataFrame(names, index=count.index, columns=quarters)
    long = wide[(wide != "none").any(axis=1)].reset_index()
    long = long.melt(lifecycle.KEY, var_name="quarter_no", value_name="state")
    long["quarter_no"] = long["quarter_no"].astype("int64")
    return long.assign(evidence_state=long["state"])[columns]


def _drafts(
    inputs: Inputs,
    run: str,
    verdicts: pd.DataFrame,
    states: pd.DataFrame,
    before: tuple[ledger.Record, ...],
) -> list[ledger.Draft]:
    """One record of the run and one of each pair whose state has changed."""
    as_of = str(inputs.as_of)
    summary = {
        "inputs": inputs.identity,
        "n_on_board": int(verdicts["on_board"].sum()),
        "n_robust": int(verdicts["robust"].sum()),
    }
    drafts = [ledger.Draft("run", run, as_of, summary)]
    if states.empty:
        return drafts
    now = states[states["quarter_no"] == inputs.as_of.ordinal]
    current = now.merge(verdicts, on=lifecycle.KEY).assign(a=lambda x: x["a_a"])
    current = current.reindex(columns=[*lifecycle.KEY, "state", *lifecycle.EVIDENCE])
    return drafts + lifecycle.state_records(run, as_of, current, before)
