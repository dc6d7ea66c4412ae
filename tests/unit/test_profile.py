"""Blanks and codes of staged rows, and that pieces add up to the whole."""

import csv
from importlib.resources import files

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal import layout
from pvsignal.layout import gates
from pvsignal.quarter import Quarter
from pvsignal.sources.profile import (
    OTHER_VALUES,
    VALUES_KEPT,
    Profile,
    added,
    code_value_table,
    profile_rows,
    profile_table,
)

Q = Quarter(2024, 4)


def outc(*codes: str | None) -> pa.Table:
    schema = layout.staged_schema("outc")
    rows = [{"quarter": "2024q4", "outc_cod": code} for code in codes]
    return pa.Table.from_pylist(rows, schema=schema)


def test_blank_is_null_empty_or_white_space():
    found = profile_rows("outc", outc("DE", None, "", " \t", "\xa0", "DE "))
    assert found.n_rows == 6
    assert found.n_blank["outc_cod"] == 4
    assert found.n_value == {("outc_cod", "DE"): 1, ("outc_cod", "DE "): 1}


def test_every_staged_column_but_the_stamp_is_profiled_derived_ones_too():
    empty = layout.staged_schema("demo").empty_table()
    names = set(profile_rows("demo", empty).n_blank)
    assert {"event_date", "event_date_precision", "age_years", "caseid"} <= names
    assert not names & {"quarter", "quarter_no", "line"}


@given(
    st.lists(st.sampled_from(["DE", "OT", "ZZ", " ", None]), max_size=30),
    st.integers(0, 30),
)
def test_profiles_of_pieces_add_up_to_that_of_the_whole(codes, cut):
    pieces = [profile_rows("outc", outc(*part)) for part in (codes[:cut], codes[cut:])]
    assert added(pieces) == profile_rows("outc", outc(*codes))


def test_profiles_of_two_tables_do_not_add_up():
    pieces = [Profile("outc", 1, {}, {}), Profile("reac", 1, {}, {})]
    with pytest.raises(ValueError, match="outc"):
        added(pieces)


def test_the_rows_do_not_depend_on_the_order_of_the_pieces():
    pieces = [profile_rows("outc", outc("DE", "ZZ")), profile_rows("outc", outc("DE"))]
    one, other = added(pieces), added(pieces[::-1])
    assert profile_table([one], Q).equals(profile_table([other], Q))
    assert code_value_table([one], Q).equals(code_value_table([other], Q))
    assert code_value_table([one], Q).select(["value", "n_rows"]).to_pylist() == [
        {"value": "DE", "n_rows": 2},
        {"value": "ZZ", "n_rows": 1},
    ]


def test_free_text_in_a_coded_column_is_cut_but_counted():
    words = [f"word {n}" for n in range(VALUES_KEPT + 50)]
    rows = code_value_table([profile_rows("outc", outc("DE", *words))], Q).to_pylist()
    assert len(rows) == VALUES_KEPT + 1
    assert rows[-1]["value"] == OTHER_VALUES
    assert sum(row["n_rows"] for row in rows) == len(words) + 1


def test_each_code_stands_once_in_a_column_of_the_layout():
    known = [(one.table, one.column, one.code) for one in gates.codes()]
    assert len(known) == len(set(known))
    for table, column, _ in known:
        assert column in {one.name for one in layout.columns(table)}
    assert {one.code for one in gates.codes() if one.column == "role_cod"} == {
        *("PS", "SS", "C", "I", "DN")
    }


def test_known_counts_sum_up_to_the_totals_of_the_archive():
    totals = dict.fromkeys((*layout.TABLES, "archive_bytes"), 0)
    for one in gates.known_counts():
        if one.table in totals:
            totals[one.table] += one.n
    assert totals == {
        "demo": 24_812_425,
        "drug": 100_511_911,
        "reac": 82_257_716,
        "outc": 19_191_409,
        "indi": 63_213_861,
        "ther": 35_772_081,
        "rpsr": 2_716_858,
        "archive_bytes": 3_547_347_845,
    }
    lists = sorted(str(x.quarter) for x in gates.known_counts() if x.table == "deleted")
    assert (lists[0], len(lists)) == ("2021q4", 19)


def test_each_bound_has_a_unit_and_a_reason():
    assert all(one.unit and one.reason for one in gates.bounds())
    text = files("pvsignal.layout").joinpath("gates.csv").read_text("utf-8")
    assert len(list(csv.DictReader(text.splitlines()))) == len(gates.bounds())
