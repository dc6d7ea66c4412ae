"""Statistics become verdicts and ledger records.

`judge` calls in order: what each comparator said, sources and classes, the replay of
states, novelty and checks, what stands over the states, and then what the board is
worth: grid and concentration beside the error budget, and what changed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pvsignal import codelists, warehouse
from pvsignal.analysis import Analysis
from pvsignal.pipeline.building import open_warehouse
from pvsignal.pipeline.inputs import Inputs, short_hash
from pvsignal.pipeline.judging.age_sex import check_age_sex
from pvsignal.pipeline.judging.budget import judge_error_budget
from pvsignal.pipeline.judging.changes import judge_changes, previous_file
from pvsignal.pipeline.judging.classes import judge_classes
from pvsignal.pipeline.judging.duplicates import check_duplicates
from pvsignal.pipeline.judging.early_onset import check_onset
from pvsignal.pipeline.judging.grid import judge_grid
from pvsignal.pipeline.judging.hinges import check_hinges
from pvsignal.pipeline.judging.markers import check_markers
from pvsignal.pipeline.judging.notoriety import check_notoriety
from pvsignal.pipeline.judging.novelty import judge_novelty, novelty_of_all
from pvsignal.pipeline.judging.professionals import check_professionals
from pvsignal.pipeline.judging.replaying import (
    KEY,
    crossing,
    replayed,
    screened_pairs,
)
from pvsignal.pipeline.judging.sources import check_concentration, sources_of_pairs
from pvsignal.pipeline.judging.stimulation import judge_concentration_detail
from pvsignal.pipeline.reviewing import held_ledger
from pvsignal.pipeline.scoring import Scored
from pvsignal.quarter import Quarter
from pvsignal.settings import Settings
from pvsignal.signals import ledger, lifecycle, rules
from pvsignal.signals.sources import is_eligible
from pvsignal.signals.verdicts import (
    ARTEFACT_CHECKS,
    CHECKS,
    EXPLAINING_CHECKS,
    shown,
)

_LATEST: Final = """
    select
        comparator, drug_level, drug, event_level, event, a, expected, ror_low,
        sdr_screen, evaluable
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
    n_emerging: int

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
    name = inputs.analysis.name
    before = held_ledger(settings, name)
    with open_warehouse(settings) as con:
        verdicts = judge(con, inputs)
        judge_changes(
            con,
            inputs,
            previous=previous_file(settings, name),
            spill=settings.data_dir / ".spill",
        )
        evidence = _evidence(con, verdicts)
        earlier = _earlier(con, inputs, before)
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
        drafts = _drafts(inputs, run, evidence, earlier=earlier, before=before)
        records = ledger.chain(before, drafts)
    return Assessed(
        scored,
        run,
        records,
        int(verdicts["on_board"].sum()),
        int(verdicts["robust"].sum()),
        int((verdicts["state"] == "emerging").sum()),
    )


def judge(con: warehouse.Connection, inputs: Inputs) -> pd.DataFrame:
    """Store states, checks and verdicts; the verdicts are returned.

    ``signals.pair_state`` has every pair that was ever on the board at every quarter
    from its first on it, ``signals.pair_check`` the checks of each board row,
    ``signals.verdict`` every pair at the latest quarter.
    """
    analysis = inputs.analysis
    warehouse.run_models(con, ["screened", "sources"], values={})
    judge_novelty(con)
    judge_classes(con, analysis)
    states = _states(con, screened_pairs(con), inputs)
    warehouse.load_frame(con, "signals.pair_state", states)
    verdicts = rules.agreement(warehouse.query_frame(con, _LATEST))
    verdicts = _with_state(verdicts, states, inputs)
    verdicts["event_label"] = verdicts["event"].map(_labels(inputs))
    warehouse.load_frame(con, "signals.verdict", verdicts)
    warehouse.side_by_side(
        con,
        lambda own: _judge_pairs(own, analysis),
        lambda own: _judge_chance(own, inputs),
    )
    return verdicts


def _judge_pairs(con: warehouse.Connection, analysis: Analysis) -> None:
    """What each pair of the board is worth in other analyses, and who reports it."""
    judge_grid(con, analysis)
    judge_concentration_detail(con, analysis)


