"""The ledger as it is held, and decisions of people on published signals."""

from __future__ import annotations

import datetime as dt
import difflib
import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.analysis import Analysis
from pvsignal.errors import CheckFailed, UsageError
from pvsignal.pipeline.intake import hold
from pvsignal.quarter import Quarter
from pvsignal.settings import Settings
from pvsignal.signals import ledger, reviews

_PAIRS: Final = """
    with now as (
        select
            pair_state.drug,
            pair_state.event,
            pair_state.state
        from signals.pair_state as pair_state
        where pair_state.quarter_no = $as_of
    ),

    change as (
        select
            before.drug,
            before.event,
            max(before.quarter_no) as quarter_no
        from signals.pair_state as before
        inner join now
            on before.drug = now.drug and before.event = now.event
        where before.quarter_no < $as_of and before.state <> now.state
        group by before.drug, before.event
    ),

    stretch as (
        select
            state.drug,
            state.event,
            min(state.quarter_no) as since_no
        from signals.pair_state as state
        left join change
            on state.drug = change.drug and state.event = change.event
        where
            state.quarter_no <= $as_of
            and state.quarter_no > coalesce(change.quarter_no, 0)
        group by state.drug, state.event
    )

    select
        verdict.drug,
        verdict.event,
        coalesce(now.state, 'none') as state,
        case when now.state <> 'none' then stretch.since_no end as since_no,
        verdict.a_a as a,
        verdict.flagged_in,
        verdict.first_crossing
    from signals.verdict as verdict
    left join now
        on verdict.drug = now.drug and verdict.event = now.event
    left join stretch
        on verdict.drug = stretch.drug and verdict.event = stretch.event
    order by verdict.drug, verdict.event
"""

_NUMBERS: Final = ("a_then", "seq")

# BY is a word of SQL, and a date alone does not say of what.
_STORED_AS: Final = {"by": "decided_by", "date": "decided_on"}

_SCHEMA: Final = pa.schema(
    (_STORED_AS.get(name, name), pa.int64() if name in _NUMBERS else pa.string())
    for name in reviews.COLUMNS
)


def held_ledger(settings: Settings, name: str) -> tuple[ledger.Record, ...]:
    """Records of the ledger of an analysis, held against the published run.

    Raises
    ------
    CheckFailed
        If the ledger was changed, or lacks what the current run was published with.
    """
    path = settings.ledger_path(name)
    records = ledger.read_ledger(path)
    current = settings.published_dir(name) / "current.json"
    if current.exists():
        pointer = json.loads(current.read_text("utf-8"))
        stamp = (current.parent / pointer["database"]).with_suffix(".json")
        if stamp.exists():
            content = json.loads(stamp.read_text("utf-8"))
            known = [ledger.Record(**record) for record in content["records"]]
            ledger.require_start(path, records, known=known, source=stamp.name)
    return records


@dataclass(frozen=True)
class LedgerState:
    """What a ledger holds and whether it is whole.

    Attributes
    ----------
    n_records, n_reviews, head
        Records, decisions among them, hash of the last record; None where the ledger
        is not whole.
    verdict
        ``whole``, ``empty``, or what is wrong with which record.
    """

    n_records: int | None
    n_reviews: int | None
    head: str | None
    verdict: str


def ledger_state(settings: Settings, name: str) -> LedgerState:
    """Say how long the ledger of an analysis is and whether it is whole."""
    try:
        records = held_ledger(settings, name)
    except CheckFailed as error:
        return LedgerState(None, None, None, str(error))
    return LedgerState(
        n_records=len(records),
        n_reviews=sum(record.kind == "review" for record in records),
        head=ledger.head(records),
        verdict="whole" if records else "empty",
    )


def pairs_at(con: warehouse.Connection, as_of: Quarter) -> pd.DataFrame:
    """Pairs at the quarter of a run: what reviews look at.

    Parameters
    ----------
    con
        A warehouse that was assessed as of that quarter, or a published file.
    as_of
        The quarter.

    Returns
    -------
    pandas.DataFrame
        ``drug``, ``event``, ``state`` as shown, ``since`` (quarter from which it has
        been in it, None in state ``none``), ``a`` in comparator A (nullable),
        ``flagged_in``, ``first_crossing`` (None where there is none).
    """
    frame = warehouse.query_frame(con, _PAIRS, {"as_of": as_of.ordinal})
    since = [
        None if pd.isna(no) else str(Quarter.from_ordinal(int(no)))
        for no in frame["since_no"]
    ]
    frame["since"] = pd.Series(since, dtype=object, index=frame.index)
    frame["a"] = frame["a"].astype("Int64")
    texts = ["flagged_in", "first_crossing"]
    frame[texts] = frame[texts].astype(object).where(frame[texts].notna(), None)
    return frame.drop(columns="since_no")


