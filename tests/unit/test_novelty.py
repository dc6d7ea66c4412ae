"""What labels said of a drug and an event by a quarter, and in which words."""

from collections.abc import Iterable, Mapping

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pvsignal import codelists
from pvsignal.analysis import load_analysis
from pvsignal.quarter import Quarter
from pvsignal.signals import novelty, wording
from pvsignal.signals.novelty import Labelling, judge

ANALYSIS = load_analysis()
SHIPPED = codelists.load_codelists(analysis=ANALYSIS)
SPECIFIC, BROAD = "labelled_specific", "labelled_broad"
CLASS, NONE = "class_labelled", "unlabelled"

# Invented: drugs one and two of one mechanism, three of another; two classes.
MEMBERS = pd.DataFrame(
    [
        ("substance", "one", "one"),
        ("substance", "two", "two"),
        ("substance", "three", "three"),
        ("class", "class:like", "one"),
        ("class", "class:like", "two"),
        ("class", "class:mixed", "one"),
        ("class", "class:mixed", "three"),
    ],
    columns=["drug_level", "drug", "therapy"],
)
GROUPS = pd.DataFrame(
    [("all_skin", "bcc"), ("all_skin", "scc")], columns=["supergroup", "event"]
)
OTHER_FORM = {"bcc": "bcc:in_situ"}
EVENTS = ("bcc", "bcc:in_situ", "scc", "all_skin")

Said = tuple[str, str, str, str, int | None]  # ingredient, event, place, scope, quarter


def labelling(*said: Said, classes: Iterable[str] = ("class:like",)) -> Labelling:
    """Labelling of invented rows; broad wording covers all but the in situ form."""
    labels, covers = [], []
    for number, (ingredient, event, place, scope, first) in enumerate(said, start=1):
        labels.append(
            (number, ingredient, event, place, first, f"d{first}", "high", "")
        )
        touched = {event} if scope == "specific" else {"bcc", "scc", "all_skin"}
        cover = "names" if scope == "specific" else scope
        covers += [(number, one, cover) for one in touched]
        if scope == "specific" and event in OTHER_FORM:
            covers.append((number, OTHER_FORM[event], "other_form"))
        if scope == "specific" and event == "all_skin":
            covers += [(number, "bcc", "holds"), (number, "scc", "holds")]
    columns = "label_no ingredient event jurisdiction known_from_no date_text"
    return Labelling(
        labels=pd.DataFrame(labels, columns=[*columns.split(), "certainty", "note"]),
        covers=pd.DataFrame(covers, columns=["label_no", "event", "cover"]),
        members=MEMBERS,
        groups=GROUPS,
        classes=tuple(classes),
    )


def grid(
    reported: Mapping[tuple[str, str], int], quarters: Iterable[int] = (10, 11, 12)
) -> pd.DataFrame:
    """Rows of all pairs; a pair is reported from its quarter on."""
    starts = dict(reported)
    for (drug, event), first in reported.items():
        for name in MEMBERS.loc[MEMBERS["therapy"] == drug, "drug"]:
            for above in (event, *GROUPS.loc[GROUPS["event"] == event, "supergroup"]):
                known = starts.get((name, above), first)
                starts[name, above] = min(known, first)
    return pd.DataFrame(
        [
            (drug, event, q, 3 if starts.get((drug, event), 99) <= q else 0, True)
            for drug in MEMBERS["drug"].unique()
            for event in EVENTS
            for q in quarters
        ],
        columns=["drug", "event", "quarter_no", "a", "is_asked"],
    )


ALL = {(drug, event): 1 for drug in ("one", "two", "three") for event in ("bcc", "scc")}


def said(
    label: Labelling,
    drug: str,
    event: str,
    quarter: int = 12,
    *,
    reported: Mapping[tuple[str, str], int] = ALL,
) -> dict[str, str]:
    rows = judge(grid(reported), label)
    (row,) = rows[
        (rows["drug"] == drug)
        & (rows["event"] == event)
        & (rows["quarter_no"] == quarter)
    ].to_dict("records")
    return {str(key): str(value) for key, value in row.items()}


def test_a_row_counts_from_the_quarter_of_its_date() -> None:
    label = labelling(("one", "bcc", "EU", "specific", 11))
    assert [said(label, "one", "bcc", q)["novelty"] for q in (10, 11, 12)] == [
        *(NONE, SPECIFIC, SPECIFIC)
    ]


