"""The lists of the analysis of JAK inhibitors, and what they mean."""

import re
from pathlib import Path

import pytest

from pvsignal import codelists
from pvsignal.analysis import load_analysis
from pvsignal.codelists import Codelists

ANALYSIS = load_analysis(Path("jak_inhibitors"))
OWN = {
    "jak_therapies",
    "jak_classes",
    "jak_indications",
    "cardiovascular_terms",
    "cardiovascular_groups",
    "cardiovascular_litigated",
    "label_dates",
    "notoriety_dates",
}


@pytest.fixture(scope="module")
def lists() -> Codelists:
    return codelists.load_codelists(analysis=ANALYSIS)


def whys(lists: Codelists, name: str) -> set[tuple[str, str]]:
    hits = codelists.match_names([name], lists)
    hits = hits[hits["list"] == "therapies"]
    return set(zip(hits["entry"], hits["why"], strict=True))


def meaning(lists: Codelists, *terms: str) -> list[dict[str, object]]:
    found = codelists.classify_terms(terms, lists).to_dict("records")
    return [{str(key): value for key, value in row.items()} for row in found]


def test_the_own_lists_are_in_use_and_each_states_its_certainty(
    lists: Codelists,
) -> None:
    assert set(lists.files) >= OWN
    for name in OWN:
        card = lists.files[name].card
        assert card["certainty"] in ("high", "medium", "low")
        assert "recalled" in card["source"]


def test_whatever_was_rejected_says_why(lists: Codelists) -> None:
    therapies = lists["therapies"].table
    assert (therapies["product_reason"] != "").all()
    for name in ("cardiovascular_terms", "cardiovascular_groups"):
        table = lists.files[name].table
        assert (table["included"] == "N").any()
        assert (table["reason"][table["included"] == "N"] != "").all()


def test_each_therapy_is_found_by_its_name_and_its_brands(lists: Codelists) -> None:
    for row in lists["therapies"].table.to_dict("records"):
        names = f"{row['ingredient']}|{row['disease_brands']}|{row['other_brands']}"
        for name in filter(None, names.split("|")):
            hits = whys(lists, name.upper())
            assert (row["ingredient"], "match") in hits, name
            others = {entry for entry, why in hits if why == "match"}
            assert others == {row["ingredient"]} or "DEURUXOLITINIB" in name.upper()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("XELJANZ XR", {("tofacitinib", "match")}),
        ("TOFACITINIB CITRATE", {("tofacitinib", "match")}),
        ("OLUMIANT", {("baricitinib", "match"), ("baricitinib", "conditional_brand")}),
        ("JAKAFI", {("ruxolitinib", "match"), ("ruxolitinib", "other_brand")}),
        ("RUXOLITINIB PHOSPHATE", {("ruxolitinib", "match")}),
        ("OPZELURA", {("ruxolitinib", "match"), ("ruxolitinib", "conditional_brand")}),
        ("VONJO", {("pacritinib", "match"), ("pacritinib", "other_brand")}),
        ("ADALIMUMAB-ADAZ", {("adalimumab", "match")}),
        ("FINGOLIMOD", set()),
        ("IMATINIB", set()),
    ],
)
def test_a_name_means_its_therapy(
    lists: Codelists, name: str, expected: set[tuple[str, str]]
) -> None:
    assert whys(lists, name) == expected


def test_deuruxolitinib_is_not_ruxolitinib(lists: Codelists) -> None:
    assert ("ruxolitinib", "exclude_other") in whys(lists, "DEURUXOLITINIB")


def test_tnf_inhibitors_are_compared_with_and_not_scored(lists: Codelists) -> None:
    scored = set(codelists.drug_members(lists)["drug"])
    reference = codelists.reference_members(
        lists, codelists.reference_therapies(lists, ANALYSIS.reference_class)
    )
    assert set(reference["therapy"]) == {
        "adalimumab",
        "certolizumab pegol",
        "etanercept",
        "golimumab",
        "infliximab",
    }
    assert not scored & set(reference["therapy"])
    assert {"tofacitinib", "class:jak_inhibitor"} <= set(reference["drug"])
    assert (
        not {"fedratinib", "pacritinib", "momelotinib", "class:tnf_reference"} & scored
    )


