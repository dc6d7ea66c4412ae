"""Statistics become verdicts and ledger records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from pvsignal import codelists, warehouse
from pvsignal.pipeline.building import open_warehouse
from pvsignal.pipeline.inputs import Inputs, short_hash
from pvsignal.pipeline.scoring import Scored
from pvsignal.settings import Settings
from pvsignal.signals import ledger, lifecycle, rules

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
    before = ledger.read_ledger(settings.ledger_path(inputs.analysis.name))
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
        records = ledger.chain(before, _drafts(inputs, run, verdicts, before))
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


def _drafts(
    inputs: Inputs,
    run: str,
    verdicts: pd.DataFrame,
    before: tuple[ledger.Record, ...],
) -> list[ledger.Draft]:
    """One record of the run and one of each crossing that is new or has changed."""
    as_of = str(inputs.as_of)
    known = {
        (record.body["drug"], record.body["event"]): record.body
        for record in before
        if record.kind == "crossing"
    }
    crossed = verdicts[verdicts["first_crossing"] != ""].sort_values(lifecycle.KEY)
    columns = ["drug", "event", "first_crossing", "crossing_state", "flagged_in"]
    crossings = crossed[columns].to_dict("records")
    summary = {
        "inputs": inputs.identity,
        "n_on_board": int(verdicts["on_board"].sum()),
        "n_robust": int(verdicts["robust"].sum()),
    }
    return [
        ledger.Draft("run", run, as_of, summary),
        *(
            ledger.Draft("crossing", run, as_of, {str(k): v for k, v in row.items()})
            for row in crossings
            if known.get((row["drug"], row["event"])) != row
        ),
    ]