def _judge_chance(con: warehouse.Connection, inputs: Inputs) -> None:
    """How many pairs would emerge by chance, those left out that a label names."""
    labelled = novelty_of_all(con)
    is_known = labelled["novelty"] == "labelled_specific"
    is_latest = labelled["quarter_no"] == inputs.as_of.ordinal
    judge_error_budget(
        con,
        inputs.analysis,
        could_emerge=labelled[labelled["novelty"] == "unlabelled"],
        known=labelled[is_known & is_latest],
    )


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
    class_holds, has_members = _of_classes(con, pairs)
    crossed = crossing(
        pairs, eligible & class_holds, may_be_provisional=eligible & has_members
    )
    found = pairs.assign(
        n_countries=sources["n_country"],
        n_senders=sources["n_sender"],
        n_professional=sources["most_reporter"],
        is_eligible=eligible,
        crosses=crossed.crosses,
        is_provisional=crossed.is_provisional,
    )
    if lifecycle.is_unbroken(quarters):
        found = found.join(replayed(pairs, crossed.crosses, quarters))
    else:
        found["evidence_state"] = NOT_COMPUTED
        found["first_crossing_no"] = pd.Series(pd.NA, index=found.index, dtype="Int64")
    on_board = sources["is_screened"].to_numpy()
    checks = pd.concat(
        [
            check_concentration(con, sources[on_board], analysis.emerging),
            *(
                check.to_pandas()
                for check in (
                    check_duplicates(con, analysis),
                    check_professionals(con),
                    check_notoriety(con, found[[*KEY, "first_crossing_no"]]),
                    check_age_sex(con),
                    check_onset(con),
                    check_markers(con),
                    check_hinges(con, analysis),
                )
            ),
        ],
        ignore_index=True,
    )
    checks["of_n"] = checks["of_n"].astype("Int64")
    checks["quarter"] = _quarter_text(checks["quarter_no"])
    warehouse.load_frame(con, "signals.pair_check", checks)
    novelty = warehouse.query_frame(
        con,
        "select drug, event, quarter_no, novelty, novelty_us, novelty_eu, "
        "novelty_words from signals.novelty",
    )
    return _shown(found.merge(novelty, on=KEY, how="left"), checks)


