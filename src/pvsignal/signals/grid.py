"""The grid: every combination of choices, fixed beforehand, and what it leaves.

A *specification* is one choice on each axis. The primary specification of a comparator
makes the choice of the analysis on every axis; it is counted as the primary variant is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from pvsignal.analysis import Analysis, Role, Variant

Flags = npt.NDArray[np.bool_]

ROLE_ORDER: Final[tuple[Role, ...]] = ("PS", "SS", "C", "I")

TOO_SMALL: Final = "population too small"
NOT_EVALUABLE: Final = "not evaluable"
NOT_COMPARABLE: Final = "no stratum compares"


@dataclass(frozen=True)
class Specification:
    """One choice on each axis, by the values of the analysis file.

    Attributes
    ----------
    roles
        Roles joined by ``+``, in the order PS, SS, C, I.
    """

    comparator: str
    roles: str
    reporter: str
    duplicates: str
    litigated: str
    indication_rule: str
    adjustment: str

    def __str__(self) -> str:
        choices = [
            choice_in_words(axis, value)
            for axis, value in vars(self).items()
            if axis != "comparator"
        ]
        return f"{self.comparator}: {', '.join(choices)}"


AXES: Final = tuple(field.name for field in fields(Specification))

_WORDS: Final[Mapping[tuple[str, str], str]] = {
    ("roles", "PS"): "role PS only",
    ("roles", "PS+SS+C+I"): "any role",
    ("reporter", "all"): "all reporters",
    ("reporter", "professional"): "professionals only",
    ("duplicates", "left_out"): "suspected duplicates left out",
    ("duplicates", "counted"): "suspected duplicates counted",
    ("litigated", "left_out"): "litigated reports left out",
    ("litigated", "counted"): "litigated reports counted",
    ("indication_rule", "standard"): "standard indication rule",
    ("indication_rule", "narrow"): "narrow indication rule",
    ("indication_rule", "off"): "no indication rule",
    ("adjustment", "crude"): "crude",
    ("adjustment", "age_sex"): "adjusted for age and sex",
    ("adjustment", "year"): "adjusted for year of receipt",
}


def choice_in_words(axis: str, value: str) -> str:
    """Choice on one axis as it stands in a sentence.

    Examples
    --------
    >>> choice_in_words("roles", "PS"), choice_in_words("roles", "PS+SS")
    ('role PS only', 'roles PS+SS')
    """
    plain = f"comparator {value}" if axis == "comparator" else f"{axis} {value}"
    return _WORDS.get((axis, value), plain)


def joined_roles(roles: Sequence[str]) -> str:
    """Set of roles as the grid names it.

    Examples
    --------
    >>> joined_roles(["I", "SS", "PS", "C"])
    'PS+SS+C+I'
    """
    return "+".join(role for role in ROLE_ORDER if role in roles)


def specifications(analysis: Analysis) -> tuple[Specification, ...]:
    """Every combination of what the analysis lists, in the order of the file.

    The last axis, the adjustment, changes first.
    """
    grid = analysis.grid
    return tuple(
        Specification(*choice)
        for choice in product(
            grid.comparator,
            [joined_roles(roles) for roles in analysis.grid_roles],
            grid.reporter,
            grid.duplicates,
            grid.litigated,
            grid.indication_rule,
            grid.adjustment,
        )
    )


def primary_specification(analysis: Analysis, comparator: str) -> Specification:
    """Specification that is counted as the primary variant."""
    return Specification(
        comparator=comparator,
        roles=joined_roles(analysis.roles),
        reporter="all",
        duplicates="left_out",
        litigated="left_out",
        indication_rule="standard",
        adjustment="crude",
    )


def specification_of(
    variant: Variant, analysis: Analysis, comparator: str
) -> Specification | None:
    """Specification that counts what a variant counts; None where no axis tells it."""
    restricts = variant.reports.model_dump(exclude_defaults=True)
    is_professional = restricts == {"reporter": ("professional",)}
    if variant.since_first_report or variant.reference:
        return None
    if restricts and not is_professional:
        return None
    return Specification(
        comparator=comparator,
        roles=joined_roles(variant.roles or analysis.roles),
        reporter="professional" if is_professional else "all",
        duplicates=variant.suspected_duplicates,
        litigated=variant.litigated,
        indication_rule=variant.indication_rule,
        adjustment="crude",
    )


def changed_axes(one: Specification, other: Specification) -> tuple[str, ...]:
    """Axes on which two specifications differ."""
    pairs = zip(AXES, astuple(one), astuple(other), strict=True)
    return tuple(axis for axis, value, second in pairs if value != second)


def why_not_counted(
    n: npt.NDArray[np.float64],
    evaluable: Flags,
    compares: Flags,
    *,
    min_reports: int,
) -> npt.NDArray[np.object_]:
    """Why a specification is in no share; None where it is.

    Parameters
    ----------
    n
        Reports of the population, any shape.
    evaluable
        What `pvsignal.signals.rules.evaluable` says of its cells.
    compares
        Whether any stratum has reports with and without drug, and with and without the
        event.
    min_reports
        Smallest population that is counted.
    """
    reasons = np.full(n.shape, None, dtype=object)
    reasons[~evaluable] = NOT_EVALUABLE
    reasons[~compares] = NOT_COMPARABLE
    reasons[n < min_reports] = TOO_SMALL
    return reasons


@dataclass(frozen=True)
class Flip:
    """One choice that turns the flag of the primary specification of a comparator."""

    comparator: str
    choice: str
    is_positive: bool


def flips_in_words(flips: Sequence[Flip]) -> str | None:
    """Sentence of the choices that turn a flag; None where no choice does.

    Examples
    --------
    >>> ps = "role PS only"
    >>> flips_in_words([Flip("A", ps, False), Flip("B", ps, False)])
    'role PS only turns A and B off'
    """
    turned: dict[tuple[str, bool], list[str]] = {}
    for flip in flips:
        turned.setdefault((flip.choice, flip.is_positive), []).append(flip.comparator)
    return (
        "; ".join(
            f"{choice} turns {_listed(comparators)} {'on' if is_positive else 'off'}"
            for (choice, is_positive), comparators in turned.items()
        )
        or None
    )


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
