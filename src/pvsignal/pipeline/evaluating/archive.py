"""Figures of one simulated archive: flags of its warehouse beside its truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pvsignal import stats, warehouse
from pvsignal.analysis import Thresholds
from pvsignal.errors import UsageError
from pvsignal.pipeline.evaluating.rules import ALL, RULES, TOGETHER, Rule
from pvsignal.pipeline.evaluating.truth import CHANCE, PlantedPair, Truth
from pvsignal.signals import rules

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Reports have to gather before flags of chance come at a steady rate.
WARM_UP: Final = 8

SIGNALS: Final = "signals"
NOTHING: Final = "nothing"
SCENES: Final = "scenes"

# Groups that no report of the archive names cannot be flagged and say nothing.
STATISTICS: Final = """
with reported as (
    select event
    from signals.statistic
    where
        variant = 'primary'
        and comparator = 'A'
        and event_level = 'group'
        and is_latest
    group by event
    having max(n_event) > 0
)

select
    statistic.quarter_no,
    statistic.is_latest,
    statistic.comparator,
    statistic.drug_level,
    statistic.drug,
    statistic.event_level,
    statistic.event,
    statistic.a,
    statistic.n_drug,
    statistic.n,
    statistic.evaluable,
    statistic.prr,
    statistic.prr_low,
    statistic.prr_high,
    statistic.ror,
    statistic.ror_low,
    statistic.ror_high,
    statistic.ic,
    statistic.ic025,
    statistic.ic975,
    statistic.ebgm,
    statistic.eb05,
    statistic.eb95,
    stratified.ic_year,
    stratified.ic025_year,
    stratified.ic975_year,
    adjusted.ror_age_sex,
    adjusted.ror_age_sex_low,
    adjusted.ror_age_sex_high,
    adjusted.a_age_sex,
    statistic.sdr_evans,
    statistic.sdr_ror,
    statistic.sdr_ic,
    statistic.sdr_eb05,
    stratified.sdr_ic_year,
    statistic.sdr_screen
from signals.statistic as statistic
left join signals.year_stratified as stratified
    on
        statistic.comparator = 'A'
        and statistic.drug = stratified.drug
        and statistic.event_level = stratified.event_level
        and statistic.event = stratified.event
        and statistic.quarter_no = stratified.quarter_no
left join signals.adjusted as adjusted
    on
        statistic.is_latest
        and statistic.comparator = adjusted.comparator
        and statistic.drug = adjusted.drug
        and statistic.event_level = adjusted.event_level
        and statistic.event = adjusted.event
where
    statistic.variant = 'primary'
    and statistic.event_level = 'group'
    and statistic.event in (select reported.event from reported)
