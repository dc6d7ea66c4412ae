"""Names that openFDA is asked for are names that the patterns accept."""

import pytest

from pvsignal import codelists


@pytest.fixture(scope="module")
def lists():
    return codelists.load_codelists()


def test_each_name_asked_for_is_matched_by_the_pattern_of_its_therapy(lists):
    names = codelists.search_names(lists)
    named = codelists.therapies_named(list(names["name"]), lists)
    for therapy, name in names.itertuples(index=False):
        assert therapy in named[name], f"{name} is no name of {therapy}"


def test_every_scored_therapy_is_asked_for_by_its_ingredient(lists):
    names = codelists.search_names(lists)
    asked = set(names.itertuples(index=False, name=None))
    table = lists["therapies"].table
    scored = set(table.loc[table["scored"] == "Y", "ingredient"])
    assert {therapy for therapy, _ in asked} == scored
    assert {(therapy, therapy.upper()) for therapy in scored} <= asked


@pytest.mark.parametrize(
    ("text", "therapies"),
    [
        ("OCREVUS", {"ocrelizumab"}),
        ("AMIFAMPRIDINE", set()),
        ("Campath", {"alemtuzumab"}),
        ("ASPIRIN", set()),
    ],
)
def test_a_text_names_the_therapies_of_its_patterns(lists, text, therapies):
    assert codelists.therapies_named([text], lists).get(text, frozenset()) == therapies
