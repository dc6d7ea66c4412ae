"""Counts become statistics: one module per table of results.

Each module reads models of the warehouse, computes in NumPy and stores its table;
`score` calls them in order.
"""

from __future__ import annotations

from dataclasses import dataclass

from pvsignal import warehouse
from pvsignal.errors import UsageError
from pvsignal.pipeline.building import Built, built_before, open_warehouse
from pvsignal.pipeline.inputs import Inputs
from pvsignal.pipeline.scoring.adjusted import score_adjusted
from pvsignal.pipeline.scoring.cells import score_cells
from pvsignal.pipeline.scoring.contrast import score_contrast
from pvsignal.pipeline.scoring.controls import score_controls
from pvsignal.pipeline.scoring.drug_tests import score_drug_tests
from pvsignal.pipeline.scoring.ebgm import Priors
from pvsignal.pipeline.scoring.interactions import score_interactions
from pvsignal.pipeline.scoring.masking import score_masking
from pvsignal.pipeline.scoring.multiplicity import score_multiplicity
from pvsignal.pipeline.scoring.onset import score_onset
from pvsignal.pipeline.scoring.pairs import score_pairs
from pvsignal.pipeline.scoring.surveillance import score_surveillance
from pvsignal.pipeline.scoring.year_stratified import score_year_stratified
from pvsignal.settings import Settings


@dataclass(frozen=True)
class Scored:
    """Statistics stand in ``signals.statistic``."""

    built: Built
    n_statistics: int


def score(settings: Settings, built: Built) -> Scored:
    """Compute the statistics of every cell table and what stands beside them."""
    with open_warehouse(settings) as con:
        as_of = built.inputs.as_of
        priors = Priors(str(as_of), score_pairs(con, as_of))
        n_statistics = score_cells(con, built.inputs.analysis, priors=priors)
        score_masking(con)
        score_adjusted(con)
        score_onset(con)
        score_interactions(con)
        score_controls(con)
        score_drug_tests(con)
        score_multiplicity(con, priors.by_level)
        score_year_stratified(con, built.inputs.analysis.thresholds)
        score_contrast(con)
        score_surveillance(con, built.inputs.analysis)
    return Scored(built, n_statistics)


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
