"""An analysis with lists of its own: what they mean, and what is refused."""

from pathlib import Path

import pytest

from pvsignal import codelists
from pvsignal.analysis import load_analysis, shipped_analyses
from pvsignal.codelists import Codelists
from pvsignal.errors import CodelistError
from tests.analyses import ANALYSIS, LISTS, write_analysis


def load(file: Path) -> Codelists:
    return codelists.load_codelists(analysis=load_analysis(file))


@pytest.fixture
def lists(tmp_path: Path) -> Codelists:
    return load(write_analysis(tmp_path))


def test_own_lists_stand_beside_the_shipped_ones(lists: Codelists) -> None:
    assert lists["therapies"].table["ingredient"].tolist() == [
        "foxglove",
        "hawthorn",
        "mistletoe",
    ]
    assert {"garden_drugs", "fall_terms", "countries", "neoplasm_pts"} <= set(
        lists.files
    )


def test_lists_about_the_shipped_therapies_are_not_part_of_it(
    lists: Codelists,
) -> None:
    assert lists["label_dates"].table.empty
    assert not {"ms_therapies", "label_dates", "notoriety_dates"} & set(lists.files)


def test_columns_that_may_be_absent_are_empty(lists: Codelists) -> None:
    assert set(lists["therapies"].table["other_brand_regex"]) == {""}


def test_a_therapy_that_is_only_compared_with_is_not_scored(lists: Codelists) -> None:
    members = codelists.drug_members(lists)
    assert set(members["drug"]) == {"foxglove", "class:digitalis"}
    reference = codelists.reference_members(lists, frozenset({"hawthorn", "foxglove"}))
    assert set(reference["therapy"]) == {"hawthorn"}
    assert set(reference["drug"]) == {"foxglove", "class:digitalis"}


def test_a_class_is_described_by_its_scored_members(lists: Codelists) -> None:
    (described,) = codelists.therapy_classes(lists).to_dict("records")
    assert described["drug"] == "class:digitalis"
    assert described["members"] == "foxglove"
    assert described["rationale"] == ""


def test_terms_are_events_of_their_group_and_its_supergroups(lists: Codelists) -> None:
    terms = codelists.classify_terms(["FALL", "SLIP", "MELANOMA"], lists)
    events = codelists.events_of_terms(terms, lists)
    assert set(events.itertuples(index=False, name=None)) == {
        ("pt", "FALL", "FALL"),
        ("group", "fall", "FALL"),
        ("supergroup", "any_fall", "FALL"),
        ("pt", "SLIP", "SLIP"),
        ("group", "slip", "SLIP"),
        ("supergroup", "any_fall", "SLIP"),
    }
    assert codelists.event_catalogue(lists)["event"].tolist() == [
        "fall",
        "slip",
        "any_fall",
    ]


def test_a_neoplasm_that_is_no_event_still_makes_an_oncology_indication(
    lists: Codelists,
) -> None:
    (melanoma,) = codelists.classify_terms(["MELANOMA"], lists).to_dict("records")
    assert melanoma["is_oncology_indication"]
    assert melanoma["event_list"] == ""


def test_a_rejected_term_says_why_and_is_no_event(lists: Codelists) -> None:
    (arches,) = codelists.classify_terms(["FALLEN ARCHES"], lists).to_dict("records")
    assert arches["event_class"] == "not_event"
    assert arches["not_event_reason"] == "feet that are flat"
    assert arches["event_list"] == ""


def test_without_a_list_of_groups_a_group_is_named_by_its_id(tmp_path: Path) -> None:
    few = {name: text for name, text in LISTS.items() if name != "fall_groups"}
    text = ANALYSIS.replace('groups = "fall_groups"\n', "")
    catalogue = codelists.event_catalogue(load(write_analysis(tmp_path, few, text)))
    assert catalogue[["event", "label"]].to_numpy().tolist() == [
        ["fall", "Fall"],
        ["slip", "Slip"],
    ]


def test_a_list_of_the_shipped_name_replaces_it(tmp_path: Path) -> None:
    own = LISTS | {"reporters": "occp_cod,label,is_professional,note\nHP,Healer,Y,\n"}
    lists = load(write_analysis(tmp_path, own))
    assert lists["reporters"].table["label"].tolist() == ["Healer"]


def test_a_list_of_a_header_alone_holds_nothing(tmp_path: Path) -> None:
    header = "ingredient,date,what,source,certainty\n"
    lists = load(write_analysis(tmp_path, LISTS | {"notoriety_dates": header}))
    assert lists["notoriety_dates"].table.empty


def test_litigated_drugs_may_be_the_shipped_ones_and_more(tmp_path: Path) -> None:
    head = "ingredient,year_from,year_to,event_groups,included,reason,certainty,pattern,exclude_regex\n"
    own = LISTS | {
        "litigated_herbs": f"{head}ivy,2010,2012,fall|any_fall,Y,lawsuits,high,\\bivy\\b,\n"
    }
    text = ANALYSIS.replace(
        "[events.falls]",
        'litigated = ["litigated_drugs", "litigated_herbs"]\n\n[events.falls]',
    )
    lists = load(write_analysis(tmp_path, own, text))
    assert {"ivy", "ranitidine"} <= set(lists["litigated_drugs"].table["ingredient"])
    found = codelists.litigated_events(lists, ["high"])
    assert set(found[found["ingredient"] == "ivy"]["event"]) == {"fall", "any_fall"}