def test_removing_a_row_reopens_the_pair_from_its_quarter_on_and_adding_it_closes_it() -> (
    None
):
    other: Said = ("three", "scc", "US", "specific", 10)
    row: Said = ("one", "bcc", "EU", "specific", 11)
    with_row = judge(grid(ALL), labelling(other, row))
    without = judge(grid(ALL), labelling(other))
    both = with_row.merge(without, on=["drug", "event", "quarter_no"])
    pair = both[(both["drug"] == "one") & (both["event"] == "bcc")]
    assert pair["novelty_x"].tolist() == [NONE, SPECIFIC, SPECIFIC]
    assert pair["novelty_y"].tolist() == [NONE, NONE, NONE]
    before = both[both["quarter_no"] < 11]
    assert (before["novelty_x"] == before["novelty_y"]).all()
    assert (before["novelty_words_x"] == before["novelty_words_y"]).all()
    again = judge(grid(ALL), labelling(other, row))
    pd.testing.assert_frame_equal(again, with_row)


def test_each_jurisdiction_has_its_own_answer() -> None:
    label = labelling(
        ("one", "bcc", "EU", "specific", 10), ("one", "any", "US", "broad", 12)
    )
    row = said(label, "one", "bcc")
    assert (row["novelty"], row["novelty_us"], row["novelty_eu"]) == (
        *(SPECIFIC, BROAD, SPECIFIC),
    )
    assert said(label, "one", "bcc", 11)["novelty_us"] == NONE


def test_broad_wording_covers_malignant_events_and_no_in_situ_form() -> None:
    label = labelling(("one", "any", "US", "broad", 10))
    for event in ("bcc", "scc", "all_skin"):
        assert said(label, "one", event)["novelty"] == BROAD
    assert said(label, "one", "bcc:in_situ")["novelty"] == NONE


def test_another_form_of_a_named_group_is_broad() -> None:
    row = said(labelling(("one", "bcc", "US", "specific", 10)), "one", "bcc:in_situ")
    assert row["novelty"] == BROAD
    assert "the label names another form, bcc: US since d10" in row["novelty_words"]


def test_a_contraindication_is_no_listing_and_is_said() -> None:
    label = labelling(("one", "any", "EU", "contraindication", 10))
    row = said(label, "one", "bcc")
    assert (row["novelty"], row["novelty_eu"]) == (NONE, NONE)
    assert "a contraindication of one in active malignancy" in row["novelty_words"]
    assert "no listing (EU since d10)" in row["novelty_words"]


def test_wording_without_a_date_never_counts() -> None:
    row = said(labelling(("one", "bcc", "US", "specific", None)), "one", "bcc")
    assert row["novelty"] == NONE


def test_a_supergroup_is_named_where_each_reported_group_is() -> None:
    label = labelling(("one", "bcc", "US", "specific", 10))
    only_bcc = {("one", "bcc"): 1, ("one", "scc"): 12}
    row = said(label, "one", "all_skin", 11, reported=only_bcc)
    assert row["novelty"] == SPECIFIC
    assert row["novelty_words"] == (
        "each group reported with it is named in the label: bcc (US since d10)"
    )


def test_a_supergroup_is_known_in_part_once_another_group_is_reported() -> None:
    label = labelling(("one", "bcc", "US", "specific", 10))
    row = said(
        label, "one", "all_skin", reported={("one", "bcc"): 1, ("one", "scc"): 12}
    )
    assert row["novelty"] == BROAD
    assert row["novelty_words"] == (
        "in part, named are bcc (US since d10); not named: scc"
    )


def test_a_named_group_that_was_never_reported_does_not_make_a_supergroup_known() -> (
    None
):
    label = labelling(("one", "bcc", "US", "specific", 10))
    row = said(label, "one", "all_skin", reported={("one", "scc"): 1})
    assert row["novelty"] == NONE


def test_labels_of_two_jurisdictions_together_name_a_supergroup() -> None:
    label = labelling(
        ("one", "bcc", "US", "specific", 10), ("one", "scc", "EU", "specific", 10)
    )
    row = said(label, "one", "all_skin")
    assert (row["novelty"], row["novelty_us"], row["novelty_eu"]) == (
        *(SPECIFIC, BROAD, BROAD),
    )


