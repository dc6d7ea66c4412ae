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
from pvsignal.stats.power import (
    detectable_ratio,
    detectable_reports,
    evaluable_a,
    evaluable_bc,
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
    "BcpnnDirichlet",
    "BcpnnNormal",
    "FisherTest",
    "IcApproximation",
    "InformationComponent",
    "Ratio",
    "bcpnn_dirichlet",
    "bcpnn_dirichlet_interval",
    "bcpnn_normal",
    "chi2",
    "chi2_p",
    "chi2_yates",
    "conditional_odds_ratio",
    "detectable_ratio",
    "detectable_reports",
    "disproportionality",
    "evaluable_a",
    "evaluable_bc",
    "expected",
    "fisher",
    "ic_approximation",
    "information_component",
    "poisson_p_greater",
    "prr",
    "relative_reporting_ratio",
    "ror",
    "yules_q",
]
