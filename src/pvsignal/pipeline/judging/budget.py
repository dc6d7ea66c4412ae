"""Newly emerging pairs that chance alone would give, quarter by quarter."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.analysis import Analysis
from pvsignal.pipeline.scoring.columns import defined
from pvsignal.quarter import Quarter
from pvsignal.signals.budget import Budget, Demands, Margins, Reports, error_budget
from pvsignal.stats import stratified_expected

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_DRUGS: Final = """
    select drug_level, drug from cohort.drug_start order by drug_level, drug
"""
_EVENTS: Final = """
    select event_level, event, litigation_set from cohort.event
    where event_level in ('group', 'supergroup') order by event_level, event
"""
_QUARTERS: Final = """
    select quarter_no, quarter from cases.held_quarter order by quarter_no
"""
_MEMBERS: Final = """
    select drug, therapy from codelists.drug_member where drug_level = 'class'
"""
_REPORTS: Final = """
    select report_no, entry_quarter_no, is_ms, is_professional, dealt_no, litigated_no
    from signals.dealt_report order by report_no
"""

# Quarters whose mean is the headline of the board: one quarter's own is noisier.
RECENT: Final = 4


@dataclass(frozen=True)
class BudgetSummary:
    """Line of the board about chance.

    Attributes
    ----------
    quarter
        Latest quarter, as text.
    expected_new
        Newly emerging pairs a quarter that chance gives, mean of the last four.
    standard_error
        Of that mean, from the spread of the permutations.
    observed_new, expected_emerging
        Newly emerging pairs of the latest quarter in the reports as they are, by the
        same rules; and how many would be emerging by chance.
    at_most
        What the analysis allows.
    permutations
        Number of them.
    share_kept
        Share of the reports with a drug and an event that a permutation leaves as they
        are; above some hundredths the strata are too small for the archive. NaN where
        there is no such report.
    """

    quarter: str
    expected_new: float
    standard_error: float
    observed_new: int
    expected_emerging: float
    at_most: float
    permutations: int
    share_kept: float

    @property
    def is_within(self) -> bool:
        """Whether chance gives no more than the analysis allows."""
        return self.expected_new <= self.at_most

    @property
    def words(self) -> str:
        """One line for a person."""
        verdict = "within" if self.is_within else "above"
        return (
            f"By chance {self.expected_new:.2f} pairs a quarter would be newly emerging"
            f" (mean of the last {RECENT} quarters up to {self.quarter},"
            f" {self.permutations} permutations, standard error"
            f" {self.standard_error:.2f}); {verdict} the {self.at_most:g} that the"
            f" analysis allows. The same rules find {self.observed_new} in"
            f" {self.quarter}"
        )


def judge_error_budget(
    con: warehouse.Connection,
    analysis: Analysis,
    *,
    could_emerge: pd.DataFrame | None = None,
    known: pd.DataFrame | None = None,
) -> BudgetSummary | None:
    """Store how many pairs would emerge by chance, and how each pair fares.

    Stores ``signals.error_budget``, a row a held quarter, and ``signals.pair_chance``,
    a row a pair at the latest quarter.

    Parameters
    ----------
    con
        Warehouse with statistics.
    analysis
        Gives thresholds, number of permutations and seed.
    could_emerge
        ``drug``, ``event``, ``quarter_no`` of the pairs and quarters that may be called
        emerging (no label names them); None for all.
    known
        ``drug``, ``event`` of the pairs that a label names in the latest quarter. Their
        reports keep their events: dealt out, a true signal would make others emerge.
        None for no pair.

    Returns
    -------
    BudgetSummary or None
        None, and no row in ``signals.error_budget``, where held quarters have holes:
        states need an unbroken series.
    """
    warehouse.run_models(con, ["budget"], values={})
    drugs, events, quarters = (
        warehouse.query_frame(con, sql) for sql in (_DRUGS, _EVENTS, _QUARTERS)
    )
    grid = _Grid(drugs, events, quarters)
    budget = error_budget(
        _reports(con, grid),
        _margins(con, grid),
        demands=Demands(analysis.thresholds, analysis.evaluable, analysis.emerging),
        permutations=analysis.budget.permutations,
        seed=analysis.budget.seed,
        could_emerge=None if could_emerge is None else grid.flags(could_emerge),
        known=None if known is None else grid.pairs(known),
        threads=warehouse.n_threads(con),
    )
    of_quarters = _quarter_table(grid, budget)
    is_unbroken = all(b - a == 1 for a, b in pairwise(quarters["quarter_no"]))
    if not is_unbroken:
        of_quarters = of_quarters.slice(0, 0)
    warehouse.load_arrow(con, "signals.error_budget", of_quarters)
    warehouse.load_arrow(con, "signals.pair_chance", _pair_table(grid, budget))
    return _summary(grid, budget, analysis) if is_unbroken and len(quarters) else None


def _positions(known: pd.Index, values: pd.Series) -> Ints:
    """Position of each value, -1 for those that are not known."""
    positions: Ints = known.get_indexer(pd.Index(values)).astype(np.int64)
    return positions


class _Grid:
    """Positions of drugs, events and quarters."""

    def __init__(
        self, drugs: pd.DataFrame, events: pd.DataFrame, quarters: pd.DataFrame
    ) -> None:
        self.drugs, self.events, self.quarters = drugs, events, quarters
        self._drug = pd.Index(drugs["drug"])
        self._event = pd.Index(events["event"])
        self._quarter = pd.Index(quarters["quarter_no"])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Drugs, events, quarters."""
        return len(self.drugs), len(self.events), len(self.quarters)

    def drug(self, names: pd.Series) -> Ints:
        """Positions of drugs, -1 for those that are not scored."""
        return _positions(self._drug, names)

    def event(self, names: pd.Series) -> Ints:
        """Positions of events; names are unique over levels."""
        return _positions(self._event, names)

    def quarter(self, numbers: pd.Series) -> Ints:
        """Positions of held quarters."""
        return _positions(self._quarter, numbers)

    def flags(self, rows: pd.DataFrame) -> Flags:
        """Pairs and quarters that have a row; (drugs x events, quarters)."""
        quarter = self.quarter(rows["quarter_no"])
        flags = _marked(self.shape, *self._pair(rows), quarter)
        return flags.reshape(-1, self.shape[2])

    def pairs(self, rows: pd.DataFrame) -> Flags:
        """Pairs that have a row; (drugs, events)."""
        return _marked(self.shape[:2], *self._pair(rows))

    def _pair(self, rows: pd.DataFrame) -> tuple[Ints, Ints]:
        return self.drug(rows["drug"]), self.event(rows["event"])


