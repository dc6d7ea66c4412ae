"""Pairs of the whole database, and the priors that are fitted to them.

No litigated, product or indication rule, and no comparator: the crude table of every
substance and event that MGPS is defined on (docs/statistics.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.pipeline.scoring.columns import spread
from pvsignal.quarter import Quarter
from pvsignal.stats import MgpsPrior, disproportionality, fit_mgps

# With fewer pairs five parameters are not told apart: docs/statistics.md, "Priors".
FEWEST_PAIRS: Final = 1_000

# Most pairs have fewer; no rule flags them, and they would be most of the file.
FEWEST_REPORTS: Final = 3

LEVEL: Final = "pt"

# A ratio with a coefficient of variation of 0.01 or less is a point, one of pairs that
# are ten thousand to one never reported is nothing; simulated reports lead to both.
_EDGE: Final = 1e-4
# Change of the log-likelihood over a factor e of any parameter, to first order.
_FLAT: Final = 1e-3


@dataclass(frozen=True)
class Fit:
    """What became of the prior of one event level.

    Attributes
    ----------
    n_pairs
        Pairs with at least one report.
    found
        Where the search ended; None with too few pairs.
    """

    n_pairs: int
    found: MgpsPrior | None

    @property
    def status(self) -> str:
        """``fitted``, ``not converged``, ``points only`` or ``too few pairs``.

        Points only: both components shrank to a point, so that every EBGM would be one
        of two numbers with limits of no width.
        """
        if self.found is None:
            return "too few pairs"
        # Along a ridge towards the edge no step of Newton's is the last, though none
        # changes the likelihood, and the scores do not tell its points apart.
        is_flat = self.found.gradient_norm <= _FLAT and self.found.n_starts_agreeing > 1
        if not (self.found.converged or is_flat):
            return "not converged"
        is_point = min(self.found.alpha1, self.found.alpha2) > 1 / _EDGE
        return "points only" if is_point else "fitted"

    @property
    def is_at_edge(self) -> bool | None:
        """Whether a component has shrunk to a point or to nothing; None with no fit.

        Its own numbers then mean nothing. Where one is a point, limits of pairs that it
        explains have no width: they hold only as far as the point does.
        """
        if self.found is None:
            return None
        alpha1, _, alpha2, _, p = self.found.theta
        shapes = (alpha1, alpha2)
        return max(shapes) > 1 / _EDGE or min(*shapes, p, 1 - p) < _EDGE

    @property
    def prior(self) -> MgpsPrior | None:
        """The prior that scores are computed from, if there is one."""
        return self.found if self.status == "fitted" else None


def score_pairs(con: warehouse.Connection, as_of: Quarter) -> Mapping[str, MgpsPrior]:
    """Fit a prior to the pairs of each event level; score the preferred terms.

    Stores ``signals.prior``, a row a level, and ``signals.pair_statistic``, a row for
    each pair of a substance and a preferred term with a report.

    Parameters
    ----------
    con
        Warehouse with the models of the group ``pairs``.
    as_of
        Latest quarter, the one that a prior is stamped with.

    Returns
    -------
    mapping
        Event level to its prior; a level with too few pairs has none.
    """
    levels = warehouse.query_rows(
        con, "select distinct event_level from counts.crude_event order by event_level"
    )
    fits = {
        level: _fit(_pairs(con, level))
        for level in (row["event_level"] for row in levels)
    }
    warehouse.load_arrow(con, "signals.prior", _prior_table(fits, as_of))
    priors = {level: fit.prior for level, fit in fits.items() if fit.prior}
    statistics = _statistics(_pairs(con, LEVEL), priors.get(LEVEL))
    warehouse.load_arrow(con, "signals.pair_statistic", statistics)
    return priors


def _pairs(con: warehouse.Connection, level: str) -> pa.Table:
    """Pairs of one event level with their margins, in a fixed order."""
    return warehouse.query_arrow(
        con,
        "select pair.substance_no, pair.event_no, pair.a, substance.n_drug, "
        "event.n_event, event.n from counts.crude_pair as pair "
        "inner join counts.crude_substance as substance "
        "on pair.substance_no = substance.substance_no "
        "inner join counts.crude_event as event on pair.event_no = event.event_no "
        f"where event.event_level = '{level}' "
        "order by pair.substance_no, pair.event_no",
    )


def _fit(pairs: pa.Table) -> Fit:
    if len(pairs) < FEWEST_PAIRS:
        return Fit(len(pairs), None)
    a, n_drug, n_event, n = _counts(pairs)
    return Fit(len(pairs), fit_mgps(a, n_drug * n_event / n, likelihood="B"))


def _counts(pairs: pa.Table) -> tuple[npt.NDArray[np.float64], ...]:
    """``a``, ``n_drug``, ``n_event`` and ``n``; float64, as 32 bits would overflow."""
    return tuple(
        pairs[name].to_numpy().astype(np.float64)
        for name in ("a", "n_drug", "n_event", "n")
    )


def _prior_table(fits: Mapping[str, Fit], as_of: Quarter) -> pa.Table:
    numbers = ("alpha1", "beta1", "alpha2", "beta2", "p", "nll", "gradient_norm")
    of_fit = {
        "likelihood": pa.string(),
        **dict.fromkeys(numbers, pa.float64()),
        "n_starts": pa.int32(),
        "n_starts_agreeing": pa.int32(),
    }
    schema = pa.schema(
        {
            "event_level": pa.string(),
            "status": pa.string(),
            "prior_as_of": pa.string(),
            "n_pairs": pa.int64(),
            "is_at_edge": pa.bool_(),
            **of_fit,
        }
    )
    rows = [
        {
            "event_level": level,
            "status": fit.status,
            "prior_as_of": str(as_of),
            "n_pairs": fit.n_pairs,
            "is_at_edge": fit.is_at_edge,
            **{name: getattr(fit.found, name, None) for name in of_fit},
        }
        for level, fit in sorted(fits.items())
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def _statistics(pairs: pa.Table, prior: MgpsPrior | None) -> pa.Table:
    """Number of reports of each pair, and its statistics where they are enough."""
    a, n_drug, n_event, n = _counts(pairs)
    enough = a >= FEWEST_REPORTS
    a, n_drug, n_event, n = (values[enough] for values in (a, n_drug, n_event, n))
    scores = disproportionality(a, n_drug - a, n_event - a, n - n_drug - n_event + a)
    shrunk = (
        prior.score(a, scores["expected"].to_numpy())
        if prior
        else scores[[]].assign(ebgm=np.nan, eb05=np.nan, eb95=np.nan)
    )
    columns = {
        **{
            f"{ratio}{limit}": scores[f"{ratio}{limit}"]
            for ratio in ("prr", "ror")
            for limit in ("", "_low", "_high")
        },
        **{name: scores[name] for name in ("is_exact", "chi2_yates")},
        **{name: scores[name] for name in ("ic", "ic025", "ic975")},
        **{name: shrunk[name] for name in ("ebgm", "eb05", "eb95")},
    }
    # A published table is ordered by its first columns: rows without statistics then
    # stand apart, where NULL throughout takes no room.
    table = pairs.select(["substance_no", "event_no", "a"])
    table = table.add_column(0, "is_scored", pa.array(enough))
    for name, values in columns.items():
        table = table.append_column(name, spread(values.to_numpy(), enough))
    return table
