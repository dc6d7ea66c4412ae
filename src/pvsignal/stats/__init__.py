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

from pvsignal.stats.calibration import (
    EmpiricalNull,
    PValues,
    calibrated_p,
    empirical_null,
)
from pvsignal.stats.contrast import Contrast, recent_contrast
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
from pvsignal.stats.power import (
    detectable_ratio,
    detectable_reports,
    evaluable_a,
    evaluable_bc,
)
from pvsignal.stats.sequential import (
    MaxSprt,
    maxsprt,
    maxsprt_binomial_critical_value,
    maxsprt_critical_value,
    maxsprt_error,
    maxsprt_group_critical_value,
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
    "Contrast",
    "EmpiricalNull",
    "FisherTest",
    "IcApproximation",
    "InformationComponent",
    "MaxSprt",
    "PValues",
    "Ratio",
    "bcpnn_dirichlet",
    "bcpnn_dirichlet_interval",
    "bcpnn_normal",
    "calibrated_p",
    "chi2",
    "chi2_p",
    "chi2_yates",
    "conditional_odds_ratio",
    "detectable_ratio",
    "detectable_reports",
    "disproportionality",
    "empirical_null",
    "evaluable_a",
    "evaluable_bc",
    "expected",
    "fisher",
    "ic_approximation",
    "information_component",
    "maxsprt",
    "maxsprt_binomial_critical_value",
    "maxsprt_critical_value",
    "maxsprt_error",
    "maxsprt_group_critical_value",
    "omega",
    "poisson_p_greater",
    "prr",
    "recent_contrast",
    "relative_reporting_ratio",
    "ror",
    "yules_q",
]