def test_a_label_that_names_a_supergroup_is_broad_for_its_groups() -> None:
    label = labelling(("one", "all_skin", "US", "specific", 10))
    assert said(label, "one", "all_skin")["novelty"] == SPECIFIC
    row = said(label, "one", "bcc")
    assert row["novelty"] == BROAD
    assert "the label names all_skin, which it is a part of" in row["novelty_words"]


def test_the_label_of_a_class_member_speaks_for_the_others_of_its_mechanism() -> None:
    label = labelling(("one", "bcc", "US", "specific", 10))
    row = said(label, "two", "bcc")
    assert (row["novelty"], row["novelty_us"], row["novelty_eu"]) == (
        *(CLASS, CLASS, NONE),
    )
    assert row["novelty_words"] == (
        "a label of its class names it: one (class:like), US since d10"
    )


def test_a_class_that_is_no_mechanism_speaks_for_nobody() -> None:
    label = labelling(("one", "bcc", "US", "specific", 10))
    assert said(label, "three", "bcc")["novelty"] == NONE


def test_broad_wording_of_a_class_member_speaks_for_nobody() -> None:
    label = labelling(("one", "any", "US", "broad", 10))
    assert said(label, "two", "bcc")["novelty"] == NONE


def test_a_class_is_named_where_each_reported_member_is() -> None:
    label = labelling(("one", "bcc", "US", "specific", 10))
    alone = {("one", "bcc"): 1}
    assert said(label, "class:like", "bcc", reported=alone)["novelty"] == SPECIFIC
    row = said(label, "class:like", "bcc")
    assert row["novelty"] == CLASS
    assert row["novelty_words"] == (
        "named in labels of members: one (US since d10); reported members without: two"
    )


def test_a_class_whose_members_have_broad_wording_is_broad() -> None:
    one: Said = ("one", "any", "US", "broad", 10)
    label = labelling(one, ("three", "any", "EU", "broad", 10))
    assert said(label, "class:mixed", "bcc")["novelty"] == BROAD
    assert said(label, "class:mixed", "bcc")["novelty_us"] == NONE
    assert said(labelling(one), "class:mixed", "bcc")["novelty"] == NONE


def _known(label: Labelling, reported: set[tuple[str, str]], quarter: int) -> object:
    """Novelty of every pair by the definition, one pair at a time."""
    therapies = sorted(MEMBERS.loc[MEMBERS["drug_level"] == "substance", "drug"])
    of_class = MEMBERS[MEMBERS["drug_level"] == "class"]
    groups = {"all_skin": ["bcc", "scc"]}

    def covers(drug: str, event: str, which: tuple[str, ...]) -> set[str]:
        rows = label.wording
        rows = rows[
            (rows["ingredient"] == drug)
            & (rows["event"] == event)
            & rows["jurisdiction"].isin(which)
            & (rows["known_from_no"] <= quarter)
        ]
        return set(rows["cover"])

    def reported_groups(drug: str, event: str) -> list[str]:
        return [g for g in groups.get(event, ()) if (drug, g) in reported]

    def is_named(drug: str, event: str, which: tuple[str, ...]) -> bool:
        found = reported_groups(drug, event)
        in_full = [("names" in covers(drug, g, which)) for g in found]
        return "names" in covers(drug, event, which) or (bool(found) and all(in_full))

    def in_part(drug: str, event: str, which: tuple[str, ...]) -> bool:
        return any(
            covers(drug, g, which) & {"names", "holds"}
            for g in reported_groups(drug, event)
        )

    def is_broad(drug: str, event: str, which: tuple[str, ...]) -> bool:
        wide = {"broad", "other_form", "holds"}
        return bool(covers(drug, event, which) & wide) or in_part(drug, event, which)

    def of_therapy(drug: str, event: str, which: tuple[str, ...]) -> str:
        if is_named(drug, event, which):
            return SPECIFIC
        if is_broad(drug, event, which):
            return BROAD
        for name in label.classes:
            mates = set(of_class.loc[of_class["drug"] == name, "therapy"])
            for mate in mates - {drug} if drug in mates else ():
                for one in (event, *reported_groups(drug, event)):
                    if "names" in covers(mate, one, which):
                        return CLASS
        return NONE

    def of_drug(drug: str, event: str, which: tuple[str, ...]) -> str:
        if drug in therapies:
            return of_therapy(drug, event, which)
        members = of_class.loc[of_class["drug"] == drug, "therapy"].tolist()
        own = [of_therapy(m, event, which) for m in members if (m, event) in reported]
        if own and set(own) == {SPECIFIC}:
            return SPECIFIC
        if any(is_named(m, event, which) or in_part(m, event, which) for m in members):
            return CLASS
        return BROAD if own and set(own) <= {SPECIFIC, BROAD} else NONE

    return {
        (drug, event, column): of_drug(drug, event, which)
        for drug in MEMBERS["drug"].unique()
        for event in EVENTS
        for column, which in (
            ("novelty", ("US", "EU")),
            ("novelty_us", ("US",)),
            ("novelty_eu", ("EU",)),
        )
    }


