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
from pvsignal.stats.likelihood_ratio import (
    LikelihoodRatioTest,
    llr_poisson,
    llr_two_proportions,
    poisson_lrt,
    two_proportion_lrt,
)
from pvsignal.stats.multiplicity import (
    FalseDiscovery,
    bayesian_fdr,
    benjamini_hochberg,
    lbe_q,
    phvid_fdr,
    storey_q,
)
from pvsignal.stats.stratified import (
    Homogeneity,
    breslow_day,
    mantel_haenszel_prr,
    mantel_haenszel_ror,
    stratified_expected,
)
from pvsignal.stats.twobytwo import Ratio, chi2_yates, expected, prr, ror

__all__ = [
    "AdjustedRor",
    "FalseDiscovery",
    "Homogeneity",
    "LikelihoodRatioTest",
    "Ratio",
    "adjusted_ror",
    "bayesian_fdr",
    "benjamini_hochberg",
    "breslow_day",
    "chi2_yates",
    "expected",
    "lbe_q",
    "llr_poisson",
    "llr_two_proportions",
    "mantel_haenszel_prr",
    "mantel_haenszel_ror",
    "phvid_fdr",
    "poisson_lrt",
    "prr",
    "reports_of_sex",
    "reports_of_sex_or_unknown",
    "ror",
    "storey_q",
    "stratified_expected",
    "two_proportion_lrt",
]
