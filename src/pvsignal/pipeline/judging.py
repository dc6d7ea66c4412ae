"""Counts become statistics, statistics become verdicts and ledger records."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pvsignal import codelists, warehouse
from pvsignal.analysis import Analysis
from pvsignal.errors import UsageError
from pvsignal.pipeline.building import Built, built_before, open_warehouse
from pvsignal.pipeline.inputs import Inputs, short_hash
from pvsignal.settings import Settings
from pvsignal.signals import ledger, lifecycle, rules
from pvsignal.stats import twobytwo


@dataclass(frozen=True)
class Scored:
    """Statistics stand in ``signals.statistic``."""

    built: Built
    n_statistics: int


def score(settings: Settings, built: Built) -> Scored:
    """Compute the statistics of every cell table and the flags of each comparator."""
    with open_warehouse(settings) as con:
        cells = warehouse.query_arrow(
            con,
            "select cell.*, held_quarter.quarter, "
            "cell.quarter_no = max(cell.quarter_no) over () as is_latest "
            "from counts.cell as cell inner join cases.held_quarter as held_quarter "
            "on cell.quarter_no = held_quarter.quarter_no",
        )
        table = _statistics(cells, built.inputs.analysis)
        warehouse.load_arrow(con, "signals.statistic", table)
        masked = warehouse.query_arrow(con, "select * from counts.masked_pair")
        warehouse.load_arrow(con, "signals.masked_statistic", _without(masked))
    return Scored(built, table.num_rows)


def scored_before(settings: Settings, inputs: Inputs) -> Scored:
    """Statistics that were computed from these inputs, for the single commands.

    Raises
    ------
    UsageError
        If there are none.
    """
    built = built_before(settings, inputs)
    with open_warehouse(settings) as con:
        is_scored = warehouse.has_table(con, "signals.statistic")
    if not is_scored:
        raise UsageError(
            f"no statistics in {settings.data_dir}; run 'pvsignal score' first"
        )
    return Scored(built, 0)


def _statistics(cells: pa.Table, analysis: Analysis) -> pa.Table:
    a, n_drug, n_event, n = (
        cells[name].to_numpy() for name in ("a", "n_drug", "n_event", "n")
    )
    b, c = n_drug - a, n_event - a
    d = n - n_drug - n_event + a
    expected = twobytwo.expected(a, b, c, d)
    prr, ror = twobytwo.prr(a, b, c, d), twobytwo.ror(a, b, c, d)
    chi2 = twobytwo.chi2_yates(a, b, c, d)
    limits = analysis.thresholds
    in_a = pc.equal(cells["comparator"], "A").to_numpy()
    columns = {
        "b": b,
        "c": c,
        "d": d,
        "expected": expected,
        "prr": prr.point,
        "prr_low": prr.low,
        "prr_high": prr.high,
        "ror": ror.point,
        "ror_low": ror.low,
        "ror_high": ror.high,
        "is_exact": ror.is_exact,
        "chi2_yates": chi2,
        "sdr_evans": rules.sdr_evans(a, prr.point, chi2=chi2, limits=limits),
        "sdr_ror": rules.sdr_ror(a, ror.low, limits=limits),
        "evaluable": rules.evaluable(
            in_a, a, c=c, expected=expected, limits=analysis.evaluable
        ),
    }
    for name, values in columns.items():
        cells = cells.append_column(name, pa.array(values))
    return cells


def _without(pairs: pa.Table) -> pa.Table:
    """Cells and ratios of pairs without the reports of their contributor."""
    a, n_drug, n_event, n = (
        pairs[f"{name}_without"].to_numpy() for name in ("a", "n_drug", "n_event", "n")
    )
    b, c = n_drug - a, n_event - a
    d = n - n_drug - n_event + a
    ror = twobytwo.ror(a, b, c, d)
    columns = {
        "b_without": b,
        "c_without": c,
        "d_without": d,
        "prr_without": twobytwo.prr(a, b, c, d).point,
        "ror_without": ror.point,
        "ror_low_without": ror.low,
        "ror_high_without": ror.high,
        "is_exact_without": ror.is_exact,
    }
    for name, values in columns.items():
        pairs = pairs.append_column(name, pa.array(values))
    return pairs


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
        history = warehouse.query_frame(
            con,
            "select comparator, drug_level, drug, event_level, event, quarter_no, a, "
            "sdr_ror, evaluable from signals.statistic "
            "where variant = 'primary' and event_level in ('group', 'supergroup')",
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
