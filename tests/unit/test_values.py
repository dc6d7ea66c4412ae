"""Typed values of single texts and of whole columns."""

import datetime as dt

import pyarrow as pa
import pytest

from pvsignal.sources import values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20150317", (dt.date(2015, 3, 17), "day")),
        ("201503", (dt.date(2015, 3, 1), "month")),
        ("2015", (dt.date(2015, 1, 1), "year")),
        ("20160229", (dt.date(2016, 2, 29), "day")),
        ("19000101", (dt.date(1900, 1, 1), "day")),
        ("2100", (dt.date(2100, 1, 1), "year")),
    ],
)
def test_date_is_the_first_day_of_the_stated_period(text, expected):
    assert values.date_of(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "20150231",
        "20150229",
        "201513",
        "201500",
        "20150300",
        "00010101",
        "91990101",
        "1899",
        "2101",
        "2015031",
        "201503171",
        "15",
        "",
        "2015-3-7",
        "-2015031",
        "2015 317",
        "²⁰¹⁵",
        "UNK",
    ],
)
def test_impossible_or_unknown_date_is_none(text):
    assert values.date_of(text) is None


@pytest.mark.parametrize(
    ("amount", "unit", "years"),
    [
        ("42", "YR", 42),
        ("7", "DEC", 70),
        ("18", "MON", 1.5),
        ("5218", "WK", 100),
        ("1461", "DY", 4),
        ("8766", "HR", 1),
        ("525960", "MIN", 1),
        ("31557600", "SEC", 1),
        ("0", "YR", 0),
        ("122", "YR", 122),
        ("1.5", "yr", 1.5),
    ],
)
def test_age_in_every_unit_is_years(amount, unit, years):
    assert values.age_years_of(amount, unit) == pytest.approx(years)


@pytest.mark.parametrize(
    ("amount", "unit"),
    [
        ("42", None),
        ("42", ""),
        ("42", "MON TH"),
        ("42", "KG"),
        ("122.1", "YR"),
        ("23", "DEC"),
        ("-1", "YR"),
        ("U", "YR"),
        ("163/6", "YR"),
        ("nan", "YR"),
        ("1_0", "YR"),
        ("inf", "YR"),
    ],
)
def test_age_without_unit_or_beyond_122_years_is_none(amount, unit):
    assert values.age_years_of(amount, unit) is None


@pytest.mark.parametrize(
    ("amount", "unit", "kg"),
    [
        ("80.5", "KG", 80.5),
        ("80", "KGS", 80),
        ("100", "LBS", 45.359237),
        ("3200", "GMS", 3.2),
        ("635", "KG", 635),
        ("0", "KG", None),
        ("-3", "KG", None),
        ("80505", "KG", None),
        ("80", None, None),
        ("80", "IB", None),
        ("80", "MG", None),
        ("heavy", "KG", None),
    ],
)
def test_weight_is_kg_where_unit_and_amount_are_plausible(amount, unit, kg):
    found = values.wt_kg_of(amount, unit)
    assert found == (kg if kg is None else pytest.approx(kg))


@pytest.mark.parametrize(
    ("amount", "unit", "days"),
    [
        ("2", "YR", 730.5),
        ("2", "MON", 60.875),
        ("2", "WK", 14),
        ("2", "DAY", 2),
        ("12", "HR", 0.5),
        ("1440", "MIN", 1),
        ("86400", "SEC", 1),
        ("0", "DAY", 0),
        ("-1", "DAY", None),
        ("2", "DY", None),
        ("2", None, None),
        ("days", "DAY", None),
    ],
)
def test_duration_is_days(amount, unit, days):
    found = values.dur_days_of(amount, unit)
    assert found == (days if days is None else pytest.approx(days))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("100", 100.0),
        (" 2.50 ", 2.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("-1", -1.0),
        ("1,5", None),
        ("1-2", None),
        ("1e3", None),
        ("", None),
        (".", None),
        ("infinity", None),
        ("٣", None),
    ],
)
def test_number_is_a_decimal_and_nothing_more(text, number):
    assert values.decimal_of(text) == number


@pytest.mark.parametrize(
    ("text", "number"), [("1", 1), ("12", 12), ("", None), ("1.0", None), ("A", None)]
)
def test_case_version_is_a_whole_number(text, number):
    assert values.caseversion_of(text) == number


# ---------------------------------------------------------------- whole columns


def column(*texts: str | None) -> pa.ChunkedArray:
    """Two chunks, as a CSV reader gives them."""
    at = len(texts) // 2
    return pa.chunked_array([texts[:at], texts[at:]], pa.string())


def lists(pair) -> tuple[list, list]:
    return pair[0].to_pylist(), pair[1].to_pylist()


def test_key_beyond_32_bits_is_kept_whole():
    numbers, refused = lists(values.keys_of(column("1" * 18, "34483284")))
    assert numbers == [111111111111111111, 34483284]
    assert refused == [False, False]


@pytest.mark.parametrize(
    "text",
    [None, "", "0", "012", "1" * 19, "-5", " 5", "5 ", "5.0", "0x1f", "٣", "1\n"],
)
def test_key_that_is_no_number_is_refused(text):
    assert lists(values.keys_of(column("7", text))) == ([7, None], [False, True])


def test_blank_case_is_null_and_not_refused():
    found = lists(values.cases_of(column("7", None, " ", "0", "abc")))
    assert found == ([7, None, None, None, None], [False, False, False, True, True])


def test_sequence_may_be_zero():
    found = lists(values.sequences_of(column("0", "12", None, "01", "x")))
    assert found == ([0, 12, None, None, None], [False, False, False, True, True])


def test_each_row_gets_the_date_of_its_own_text():
    dates, precisions = lists(values.dates_of(column("2015", None, "20150231", "2015")))
    assert dates == [dt.date(2015, 1, 1), None, None, dt.date(2015, 1, 1)]
    assert precisions == ["year", None, None, "year"]


def test_each_row_gets_the_value_of_its_own_amount_and_unit():
    amounts = column("7", "7", None, "7", "70", None)
    units = column("DEC", "YR", "YR", None, "YR", None)
    found = values.each_with_unit(amounts, units, rule=values.age_years_of)
    assert found.to_pylist() == [70, 7, None, None, 70, None]


def test_column_without_any_value_is_null_throughout():
    empty = column(None, None)
    assert lists(values.dates_of(empty)) == ([None, None], [None, None])
    found = values.each_with_unit(empty, empty, rule=values.wt_kg_of)
    assert found.to_pylist() == [None, None]
    none = values.each_of(column(), values.decimal_of, type=pa.float64())
    assert none.to_pylist() == []


def test_rule_is_asked_once_per_distinct_text():
    asked = []

    def rule(text: str) -> float:
        asked.append(text)
        return 1.0

    values.each_of(column("a", "b", "a", "a"), rule, type=pa.float64())
    assert sorted(asked) == ["a", "b"]
