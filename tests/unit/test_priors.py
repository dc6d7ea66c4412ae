"""What becomes of a fit: a prior that is used, or a reason why there is none."""

from dataclasses import replace

import pytest

from pvsignal.pipeline.scoring.pairs import Fit
from pvsignal.stats import MgpsPrior

FOUND = MgpsPrior(0.5, 0.2, 1.6, 2.1, 0.1, likelihood="B", converged=True)


def test_a_fit_that_found_its_optimum_is_a_prior() -> None:
    fit = Fit(5_000, FOUND)
    assert (fit.status, fit.prior, fit.is_at_edge) == ("fitted", FOUND, False)


def test_a_search_that_did_not_end_is_no_prior() -> None:
    fit = Fit(5_000, replace(FOUND, converged=False))
    assert (fit.status, fit.prior) == ("not converged", None)


@pytest.mark.parametrize(
    ("gradient", "n_agreeing", "status"),
    [(6.5e-5, 13, "fitted"), (6.5e-5, 1, "not converged"), (0.5, 13, "not converged")],
)
def test_the_flat_of_a_ridge_that_several_starts_reach_is_a_prior(
    gradient: float, n_agreeing: int, status: str
) -> None:
    found = replace(
        FOUND,
        converged=False,
        gradient_norm=gradient,
        n_starts=14,
        n_starts_agreeing=n_agreeing,
    )
    assert Fit(5_000, found).status == status


def test_too_few_pairs_are_no_prior() -> None:
    fit = Fit(999, None)
    assert (fit.status, fit.prior, fit.is_at_edge) == ("too few pairs", None, None)


def test_two_points_are_no_prior_as_every_limit_would_have_no_width() -> None:
    fit = Fit(5_000, replace(FOUND, alpha1=2e17, beta1=2e17, alpha2=1e10, beta2=5e10))
    assert (fit.status, fit.prior, fit.is_at_edge) == ("points only", None, True)


@pytest.mark.parametrize(
    "change",
    [
        {"alpha2": 2e6, "beta2": 2e6},
        {"alpha2": 1e-9},
        {"p": 1e-7},
        {"p": 1 - 1e-7},
    ],
)
def test_a_component_that_is_a_point_or_nothing_is_told(
    change: dict[str, float],
) -> None:
    fit = Fit(5_000, replace(FOUND, **change))
    assert fit.is_at_edge
    assert fit.prior is not None
