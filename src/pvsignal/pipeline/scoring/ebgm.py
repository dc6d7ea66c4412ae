"""EBGM of the cells of comparator A."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pvsignal.analysis import Thresholds
from pvsignal.pipeline.scoring.columns import defined
from pvsignal.signals import rules
from pvsignal.stats import MgpsPrior


@dataclass(frozen=True)
class Priors:
    """Prior of each event level that has one, and the quarter that they are of."""

    as_of: str
    by_level: Mapping[str, MgpsPrior]


NO_PRIORS = Priors("", {})


def ebgm_columns(
    cells: pa.Table,
    expected: npt.NDArray[np.float64],
    *,
    priors: Priors,
    limits: Thresholds,
) -> dict[str, pa.Array]:
    """EBGM with its limits and flag; NULL where it is not computed.

    Computed in comparator A, at each fourth quarter of a year and at the latest one:
    a prior is fitted to the whole database, so that B and C have none, and of one
    quarter, so that a denser history would look like more than it is. Pairs without a
    report have none: the likelihood is that of reported pairs, and what it makes of
    the others is extrapolated.

    Parameters
    ----------
    cells
        ``comparator``, ``drug_level``, ``event_level``, ``quarter``, ``is_latest``
        and ``a``.
    expected
        Expected count of each cell; NaN or 0 gives NULL.
    priors, limits
        Priors of the latest quarter, thresholds of the analysis.

    Returns
    -------
    dict
        ``ebgm``, ``eb05``, ``eb95``; ``prior_as_of``, the quarter that the prior is of;
        ``prior_borrowed``, true for a class, as the prior is that of substances; and
        ``sdr_eb05``.
    """
    wanted = pc.and_(
        pc.equal(cells["comparator"], "A"),
        pc.or_(pc.ends_with(cells["quarter"], "q4"), cells["is_latest"]),
    ).to_numpy()
    a = cells["a"].to_numpy()
    wanted &= a >= 1
    found = {name: np.full(a.size, np.nan) for name in ("ebgm", "eb05", "eb95")}
    for level, prior in priors.by_level.items():
        rows = wanted & pc.equal(cells["event_level"], level).to_numpy()
        scores = prior.score(a[rows], expected[rows])
        for name, values in found.items():
            values[rows] = scores[name].to_numpy()
    is_computed = ~np.isnan(found["ebgm"])
    is_class = pc.equal(cells["drug_level"], "class").to_numpy()
    flags = rules.sdr_eb05(a, found["eb05"], limits=limits)
    return {
        **{name: defined(values) for name, values in found.items()},
        "prior_as_of": pc.if_else(
            pa.array(is_computed), priors.as_of, pa.scalar(None, pa.string())
        ),
        "prior_borrowed": defined(is_class, is_computed),
        "sdr_eb05": defined(flags, is_computed),
    }
