"""Statistics of disproportionate reporting: arrays in, frozen results out.

Everything here is pure: no files, no database, no clock. Counts are the cells of a
table of *reports*:

====================  =====  ============
..                    event  other events
====================  =====  ============
drug                  a      b
no such drug          c      d
====================  =====  ============
"""

from pvsignal.stats.adjusted import (
    AdjustedRor,
    adjusted_ror,
    reports_of_sex,
    reports_of_sex_or_unknown,
)
from pvsignal.stats.adjusted_events import adjusted_ror_of_events
from pvsignal.stats.calibration import (
    EmpiricalNull,
    PValues,
    calibrated_p,
    empirical_null,
)
from pvsignal.stats.contrast import Contrast, recent_contrast
from pvsignal.stats.detection import (
    Classification,
    Delays,
    Interval,
    RatioErrors,
    Survival,
    bootstrap_interval,
    classification,
    delays,
    mean_interval,
    newly_flagged,
    observed_to_expected,
    poisson_upper,
    ratio_errors,
    roc_area,
    survival,
)
from pvsignal.stats.exact import FisherTest, conditional_odds_ratio, fisher
from pvsignal.stats.information import (
    BcpnnDirichlet,
    BcpnnNormal,
    IcApproximation,
    InformationComponent,
    bcpnn_dirichlet,
    bcpnn_dirichlet_interval,
    bcpnn_normal,
    ic_approximation,
    information_component,
)
from pvsignal.stats.interaction import omega
from pvsignal.stats.likelihood_ratio import (
    LikelihoodRatioTest,
    llr_poisson,
    llr_two_proportions,
    poisson_lrt,
    two_proportion_lrt,
)
from pvsignal.stats.mgps import MgpsPrior, fit_mgps, zero_cells
from pvsignal.stats.multiplicity import (
    FalseDiscovery,
    bayesian_fdr,
    benjamini_hochberg,
    lbe_q,
    phvid_fdr,
    storey_q,
)
from pvsignal.stats.onset import OnsetSummary, Share, Sides, onset_sides, onset_summary
from pvsignal.stats.power import (
    detectable_ratio,
    detectable_reports,
    evaluable_a,
    evaluable_bc,
)
from pvsignal.stats.sequential import (
    MaxSprt,
    SpendingBoundary,
    maxsprt,
    maxsprt_binomial_critical_value,
    maxsprt_critical_value,
    maxsprt_error,
    maxsprt_group_critical_value,
    maxsprt_spending_boundary,
)
from pvsignal.stats.stratified import (
    Homogeneity,
    breslow_day,
    mantel_haenszel_prr,
    mantel_haenszel_ror,
    stratified_expected,
)
from pvsignal.stats.table import disproportionality
from pvsignal.stats.twobytwo import (
    Ratio,
    chi2,
    chi2_p,
    chi2_yates,
    expected,
    poisson_p_greater,
    prr,
    relative_reporting_ratio,
    ror,
    yules_q,
)

__all__ = [
    "AdjustedRor",
    "BcpnnDirichlet",
    "BcpnnNormal",
    "Classification",
    "Contrast",
    "Delays",
    "EmpiricalNull",
    "FalseDiscovery",
    "FisherTest",
    "Homogeneity",
    "IcApproximation",
    "InformationComponent",
    "Interval",
    "LikelihoodRatioTest",
    "MaxSprt",
    "MgpsPrior",
    "OnsetSummary",
    "PValues",
    "Ratio",
    "RatioErrors",
    "Share",
    "Sides",
    "SpendingBoundary",
    "Survival",
    "adjusted_ror",
    "adjusted_ror_of_events",
    "bayesian_fdr",
    "bcpnn_dirichlet",
    "bcpnn_dirichlet_interval",
    "bcpnn_normal",
    "benjamini_hochberg",
    "bootstrap_interval",
    "breslow_day",
    "calibrated_p",
    "chi2",
    "chi2_p",
    "chi2_yates",
    "classification",
    "conditional_odds_ratio",
    "delays",
    "detectable_ratio",
    "detectable_reports",
    "disproportionality",
    "empirical_null",
    "evaluable_a",
    "evaluable_bc",
    "expected",
    "fisher",
    "fit_mgps",
    "ic_approximation",
    "information_component",
    "lbe_q",
    "llr_poisson",
    "llr_two_proportions",
    "mantel_haenszel_prr",
    "mantel_haenszel_ror",
    "maxsprt",
    "maxsprt_binomial_critical_value",
    "maxsprt_critical_value",
    "maxsprt_error",
    "maxsprt_group_critical_value",
    "maxsprt_spending_boundary",
    "mean_interval",
    "newly_flagged",
    "observed_to_expected",
    "omega",
    "onset_sides",
    "onset_summary",
    "phvid_fdr",
    "poisson_lrt",
    "poisson_p_greater",
    "poisson_upper",
    "prr",
    "ratio_errors",
    "recent_contrast",
    "relative_reporting_ratio",
    "reports_of_sex",
    "reports_of_sex_or_unknown",
    "roc_area",
    "ror",
    "storey_q",
    "stratified_expected",
    "survival",
    "two_proportion_lrt",
    "yules_q",
    "zero_cells",
]
