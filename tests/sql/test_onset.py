"""Days from the start of a drug to the event, as far as dates allow."""

from __future__ import annotations

from typing import Any

import pytest

from pvsignal import warehouse
from pvsignal.pipeline.scoring.onset import score_onset
from tests.sql.tables import create, drawn, run

MEMBER = (
    "comparator | drug_level | drug | event_level | event | quarter_no:int |"
    " primaryid:int | caseid:int | known_until:int | known_from:int\n"
)
RECORD = (
    "quarter_no:int | primaryid:int | drug_seq:int | role_cod | therapy |"
    " is_admitted:bool\n"
)
THER = (
    "quarter_no:int | primaryid:int | dsg_drug_seq:int | start_date:date |"
    " start_date_precision\n"
)
CASE = (
    "quarter_no:int | primaryid:int | caseid:int | event_date:date |"
    " event_date_precision\n"
)
DRUGS = """drug_level | drug | therapy
substance | fingolimod | fingolimod
substance | siponimod | siponimod
class | class:s1p_modulator | fingolimod
class | class:s1p_modulator | siponimod
"""
ONE_REPORT = "A | substance | fingolimod | group | melanoma | 10 | 1 | 7 | - | 10"
ONE_RECORD = "10 | 1 | 1 | PS | fingolimod | true"


def spans(
    starts: str,
    event: str,
    *,
    members: str = ONE_REPORT,
    records: str = ONE_RECORD,
    columns: str = "low_days high_days",
    model: str = "4_counts/pair_onset",
) -> list[tuple[str, ...]]:
    """Spans of reports 1; a start is drug_seq | date | precision, a line each."""
    ther = "\n".join(f"10 | 1 | {line.strip()}" for line in starts.split("\n") if line)
    return run(
        model,
        {
            "counts.pair_member": MEMBER + members,
            "cohort.therapy_record": RECORD + records,
            "codelists.drug_member": DRUGS,
            "staged.ther": THER + ther,
            "cohort.report_statement": CASE + f"10 | 1 | 7 | {event}",
        },
        before=("4_counts/therapy_start", "4_counts/onset_span"),
        columns=columns,
    )


@pytest.mark.parametrize(
    ("start", "event", "expected"),
    [
        ("2019-01-10 | day", "2019-03-01 | day", ("50", "50")),
        ("2019-03-01 | day", "2019-03-01 | day", ("0", "0")),
        # The start is any day of 2018, 60 to 424 days before the event.
        ("2018-01-01 | year", "2019-03-01 | day", ("60", "424")),
        ("2019-01-10 | day", "2019-03-01 | month", ("50", "80")),
        ("2018-01-01 | year", "2019-03-01 | month", ("60", "454")),
        # May lie on both sides of the start, or before it for sure.
        ("2019-01-01 | year", "2019-03-01 | day", ("-305", "59")),
        ("2019-03-02 | day", "2019-03-01 | day", ("-1", "-1")),
        ("2020-01-01 | year", "2019-01-01 | year", ("-730", "-1")),
        ("2019-01-10 | day", "- | -", ("-", "-")),
        ("- | -", "2019-03-01 | day", ("-", "-")),
    ],
)
def test_a_partial_date_is_every_day_that_it_can_mean(start, event, expected):
    assert spans(f"1 | {start}", event) == [expected]


def test_the_first_of_two_starts_of_the_same_drug_counts():
    starts = "1 | 2019-01-10 | day\n1 | 2017-01-10 | day"
    assert spans(starts, "2019-03-01 | day") == [("780", "780")]


def test_a_start_known_to_the_year_may_be_the_first_or_not():
    # First start: 2018-01-01 at the earliest, the other one at the latest.
    starts = "1 | 2018-03-05 | day\n1 | 2018-01-01 | year"
    assert spans(starts, "2018-03-15 | day") == [("10", "73")]


def test_an_exact_start_before_all_days_of_a_partial_one_is_the_first():
    starts = "1 | 2017-12-31 | day\n1 | 2018-01-01 | year"
    assert spans(starts, "2018-01-10 | day") == [("10", "10")]


@pytest.mark.parametrize(
    ("role", "is_admitted", "expected"),
    [
        ("SS", "true", "780"),
        ("C", "true", "780"),
        ("DN", "true", "50"),
        ("-", "true", "50"),
        ("SS", "false", "50"),
    ],
    ids=["suspect", "concomitant", "not administered", "no role", "other product"],
)
def test_an_earlier_record_is_a_start_if_it_is_the_product_and_was_taken(
    role, is_admitted, expected
):
    records = f"{ONE_RECORD}\n10 | 1 | 2 | {role} | fingolimod | {is_admitted}"
    starts = "1 | 2019-01-10 | day\n2 | 2017-01-10 | day"
    found = spans(starts, "2019-03-01 | day", records=records)
    assert found == [(expected, expected)]