def store_reviews(
    con: warehouse.Connection,
    records: Iterable[ledger.Record],
    *,
    analysis: Analysis,
    as_of: Quarter,
) -> None:
    """Write ``signals.review``: decisions up to a quarter, and what became of them.

    A decision that rests on a later quarter than the run looks at was not known then.
    """
    known = [record for record in records if Quarter.parse(record.as_of) <= as_of]
    frame = reviews.decisions(known, pairs_at(con, as_of), rule=analysis.review)
    table = pa.Table.from_pandas(
        frame.rename(columns=_STORED_AS), schema=_SCHEMA, preserve_index=False
    )
    warehouse.load_arrow(con, "signals.review", table)


@dataclass(frozen=True)
class Reviewable:
    """Signals of the published run, and decisions on them.

    Attributes
    ----------
    run, as_of
        The published run.
    pairs
        As `pairs_at`.
    decided
        As `pvsignal.signals.reviews.decisions`, those not published yet among them.
    has_states
        States are computed: no quarter is missing between those held.
    """

    run: str
    as_of: str
    pairs: pd.DataFrame
    decided: pd.DataFrame
    has_states: bool

    @property
    def listed(self) -> pd.DataFrame:
        """Open signals, as `pvsignal.signals.reviews.open_signals`."""
        return reviews.open_signals(self.pairs, self.decided)


def reviewable(settings: Settings, analysis: Analysis) -> Reviewable:
    """Signals of the current published file with all decisions of the ledger.

    Raises
    ------
    UsageError
        If nothing is published.
    CheckFailed
        If the ledger is not whole.
    """
    records = held_ledger(settings, analysis.name)
    folder = settings.published_dir(analysis.name)
    current = folder / "current.json"
    if not current.exists():
        raise UsageError(f"nothing is published in {folder}; run 'pvsignal run' first")
    pointer = json.loads(current.read_text("utf-8"))
    with (
        tempfile.TemporaryDirectory(prefix="pvsignal-") as spill,
        warehouse.connect_readonly(
            folder / pointer["database"], temp_dir=Path(spill)
        ) as con,
    ):
        pairs = pairs_at(con, Quarter.parse(pointer["as_of"]))
        has_states = bool(warehouse.query_rows(con, "from signals.pair_state limit 1"))
    decided = reviews.decisions(records, pairs, rule=analysis.review)
    return Reviewable(pointer["run"], pointer["as_of"], pairs, decided, has_states)


def record_review(
    settings: Settings,
    analysis: Analysis,
    *,
    drug: str,
    event: str,
    decision: reviews.Decision,
    reason: str,
    by: str,
    date: dt.date,
) -> ledger.Record:
    """Append a decision on a pair of the published file to the ledger.

    Returns
    -------
    Record
        With a snapshot of the evidence; the next run publishes it.

    Raises
    ------
    UsageError
        If the published file has no such pair, or reason or name may not stand.
    LockedError
        If another run or review holds the data directory.
    CheckFailed
        If the ledger is not whole.
    """
    wrong = reviews.problems(reason=reason, by=by)
    if wrong:
        raise UsageError(f"{'; '.join(wrong)}; nothing was recorded")
    with hold(settings):
        looked_at = reviewable(settings, analysis)
        pair = _pair(looked_at.pairs, drug, event)
        draft = reviews.review_record(
            pair,
            run=looked_at.run,
            as_of=looked_at.as_of,
            decision=decision,
            reason=reason,
            by=by,
            date=date,
        )
        records = ledger.chain(held_ledger(settings, analysis.name), [draft])
        ledger.append(settings.ledger_path(analysis.name), records)
    return records[-1]


def _pair(pairs: pd.DataFrame, drug: str, event: str) -> dict[str, Any]:
    """Row of a pair with plain values; refuses one that is not published."""
    row = pairs[(pairs["drug"] == drug) & (pairs["event"] == event)]
    if not row.empty:
        values = row.iloc[0].to_dict()
        values["a"] = None if pd.isna(values["a"]) else int(values["a"])
        return {str(name): value for name, value in values.items()}
    drugs = sorted(pairs["drug"].unique())
    if drug not in drugs:
        raise UsageError(
            f"the published file has no drug '{drug}'{_near(drug, drugs)}; names are "
            "those of api.verdicts"
        )
    events = sorted(pairs.loc[pairs["drug"] == drug, "event"])
    raise UsageError(
        f"the published file has no event '{event}' with {drug}{_near(event, events)}; "
        "names are those of api.verdicts"
    )


def _near(name: str, names: list[str]) -> str:
    """Names that are spelt like one, or hold it, as the end of a sentence."""
    holding = [known for known in names if name and name.casefold() in known.casefold()]
    alike = difflib.get_close_matches(name.casefold(), names, n=3)
    found = list(dict.fromkeys([*alike, *holding]))[:3]
    return f"; near: {', '.join(found)}" if found else ""
