"""The rules that an evaluation compares, and where their columns stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Rule:
    """One way to flag a pair.

    Attributes
    ----------
    name, title
        Name in the figures and for a person.
    comparators
        Those in which it exists.
    flag
        Column of the flag.
    score
        Column that ranks pairs; empty where there is none.
    estimate, low, high
        Columns of the ratio that it rests on, with its limits; empty where it has none.
    is_log2
        True where those three are on the scale of log2.
    expects_itself
        True where the ratio is that to an expected count of all reports, those of the
        drug among them.
    """

    name: str
    title: str
    comparators: tuple[str, ...]
    flag: str
    score: str = ""
    estimate: str = ""
    low: str = ""
    high: str = ""
    is_log2: bool = False
    expects_itself: bool = False


ALL: Final = ("A", "B", "C")

# Of the flags of the board in A, B and C together.
TOGETHER: Final = "A and B or C"

RULES: Final = (
    Rule(
        "evans", "PRR, rule of Evans", ALL, "sdr_evans", "prr",
        *("prr", "prr_low", "prr_high"),
    ),
    Rule(
        "ror", "ROR, lower limit", ALL, "sdr_ror", "ror_low",
        *("ror", "ror_low", "ror_high"),
    ),
    Rule(
        "ic", "IC025", ALL, "sdr_ic", "ic025", *("ic", "ic025", "ic975"),
        is_log2=True, expects_itself=True,
    ),
    Rule(
        "eb05", "EB05", ("A",), "sdr_eb05", "eb05", *("ebgm", "eb05", "eb95"),
        expects_itself=True,
    ),
    Rule(
        "ic_year", "IC025 by year", ("A",), "sdr_ic_year", "ic025_year",
        *("ic_year", "ic025_year", "ic975_year"), is_log2=True, expects_itself=True,
    ),
    Rule(
        "ror_age_sex", "ROR by age and sex", ALL, "sdr_ror_age_sex", "ror_age_sex_low",
        *("ror_age_sex", "ror_age_sex_low", "ror_age_sex_high"),
    ),
    Rule("robust", "robust", (TOGETHER,), "robust"),
)  # fmt: skip
