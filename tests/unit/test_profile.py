"""Blanks and codes of staged rows, and that pieces add up to the whole."""

import csv
from importlib.resources import files

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal import layout
from pvsignal.errors import CodelistError
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


HEAD = "quarter,demo,drug,reac,outc,indi,ther,rpsr,deleted,archive_bytes,reason"
STATED = "2013q2,1,2,3,4,5,6,0,,70,re-issued"


def test_the_operators_row_replaces_the_shipped_row_of_its_quarter(tmp_path):
    file = tmp_path / "known_counts.csv"
    later = '\n"2030q1",1,2,3,4,5,6,7,8,9,"counted, twice"\n\n'
    file.write_bytes(f"\ufeff{HEAD}\n{STATED}{later}".encode())
    stated = gates.operator_counts(file)
    merged = gates.counts_with(stated)
    mine = {x.table: x.n for x in merged if str(x.quarter) == "2013q2"}
    assert mine == {
        **{"demo": 1, "drug": 2, "reac": 3, "outc": 4, "indi": 5, "ther": 6},
        **{"rpsr": 0, "archive_bytes": 70},
    }
    assert {x.reason for x in merged if str(x.quarter) == "2030q1"} == {
        "counted, twice"
    }
    others = [x for x in merged if x.known_from == "shipped"]
    assert others == [x for x in gates.known_counts() if str(x.quarter) != "2013q2"]
    assert {x.known_from for x in merged if x not in others} == {"operator"}


def test_without_an_operators_file_the_shipped_counts_hold(tmp_path):
    stated = gates.operator_counts(tmp_path / "known_counts.csv")
    assert stated == ()
    assert gates.counts_with(stated) == gates.known_counts()


def test_the_order_of_rows_and_columns_changes_no_hash(tmp_path):
    file = tmp_path / "known_counts.csv"
    file.write_text(f"{HEAD}\n{STATED}\n2014q1,1,1,1,1,1,1,1,,,why\n")
    before = gates.counts_hash(gates.operator_counts(file))
    swapped = HEAD.replace("quarter,demo", "demo,quarter")
    rows = f"1,2014q1,1,1,1,1,1,1,,,why\n1,2013q2{STATED[8:]}\n"
    file.write_text(f"{swapped}\n{rows}")
    assert gates.counts_hash(gates.operator_counts(file)) == before


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        (b"", 1, "the columns must be quarter,demo,"),
        (HEAD.removesuffix(",reason").encode(), 1, "the columns must be"),
        (HEAD.replace(",", ";").encode(), 1, "the columns must be"),
        (f"{HEAD},demo\n".encode(), 1, "the columns must be"),
        (f"{HEAD}\n2013-2{STATED[6:]}".encode(), 2, "'2013-2' is no quarter"),
        (f"{HEAD}\n\n{STATED}\n{STATED}\n".encode(), 4, "2013q2 stands twice"),
        (f"{HEAD}\n{STATED.replace('q2,1,', 'q2,,')}".encode(), 2, "demo is ''"),
        (f"{HEAD}\n{STATED.replace('q2,1,', 'q2,-1,')}".encode(), 2, "demo is '-1'"),
        (f"{HEAD}\n{STATED.replace('q2,1,', 'q2,1.0,')}".encode(), 2, "demo is '1.0'"),
        (f"{HEAD}\n{STATED.replace('70', '9' * 5000)}".encode(), 2, "archive_bytes is"),
        (f"{HEAD}\n{STATED.removesuffix('re-issued')} ".encode(), 2, "reason is blank"),
        (f"{HEAD}\n{STATED},twice".encode(), 2, "12 cells instead of 11"),
        (f'{HEAD}\n{STATED}"\n2014q1,"1'.encode(), 3, "is no CSV"),
        (f"{HEAD}\n{STATED}".encode() + b"\xff", 2, "is not UTF-8"),
    ],
)
def test_an_operators_file_that_is_not_valid_is_named_with_its_line(
    tmp_path, content, line, said
):
    file = tmp_path / "known_counts.csv"
    file.write_bytes(content)
    with pytest.raises(CodelistError) as failed:
        gates.operator_counts(file)
    assert str(failed.value).startswith(f"{file}, line {line}: {said}")
    assert len(str(failed.value).splitlines()) == 1