_THERAPY = st.sampled_from(["one", "two", "three"])
_PLACE = st.sampled_from(["US", "EU"])
_FIRST = st.integers(9, 13)
_SAID = st.one_of(
    st.tuples(_THERAPY, st.sampled_from(EVENTS), _PLACE, st.just("specific"), _FIRST),
    st.tuples(_THERAPY, st.just("any"), _PLACE, st.just("broad"), _FIRST),
    st.tuples(_THERAPY, st.just("any"), _PLACE, st.just("contraindication"), _FIRST),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(_SAID, max_size=6),
    st.dictionaries(
        st.tuples(_THERAPY, st.sampled_from(["bcc", "scc", "bcc:in_situ"])), _FIRST
    ),
    st.sampled_from([(), ("class:like",), ("class:like", "class:mixed")]),
)
def test_novelty_equals_its_definition_and_the_past_never_depends_on_later_rows(
    rows: list[Said], reported: dict[tuple[str, str], int], classes: tuple[str, ...]
) -> None:
    label = labelling(*rows, classes=classes)
    whole = grid(reported)
    judged = judge(whole, label)
    for quarter in (10, 11, 12):
        now = whole[whole["quarter_no"] == quarter]
        is_there = set(
            now.loc[now["a"] > 0, ["drug", "event"]].itertuples(index=False, name=None)
        )
        found = judged[judged["quarter_no"] == quarter]
        assert {
            (row["drug"], row["event"], column): row[column]
            for row in found.to_dict("records")
            for column in ("novelty", "novelty_us", "novelty_eu")
        } == _known(label, is_there, quarter)
        known = labelling(*(row for row in rows if (row[4] or 99) <= quarter))
        known = Labelling(known.labels, known.covers, MEMBERS, GROUPS, classes)
        past = judge(whole[whole["quarter_no"] <= quarter], known)
        past = past[past["quarter_no"] == quarter].reset_index(drop=True)
        pd.testing.assert_frame_equal(past, found.reset_index(drop=True))
    for words in judged["novelty_words"]:
        assert words and not wording.refusals(words)


# The shipped lists: retrospective facts.


def shipped() -> Labelling:
    return Labelling(
        labels=codelists.label_dates(SHIPPED).assign(
            note=lambda frame: frame["note"].fillna("")
        ),
        covers=codelists.label_covers(SHIPPED),
        members=codelists.drug_members(SHIPPED),
        groups=codelists.supergroup_members(SHIPPED),
        classes=tuple(codelists.CLASS_PREFIX + x for x in ANALYSIS.novelty.classes),
    )


SHIPPED_LABELLING = shipped()
PAIRS = (
    *(("fingolimod", e) for e in ("skin_bcc", "melanoma_cutaneous", "skin_scc")),
    *(("ozanimod", e) for e in ("skin_bcc", "melanoma_cutaneous")),
    *(("siponimod", e) for e in ("skin_bcc", "melanoma_cutaneous")),
    *(("alemtuzumab", e) for e in ("thyroid", "breast", "thyroid:benign")),
    *(("ofatumumab", e) for e in ("breast", "skin_bcc")),
    *(("cladribine", e) for e in ("thyroid", "skin_benign:benign")),
    *(("glatiramer acetate", e) for e in ("skin_benign:benign", "skin_bcc")),
    *(("natalizumab", e) for e in ("melanoma_cutaneous", "skin_bcc")),
    ("dimethyl fumarate", "melanoma_cutaneous"),
)


@pytest.fixture(scope="module")
def history() -> pd.DataFrame:
    """Novelty of some pairs of the shipped lists, a case in every quarter."""
    rows = [
        (drug, event, q, 3, True)
        for drug, event in PAIRS
        for q in range(Quarter(2010, 1).ordinal, Quarter(2026, 3).ordinal)
    ]
    columns = ["drug", "event", "quarter_no", "a", "is_asked"]
    return judge(pd.DataFrame(rows, columns=columns), SHIPPED_LABELLING)