def test_each_list_enters_the_hash_by_its_content_and_name(tmp_path: Path) -> None:
    first = load(write_analysis(tmp_path / "one"))
    same = load(write_analysis(tmp_path / "two"))
    more = LISTS | {"weak_heart": "term,kind,flag\n^feeble heart,regex,include\n"}
    other = load(write_analysis(tmp_path / "three", more))
    assert codelists.codelists_hash(first) == codelists.codelists_hash(same)
    assert codelists.codelists_hash(first) != codelists.codelists_hash(other)


def test_the_place_of_the_lists_is_not_part_of_the_analysis(tmp_path: Path) -> None:
    first, second = (
        load_analysis(write_analysis(tmp_path / name)) for name in ("one", "two")
    )
    assert first.codelists.folder != second.codelists.folder
    assert first.sha256 == second.sha256


# What is refused, with file, line and remedy


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("garden_classes", "foxglove", "foxgloves", r"garden_classes\.csv line 2: mem"),
        (
            "garden_drugs",
            "match_regex",
            "pattern",
            r"garden_drugs\.csv line 1: columns",
        ),
        ("garden_drugs", "foxglove,Y", "foxglove,N", "no row has scored = Y"),
        ("garden_drugs", "hawthorn,R", "hawthorn,Q", "line 3: scored 'Q' is none of"),
        (
            "fall_terms",
            "Slip,slip",
            "Malignant melanoma,slip",
            r"line 4: .Malignant melanoma. is",
        ),
        ("fall_terms", "Slip,slip", "Slip,trip", r"line 4: group_id 'trip' is no inc"),
        ("fall_terms", "Slip,slip", "Slip,A slip", r"line 4: group_id 'A slip' of"),
        ("fall_terms", "feet that are flat", "", "line 3: 'Fallen arches' is not inc"),
        ("fall_groups", "fall|slip", "fall|trip", r"line 2: member 'trip' is no incl"),
        (
            "fall_groups",
            ",Slip,",
            ",Fall,",
            r"line 4: the label 'Fall' of event 'slip'",
        ),
        ("fall_groups", ",Slip,", ",slip,", r"line 4: the label 'slip' of event"),
        ("weak_heart", "include", "yes", "line 2: flag 'yes' is none of"),
    ],
)
def test_a_slip_in_a_list_names_file_line_and_remedy(
    tmp_path: Path, name: str, old: str, new: str, message: str
) -> None:
    broken = LISTS | {name: LISTS[name].replace(old, new, 1)}
    text = ANALYSIS + '\n[events.neoplasms]\nindication_rule = "full"\n'
    with pytest.raises(CodelistError, match=message) as caught:
        load(write_analysis(tmp_path, broken, text))
    assert str(tmp_path / "lists" / f"{name}.csv") in str(caught.value)
    assert ";" in str(caught.value)


def test_an_event_of_two_lists_is_refused(tmp_path: Path) -> None:
    own = LISTS | {
        "other_terms": "pt,group_id,included,reason\nSlip,slide,Y,\n",
    }
    text = ANALYSIS + '\n[events.slides]\nterms = "other_terms"\n'
    with pytest.raises(CodelistError, match=r"other_terms\.csv line 2: 'Slip' is alr"):
        load(write_analysis(tmp_path, own, text))


def test_a_group_of_the_name_of_another_lists_group_is_refused(tmp_path: Path) -> None:
    own = LISTS | {
        "other_terms": "pt,group_id,included,reason\nSlide,slip,Y,\n",
    }
    text = ANALYSIS + '\n[events.slides]\nterms = "other_terms"\n'
    with pytest.raises(
        CodelistError,
        match=r"other_terms\.csv line 2: the event 'slip' exists twice .*"
        r"fall_groups\.csv line 4; rename",
    ):
        load(write_analysis(tmp_path, own, text))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"garden_drugs"',
            '"herbs"',
            r"herbs\.csv does not exist.*codelists\.therapies",
        ),
        ('"fall_terms"', '"falls"', r"falls\.csv does not exist.*events\.falls\.terms"),
        ('folder = "lists"', 'folder = "list"', "no folder .*list, which"),
        ('indications = "weak_heart"\n', "", r"weak_heart\.csv plays no part"),
        ('terms = "fall_terms"\n', "", "falls names no list of terms"),
        ('"primary_suspect"', '"sometimes"', "indication_rule"),
        ('"herbs"', '"trees"', "no class 'trees'"),
        (
            "[words]",
            'headline_events = ["trip"]\n[words]',
            "'trip', which the analysis names in headline_events",
        ),
        ("[events.falls]", "[events.neoplasms]", "takes no terms or groups"),
    ],
)
def test_a_slip_in_the_analysis_file_names_key_and_remedy(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in ANALYSIS
    file = write_analysis(tmp_path, analysis=ANALYSIS.replace(old, new, 1))
    with pytest.raises(CodelistError, match=message) as caught:
        analysis = load_analysis(file)
        found = codelists.load_codelists(analysis=analysis)
        codelists.reference_therapies(found, analysis.reference_class)
    assert caught.value.exit_code == 5
    assert ";" in str(caught.value)


def test_an_analysis_is_found_by_the_name_that_it_ships_with() -> None:
    assert load_analysis(Path("ms_malignancy")) == load_analysis()
    assert list(shipped_analyses()) == ["jak_inhibitors", "ms_malignancy"]


def test_an_unknown_name_says_which_ship() -> None:
    with pytest.raises(CodelistError, match=r"one of .*ms_malignancy"):
        load_analysis(Path("jak"))
