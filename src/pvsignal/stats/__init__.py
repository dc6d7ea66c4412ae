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

from pvsignal.stats.twobytwo import Ratio, chi2_yates, expected, prr, ror

__all__ = ["Ratio", "chi2_yates", "expected", "prr", "ror"]