order by statistic.quarter_no, statistic.comparator, statistic.drug, statistic.event
"""


@dataclass(frozen=True)
class RuleFigures:
    """One rule in one comparator of one archive.

    Attributes
    ----------
    rule, comparator
        Which.
    n_true, n_found, n_null, n_false
        Pairs at the latest quarter, by truth and flag.
    n_blind
        True pairs that the comparator cannot judge (`evaluable`); they can still be
        flagged.
    n_unscored
        Pairs without a score, true or null.
    roc_area
        Area under the ROC curve of the score, true against null pairs.
    n_new, n_quarters
        Null pairs newly flagged after the warm-up, and the quarters in which they were;
        none of a rule that is computed at one quarter.
    factor, coverage
        Of the true pairs: mean of estimate by truth, weighted by the reports of the
        drug, and share of the intervals that hold the truth. The truth is that of all
        reports by then; of a rule that expects the drug itself, what it comes to there.
    coverage_null
        Share of the intervals of null pairs that hold 1.
    ratio, is_flagged
        One value a true pair: its ratio from the onset on, and the flag at the latest
        quarter.
    delay_quarters, is_found
        One value a true pair: quarters from its onset to the first flag or, where there
        was none, to the last look. Empty of a rule that is computed at one quarter.
    """

    rule: str
    comparator: str
    n_true: int
    n_found: int
    n_null: int
    n_false: int
    n_blind: int
    n_unscored: int
    roc_area: float
    n_new: int
    n_quarters: int
    factor: float
    coverage: float
    coverage_null: float
    ratio: tuple[float, ...]
    is_flagged: tuple[bool, ...]
    delay_quarters: tuple[float, ...]
    is_found: tuple[bool, ...]

    @property
    def new_false_per_quarter(self) -> float:
        """Null pairs newly flagged, a quarter; NaN of a rule looked at once."""
        return self.n_new / self.n_quarters if self.n_quarters else np.nan


@dataclass(frozen=True)
class SceneFigures:
    """One rule in one comparator on the pairs of one scene of one archive.

    Attributes
    ----------
    scene, rule, comparator
        Which.
    n_pairs, n_flagged
        Pairs at the latest quarter, and those flagged.
    true, expected
        Mean of the true ratio, and of the crude one that the plan implies, weighted
        by the reports of the drug; NaN for the latter where no plan says it.
    factor
        Mean of estimate by truth, weighted likewise.
    n_estimates
        Estimates in it.
    """

    scene: str
    rule: str
    comparator: str
    n_pairs: int
    n_flagged: int
    true: float
    expected: float
    factor: float
    n_estimates: int


@dataclass(frozen=True)
class ArchiveFigures:
    """All figures of one archive.

    Attributes
    ----------
    seed
        Of the archive.
    kind
        `SIGNALS`, `NOTHING` or `SCENES`: what is planted in it.
    rules
        Figures of rules, of an archive without scenes.
    scenes
        Figures of rules on scenes, of an archive with them.
    planted
        Planted signals.
    seconds
        Wall time of simulation and run.
    """

    seed: int
    kind: str
    rules: tuple[RuleFigures, ...] = ()
    scenes: tuple[SceneFigures, ...] = ()
    planted: tuple[PlantedPair, ...] = ()
    seconds: float = 0.0


def read_statistics(file: Path, limits: Thresholds) -> pd.DataFrame:
    """Flags, scores and estimates of all pairs with groups, as of each quarter.

    Parameters
    ----------
    file
        Warehouse with statistics.
    limits
        Thresholds of the analysis.

    Returns
    -------
    pandas.DataFrame
        One row per comparator, drug, event and quarter, with the columns that `RULES`
        name, NaN or <NA> where a rule is not computed. The rows of `TOGETHER` have the
        flag ``robust`` alone.

    Raises
    ------
    UsageError
        If the analysis scores no pair that the archive holds.
    """
    with warehouse.connect(file) as con:
        table = warehouse.query_frame(con, STATISTICS)
    if table.empty:
        raise UsageError(
            "the analysis scores no pair of a therapy and a neoplasm group that the "
            "simulated archives hold; evaluate one that does, or more --reports"
        )
    flags = [rule.flag for rule in RULES if rule.flag in table.columns]
    table[flags] = table[flags].astype("boolean")
    adjusted = rules.sdr_ror(
        table["a_age_sex"].to_numpy(np.float64, na_value=0.0).astype(np.int64),
        table["ror_age_sex_low"].to_numpy(np.float64, na_value=np.nan),
        limits=limits,
    )
    table["sdr_ror_age_sex"] = pd.Series(adjusted, table.index).astype("boolean")
    table.loc[table["a_age_sex"].isna(), "sdr_ror_age_sex"] = pd.NA
    return pd.concat([table, _together(table)], ignore_index=True)


def _together(table: pd.DataFrame) -> pd.DataFrame:
    """What the comparators say together of each pair, quarter by quarter."""
    parts = [
        rules.agreement(quarter).assign(quarter_no=number, comparator=TOGETHER)
        for number, quarter in table.groupby("quarter_no", sort=True)
    ]
    made = pd.concat(parts, ignore_index=True)
    made["robust"] = made["robust"].astype("boolean")
    made["is_latest"] = made["quarter_no"] == table["quarter_no"].max()
    margin = table.loc[
        table["comparator"] == "A", ["quarter_no", "drug", "event", "n_drug"]
    ]
    wanted = ["quarter_no", "is_latest", "comparator", "drug", "event", "robust"]
    return made[wanted].merge(margin, on=["quarter_no", "drug", "event"])


class _Looks:
    """Rows of one comparator, looked up by quarter and pair."""

    def __init__(self, rows: pd.DataFrame, pairs: pd.DataFrame) -> None:
        latest = rows[rows["is_latest"]]
        key = ["drug", "event"]
        self.pairs = pairs.merge(latest[key], on=key, validate="one_to_one")
        self.latest = self.pairs[key].merge(latest, on=key, validate="one_to_one")
        index = pd.MultiIndex.from_frame(self.pairs[key])
        self._pair = index.get_indexer(pd.MultiIndex.from_frame(rows[key]))
        self.quarters = np.unique(rows["quarter_no"].to_numpy(np.int64))
        self._quarter = np.searchsorted(self.quarters, rows["quarter_no"].to_numpy())
        self._rows = rows

    def grid(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """One value a row as (quarters, pairs); 0 where there is no row."""
        made = np.zeros((self.quarters.size, len(self.pairs)), dtype=values.dtype)
        known = self._pair >= 0
        made[self._quarter[known], self._pair[known]] = values[known]
        return made

    def flags(self, column: str) -> tuple[npt.NDArray[np.int64], Flags]:
        """Quarters at which a flag is computed, and the flags of (quarters, pairs)."""
        flag = self._rows[column]
        computed = self.grid(flag.notna().to_numpy(np.bool_)).any(axis=1)
        found = self.grid(flag.fillna(False).to_numpy(np.bool_))
        return self.quarters[computed], np.asarray(found[computed], dtype=np.bool_)

    def n_drug(self) -> Floats:
        """Reports of each pair's drug at the latest quarter."""
        return self.latest["n_drug"].to_numpy(np.float64)

    def ratio_now(self) -> Floats:
        """True ratio of all reports that each pair's drug has by the latest quarter.

        Statistics are cumulative: a ratio from a late onset on is diluted by the
        reports before it, ``1 + (ratio - 1) s`` with the share s of the drug's reports
        that came from the onset on.
        """
        n_drug = self.grid(self._rows["n_drug"].to_numpy(np.float64))
        onset = self.pairs["onset"].to_numpy(np.int64)
        before = np.searchsorted(self.quarters, onset) - 1
        earlier = np.where(before < 0, 0.0, n_drug[before, np.arange(before.size)])
        share = 1 - earlier / np.maximum(n_drug[-1], 1.0)
        ratio: Floats = 1 + (self.pairs["ratio"].to_numpy(np.float64) - 1) * share
        return ratio

    def truth_of(self, rule: Rule) -> Floats:
        """What the estimate of a rule should be of each pair, by all reports by now."""
        if not rule.expects_itself:
            return self.ratio_now()
        share = self.n_drug() / self.latest["n"].to_numpy(np.float64)
        return stats.observed_to_expected(self.ratio_now(), share)