@pytest.mark.parametrize(
    ("drug", "event", "quarter", "overall", "us", "eu"),
    [
        ("fingolimod", "skin_bcc", "2015q3", NONE, NONE, NONE),
        ("fingolimod", "skin_bcc", "2015q4", SPECIFIC, NONE, SPECIFIC),
        ("fingolimod", "skin_bcc", "2016q1", SPECIFIC, SPECIFIC, SPECIFIC),
        ("fingolimod", "melanoma_cutaneous", "2016q4", NONE, NONE, NONE),
        ("fingolimod", "melanoma_cutaneous", "2017q1", SPECIFIC, NONE, SPECIFIC),
        ("fingolimod", "melanoma_cutaneous", "2018q2", SPECIFIC, SPECIFIC, SPECIFIC),
        # In the EU text from launch, in the US text since June 2024.
        ("ozanimod", "skin_bcc", "2020q2", SPECIFIC, CLASS, SPECIFIC),
        ("ozanimod", "skin_bcc", "2024q1", SPECIFIC, CLASS, SPECIFIC),
        ("ozanimod", "skin_bcc", "2024q2", SPECIFIC, SPECIFIC, SPECIFIC),
        ("ozanimod", "melanoma_cutaneous", "2024q1", CLASS, CLASS, CLASS),
        ("ozanimod", "melanoma_cutaneous", "2024q2", SPECIFIC, SPECIFIC, CLASS),
        # Boxed at launch: no lead is possible.
        ("alemtuzumab", "thyroid", "2013q2", NONE, NONE, NONE),
        ("alemtuzumab", "thyroid", "2014q3", BROAD, NONE, BROAD),
        ("alemtuzumab", "thyroid", "2014q4", SPECIFIC, SPECIFIC, BROAD),
        ("alemtuzumab", "thyroid:benign", "2014q4", BROAD, BROAD, NONE),
        ("alemtuzumab", "breast", "2014q4", BROAD, BROAD, BROAD),
        ("siponimod", "skin_bcc", "2019q4", CLASS, CLASS, CLASS),
        ("siponimod", "skin_bcc", "2020q1", SPECIFIC, CLASS, SPECIFIC),
        ("siponimod", "skin_bcc", "2021q4", SPECIFIC, SPECIFIC, SPECIFIC),
        ("ofatumumab", "breast", "2016q4", NONE, NONE, NONE),
        ("ofatumumab", "breast", "2017q1", CLASS, CLASS, NONE),
        ("ofatumumab", "skin_bcc", "2026q1", NONE, NONE, NONE),
        ("cladribine", "thyroid", "2017q3", BROAD, NONE, BROAD),
        ("cladribine", "skin_benign:benign", "2026q1", NONE, NONE, NONE),
        (
            "glatiramer acetate",
            "skin_benign:benign",
            "2010q1",
            SPECIFIC,
            NONE,
            SPECIFIC,
        ),
        ("natalizumab", "melanoma_cutaneous", "2026q1", NONE, NONE, NONE),
        ("dimethyl fumarate", "melanoma_cutaneous", "2026q1", NONE, NONE, NONE),
    ],
)
def test_novelty_of_a_known_pair_by_the_shipped_lists(
    history: pd.DataFrame,
    drug: str,
    event: str,
    quarter: str,
    overall: str,
    us: str,
    eu: str,
) -> None:
    (row,) = history[
        (history["drug"] == drug)
        & (history["event"] == event)
        & (history["quarter_no"] == Quarter.parse(quarter).ordinal)
    ].to_dict("records")
    found = (row["novelty"], row["novelty_us"], row["novelty_eu"])
    assert found == (overall, us, eu), row["novelty_words"]


def test_a_contraindication_says_what_it_leaves_out(history: pd.DataFrame) -> None:
    rows = history[
        (history["drug"] == "natalizumab") & (history["event"] == "skin_bcc")
    ]
    assert rows["novelty_words"].str.contains("except cutaneous BCC").all()


def test_words_of_the_shipped_lists_are_allowed(history: pd.DataFrame) -> None:
    for words in history["novelty_words"].unique():
        assert not wording.refusals(words), words


def test_a_place_in_the_levels_is_the_order_of_what_is_known() -> None:
    assert novelty.NOVELTIES == (NONE, CLASS, BROAD, SPECIFIC)
