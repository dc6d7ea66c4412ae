"""Figures of many archives as means over them, each with its interval."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from pvsignal import stats
from pvsignal.pipeline.evaluating.archive import (
    ArchiveFigures,
    RuleFigures,
    SceneFigures,
)
from pvsignal.stats import Interval, Survival

# Two years: within them a signal should be found.
WITHIN_QUARTERS: Final = 8
_SEED: Final = 20260101


@dataclass(frozen=True)
class RuleSummary:
    """One rule in one comparator, over archives with planted signals.

    Attributes
    ----------
    rule, comparator
        Which.
    n_true, n_null
        Pairs an archive, mean.
    sensitivity
        Share of the true pairs flagged at the latest quarter.
    n_blind
        True pairs an archive that the comparator cannot judge, mean.
    roc_area
        Area under the ROC curve.
    delay_median
        Quarters from onset to first flag, product-limit estimate over all archives.
    delay_quartiles
        Quartiles around it.
    never
        Share of the true pairs that was not flagged in any quarter from the onset on.
    within
        Share flagged within `WITHIN_QUARTERS` of the onset.
    n_false, specificity
        Null pairs flagged at the latest quarter; share of the null pairs that is not.
    new_false
        Null pairs newly flagged, a quarter.
    factor
        Estimate by truth of the true pairs; 1 is right.
    coverage, coverage_null
        Share of the intervals that hold the ratio of a true and of a null pair.
    """

    rule: str
    comparator: str
    n_true: float
    n_null: float
    sensitivity: Interval
    n_blind: float
    roc_area: Interval
    delay_median: Interval
    delay_quartiles: tuple[float, float]
    never: Interval
    within: Interval
    n_false: Interval
    specificity: Interval
    new_false: Interval
    factor: Interval
    coverage: Interval
    coverage_null: Interval


@dataclass(frozen=True)
class SizeSummary:
    """How large the planted signals of one true ratio are.

    Attributes
    ----------
    ratio
        True reporting ratio from the onset on.
    n_pairs
        Pairs an archive, mean.
    n_expected, n_planted
        Quartiles over all pairs: reports from the onset on that a ratio of 1 would
        bring, and those added to them.
    """

    ratio: float
    n_pairs: float
    n_expected: tuple[float, float, float]
    n_planted: tuple[float, float, float]


@dataclass(frozen=True)
class RatioSummary:
    """One rule in one comparator on the planted signals of one true ratio.

    Attributes
    ----------
    ratio, rule, comparator
        Which.
    n_true, sensitivity, delay_median, delay_quartiles, within
        As of `RuleSummary`, of these pairs.
    """

    ratio: float
    rule: str
    comparator: str
    n_true: float
    sensitivity: Interval
    delay_median: Interval
    delay_quartiles: tuple[float, float]
    within: Interval


@dataclass(frozen=True)
class NullSummary:
    """One rule in one comparator, over archives in which nothing is planted.

    Attributes
    ----------
    rule, comparator, n_null, n_false, specificity, new_false, coverage_null
        As of `RuleSummary`.
    new_false_most
        Upper 95 % limit of ``new_false`` if flags came independently of each other;
        what a rate of zero leaves open.
    """

    rule: str
    comparator: str
    n_null: float
    n_false: Interval
    specificity: Interval
    new_false: Interval
    new_false_most: float
    coverage_null: Interval


@dataclass(frozen=True)
class SceneSummary:
    """One rule in one comparator on the pairs of one scene.

    Attributes
    ----------
    scene, rule, comparator
        Which.
    n_pairs
        Pairs an archive, mean.
    true, expected
        True ratio of all reports by the latest quarter, and the crude ratio that the
        plan implies (NaN: no plan says it).
    factor
        Estimate by truth.
    flagged
        Share of the pairs flagged at the latest quarter.
    """

    scene: str
    rule: str
    comparator: str
    n_pairs: float
    true: float
    expected: float
    factor: Interval
    flagged: Interval


@dataclass(frozen=True)
class Contrast:
    """Two comparators on the pairs of one scene, archive by archive.

    Attributes
    ----------
    scene, rule, first, second
        Which; ``first`` less ``second``.
    flagged
        Difference of the shares flagged.
    error
        Difference of ``|estimate / truth - 1|``: above 0 the second is nearer to the
        truth.
    """

    scene: str
    rule: str
    first: str
    second: str
    flagged: Interval
    error: Interval


def summarised_rules(archives: Sequence[ArchiveFigures]) -> tuple[RuleSummary, ...]:
    """Rules over archives with planted signals."""
    return tuple(_rule_summary(own) for own in _by_rule(archives))


def summarised_nulls(archives: Sequence[ArchiveFigures]) -> tuple[NullSummary, ...]:
    """Rules over archives without any."""
    return tuple(
        NullSummary(
            rule=own[0].rule,
            comparator=own[0].comparator,
            n_null=float(np.mean([x.n_null for x in own])),
            n_false=_n_false(own),
            specificity=_specificity(own),
            new_false=_new_false(own),
            new_false_most=_most(own),
            coverage_null=_share([x.coverage_null for x in own]),
        )
        for own in _by_rule(archives)
    )


def summarised_sizes(archives: Sequence[ArchiveFigures]) -> tuple[SizeSummary, ...]:
    """Planted signals by their true ratio."""
    pairs = [pair for one in archives for pair in one.planted]
    return tuple(
        SizeSummary(
            ratio,
            n_pairs=len(own) / len(archives),
            n_expected=_quartiles([pair.n_expected for pair in own]),
            n_planted=_quartiles([pair.n_planted for pair in own]),
        )
        for ratio in sorted({pair.ratio for pair in pairs})
        if (own := [pair for pair in pairs if pair.ratio == ratio])
    )


def summarised_ratios(archives: Sequence[ArchiveFigures]) -> tuple[RatioSummary, ...]:
    """Rules on the planted signals of each true ratio."""
    ratios = sorted({pair.ratio for one in archives for pair in one.planted})
    return tuple(
        _ratio_summary([_of_ratio(one, ratio) for one in own], ratio)
        for own in _by_rule(archives)
        for ratio in ratios
    )


def summarised_scenes(archives: Sequence[ArchiveFigures]) -> tuple[SceneSummary, ...]:
    """Rules on the scenes."""
    return tuple(
        SceneSummary(
            *key,
            n_pairs=float(np.mean([x.n_pairs for x in own])),
            true=float(np.mean([x.true for x in own])),
            expected=float(np.mean([x.expected for x in own])),
            factor=_factor([x.factor for x in own]),
            flagged=_share([x.n_flagged / x.n_pairs for x in own]),
        )
        for key, own in _by_scene(archives).items()
    )


def contrasts(archives: Sequence[ArchiveFigures]) -> tuple[Contrast, ...]:
    """A less B and A less C, on each scene by each rule that knows them."""
    by_key = [
        {(x.scene, x.rule, x.comparator): x for x in one.scenes} for one in archives
    ]
    found = []
    names = dict.fromkeys((x.scene, x.rule) for one in archives for x in one.scenes)
    for (scene, rule), second in product(names, ("B", "C")):
        couples = [
            (own[scene, rule, "A"], own[scene, rule, second])
            for own in by_key
            if {(scene, rule, "A"), (scene, rule, second)} <= own.keys()
        ]
        if not couples:
            continue
        found.append(
            Contrast(
                *(scene, rule, "A", second),
                flagged=stats.mean_interval(
                    [
                        a.n_flagged / a.n_pairs - b.n_flagged / b.n_pairs
                        for a, b in couples
                    ],
                    least=-1.0,
                    most=1.0,
                ),
                error=stats.mean_interval(
                    [abs(a.factor - 1) - abs(b.factor - 1) for a, b in couples]
                ),
            )
        )
    return tuple(found)


def _by_rule(archives: Sequence[ArchiveFigures]) -> Iterator[list[RuleFigures]]:
    """Figures of all archives, rule by rule and comparator by comparator."""
    groups: dict[tuple[str, str], list[RuleFigures]] = {}
    for one in archives:
        for figures in one.rules:
            groups.setdefault((figures.rule, figures.comparator), []).append(figures)
    yield from groups.values()


def _by_scene(
    archives: Sequence[ArchiveFigures],
) -> dict[tuple[str, str, str], list[SceneFigures]]:
    groups: dict[tuple[str, str, str], list[SceneFigures]] = {}
    for one in archives:
        for figures in one.scenes:
            key = (figures.scene, figures.rule, figures.comparator)
            groups.setdefault(key, []).append(figures)
    return dict(sorted(groups.items(), key=lambda item: item[0][0]))


def _rule_summary(own: Sequence[RuleFigures]) -> RuleSummary:
    pooled = _pooled(own, np.arange(len(own)))
    return RuleSummary(
        rule=own[0].rule,
        comparator=own[0].comparator,
        n_true=float(np.mean([x.n_true for x in own])),
        n_null=float(np.mean([x.n_null for x in own])),
        sensitivity=_sensitivity(own),
        n_blind=float(np.mean([x.n_blind for x in own])),
        roc_area=_share([x.roc_area for x in own]),
        delay_median=_over_archives(own, lambda found: found.quantile(0.5)),
        delay_quartiles=(pooled.quantile(0.25), pooled.quantile(0.75)),
        never=_share(
            [1 - float(np.mean(x.is_found)) if x.is_found else np.nan for x in own]
        ),
        within=_over_archives(own, lambda found: found.found_by(WITHIN_QUARTERS)),
        n_false=_n_false(own),
        specificity=_specificity(own),
        new_false=_new_false(own),
        factor=_factor([x.factor for x in own]),
        coverage=_share([x.coverage for x in own]),
        coverage_null=_share([x.coverage_null for x in own]),
    )


def _of_ratio(own: RuleFigures, ratio: float) -> RuleFigures:
    """Figures of a rule on the true pairs of one ratio."""
    places = [place for place, one in enumerate(own.ratio) if one == ratio]
    # A rule that is looked at once has no delays.
    looked = places if own.is_found else []
    return replace(
        own,
        n_true=len(places),
        n_found=sum(own.is_flagged[place] for place in places),
        delay_quarters=tuple(own.delay_quarters[place] for place in looked),
        is_found=tuple(own.is_found[place] for place in looked),
    )


def _ratio_summary(own: Sequence[RuleFigures], ratio: float) -> RatioSummary:
    pooled = _pooled(own, np.arange(len(own)))
    return RatioSummary(
        ratio,
        rule=own[0].rule,
        comparator=own[0].comparator,
        n_true=float(np.mean([x.n_true for x in own])),
        sensitivity=_sensitivity(own),
        delay_median=_over_archives(own, lambda found: found.quantile(0.5)),
        delay_quartiles=(pooled.quantile(0.25), pooled.quantile(0.75)),
        within=_over_archives(own, lambda found: found.found_by(WITHIN_QUARTERS)),
    )


def _quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75]).tolist()
    return low, middle, high


def _pooled(own: Sequence[RuleFigures], places: npt.NDArray[np.int64]) -> Survival:
    """Delays of the true pairs of these archives together."""
    return stats.survival(
        np.concatenate([own[place].delay_quarters for place in places]),
        np.concatenate([own[place].is_found for place in places]),
    )


def _over_archives(
    own: Sequence[RuleFigures], figure: Callable[[Survival], float]
) -> Interval:
    """Figure of pooled delays, with the interval of drawing archives anew."""
    return stats.bootstrap_interval(
        lambda places: figure(_pooled(own, places)),
        len(own),
        rng=np.random.default_rng(_SEED),
    )


def _sensitivity(own: Sequence[RuleFigures]) -> Interval:
    return _share([x.n_found / x.n_true if x.n_true else np.nan for x in own])


def _share(values: Sequence[float]) -> Interval:
    return stats.mean_interval(values, least=0.0, most=1.0)


def _factor(values: Sequence[float]) -> Interval:
    return stats.mean_interval(values, least=0.0)


def _n_false(own: Sequence[RuleFigures]) -> Interval:
    return stats.mean_interval([x.n_false for x in own], least=0.0)


def _specificity(own: Sequence[RuleFigures]) -> Interval:
    return _share([1 - x.n_false / x.n_null if x.n_null else np.nan for x in own])


def _new_false(own: Sequence[RuleFigures]) -> Interval:
    return stats.mean_interval([x.new_false_per_quarter for x in own], least=0.0)


def _most(own: Sequence[RuleFigures]) -> float:
    """Upper limit of the rate of new flags, from their number in all archives."""
    n_quarters = sum(x.n_quarters for x in own)
    if not n_quarters:
        return np.nan
    return stats.poisson_upper(sum(x.n_new for x in own), float(n_quarters))