def _of_classes(
    con: warehouse.Connection, pairs: pd.DataFrame
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether a class crosses by more than one member, and whether it has two.

    True for what is no class. A class that is not on the board of a quarter has no row
    and does not cross.
    """
    held = warehouse.query_frame(
        con, "select drug, event, quarter_no, holds, n_members from signals.class_check"
    )
    found = pairs[KEY].merge(held, on=KEY, how="left")
    is_other: npt.NDArray[np.bool_] = pairs["drug_level"].ne("class").to_numpy(bool)
    holds: npt.NDArray[np.bool_] = found["holds"].eq(True).to_numpy(dtype=bool)
    has_two: npt.NDArray[np.bool_] = found["n_members"].ge(2).to_numpy(dtype=bool)
    return is_other | holds, is_other | has_two


def _shown(found: pd.DataFrame, checks: pd.DataFrame) -> pd.DataFrame:
    """States with what stands over them, from the first quarter on the board."""
    failing = checks[checks["outcome"] == "fails"]
    order = {check: place for place, check in enumerate(CHECKS)}
    failing = failing.assign(place=failing["check_id"].map(order))
    failing = failing.sort_values([*KEY, "place"])
    names = failing.groupby(KEY)["check_id"].agg(", ".join).rename("failing_checks")
    found = found.join(names, on=KEY)
    found["failing_checks"] = found["failing_checks"].fillna("")

    def fails(kind: Collection[str]) -> npt.NDArray[np.bool_]:
        of_kind = failing.loc[failing["check_id"].isin(list(kind)), KEY]
        marked = of_kind.drop_duplicates().assign(fails=True)
        joined = found[KEY].merge(marked, on=KEY, how="left")["fails"]
        return joined.notna().to_numpy(dtype=bool)

    found["state"] = shown(
        found["evidence_state"].to_numpy(dtype=object),
        novelty=found["novelty"].fillna("").to_numpy(dtype=object),
        fails_artefact=fails(ARTEFACT_CHECKS),
        fails_other=fails(EXPLAINING_CHECKS),
        is_provisional=found["is_provisional"].to_numpy(),
    )
    found["first_crossing"] = _quarter_text(found["first_crossing_no"])
    found["quarter"] = _quarter_text(found["quarter_no"])
    kept = found.groupby(["drug", "event"], sort=False)["is_screened"].cummax()
    return found[kept].drop(columns=["drug_level", "event_level"])


def _quarter_text(ordinals: pd.Series) -> pd.Series:
    """Quarters as ``2024q1``, empty where there is none."""
    text = {no: str(Quarter.from_ordinal(int(no))) for no in ordinals.dropna().unique()}
    # As objects: with no quarter at all the column would stay one of integers.
    return ordinals.map(text).astype(object).fillna("").astype(str)


def _with_state(
    verdicts: pd.DataFrame, states: pd.DataFrame, inputs: Inputs
) -> pd.DataFrame:
    """Verdicts with the state of the latest quarter, none if never flagged."""
    latest = states[states["quarter_no"] == inputs.as_of.ordinal]
    columns = [
        *("state", "evidence_state", "first_crossing", "failing_checks"),
        *("novelty", "novelty_us", "novelty_eu", "novelty_words"),
        *("is_eligible", "n_countries", "n_senders", "n_professional"),
    ]
    table = verdicts.merge(
        latest[["drug", "event", *columns]], on=["drug", "event"], how="left"
    )
    quarters = [quarter.ordinal for quarter in inputs.quarters]
    none = "none" if lifecycle.is_unbroken(quarters) else NOT_COMPUTED
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


_EVIDENCE: Final = """
    select
        verdict.drug, verdict.event, verdict.state, verdict.evidence_state,
        verdict.novelty, verdict.first_crossing, verdict.failing_checks,
        a.a, a.n_drug, a.expected, a.ror_low as ror_low_a, b.ror_low as ror_low_b,
        c.ror_low as ror_low_c, year.ic025_year
    from signals.verdict as verdict
    left join signals.statistic as a
        on a.variant = 'primary' and a.is_latest and a.comparator = 'A'
        and a.drug = verdict.drug and a.event_level = verdict.event_level
        and a.event = verdict.event
    left join signals.statistic as b
        on b.variant = 'primary' and b.is_latest and b.comparator = 'B'
        and b.drug = verdict.drug and b.event_level = verdict.event_level
        and b.event = verdict.event
    left join signals.statistic as c
        on c.variant = 'primary' and c.is_latest and c.comparator = 'C'
        and c.drug = verdict.drug and c.event_level = verdict.event_level
        and c.event = verdict.event
    left join signals.year_stratified as year
        on year.drug = verdict.drug and year.event_level = verdict.event_level
        and year.event = verdict.event and year.quarter_no = a.quarter_no
"""


def _evidence(con: warehouse.Connection, verdicts: pd.DataFrame) -> pd.DataFrame:
    """Verdicts of pairs that have a state, with the figures that the ledger keeps."""
    evidence = warehouse.query_frame(con, _EVIDENCE)
    board = verdicts[["drug", "event", "on_board", "robust"]]
    return evidence.merge(board, on=["drug", "event"])


def _earlier(
    con: warehouse.Connection, inputs: Inputs, before: tuple[ledger.Record, ...]
) -> pd.DataFrame:
    """States at the quarters that came in since the last run, before the latest."""
    first = lifecycle.unrecorded(inputs.quarters, before)[0]
    names = ", ".join([*lifecycle.KEY, "quarter", "state", *lifecycle.EARLIER])
    return warehouse.query_frame(
        con,
        f"select {names} from signals.pair_state "
        "where quarter_no >= ? and quarter_no < ? and state <> 'none'",
        [first.ordinal, inputs.as_of.ordinal],
    )


def _drafts(
    inputs: Inputs,
    run: str,
    evidence: pd.DataFrame,
    *,
    earlier: pd.DataFrame,
    before: tuple[ledger.Record, ...],
) -> list[ledger.Draft]:
    """One record of the run, and one of each pair and quarter with a change of state.

    ``earlier`` are the states at the quarters between the last run and this one.
    """
    as_of = str(inputs.as_of)
    summary = {
        "inputs": inputs.identity,
        "n_on_board": int(evidence["on_board"].sum()),
        "n_robust": int(evidence["robust"].sum()),
    }
    drafts = [ledger.Draft("run", run, as_of, summary)]
    if (evidence["state"] == NOT_COMPUTED).any():
        return drafts
    current = evidence[evidence["state"] != "none"]
    current = current[[*lifecycle.KEY, "state", *lifecycle.EVIDENCE]]
    return drafts + lifecycle.records_since(
        run, inputs.quarters, current=current, earlier=earlier, before=before
    )
