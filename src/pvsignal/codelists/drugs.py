"""Which drugs are scored, of which therapies they consist, and their references."""

from __future__ import annotations

import pandas as pd

from pvsignal.codelists.names import split
from pvsignal.codelists.schema import REFERENCE, Codelists
from pvsignal.errors import CodelistError

CLASS_PREFIX = "class:"


def drug_members(lists: Codelists) -> pd.DataFrame:
    """Scored drugs and the therapies that make them up.

    Returns
    -------
    pandas.DataFrame
        ``drug_level`` (``substance`` or ``class``), ``drug``, ``label``, ``therapy``;
        a substance is its own member, a class (``class:s1p_modulator``) has its scored
        members; sorted. Therapies that are only compared with are in neither.
    """
    therapies = lists["therapies"].table
    scored = set(therapies.loc[therapies["scored"] == "Y", "ingredient"])
    rows = [("substance", name, name, name) for name in scored]
    for row in lists["therapy_classes"].table.to_dict("records"):
        members = scored & set(row["members"].split("|"))
        drug = CLASS_PREFIX + row["class_id"]
        rows += [("class", drug, row["label"], member) for member in members]
    return pd.DataFrame(
        sorted(rows), columns=["drug_level", "drug", "label", "therapy"], dtype=str
    )


def therapy_classes(lists: Codelists) -> pd.DataFrame:
    """Classes that are scored, in words.

    Returns
    -------
    pandas.DataFrame
        ``drug`` (``class:s1p_modulator``), ``label``, ``members`` (the scored ones,
        sorted, separated by commas), ``mechanism``, ``rationale``, ``certainty`` as
        the list of classes has them; sorted. A class without a scored member has none.
    """
    members = drug_members(lists)
    joined = members[members["drug_level"] == "class"].groupby("drug")["therapy"]
    table = lists["therapy_classes"].table
    named = table.assign(drug=CLASS_PREFIX + table["class_id"])
    found = named.drop(columns="members").merge(
        joined.agg(", ".join).rename("members"), on="drug"
    )
    columns = ["drug", "label", "members", "mechanism", "rationale", "certainty"]
    return found[columns].sort_values("drug", ignore_index=True)


def reference_therapies(lists: Codelists, reference_class: str) -> frozenset[str]:
    """Members of a class that a drug may be compared with.

    Parameters
    ----------
    lists
        All code lists.
    reference_class
        ``class_id`` of the list of classes, such as ``platform_reference``. Its members
        are scored themselves, or are there to be compared with only (``scored = R``).

    Raises
    ------
    CodelistError
        If there is no such class.
    """
    therapies, classes = lists["therapies"], lists["therapy_classes"]
    counted = therapies.table["scored"].isin(["Y", REFERENCE])
    named = classes.table.loc[classes.table["class_id"] == reference_class, "members"]
    reference = set(therapies.table.loc[counted, "ingredient"]) & {
        member for cell in named for member in split(cell)
    }
    if not reference:
        raise CodelistError(
            f"{classes.file} has no class '{reference_class}' with members to compare"
            " with; correct reference_class in the analysis file"
        )
    return frozenset(reference)


def reference_members(lists: Codelists, reference: frozenset[str]) -> pd.DataFrame:
    """Reference of comparator C for each scored drug: never the drug itself.

    Parameters
    ----------
    lists
        All code lists.
    reference
        Therapies to compare with, such as `reference_therapies` of a class.

    Returns
    -------
    pandas.DataFrame
        ``drug``, ``therapy``: members of the reference that are no member of the
        drug; a drug whose reference is empty has no row.
    """
    own = drug_members(lists).groupby("drug")["therapy"].agg(set)
    rows = [(drug, name) for drug in own.index for name in reference - own[drug]]
    return pd.DataFrame(sorted(rows), columns=["drug", "therapy"], dtype=str)


def search_names(lists: Codelists) -> pd.DataFrame:
    """Names under which reports of the scored therapies are asked for.

    A search cannot use the patterns that decide, so it asks for every name, brand,
    code and known misspelling of the list and for the ingredient; the patterns are
    tried on what comes. A spelling that is in none of these and that the FDA has not
    coded to the substance is not found.

    Returns
    -------
    pandas.DataFrame
        ``therapy``, ``name`` (upper case); sorted, each name once a therapy.
    """
    columns = [
        "disease_brands",
        "other_brands",
        "code_names",
        "faers_prod_ai",
        "faers_drugname_variants",
        "misspellings",
    ]
    therapies = lists["therapies"].table
    rows = {
        (row["ingredient"], name.strip().upper())
        for row in therapies[therapies["scored"] == "Y"].to_dict("records")
        for name in (row["ingredient"], *"|".join(row[c] for c in columns).split("|"))
        if name.strip()
    }
    return pd.DataFrame(sorted(rows), columns=["therapy", "name"], dtype=str)