def _marked(shape: tuple[int, ...], *at: Ints) -> Flags:
    """Places that are named; rows with an unknown name mark nothing."""
    flags = np.zeros(shape, dtype=bool)
    known = np.logical_and.reduce([position >= 0 for position in at])
    flags[tuple(position[known] for position in at)] = True
    return flags


def _reports(con: warehouse.Connection, grid: _Grid) -> Reports:
    """Reports that take part, by number."""
    n_drugs = grid.shape[0]
    every = warehouse.query_arrow(con, _REPORTS)
    number, litigated, dealt = (
        every[name].to_numpy() for name in ("report_no", "litigated_no", "dealt_no")
    )
    is_ms = every["is_ms"].to_numpy()
    # Whole numbers with few holes are looked up in an array quicker than sorted.
    n_litigated = int(litigated.max(initial=0)) + 1
    stratum = _ranks(dealt.astype(np.int64) * n_litigated + litigated)
    place_of = np.zeros(int(number.max(initial=0)) + 1, dtype=np.int64)
    place_of[number] = np.arange(len(number))
    event = _numbered(
        con, "event", grid.events["event"], "signals.dealt_event", place_of=place_of
    )
    exposed = _numbered(
        con, "drug", grid.drugs["drug"], "signals.dealt_exposure", place_of=place_of
    )
    compared = _numbered(
        con,
        "drug",
        grid.drugs["drug"],
        "signals.dealt_comparator",
        place_of=place_of,
        more=", cast(dealt.is_exposed as tinyint) as is_exposed",
    )
    takes_part = is_ms.copy()
    for rows in (event, exposed, compared):
        takes_part[rows["report"].to_numpy()] = True
    place = np.cumsum(takes_part) - 1
    kept = np.flatnonzero(takes_part)
    exposed_in = np.zeros((len(kept), n_drugs), dtype=bool)
    exposed_in[place[exposed["report"].to_numpy()], exposed["position"].to_numpy()] = 1
    compared_in = np.zeros((len(kept), n_drugs), dtype=np.int8)
    compared_in[
        place[compared["report"].to_numpy()], compared["position"].to_numpy()
    ] = 1 + compared["is_exposed"].to_numpy()
    of_report = place[event["report"].to_numpy()]
    of_event = event["position"].to_numpy().astype(np.int64)
    order = np.lexsort([of_event, of_report])
    return Reports(
        stratum=stratum[kept].astype(np.int64),
        entered=grid.quarter(pd.Series(every["entry_quarter_no"].to_numpy()[kept])),
        is_ms=is_ms[kept],
        is_professional=every["is_professional"].to_numpy()[kept],
        exposed=exposed_in,
        compared=compared_in,
        event_report=of_report[order],
        event=of_event[order],
        n_in_stratum=np.bincount(stratum),
    )


