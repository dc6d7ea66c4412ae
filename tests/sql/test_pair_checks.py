"""Checks of onset and of markers in situations that could mislead."""

from __future__ import annotations

from typing import Any

from pvsignal import warehouse
from pvsignal.pipeline.judging.early_onset import check_onset
from pvsignal.pipeline.judging.markers import check_markers
from tests.sql.tables import create

SCREENED = "drug | event_level | event | quarter_no:int | is_screened:bool\n"
EVENT = "event_level | event | litigation_set\n"
SEX = "event_level | event | sex\n"
SPAN = (
    "drug | event_level | event | known_from:int | known_until:int | low_days:int |"
    " high_days:int\n"
)
CONTRAST = (
    "comparator | drug | event_level | event | quarter_no:int | a_recent:int |"
    " ratio:float | is_rising:bool\n"
)
QUARTER = "quarter_no:int | span_no:int\n18 | 8\n19 | 9\n20 | 10"


def lines(*rows: str) -> str:
    return "\n".join(rows)


def board(con: warehouse.Connection, *, quarters: tuple[int, ...]) -> None:
    """Pair of x and each event in each quarter; in the first it is not screened."""
    events = ("group | e", "group | e:in_situ", "supergroup | any_e")
    rows = [f"x | {event} | {q} | true" for event in events for q in quarters]
    create(
        con, "signals.screened", SCREENED + lines(*rows, "y | group | e | 20 | false")
    )
    listed = [f"{event} | " for event in events]
    markers = ("e:benign", "e:premalignant", "e:test", "e:lead", "e:in_situ:benign")
    listed += [f"marker | marker:{name} | " for name in markers]
    create(con, "cohort.event", EVENT + lines(*listed))
    create(con, "codelists.event_sex", SEX)


def onsets(*spans: str, quarters: tuple[int, ...] = (20,)) -> list[dict[str, Any]]:
    """Rows of x and e of spans known_from | known_until | low | high."""
    with warehouse.connect_memory() as con:
        board(con, quarters=quarters)
        rows = [f"x | group | e | {span}" for span in spans]
        create(con, "counts.onset_span", SPAN + lines(*rows))
        return [row for row in check_onset(con).to_pylist() if row["event"] == "e"]


def test_half_of_the_known_onsets_within_90_days_fails_and_says_what_is_left_out():
    ((row),) = onsets(
        "1 | - | 0 | 0",
        "1 | - | 89 | 89",
        "1 | - | 90 | 90",
        "1 | - | 400 | 800",
        "1 | - | 80 | 110",
        "1 | - | -9 | -1",
        "1 | - | - | -",
    )
    assert (row["outcome"], row["value"], row["of_n"]) == ("fails", 0.5, 4)
    assert row["words"] == (
        "2 of 4 cases with known onset lie within 90 days; 1 on either side of day 90;"
        " 1 before the start; 1 without dates"
    )


def test_a_span_across_the_start_is_an_early_onset():
    ((row),) = onsets("1 | - | -20 | 40", "1 | - | 300 | 300", "1 | - | 300 | 300")
    assert (row["outcome"], row["of_n"]) == ("passes", 3)
    assert row["words"] == "1 of 3 cases with known onset lies within 90 days"


def test_events_before_the_start_are_no_onsets_and_judge_nothing():
    ((row),) = onsets("1 | - | -50 | -50", "1 | - | -8 | -8", "1 | - | 9 | 9")
    assert (row["outcome"], row["value"], row["of_n"]) == ("not applicable", None, 1)
    assert row["words"] == (
        "1 case with known onset; judged from 3 on; 2 before the start"
    )


def test_the_dates_of_a_quarter_are_those_that_were_known_in_it():
    # A follow-up of quarter 20 moves the onset of three cases.
    spans = [f"{k} | 20 | 5 | 5" for k in (17, 18, 19)] + ["20 | - | 500 | 500"] * 3
    found = onsets(*spans, quarters=(18, 19, 20))
    assert [(r["outcome"], r["value"], r["of_n"]) for r in found] == [
        ("not applicable", None, 2),
        ("fails", 1.0, 3),
        ("passes", 0.0, 3),
    ]


