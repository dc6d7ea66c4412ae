"""Whether recent cases follow a date of notoriety: the rule for one pair."""

from pvsignal.quarter import Quarter
from pvsignal.signals import wording
from pvsignal.signals.notoriety import Follow, Outcome, check

DATE = Quarter(2015, 4).ordinal


def follow(n_cases: int, *, first_no: int = DATE, text: str = "2015-12-18") -> Follow:
    return Follow(first_no, text, "fingolimod", "EMA measures", n_cases)


def judged(
    n_recent: int, *follows: Follow, first_crossing_no: int | None = DATE
) -> Outcome:
    found = check(n_recent, follows, first_crossing_no=first_crossing_no)
    assert not wording.refusals(found.words)
    return found


def test_more_than_half_after_one_date_fails() -> None:
    found = judged(5, follow(3))
    assert (found.outcome, found.value, found.of_n) == ("fails", 0.6, 5)
    assert found.words == (
        "3 of 5 cases of the last 8 quarters came in the year after 2015-12-18"
        " (fingolimod: EMA measures)"
    )


def test_half_after_one_date_passes() -> None:
    found = judged(6, follow(3))
    assert (found.outcome, found.value) == ("passes", 0.5)


def test_cases_after_several_dates_are_not_added_up() -> None:
    found = judged(6, follow(3), follow(2, text="2015-08-04"))
    assert (found.outcome, found.value) == ("passes", 0.5)


def test_a_date_later_than_the_first_crossing_does_not_count_and_is_named() -> None:
    found = judged(5, follow(5), first_crossing_no=DATE - 1)
    assert (found.outcome, found.value) == ("passes", 0.0)
    assert found.words.endswith(
        "2015-12-18 (fingolimod: EMA measures); the pair had crossed before that,"
        " in 2015q3"
    )


def test_a_crossing_in_the_quarter_of_the_date_is_not_before_it() -> None:
    assert judged(5, follow(5), first_crossing_no=DATE).outcome == "fails"


def test_an_earlier_date_still_counts_beside_a_later_one() -> None:
    early = follow(4, first_no=DATE - 8, text="2013-08-29")
    found = judged(5, early, follow(5), first_crossing_no=DATE - 1)
    assert (found.outcome, found.value) == ("fails", 0.8)
    assert "2013-08-29" in found.words


def test_a_pair_that_never_crossed_has_no_exception() -> None:
    assert judged(5, follow(3), first_crossing_no=None).outcome == "fails"


def test_cases_after_a_later_date_are_told_even_where_they_are_few() -> None:
    found = judged(5, follow(1), first_crossing_no=DATE - 1)
    assert found.outcome == "passes"
    assert found.words.startswith("1 of 5 cases")


def test_no_case_after_any_date_passes() -> None:
    found = judged(1, follow(0))
    assert (found.outcome, found.value, found.of_n) == ("passes", 0.0, 1)
    assert found.words.startswith("none of 1 case of the last 8 quarters")


def test_without_a_date_or_a_recent_case_nothing_can_be_judged() -> None:
    assert judged(5).outcome == "not applicable"
    found = judged(0, follow(0))
    assert (found.outcome, found.value, found.of_n) == ("not applicable", None, 0)
