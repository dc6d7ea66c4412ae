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

from pvsignal.stats.mgps import MgpsPrior, fit_mgps, zero_cells
from pvsignal.stats.twobytwo import Ratio, chi2_yates, expected, prr, ror

__all__ = [
    "MgpsPrior",
    "Ratio",
    "chi2_yates",
    "expected",
    "fit_mgps",
    "prr",
    "ror",
    "zero_cells",
]
