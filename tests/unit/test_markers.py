"""Benign markers, leads and tests: events of their own beside the event they watch."""

import pandas as pd
import pytest

from pvsignal.codelists import (
    Codelists,
    classify_terms,
    event_catalogue,
    litigated_events,
    litigated_markers,
    load_codelists,
    marker_catalogue,
    markers_of_terms,
    normalise_term,
)


@pytest.fixture(scope="module")
def lists() -> Codelists:
    return load_codelists()


@pytest.fixture(scope="module")
def catalogue(lists: Codelists) -> pd.DataFrame:
    return marker_catalogue(lists)


def events(lists: Codelists, *terms: str) -> dict[str, set[str]]:
    found = markers_of_terms(classify_terms(terms, lists), lists)
    assert set(found["event_level"]) <= {"marker"}
    return {term: set(rows["event"]) for term, rows in found.groupby("term")}


def test_a_mass_is_a_lead_and_a_biopsy_a_test_though_neither_is_a_neoplasm(
    lists: Codelists,
) -> None:
    found = events(lists, "BREAST MASS", "BIOPSY BREAST", "HEADACHE", "BREAST CANCER")
    assert found == {
        "BREAST MASS": {"marker:breast:lead"},
        "BIOPSY BREAST": {"marker:breast:test"},
    }


def test_a_naevus_is_a_benign_marker_of_each_skin_cancer_that_is_looked_for(
    lists: Codelists,
) -> None:
    assert events(lists, "MELANOCYTIC NAEVUS")["MELANOCYTIC NAEVUS"] == {
        "marker:skin_bcc:benign",
        "marker:skin_scc:benign",
        "marker:melanoma_cutaneous:benign",
        "marker:skin_unspecified:benign",
    }


def test_benign_premalignant_lead_and_test_stay_apart(lists: Codelists) -> None:
    found = events(lists, "SKIN LESION", "ACTINIC KERATOSIS", "BIOPSY SKIN")
    assert "marker:skin_bcc:lead" in found["SKIN LESION"]
    assert "marker:skin_bcc:premalignant" in found["ACTINIC KERATOSIS"]
    assert "marker:skin_bcc:test" in found["BIOPSY SKIN"]


def test_each_marker_watches_an_event_and_its_name_says_which(
    lists: Codelists, catalogue: pd.DataFrame
) -> None:
    known = set(event_catalogue(lists)["event"])
    assert set(catalogue["watched_event"]) <= known
    for row in catalogue.itertuples():
        assert row.event.startswith(f"marker:{row.watched_event}:")
    # A name that is group and supergroup means the group, as everywhere.
    assert "marker:breast:benign" in set(catalogue["event"])
    assert "marker:all_lymphoma:lead" in set(catalogue["event"])


def test_names_and_labels_of_markers_are_unique_over_all_events(
    lists: Codelists, catalogue: pd.DataFrame
) -> None:
    events = event_catalogue(lists)
    for column in ("event", "label"):
        both = pd.concat([events[column], catalogue[column]])
        assert both.is_unique


def test_every_row_of_the_list_is_in_a_marker(
    lists: Codelists, catalogue: pd.DataFrame
) -> None:
    terms = [normalise_term(pt) for pt in lists["detection_markers"].table["pt"]]
    assert set(events(lists, *terms)) == set(terms)
    found = markers_of_terms(classify_terms(terms, lists), lists)
    assert set(found["event"]) == set(catalogue["event"])


def test_a_marker_leaves_the_same_litigated_reports_as_its_event(
    lists: Codelists, catalogue: pd.DataFrame
) -> None:
    litigated = litigated_events(lists, ("high", "medium"))
    markers = litigated_markers(litigated, lists)
    assert list(markers.columns) == list(litigated.columns)
    assert not markers.empty
    years = ["ingredient", "year_from", "year_to"]

    def leaving(table: pd.DataFrame, event: str) -> set[tuple[object, ...]]:
        rows = table[(table["event"] == event) & (table["event_level"] != "group_pts")]
        return set(rows[years].itertuples(index=False, name=None))

    for row in catalogue.itertuples():
        expected = leaving(litigated, row.watched_event)
        assert leaving(markers, row.event) == expected
