"""Statistics become verdicts and ledger records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from pvsignal import codelists, warehouse
from pvsignal.pipeline.building import open_warehouse
from pvsignal.pipeline.inputs import Inputs, short_hash
from pvsignal.pipeline.judging.replaying import (
    KEY,
    crossing,
    is_unbroken,
    replayed,
    screened_pairs,
)
from pvsignal.pipeline.judging.sources import check_concentration, sources_of_pairs
from pvsignal.pipeline.scoring import Scored
from pvsignal.quarter import Quarter
from pvsignal.settings import Settings
from pvsignal.signals import ledger, rules
from pvsignal.signals.sources import is_eligible
from pvsignal.signals.verdicts import (
    ARTEFACT_CHECKS,
    CHECKS,
    EXPLAINING_CHECKS,
    shown,
)

_LATEST: Final = """
    select
        comparator, drug_level, drug, event_level, event, a, sdr_screen, evaluable
    from signals.statistic
    where variant = 'primary' and is_latest
        and event_level in ('group', 'supergroup')
"""

NOT_COMPUTED: Final = "not computed"


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
    """Say what is emerging, known or an artefact, and draft the ledger.

    Raises
    ------
    CheckFailed
        If the ledger was changed by another hand.
    """
    inputs = scored.built.inputs
    with open_warehouse(settings) as con:
        verdicts = judge(con, inputs)
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


def judge(con: warehouse.Connection, inputs: Inputs) -> pd.DataFrame:
    """Store states, checks and verdicts; the verdicts are returned.

    ``signals.pair_state`` has every pair that was ever on the board at every quarter
    from its first on it, ``signals.pair_check`` the checks of each board row,
    ``signals.verdict`` every pair at the latest quarter.
    """
    warehouse.run_models(con, ["screened", "sources"], values={})
    pairs = screened_pairs(con)
    states = _states(con, pairs, inputs)
    warehouse.load_frame(con, "signals.pair_state", states)
    verdicts = rules.agreement(warehouse.query_frame(con, _LATEST))
    verdicts = _with_state(verdicts, states, inputs)
    verdicts["event_label"] = verdicts["event"].map(_labels(inputs))
    warehouse.load_frame(con, "signals.verdict", verdicts)
    return verdicts


def _states(
    con: warehouse.Connection, pairs: pd.DataFrame, inputs: Inputs
) -> pd.DataFrame:
    """Rows of ``signals.pair_state``; the checks they rest on are stored."""
    analysis = inputs.analysis
    quarters = [quarter.ordinal for quarter in inputs.quarters]
    sources = sources_of_pairs(con, pairs)
    eligible = is_eligible(
        pairs["a"].to_numpy(),
        pairs["n_drug"].to_numpy(),
        n_countries=sources["n_country"].to_numpy(),
        n_senders=sources["n_sender"].to_numpy(),
        n_professional=sources["most_reporter"].to_numpy(),
        min_reports=analysis.thresholds.min_reports,
        limits=analysis.emerging,
    )
    crossed = crossing(pairs, eligible)
    found = pairs.assign(
        n_countries=sources["n_country"],
        n_senders=sources["n_sender"],
        n_professional=sources["most_reporter"],
        is_eligible=eligible,
        crosses=crossed.crosses,
        is_provisional=crossed.is_provisional,
    )
    if is_unbroken(quarters):
        found = found.join(replayed(pairs, crossed.crosses, quarters))
    else:
        found["evidence_state"] = NOT_COMPUTED
        found["first_crossing_no"] = pd.Series(pd.NA, index=found.index, dtype="Int64")
    on_board = sources["is_screened"].to_numpy()
    checks = pd.concat(
        [check_concentration(con, sources[on_board], analysis.emerging)],
        ignore_index=True,
    )
    checks["quarter"] = _quarter_text(checks["quarter_no"])
    warehouse.load_frame(con, "signals.pair_check", checks)
    return _shown(found, checks)


def _shown(found: pd.DataFrame, checks: pd.DataFrame) -> pd.DataFrame:
    """States with what stands over them, from the first quarter on the board."""
    failing = checks[checks["outcome"] == "fails"]
    order = {check: place for place, check in enumerate(CHECKS)}
    failing = failing.assign(place=failing["check_id"].map(order))
    failing = failing.sort_values([*KEY, "place"])
    names = failing.groupby(KEY)["check_id"].agg(", ".join).rename("failing_checks")
    found = found.join(names, on=KEY)
    found["failing_checks"] = found["failing_checks"].fillna("")
    found["novelty"] = "unlabelled"
    split = found["failing_checks"].str.split(", ")
    fails = {
        kind: split.map(lambda held, kind=kind: not kind.isdisjoint(held)).to_numpy()
        for kind in (frozenset(ARTEFACT_CHECKS), frozenset(EXPLAINING_CHECKS))
    }
    found["state"] = shown(
        found["evidence_state"].to_numpy(dtype=object),
        novelty=found["novelty"].to_numpy(dtype=object),
        fails_artefact=fails[frozenset(ARTEFACT_CHECKS)],
        fails_other=fails[frozenset(EXPLAINING_CHECKS)],
        is_provisional=found["is_provisional"].to_numpy(),
    )
    found["first_crossing"] = _quarter_text(found["first_crossing_no"])
    found["quarter"] = _quarter_text(found["quarter_no"])
    kept = found.groupby(["drug", "event"], sort=False)["is_screened"].cummax()
    return found[kept].drop(columns=["drug_level", "event_level"])


def _quarter_text(ordinals: pd.Series) -> pd.Series:
    """Quarters as ``2024q1``, empty where there is none."""
    text = {no: str(Quarter.from_ordinal(int(no))) for no in ordinals.dropna().unique()}
    return ordinals.map(text).fillna("").astype(str)


def _with_state(
    verdicts: pd.DataFrame, states: pd.DataFrame, inputs: Inputs
) -> pd.DataFrame:
    """Verdicts with the state of the latest quarter, none if never flagged."""
    latest = states[states["quarter_no"] == inputs.as_of.ordinal]
    columns = [
        *("state", "evidence_state", "first_crossing", "novelty", "failing_checks"),
        *("is_eligible", "n_countries", "n_senders", "n_professional"),
    ]
    table = verdicts.merge(
        latest[["drug", "event", *columns]], on=["drug", "event"], how="left"
    )
    quarters = [quarter.ordinal for quarter in inputs.quarters]
    none = "none" if is_unbroken(quarters) else NOT_COMPUTED
    for column in ("state", "evidence_state"):
        table[column] = table[column].fillna(none)
    for column in ("first_crossing", "failing_checks"):
        table[column] = table[column].fillna("")
    table["is_eligible"] = table["is_eligible"].astype("boolean")
    for column in ("n_countries", "n_senders", "n_professional"):
        table[column] = table[column].astype("Int64")
    return table


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
    crossed = verdicts[verdicts["first_crossing"] != ""].sort_values(["drug", "event"])
    columns = ["drug", "event", "first_crossing", "state", "flagged_in"]
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