def rule_figures(table: pd.DataFrame, truth: Truth) -> tuple[RuleFigures, ...]:
    """Figures of an archive without scenes, per rule and comparator.

    Parameters
    ----------
    table
        As `read_statistics`.
    truth
        What is true of its pairs.
    """
    return tuple(
        _rule_figures(rule, comparator, looks)
        for rule, comparator, looks in _looks_of_rules(table, truth)
    )


def scene_figures(table: pd.DataFrame, truth: Truth) -> tuple[SceneFigures, ...]:
    """Figures of an archive with scenes, per scene, rule and comparator.

    Parameters
    ----------
    table
        As `read_statistics`.
    truth
        What is true of its pairs.
    """
    return tuple(
        figures
        for rule, comparator, looks in _looks_of_rules(table, truth)
        for figures in _scene_figures(rule, comparator, looks, truth)
    )


def _looks_of_rules(
    table: pd.DataFrame, truth: Truth
) -> Iterator[tuple[Rule, str, _Looks]]:
    """Rows of each rule in each comparator in which it is computed."""
    for comparator in (*ALL, TOGETHER):
        rows = table[table["comparator"] == comparator].reset_index(drop=True)
        looks = _Looks(rows, truth.pairs)
        for rule in RULES:
            if comparator in rule.comparators and rows[rule.flag].notna().any():
                yield rule, comparator, looks


