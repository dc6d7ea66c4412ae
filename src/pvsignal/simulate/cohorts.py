"""Cases that are drawn together, so that memory does not grow with the span."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pvsignal.quarter import QuarterSpan
from pvsignal.simulate.reports import quarter_weights
from pvsignal.simulate.vocabulary import Floats, Ints

MOST_IN_COHORT = 1_000_000


@dataclass(frozen=True)
class Cohort:
    """Cases first reported in a run of consecutive quarters.

    Their later versions, copies and deletions can lie in any quarter from its first to
    the end of the span.

    Attributes
    ----------
    number
        Number of the cohort, from 0 in the order of the quarters.
    begin, end
        Position in the span of its first quarter, and of the one after its last.
    """

    number: int
    begin: int
    end: int

    def part(self, total: int, weights: Floats) -> int:
        """Its part of a number that is spread over the quarters by weight.

        The parts of all cohorts add up to the number.
        """
        before, up_to = (self._share_before(p, weights) for p in (self.begin, self.end))
        return round(total * up_to) - round(total * before)

    def share_received(self, weights: Floats) -> float:
        """Share of the weights that lies before the end of the cohort."""
        return self._share_before(self.end, weights)

    def draw_quarters(self, rng: np.random.Generator, n: int, weights: Floats) -> Ints:
        """Quarter (position in the span) of each of ``n`` cases of its own, sorted."""
        if n == 0:
            return np.empty(0, dtype=np.int64)
        own = np.zeros(len(weights))
        own[self.begin : self.end] = weights[self.begin : self.end]
        return np.sort(rng.choice(len(own), size=n, p=own / own.sum()))

    @staticmethod
    def _share_before(position: int, weights: Floats) -> float:
        if position == 0:
            return 0.0
        cumulated = np.cumsum(weights)
        return float(cumulated[position - 1] / cumulated[-1])


def plan_cohorts(span: QuarterSpan, n_reports: int, most: int) -> tuple[Cohort, ...]:
    """Cut the span into cohorts of at most so many cases.

    A quarter that alone has more is a cohort of its own.
    """
    begins = [0]
    size = 0.0
    for position, expected in enumerate(quarter_weights(span) * n_reports):
        if position > begins[-1] and round(size + expected) > most:
            begins.append(position)
            size = 0.0
        size += float(expected)
    ends = [*begins[1:], len(span)]
    return tuple(
        Cohort(number, begin, end)
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True))
    )
