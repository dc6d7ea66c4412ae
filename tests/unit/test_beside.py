"""What the page says beside the ratios of a pair."""

from dataclasses import replace
from typing import Any

import pytest

from pvsignal.report.beside import (
    controls_words,
    drug_test_rows,
    held_lines,
    held_words,
    interaction_words,
    onset_words,
    surveillance_words,
    target_words,
)
from pvsignal.report.content import (
    Adjusted,
    BoardRow,
    Contrast,
    ControlPerformance,
    DrugTest,
    Estimate,
    Interaction,
    Multiplicity,
    Onset,
    Pair,
    Surveillance,
)


def _none(kind: type[Any], **known: Any) -> Any:
    """Record with the fields given and None elsewhere."""
    return kind(**dict.fromkeys(kind.__dataclass_fields__) | known)


def _adjusted(comparator: str, **known: Any) -> Adjusted:
    ratios = {"ror": 3.0, "ror_low": 1.5, "ror_high": 6.0, "sex": "all"}
    return _none(Adjusted, comparator=comparator, **(ratios | known))


def _pair(*, crude_low: float = 1.5, **known: Any) -> Pair:
    """Pair of comparator A with a lower limit of the crude ROR."""
    estimate = _none(Estimate, comparator="A", ror_low=crude_low)
    empty: dict[str, Any] = {
        name: () for name in ("adjusted", "multiplicity", "contrasts", "interactions")
    }
    row = _none(BoardRow, estimates=(estimate,))
    return _none(Pair, row=row, **(empty | known))


def test_a_line_that_no_comparator_has_is_left_out() -> None:
    pair = _pair(adjusted=(_adjusted("A"), _adjusted("C", ror_mh=2.0, ror_mh_low=1.0)))
    lines = {line.label: line.texts for line in held_lines(pair)}
    assert lines["Crude ROR"] == ("3.00 (1.50 to 6.00)", "–", "3.00 (1.50 to 6.00)")
    assert lines["ROR by year and reporter"][2] == "2.00 (1.00 to –)"
    assert "ROR adjusted" not in lines


def test_a_pair_of_one_sex_says_so() -> None:
    line = held_lines(_pair(adjusted=(_adjusted("A", sex="female"),)))[0]
    assert line.label == "Crude ROR, one sex"
    assert line.note == "female reports only, as all ratios of this table"


def test_what_is_no_flag_of_the_crude_ratio_cannot_be_lost() -> None:
    pair = _pair(crude_low=0.9, adjusted=(_adjusted("A", ror_mh_low=1.2),))
    assert held_words(pair) == (
        "In no comparator is the lower limit of the crude ROR above 1."
    )


def test_chance_controls_and_time_stand_in_the_table() -> None:
    pair = _pair(
        multiplicity=(
            Multiplicity("A", 1064, 0.01, 0.04, None, 1e-6, 0.0321),
            _none(Multiplicity, comparator="B", m=900),
        ),
        contrasts=(
            Contrast("A", 5, 4, 3.2, 1.1, 9.0, True),
            Contrast("B", 5, 4, 1.2, 0.5, 3.0, False),
        ),
    )
    lines = {line.label: line.texts for line in held_lines(pair)}
    assert lines["q of the pair"] == ("0.04 (1,064)", "–", "–")
    assert lines["p beside the controls"][0] == "0.032 (< 0.0001)"
    assert lines["Last 8 quarters against before"][:2] == (
        "3.20 (1.10 to 9.00) ▲",
        "1.20 (0.50 to 3.00)",
    )


@pytest.mark.parametrize(
    ("lows", "said"),
    [
        ({"ror_mh_low": 1.2}, "In A every adjusted lower limit stays above 1."),
        (
            {"ror_mh_low": 1.2, "ror_adjusted_low": 1.0},
            "In A a lower limit falls to 1 or below when adjusted.",
        ),
        (
            {"sex": "female", "ror_low": 0.9, "ror_mh_low": 1.2},
            "In A a lower limit falls to 1 or below when adjusted.",
        ),
        ({}, "In A nothing could be adjusted."),
    ],
)
def test_a_flag_that_is_lost_when_adjusted_is_named(
    lows: dict[str, float], said: str
) -> None:
    assert held_words(_pair(adjusted=(_adjusted("A", **lows),))) == said