def _ranks(values: Ints) -> Ints:
    """Rank of each whole number among the distinct ones, from 0."""
    is_there = np.zeros(int(values.max(initial=0)) + 1, dtype=bool)
    is_there[values] = True
    rank: Ints = (np.cumsum(is_there) - 1)[values]
    return rank


def _numbered(
    con: warehouse.Connection,
    column: str,
    names: pd.Series,
    relation: str,
    *,
    place_of: Ints,
    more: str = "",
) -> pa.Table:
    """Rows of a relation by position: of the report, and of the drug or event."""
    listed = pd.DataFrame({"name": names, "position": np.arange(len(names))})
    con.register("dealt_name", listed.astype({"position": "int16"}))
    table = warehouse.query_arrow(
        con,
        f"select dealt.report_no, dealt_name.position{more} from {relation} as dealt "
        f"inner join dealt_name on dealt.{column} = dealt_name.name",
    )
    con.unregister("dealt_name")
    place = place_of[table["report_no"].to_numpy()]
    return table.append_column("report", pa.array(place))


def _margins(con: warehouse.Connection, grid: _Grid) -> Margins:
    """Margins up to each quarter of the reports that count now."""
    lines = _Lines(
        grid, warehouse.query_frame(con, "select * from signals.dealt_margin")
    )
    classes = warehouse.query_frame(con, _MEMBERS)
    members = np.zeros((len(grid.drugs), len(grid.drugs)), dtype=bool)
    at = grid.drug(classes["drug"]), grid.drug(classes["therapy"])
    known = (at[0] >= 0) & (at[1] >= 0)
    members[at[0][known], at[1][known]] = True
    return Margins(
        expected=_expected(grid, lines),
        set_of=lines.set_of,
        n_drug_a=lines.left("A", "n_drug").sum(axis=3),
        n_drug_b=lines.left("B", "n_drug").sum(axis=3),
        n_drug_c=lines.left("C", "n_drug").sum(axis=3),
        n_b=lines.left("B", "n")[:, 0].sum(axis=2),
        n_c=lines.left("C", "n").sum(axis=3),
        members=members,
    )


class _Lines:
    """Running sums of the steps of margins, by quarter and year of receipt."""

    def __init__(self, grid: _Grid, steps: pd.DataFrame) -> None:
        self._grid, self._steps = grid, steps
        self._sets = pd.Index(sorted({"", *grid.events["litigation_set"]}))
        self._years = pd.Index(sorted(steps["received_year"].unique()))
        self.set_of = _positions(self._sets, grid.events["litigation_set"])

    def left(self, comparator: str, measure: str) -> Ints:
        """Reports that stay for the events of each litigation set.

        Returns
        -------
        ndarray
            Shape (sets, drugs, quarters, years); populations of A and B have one line
            in place of the drugs.
        """
        chosen = self._chosen(comparator, measure)
        is_whole = comparator != "C" and measure == "n"
        line = self._grid.drug(chosen["drug"]) * (not is_whole)
        known = self._sums(
            chosen,
            [_positions(self._sets, chosen["litigation_set"]), line],
            (len(self._sets), 1 if is_whole else len(self._grid.drugs)),
        )
        # The set of no name is the whole; under the others stands what leaves.
        everyone = self._sets.get_loc("")
        rest: Ints = known[everyone] - known
        rest[everyone] = known[everyone]
        return rest

    def of_events(self) -> Ints:
        """Reports of each event in A; (events, quarters, years)."""
        chosen = self._chosen("A", "n_event")
        return self._sums(
            chosen, [self._grid.event(chosen["event"])], (len(self._grid.events),)
        )

    def _chosen(self, comparator: str, measure: str) -> pd.DataFrame:
        steps = self._steps
        return steps[
            (steps["comparator"] == comparator) & (steps["measure"] == measure)
        ]

    def _sums(
        self, chosen: pd.DataFrame, at: list[Ints], shape: tuple[int, ...]
    ) -> Ints:
        step = np.zeros((*shape, len(self._grid.quarters), len(self._years)), np.int64)
        quarter = self._grid.quarter(chosen["quarter_no"])
        year = _positions(self._years, chosen["received_year"])
        np.add.at(step, (*at, quarter, year), chosen["step"].to_numpy())
        known: Ints = step.cumsum(axis=-2)
        return known