@pytest.mark.parametrize(
    ("term", "flag"),
    [
        ("RHEUMATOID ARTHRITIS", "include"),
        ("JUVENILE RHEUMATOID ARTHRITIS", "include"),
        ("ALOPECIA AREATA", "include"),
        ("ALOPECIA", "uncertain"),
        ("PRODUCT USED FOR UNKNOWN INDICATION", "uncertain"),
        ("COVID-19 PNEUMONIA", "exclude"),
        ("MYELOFIBROSIS", "exclude"),
        ("RHEUMATOID FACTOR POSITIVE", "exclude"),
        ("MULTIPLE SCLEROSIS", ""),
    ],
)
def test_an_indication_is_one_of_jak_inhibitors_or_not(
    lists: Codelists, term: str, flag: str
) -> None:
    assert meaning(lists, term)[0]["ms_flag"] == flag


@pytest.mark.parametrize(
    ("term", "events"),
    [
        ("ACUTE MYOCARDIAL INFARCTION", {"myocardial_infarction", "all_mace"}),
        ("CEREBROVASCULAR ACCIDENT", {"stroke_unspecified", "all_stroke", "all_mace"}),
        ("PULMONARY EMBOLISM", {"pulmonary_embolism", "all_vte", "all_thrombosis"}),
        ("CARDIAC FAILURE", {"heart_failure"}),
        ("SUDDEN CARDIAC DEATH", {"cardiac_death", "all_mace"}),
        ("TRANSIENT ISCHAEMIC ATTACK", {"transient_ischaemic_attack"}),
    ],
)
def test_a_cardiovascular_term_is_in_its_group_and_supergroups(
    lists: Codelists, term: str, events: set[str]
) -> None:
    found = codelists.events_of_terms(codelists.classify_terms([term], lists), lists)
    above = set(found.loc[found["event_level"] != "pt", "event"])
    assert above == events | {"any_cardiovascular"}
    assert meaning(lists, term)[0]["indication_rule"] == "primary_suspect"


@pytest.mark.parametrize(
    "term",
    [
        "HEAT STROKE",
        "STROKE VOLUME DECREASED",
        "CARDIAC ARREST",
        "THROMBOSIS PROPHYLAXIS",
        "FAMILY HISTORY OF MYOCARDIAL INFARCTION",
        "TRAUMATIC SUBARACHNOID HAEMORRHAGE",
        "CATHETER SITE THROMBOSIS",
        "TROPONIN INCREASED",
    ],
)
def test_a_false_friend_is_no_event(lists: Codelists, term: str) -> None:
    (found,) = meaning(lists, term)
    assert found["event_class"] == "not_event"
    assert found["event_list"] == ""


def test_neoplasms_are_judged_as_in_any_analysis(lists: Codelists) -> None:
    (found,) = meaning(lists, "BREAST CANCER")
    assert (found["event_list"], found["indication_rule"]) == ("neoplasms", "full")


def test_litigation_of_both_kinds_leaves_its_events(lists: Codelists) -> None:
    found = codelists.litigated_events(lists, ANALYSIS.litigated_certainty)
    by_drug = found.groupby("ingredient")["event"].agg(set)
    assert "all_mace" in by_drug["rofecoxib"]
    assert "colorectal" in " ".join(by_drug["ranitidine"])
    assert not {"tofacitinib", "adalimumab"} & set(by_drug.index)


def test_dates_of_labels_name_scored_therapies_and_are_dates(
    lists: Codelists,
) -> None:
    dates = lists["label_dates"].table
    therapies = lists["therapies"].table
    scored = set(therapies.loc[therapies["scored"] == "Y", "ingredient"])
    assert set(dates["ingredient"]) <= scored
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", day) for day in dates["date_from"])
