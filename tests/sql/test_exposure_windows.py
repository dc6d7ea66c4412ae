"""Exposure windows: what dates, exact or not, say of a therapy and an event."""

import pytest

from tests.sql.tables import run

DRUG = (
    "caseid:int | therapy | role | is_admitted:bool | start_date:date |"
    " start_date_precision | end_date:date | end_date_precision\n"
)
CASE = "caseid:int | event_date:date | event_date_precision\n"


def windows(drugs: str, event: str, columns: str) -> list[tuple]:
    given = {"counts.review_drug": DRUG + drugs, "counts.review_case": CASE + event}
    return run("4_counts/exposure_window", given, columns=columns)


def relation(start: str, end: str, event: str) -> str:
    ((found,),) = windows(
        f"1 | natalizumab | PS | true | {start} | {end}\n", f"1 | {event}\n", "relation"
    )
    return found


@pytest.mark.parametrize(
    ("start", "end", "event", "expected"),
    [
        ("2015-01-10 | day", "- | -", "2016-05-01 | day", "no end stated"),
        (
            "2015-01-10 | day",
            "2017-01-01 | day",
            "2016-05-01 | day",
            "during the event",
        ),
        (
            "2015-01-10 | day",
            "2015-12-31 | day",
            "2016-05-01 | day",
            "ended before the event",
        ),
        ("2016-06-01 | day", "- | -", "2016-05-01 | day", "started after the event"),
        # 2016 as a whole: neither before nor after a day in it.
        ("2016-01-01 | year", "- | -", "2016-05-01 | day", "uncertain"),
        ("2015-01-01 | year", "- | -", "2016-05-01 | day", "no end stated"),
        ("2015-01-10 | day", "2016-01-01 | year", "2016-05-01 | day", "uncertain"),
        (
            "2015-01-10 | day",
            "2016-05-01 | month",
            "2016-06-01 | day",
            "ended before the event",
        ),
        ("2015-01-10 | day", "2016-05-01 | month", "2016-05-20 | day", "uncertain"),
        ("2016-05-01 | day", "- | -", "2016-05-01 | day", "no end stated"),
        ("2017-01-01 | year", "- | -", "2016-01-01 | year", "started after the event"),
        ("2016-03-01 | month", "- | -", "2016-01-01 | year", "uncertain"),
        ("- | -", "- | -", "2016-05-01 | day", "not dated"),
        ("2015-01-10 | day", "- | -", "- | -", "not dated"),
    ],
)
def test_relation_is_stated_only_where_all_days_agree(start, end, event, expected):
    assert relation(start, end, event) == expected


def test_therapies_stand_in_the_order_of_their_first_start():
    rows = windows(
        """
        1 | ocrelizumab | PS | true | 2018-05-02 | day | - | -
        1 | natalizumab | C | true | 2012-03-01 | month | 2014-01-01 | year
        1 | natalizumab | C | true | 2011-01-01 | year | 2011-06-01 | month
        1 | fingolimod | SS | true | - | - | - | -
        2 | fingolimod | PS | true | 2014-01-01 | day | - | -
        """,
        "1 | 2019-02-03 | day\n2 | - | -\n",
        "caseid therapy roles sequence_no n_dated_therapies onset_days window_text",
    )
    assert rows == [
        ("1", "fingolimod", "SS", "-", "2", "-", "-"),
        (
            *("1", "natalizumab", "C", "1", "2", "-"),
            "natalizumab from 2011 to 2014 (ended before the event)",
        ),
        (
            *("1", "ocrelizumab", "PS", "2", "2", "277"),
            "ocrelizumab from 2018-05-02 (no end stated)",
        ),
        (
            "2",
            "fingolimod",
            "PS",
            "1",
            "1",
            "-",
            "fingolimod from 2014-01-01 (not dated)",
        ),
    ]


def test_period_without_an_end_leaves_the_therapy_open():
    """Stop and restart: the last period has no end, so nothing ended."""
    rows = windows(
        """
        1 | natalizumab | PS | true | 2012-01-01 | day | 2012-12-31 | day
        1 | natalizumab | PS | true | 2014-01-01 | day | - | -
        """,
        "1 | 2019-02-03 | day\n",
        "relation days_since_end",
    )
    assert rows == [("no end stated", "-")]


def test_drug_that_is_no_therapy_has_no_window():
    assert (
        windows("1 | - | PS | - | 2012-01-01 | day | - | -\n", "1 | - | -\n", "caseid")
        == []
    )