def test_a_pair_without_any_report_in_a_is_not_judged():
    ((row),) = onsets()
    assert (row["outcome"], row["of_n"]) == ("not applicable", 0)
    assert row["words"] == "no case with known onset; judged from 3 on"


def marked(*contrasts: str, quarter: int = 20) -> dict[str, dict[str, Any]]:
    """Rows by event; contrasts are level | event | a_recent | ratio | is_rising."""
    rows = []
    for contrast in contrasts:
        level, event, rest = contrast.split(" | ", 2)
        rows.append(f"A | x | {level} | {event} | {quarter} | {rest}")
        # What comparator B says decides nothing.
        rows.append(f"B | x | {level} | {event} | {quarter} | 50 | 99 | true")
    with warehouse.connect_memory() as con:
        board(con, quarters=(quarter,))
        create(con, "signals.contrast", CONTRAST + lines(*rows))
        create(con, "counts.unbroken_quarter", QUARTER)
        return {row["event"]: row for row in check_markers(con).to_pylist()}


def test_a_benign_marker_that_rises_as_much_as_the_event_fails():
    row = marked(
        "group | e | 7 | 1.8 | true",
        "marker | marker:e:benign | 9 | 2.5 | true",
        "marker | marker:e:test | 4 | 3.0 | false",
    )["e"]
    assert (row["outcome"], row["value"], row["of_n"]) == ("fails", 2.5, 9)
    assert row["words"] == (
        "last eight quarters against the time before: benign markers 2.50 (9 reports,"
        " rising), tests 3.00 (4 reports); the pair 1.80"
    )


def test_a_marker_that_rises_less_than_the_event_passes():
    row = marked(
        "group | e | 7 | 4.0 | true", "marker | marker:e:premalignant | 9 | 2.5 | true"
    )["e"]
    assert (row["outcome"], row["value"], row["of_n"]) == ("passes", 2.5, 9)


def test_a_marker_that_rises_where_the_event_has_too_few_recent_reports_fails():
    row = marked("marker | marker:e:benign | 3 | inf | true")["e"]
    assert (row["outcome"], row["value"]) == ("fails", float("inf"))
    assert row["words"].endswith(
        "infinite (3 reports, rising); the pair without a ratio"
    )


def test_markers_of_a_drug_that_has_no_reports_before_judge_nothing():
    row = marked(
        "group | e | 7 | - | false", "marker | marker:e:benign | 9 | - | false"
    )["e"]
    assert (row["outcome"], row["value"], row["of_n"]) == ("not applicable", None, None)
    assert row["words"] == (
        "last eight quarters against the time before: benign markers without a ratio"
        " (9 reports); the pair without a ratio"
    )


def test_a_marker_without_a_ratio_does_not_stand_in_for_one_that_has_one():
    row = marked(
        "group | e | 7 | 1.5 | false",
        "marker | marker:e:benign | 9 | - | false",
        "marker | marker:e:test | 5 | 0.8 | false",
    )["e"]
    assert (row["outcome"], row["value"], row["of_n"]) == ("passes", 0.8, 5)


def test_a_lead_may_be_the_neoplasm_itself_and_is_no_marker():
    row = marked("marker | marker:e:lead | 9 | 2.5 | true")["e"]
    assert (row["outcome"], row["value"], row["of_n"]) == ("not applicable", None, None)
    assert row["words"] == "no marker has 3 recent reports with the drug"


def test_a_marker_belongs_to_the_event_that_it_names():
    found = marked("marker | marker:e:in_situ:benign | 5 | 2.0 | true")
    assert {event: row["outcome"] for event, row in found.items()} == {
        "e": "not applicable",
        "e:in_situ": "fails",
        "any_e": "not applicable",
    }
    assert found["any_e"]["words"] == "no marker of this event is listed"


def test_the_first_eight_quarters_cannot_be_judged():
    row = marked(quarter=18)["e"]
    assert (row["outcome"], row["words"]) == (
        "not applicable",
        "judged from the ninth quarter of an unbroken series on",
    )
