"""The variants of an analysis as small tables that SQL counts by (docs/variants.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import pandas as pd

from pvsignal import codelists
from pvsignal.analysis import Analysis, Variant
from pvsignal.codelists import Codelists

# What the indication rule leaves of an event; no_event stands for reports as such.
EVENT_USES: Final[Mapping[str, tuple[str, ...]]] = {
    "standard": ("no_event", "counted", "treated"),
    "narrow": ("no_event", "counted"),
    "off": ("no_event", "counted", "treated", "left_out"),
}


SELECTION: Final = [
    "selection",
    "population",
    "role_set",
    "indication_rule",
    "counts_litigated",
]


def variant_tables(analysis: Analysis, lists: Codelists) -> dict[str, pd.DataFrame]:
    """Tables of the schema ``analysis`` that say how each variant counts.

    A *population* is a choice of reports by their traits, a *selection* a population
    with roles, indication rule and litigated reports; variants that share one are
    counted once. References that come to the same therapies share a *reference set*.

    Raises
    ------
    CodelistError
        If a class that a variant compares with does not exist.
    """
    references = _references(analysis, lists)
    members = _members(analysis, lists)
    rows = [_row(variant, analysis) for variant in analysis.variants]
    traits = {_name_of(found): found for found in map(_traits, analysis.variants)}
    comparators = [
        (variant.name, comparator)
        for variant in analysis.variants
        for comparator in variant.comparators
    ]
    primary = next(row for row in rows if row["variant"] == "primary")
    for name, title in members.items():
        rows.append(primary | {"variant": name, "title": title, "reference": name})
        comparators.append((name, "C"))
    variants = pd.DataFrame(rows)
    variants.insert(1, "place", range(len(rows)))

    reference_of, reference_set = _reference_sets(references, lists)
    return {
        "analysis.variant": variants.drop(columns=["population", "counts_litigated"]),
        "analysis.variant_comparator": pd.DataFrame(
            comparators, columns=["variant", "comparator"], dtype=str
        ),
        "analysis.selection": variants[SELECTION].drop_duplicates(),
        "analysis.population": pd.DataFrame(
            [(name, len(allowed)) for name, allowed in traits.items()],
            columns=["population", "n_traits"],
        ),
        "analysis.population_trait": pd.DataFrame(
            [
                (name, trait, value)
                for name, allowed in traits.items()
                for trait, values in allowed.items()
                for value in values
            ],
            columns=["population", "trait", "value"],
            dtype=str,
        ),
        "analysis.role_set": pd.DataFrame(
            sorted(
                {(row["role_set"], role) for row in rows for role in _split_roles(row)}
                | {(role_set(own), role) for own in analysis.grid_roles for role in own}
            ),
            columns=["role_set", "role_cod"],
            dtype=str,
        ),
        "analysis.event_use": pd.DataFrame(
            [(rule, use) for rule, uses in EVENT_USES.items() for use in uses],
            columns=["indication_rule", "event_use"],
            dtype=str,
        ),
        "analysis.reference_of": reference_of,
        "analysis.reference_set": reference_set,
    }


def role_set(roles: Iterable[str]) -> str:
    """Name of a set of roles."""
    return "+".join(sorted(set(roles)))


def _split_roles(row: Mapping[str, object]) -> list[str]:
    return str(row["role_set"]).split("+")


def _row(variant: Variant, analysis: Analysis) -> dict[str, object]:
    selection = {
        "population": _name_of(_traits(variant)),
        "role_set": role_set(variant.roles or analysis.roles),
        "indication_rule": variant.indication_rule,
        "counts_litigated": variant.litigated == "counted",
    }
    return {
        "variant": variant.name,
        "title": variant.title or variant.name.replace("_", " "),
        "selection": " / ".join(map(str, selection.values())),
        **selection,
        "is_aligned": variant.since_first_report,
        "reference": variant.reference or analysis.reference_class,
    }


def _traits(variant: Variant) -> dict[str, tuple[str, ...]]:
    """Traits that a variant restricts and the values that it allows."""
    chosen = variant.reports.model_dump(exclude_defaults=True)
    if variant.suspected_duplicates == "left_out":
        chosen["is_suspected_duplicate"] = ("no",)
    return {trait: tuple(sorted(set(map(str, v)))) for trait, v in chosen.items()}


def _name_of(traits: Mapping[str, Iterable[str]]) -> str:
    named = [f"{name} = {'|'.join(v)}" for name, v in sorted(traits.items())]
    return "; ".join(named) or "all reports"


def _members(analysis: Analysis, lists: Codelists) -> dict[str, str]:
    """Names and titles of the variants that try each reference member by itself."""
    reference = codelists.reference_therapies(lists, analysis.reference_class)
    found = {}
    for kind in analysis.reference_members:
        for member in sorted(reference):
            if kind == "alone":
                found[f"reference_only:{member}"] = f"C against {member} alone"
            else:
                found[f"reference_without:{member}"] = f"C without {member}"
    return found


def _references(analysis: Analysis, lists: Codelists) -> dict[str, frozenset[str]]:
    """Every reference that a variant of C uses, by name."""
    standard = analysis.reference_class
    classes = {standard, *(v.reference for v in analysis.variants if v.reference)}
    found = {name: codelists.reference_therapies(lists, name) for name in classes}
    for name in _members(analysis, lists):
        kind, _, member = name.partition(":")
        is_alone = kind == "reference_only"
        found[name] = frozenset({member}) if is_alone else found[standard] - {member}
    return found


def _reference_sets(
    references: Mapping[str, frozenset[str]], lists: Codelists
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reference set of each drug in each reference, and the therapies of each set."""
    uses, therapies = [], {}
    for reference, members in sorted(references.items()):
        by_drug = codelists.reference_members(lists, members).groupby("drug")
        for drug, own in by_drug["therapy"]:
            name = "|".join(sorted(own))
            therapies[name] = sorted(own)
            uses.append((reference, drug, name))
    return (
        pd.DataFrame(uses, columns=["reference", "drug", "reference_set"], dtype=str),
        pd.DataFrame(
            [(name, therapy) for name, own in therapies.items() for therapy in own],
            columns=["reference_set", "therapy"],
            dtype=str,
        ),
    )
