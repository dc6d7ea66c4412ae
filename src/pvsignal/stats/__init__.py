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
from pvsignal.stats.interaction import omega
from pvsignal.stats.onset import OnsetSummary, Share, onset_summary
from pvsignal.stats.sequential import (
    MaxSprt,
    maxsprt,
    maxsprt_binomial_critical_value,
    maxsprt_critical_value,
    maxsprt_error,
    maxsprt_group_critical_value,
)
from pvsignal.stats.twobytwo import Ratio, chi2_yates, expected, prr, ror

__all__ = [
    "Contrast",
    "EmpiricalNull",
    "MaxSprt",
    "OnsetSummary",
    "PValues",
    "Ratio",
    "Share",
    "calibrated_p",
    "chi2_yates",
    "empirical_null",
    "expected",
    "maxsprt",
    "maxsprt_binomial_critical_value",
    "maxsprt_critical_value",
    "maxsprt_error",
    "maxsprt_group_critical_value",
    "omega",
    "onset_summary",
    "prr",
    "recent_contrast",
    "ror",
]