def test_a_record_in_two_rows_is_one_report():
    found = spans(
        "1 | 2019-01-10 | day\n1 | 2019-01-10 | day",
        "2019-03-01 | day",
        records=f"{ONE_RECORD}\n{ONE_RECORD}",
    )
    assert found == [("50", "50")]


def test_the_start_of_another_drug_of_the_report_is_not_taken():
    records = f"{ONE_RECORD}\n10 | 1 | 2 | SS | siponimod | true"
    found = spans("2 | 2017-01-10 | day", "2019-03-01 | day", records=records)
    assert found == [("-", "-")]


def test_a_class_starts_with_the_first_of_its_members():
    members = "\n".join(
        f"A | {drug} | group | melanoma | 10 | 1 | 7 | - | 10"
        for drug in (
            "substance | fingolimod",
            "substance | siponimod",
            "class | class:s1p_modulator",
        )
    )
    assert spans(
        "1 | 2017-01-10 | day\n2 | 2019-01-10 | day",
        "2019-03-01 | day",
        members=members,
        records=f"{ONE_RECORD}\n10 | 1 | 2 | SS | siponimod | true",
        columns="drug low_days",
    ) == drawn(
        "drug | low_days\nclass:s1p_modulator | 780\nfingolimod | 780\nsiponimod | 50"
    )


def test_reports_of_other_comparators_or_that_no_longer_count_have_no_row():
    members = (
        ONE_REPORT.replace("A |", "B |") + "\n" + ONE_REPORT.replace("| - |", "| 12 |")
    )
    found = spans("1 | 2019-01-10 | day", "2019-03-01 | day", members=members)
    assert found == []


def test_a_version_that_counted_for_a_while_keeps_its_span():
    members = ONE_REPORT + "\n" + ONE_REPORT.replace("| - | 10", "| 12 | 11")
    found = spans(
        "1 | 2019-01-10 | day",
        "2019-03-01 | day",
        members=members,
        model="4_counts/onset_span",
        columns="known_from known_until low_days high_days",
    )
    assert found == drawn("""
        known_from | known_until | low_days | high_days
        10 | - | 50 | 50
        11 | 12 | 50 | 50
    """)


def scored(rows: str) -> list[dict[str, Any]]:
    """Figures of one pair from lines low_days | high_days."""
    lines = [line.strip() for line in rows.strip().split("\n") if line.strip()]
    with warehouse.connect_memory() as con:
        create(
            con,
            "counts.pair_onset",
            "drug_level | drug | event_level | event | caseid:int | low_days:int |"
            " high_days:int\n"
            + "\n".join(
                f"substance | x | group | e | {number} | {line}"
                for number, line in enumerate(lines)
            ),
        )
        score_onset(con)
        return warehouse.query_rows(con, "from signals.onset")


def test_every_report_is_dated_or_counted_apart():
    ((row),) = scored(
        """
        10 | 10
        400 | 400
        80 | 110
        -5 | 30
        -9 | -9
        -40 | -1
        - | -
        """
    )
    apart = (row["n_dated"], row["n_before_start"], row["n_not_dated"])
    assert (row["a"], *apart) == (7, 4, 2, 1)
    assert row["n_exact"] == 2
    assert (row["n_under_90"], row["n_uncertain_90"]) == (2, 1)
    assert row["share_under_90"] == pytest.approx(2 / 3)
    assert row["share_under_90_low"] < 2 / 4 < 3 / 4 < row["share_under_90_high"]
    assert (row["n_under_180"], row["share_under_180"]) == (3, 0.75)
    # A span across the start begins on day 0: 0, 10, 80, 400 and 10, 30, 110, 400.
    assert (row["median_low_days"], row["median_high_days"]) == (45, 70)
    assert row["q1_low_days"] <= row["q1_high_days"] <= row["median_low_days"]
    assert row["q3_high_days"] <= 400


def test_a_shape_needs_five_reports_with_a_time():
    four = ["3 | 3", "30 | 30", "90 | 90", "500 | 500"]
    ((row),) = scored("\n".join([*four, "- | -", "-9 | -9"]))
    assert (row["n_shape"], row["shape"], row["scale_days"]) == (0, None, None)
    ((row),) = scored("\n".join([*four, "700 | 700", "- | -"]))
    assert (row["a"], row["n_shape"]) == (6, 5)
    assert row["shape_low"] < row["shape"] < row["shape_high"]


def test_without_any_date_there_are_numbers_of_reports_and_nothing_else():
    ((row),) = scored("- | -\n- | -")
    assert (row["a"], row["n_dated"], row["n_not_dated"]) == (2, 0, 2)
    assert row["median_low_days"] is row["share_under_90"] is row["shape"] is None


def test_without_a_pair_the_table_is_empty():
    assert scored("") == []