def _rule_figures(rule: Rule, comparator: str, looks: _Looks) -> RuleFigures:
    pairs, latest = looks.pairs, looks.latest
    is_true = (pairs["ratio"] > 1).to_numpy()
    quarters, flags = looks.flags(rule.flag)
    counts = stats.classification(flags[-1], is_true)
    found = _delays(flags[:, is_true], quarters, pairs["onset"][is_true])
    score = _values(latest, rule.score)
    estimate = _estimates(latest, rule)
    now = looks.truth_of(rule)
    n_new, n_quarters = _new_flags(flags[:, ~is_true], quarters, looks.quarters)
    of_true = stats.ratio_errors(
        *(x[is_true] for x in estimate),
        truth=now[is_true],
        weight=looks.n_drug()[is_true],
    )
    of_null = stats.ratio_errors(*(x[~is_true] for x in estimate), truth=1.0)
    blind = is_true & ~latest["evaluable"].fillna(True).to_numpy(np.bool_)
    return RuleFigures(
        rule=rule.name,
        comparator=comparator,
        n_true=counts.n_true,
        n_found=counts.n_found,
        n_null=counts.n_null,
        n_false=counts.n_false,
        n_blind=int(blind.sum()),
        n_unscored=int(np.isnan(score).sum()),
        roc_area=stats.roc_area(score, is_true) if rule.score else np.nan,
        n_new=n_new,
        n_quarters=n_quarters,
        factor=of_true.factor,
        coverage=of_true.coverage,
        coverage_null=of_null.coverage,
        ratio=tuple(pairs["ratio"][is_true]),
        is_flagged=tuple(flags[-1, is_true].tolist()),
        delay_quarters=tuple(found.time.tolist()),
        is_found=tuple(found.is_found.tolist()),
    )


def _delays(
    flags: Flags, looked: npt.NDArray[np.int64], onset: pd.Series
) -> stats.Delays:
    """Delays of the true pairs; none of a rule that is looked at once."""
    if looked.size < 2:
        return stats.Delays(np.empty(0), np.empty(0, dtype=np.bool_))
    return stats.delays(flags, looked, onset=onset.to_numpy(np.int64))


def _new_flags(
    flags: Flags, looked: npt.NDArray[np.int64], quarters: npt.NDArray[np.int64]
) -> tuple[int, int]:
    """New flags after the warm-up, and its quarters; none of a rule looked at once."""
    if looked.size < 2:
        return 0, 0
    begin = quarters[warm_up(quarters.size)]
    n_new = int(stats.newly_flagged(flags)[looked >= begin].sum())
    return n_new, int((quarters >= begin).sum())


def warm_up(n_quarters: int) -> int:
    """Quarters left out at the start: `WARM_UP`, of a short span half of it."""
    return min(WARM_UP, n_quarters // 2)


def _scene_figures(
    rule: Rule, comparator: str, looks: _Looks, truth: Truth
) -> Iterator[SceneFigures]:
    own = truth.expected[truth.expected["comparator"] == comparator]
    planned = looks.pairs.merge(own, on=["drug", "event"], how="left")
    plan = planned["expected_ratio"].to_numpy(np.float64)
    _, flags = looks.flags(rule.flag)
    now, weight = looks.ratio_now(), looks.n_drug()
    aim = looks.truth_of(rule)
    estimate = _estimates(looks.latest, rule)
    for scene, pairs in looks.pairs.groupby("scene", sort=True):
        if scene == CHANCE:
            continue
        place = pairs.index.to_numpy()
        found = stats.ratio_errors(
            *(x[place] for x in estimate), truth=aim[place], weight=weight[place]
        )
        yield SceneFigures(
            scene=str(scene),
            rule=rule.name,
            comparator=comparator,
            n_pairs=len(pairs),
            n_flagged=int(flags[-1, place].sum()),
            true=_mean(now[place], weight[place]),
            expected=_mean(plan[place], weight[place]),
            factor=found.factor,
            n_estimates=found.n,
        )


def _mean(values: Floats, weight: Floats) -> float:
    """Weighted mean; NaN without weight."""
    return float(np.average(values, weights=weight)) if weight.any() else np.nan


def _values(rows: pd.DataFrame, column: str) -> Floats:
    """Column as numbers, NaN where there is none."""
    if not column:
        return np.full(len(rows), np.nan)
    return rows[column].to_numpy(np.float64, na_value=np.nan)


def _estimates(rows: pd.DataFrame, rule: Rule) -> Sequence[Floats]:
    """Ratio of a rule and its limits, natural scale."""
    columns = [_values(rows, name) for name in (rule.estimate, rule.low, rule.high)]
    return [np.exp2(column) for column in columns] if rule.is_log2 else columns