LOOKS = Surveillance("2012q1", "2021q4", 40, True, 14, 5.2, 11, True, "2016q1", 2)


def test_the_sequential_test_says_when_it_flagged_and_what_was_taken_back() -> None:
    said = surveillance_words(LOOKS)
    assert (
        "from 2012q1 to 2021q4, where its plan ended: first flagged in 2016q1" in said
    )
    assert "14 cases as they looked when they came in, 5.20 expected" in said
    assert said.endswith("Of them 2 no longer count today.")
    quiet = replace(LOOKS, sdr_maxsprt=False, first_flag=None, n_retracted=0)
    assert "never flagged" in surveillance_words(quiet)


def test_onset_counts_what_it_does_not_rest_on() -> None:
    onset = _none(
        Onset,
        n_dated=8,
        n_exact=5,
        n_before_start=1,
        n_not_dated=4,
        median_low_days=300.0,
        median_high_days=364.6,
        n_under_90=2,
        n_uncertain_90=1,
        share_under_90=2 / 7,
        share_under_90_low=0.08,
        share_under_90_high=0.64,
        n_shape=8,
        shape=1.2,
        shape_low=0.6,
        shape_high=2.0,
    )
    assert onset_words(onset) == (
        "Time to onset: 8 of 13 reports state it (4 without dates and 1 with the event "
        "before the start). Median between 300 and 365 days; before day 90: 2 (29%, "
        "limits 8% to 64%, 1 uncertain); Weibull shape 1.20 (0.60 to 2.00)."
    )


def test_onset_of_undated_reports_gives_no_figure() -> None:
    onset = _none(Onset, n_dated=0, n_before_start=0, n_not_dated=3)
    assert onset_words(onset) == (
        "Time to onset: 0 of 3 reports state it (3 without dates)."
    )


def test_another_therapy_beside_the_drug_is_named_as_one() -> None:
    found = Interaction("fingolimod", True, 5, 1.2, 1.7, 0.2, 2.6, 40)
    assert interaction_words(found) == (
        "fingolimod, a therapy of the list itself: 5 reports, 1.20 expected from each "
        "alone; Omega 1.70 (0.20 to 2.60)"
    )


def test_controls_that_nothing_could_judge_are_not_counted() -> None:
    def line(comparator: str, judged: int, flagged: int) -> ControlPerformance:
        return _none(
            ControlPerformance,
            comparator=comparator,
            n_negative_judged=judged,
            n_negative_sdr_ror=flagged,
        )

    assert controls_words([line("A", 44, 2), line("B", 0, 0)]) == "2 of 44 in A"
    assert controls_words([line("A", 0, 0)]) == ""


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (
            {"A": (22, 2), "B": (24, 0), "C": (23, 1)},
            "The target is at most 5 %: missed in A (2 of 22 = 9.1 %); met in B and C.",
        ),
        (
            {"A": (39, 2), "B": (10, 1)},
            "The target is at most 5 %: missed in A (2 of 39 = 5.1 %) and in B "
            "(1 of 10 = 10 %).",
        ),
        ({"A": (40, 2), "C": (0, 0)}, "The target is at most 5 %: met in A."),
        ({"A": (0, 0)}, ""),
    ],
)
def test_the_target_of_the_negative_controls_is_met_or_missed(
    counts: dict[str, tuple[int, int]], said: str
) -> None:
    lines = [
        _none(
            ControlPerformance,
            comparator=comparator,
            n_negative_judged=judged,
            n_negative_sdr_ror=flagged,
        )
        for comparator, (judged, flagged) in counts.items()
    ]
    assert target_words(lines) == said


def test_tests_of_a_drug_stand_side_by_side() -> None:
    tests = [
        DrugTest("A", "substance", "x", "breast", 9, 2.0, 0.001, 0.02, 1, 30),
        _none(DrugTest, comparator="B", drug_level="substance", drug="y"),
        DrugTest("C", "substance", "x", "thyroid", 3, 1.0, 0.4, 0.7, 0, 12),
    ]
    rows = drug_test_rows(tests)
    assert [(row.drug, [x and x.event for x in row.tests]) for row in rows] == [
        ("x", ["breast", None, "thyroid"])
    ]