def _expected(grid: _Grid, lines: _Lines) -> npt.NDArray[np.float64]:
    """Expected count of each pair and quarter, by the rule that scores them."""
    n, n_drug = lines.left("A", "n")[:, 0], lines.left("A", "n_drug")
    n_event = lines.of_events()
    expected = np.zeros(grid.shape)
    for which in np.unique(lines.set_of):
        events = np.flatnonzero(lines.set_of == which)
        for quarter in range(grid.shape[2]):
            # Years that no report of the time has add nothing.
            known = n[which, quarter] > 0
            expected[:, events, quarter] = stratified_expected(
                n_drug[which, :, np.newaxis, quarter, known].transpose(1, 2, 0),
                n_event[np.newaxis, events, quarter][..., known],
                n[which, quarter, known],
            )
    return expected


def _quarter_table(grid: _Grid, budget: Budget) -> pa.Table:
    n_permutations = len(budget.newly)
    low, high = np.quantile(budget.newly, [0.025, 0.975], axis=0, method="inverted_cdf")
    spread = budget.newly.std(axis=0, ddof=1) / np.sqrt(n_permutations)
    return pa.table(
        {
            "quarter_no": grid.quarters["quarter_no"].to_numpy(),
            "quarter": grid.quarters["quarter"].astype("string"),
            "permutations": np.full(grid.shape[2], n_permutations),
            "expected_new": defined(budget.newly.mean(axis=0)),
            "standard_error": defined(spread),
            "new_low": low,
            "new_high": high,
            "expected_emerging": defined(budget.emerging.mean(axis=0)),
            "observed_new": budget.observed_newly,
            "observed_emerging": budget.observed_emerging,
            "share_kept": defined(np.full(grid.shape[2], budget.share_kept)),
        }
    )


def _pair_table(grid: _Grid, budget: Budget) -> pa.Table:
    n = len(budget.newly)
    drug, event = (x.ravel() for x in np.indices(grid.shape[:2]))
    names = {
        **{x: grid.drugs[x].to_numpy()[drug] for x in ("drug_level", "drug")},
        **{x: grid.events[x].to_numpy()[event] for x in ("event_level", "event")},
    }
    return pa.table(
        {
            **{name: pa.array(values, pa.string()) for name, values in names.items()},
            "permutations": np.full(drug.size, n),
            "a": budget.observed_a.ravel(),
            "mean_a": defined(budget.mean_a.ravel()),
            "p_permutation": defined((1 + budget.n_as_many.ravel()) / (n + 1)),
            "share_ever_crossing": defined(budget.n_ever.ravel() / n),
            "share_crossing": defined(budget.n_now.ravel() / n),
            "p_crossing": defined((1 + budget.n_now.ravel()) / (n + 1)),
        }
    )


def _summary(grid: _Grid, budget: Budget, analysis: Analysis) -> BudgetSummary:
    of_permutation = budget.newly[:, -RECENT:].mean(axis=1)
    latest = Quarter.from_ordinal(int(grid.quarters["quarter_no"].iloc[-1]))
    n = len(of_permutation)
    return BudgetSummary(
        quarter=str(latest),
        expected_new=float(of_permutation.mean()),
        standard_error=float(of_permutation.std(ddof=1) / np.sqrt(n)),
        observed_new=int(budget.observed_newly[-1]),
        expected_emerging=float(budget.emerging[:, -1].mean()),
        at_most=analysis.budget.at_most,
        permutations=n,
        share_kept=budget.share_kept,
    )
