"""Names to substances: cleaning, placeholders, salts, combinations."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal.codelists import clean_names, ingredients, load_codelists, substances
from pvsignal.codelists.substances import bare_name, clean_name, salt_policy

LISTS = load_codelists()
POLICY = salt_policy(LISTS)


def substances_of(prod_ai: str) -> list[str]:
    return list(ingredients([prod_ai], LISTS)["substance"])


def test_examples_of_the_documentation_hold():
    assert doctest.testmod(substances).failed == 0


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("PREDNISONE.", "PREDNISONE"),
        (" aspirin ", "ASPIRIN"),
        ("ASPIRIN  81MG", "ASPIRIN 81MG"),
        ("ST. JOHN^S WORT", "ST. JOHN'S WORT"),
        ('"VITAMINS" (NOS)', 'VITAMINS" (NOS)'),
        ("...", ""),
    ],
)
def test_clean_name(text, clean):
    assert clean_name(text) == clean


@pytest.mark.parametrize(
    ("clean", "bare"),
    [
        ("PREDNISONE 5 MG TABLETS", "PREDNISONE"),
        ("HUMIRA 40 MG/0.8 ML PEN", "HUMIRA"),
        ("INSULIN GLARGINE 100 UNITS/ML", "INSULIN GLARGINE"),
        ("B12", "B12"),
        ("INTERFERON BETA-1A", "INTERFERON BETA-1A"),
        ("FACTOR VIII", "FACTOR VIII"),
        ("TABLETS", "TABLETS"),
        ("VALERIN /00228502/", "VALERIN"),
        ("OMEGA-3", "OMEGA-3"),
    ],
)
def test_bare_name_keeps_what_names_the_substance(clean, bare):
    assert bare_name(clean) == bare


@pytest.mark.parametrize(
    ("prod_ai", "expected"),
    [
        ("ZOLPIDEM\\ZOLPIDEM TARTRATE", ["zolpidem"]),
        ("METFORMIN HYDROCHLORIDE", ["metformin"]),
        (
            "SITAGLIPTIN PHOSPHATE\\METFORMIN HYDROCHLORIDE",
            ["metformin", "sitagliptin"],
        ),
        ("METHYLPREDNISOLONE SODIUM SUCCINATE", ["methylprednisolone"]),
        ("CLOPIDOGREL HYDROGEN SULFATE", ["clopidogrel"]),
        ("DIMETHYL FUMARATE", ["dimethyl fumarate"]),
        ("DIROXIMEL FUMARATE", ["diroximel fumarate"]),
        ("SODIUM CHLORIDE", ["sodium chloride"]),
        ("CALCIUM CARBONATE", ["calcium carbonate"]),
        ("FERROUS SULFATE", ["ferrous sulfate"]),
        ("SILVER NITRATE", ["silver nitrate"]),
        ("GLATIRAMER ACETATE", ["glatiramer"]),
        ("ALENDRONATE SODIUM OR ALENDRONIC ACID", ["alendronate", "alendronic acid"]),
        ("UNSPECIFIED INGREDIENT", []),
        ("ASPIRIN\\UNSPECIFIED INGREDIENT", ["aspirin"]),
        ("COSMETICS", []),
    ],
)
def test_substances_of_a_coded_ingredient(prod_ai, expected):
    assert substances_of(prod_ai) == expected


def test_names_that_are_no_drug_are_placeholders():
    names = ["Unknown.", "PLACEBO TABLET", "NA", ". .", "VITAMINS NOS"]
    names += ["MINERALS\\VITAMINS", "UNKNOWN (UNKNOWN)"]
    assert clean_names(names, LISTS)["is_placeholder"].all()
    drugs = ["VITAMIN D NOS", "ASPIRIN", "VITAMINS\\ASPIRIN", "UNKNOWINE"]
    assert not clean_names(drugs, LISTS)["is_placeholder"].any()


def test_name_with_its_own_salt_is_the_substance():
    found = clean_names(["NAPROXEN SODIUM 220 MG", "DIMETHYL FUMARATE"], LISTS)
    assert list(found["own"]) == ["naproxen", "dimethyl fumarate"]


@given(st.text(max_size=40))
def test_cleaning_twice_changes_nothing(text):
    once = clean_name(text)
    assert clean_name(once) == once
    assert bare_name(bare_name(once)) == bare_name(once) or len(once) > 0


@given(
    st.lists(
        st.sampled_from(["ZOLPIDEM", "TARTRATE", "SODIUM", "DIMETHYL"]), max_size=4
    )
)
def test_a_salt_is_never_left_alone_and_nothing_is_lost_but_the_end(words):
    name = " ".join(words)
    left = POLICY.substance_of(name).upper()
    assert name.startswith(left)
    if left and left != name:
        assert "ZOLPIDEM" in left.split()


def test_every_listed_therapy_keeps_its_name_without_its_salt():
    """The code list's own ingredients come out as one substance each."""
    texts = {
        part.strip()
        for cell in LISTS["therapies"].table["faers_prod_ai"]
        for part in cell.split("|")
        if part.strip() and "\\" not in part
    }
    counts = ingredients(sorted(texts), LISTS).groupby("prod_ai").size()
    assert set(counts) == {1} and set(counts.index) == texts
