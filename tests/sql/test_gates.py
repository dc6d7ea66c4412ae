"""Gates: each passes on good data and names the rows of the defect it is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pvsignal import warehouse
from pvsignal.errors import CheckFailed, ModelError
from pvsignal.layout import TABLES, gates
from pvsignal.pipeline.building import load_gates
from pvsignal.quarter import Quarter
from tests.sql.tables import create

ORPHAN = "quarter_no:int | table_name | line:int | primaryid:int"

Row = dict[str, Any]


def no(quarter: str) -> int:
    return Quarter.parse(quarter).ordinal


def open_with(
    con: warehouse.Connection, held: list[str], given: Mapping[str, str]
) -> None:
    """Held quarters, the shipped bounds and codes, and the given tables."""
    for macro in warehouse.MODELS["macros"]:
        warehouse.run_model(con, warehouse.read_model(macro))
    load_gates(con, gates.known_counts())
    quarters = "\n".join(f"{q} | {no(q)}" for q in held)
    create(con, "cases.held_quarter", f"quarter | quarter_no:int\n{quarters}")
    for relation, drawing in given.items():
        create(con, relation, drawing)


def run_models(con: warehouse.Connection, *names: str) -> None:
    for name in names:
        warehouse.run_model(con, warehouse.read_model(f"4_counts/{name}"))


def check(con: warehouse.Connection, name: str) -> list[Row]:
    text = (warehouse.SQL_DIR / "checks" / f"{name}.sql").read_text("utf-8")
    return warehouse.query_rows(con, f"select * from ({text}) order by all")


def found(
    name: str, held: list[str], given: Mapping[str, str], *, models: tuple[str, ...]
) -> list[Row]:
    with warehouse.connect_memory() as con:
        open_with(con, held, given)
        run_models(con, *models)
        return check(con, name)


# ------------------------------------------------------------------- row counts

KNOWN = {
    (str(one.quarter), one.table): one.n
    for one in gates.known_counts()
    if one.table in TABLES
}
QUARTERS = sorted({quarter for quarter, _ in KNOWN})

Counts = Mapping[tuple[str, str], int]


def accounting(counts: Counts) -> str:
    """Accounting of the quarters of some counts."""
    lines = ["quarter | quarter_no:int | table_name | era | staged:int"]
    lines += [f"{q} | {no(q)} | {table} | d | {n}" for (q, table), n in counts.items()]
    return "\n".join(lines)


def counted(name: str, counts: Counts, *, is_known: bool) -> list[Row]:
    with warehouse.connect_memory() as con:
        load_gates(con, gates.known_counts())
        rows = [(q, no(q), table, "d", n) for (q, table), n in counts.items()]
        names = ["quarter", "quarter_no", "table_name", "era", "staged"]
        frame = pd.DataFrame(rows, columns=names)
        warehouse.load_frame(con, "staged.accounting", frame)
        held = frame[["quarter", "quarter_no"]].drop_duplicates()
        warehouse.load_frame(con, "cases.held_quarter", held)
        if not is_known:
            con.execute("delete from gates.known_count").fetchall()
        run_models(con, "neighbour", "table_quarter")
        return check(con, name)


def with_share(
    quarters: Sequence[str], tables: tuple[str, ...], share: float
) -> Counts:
    """Known counts, those of some tables of some quarters times a share."""
    return {
        (quarter, table): round(n * share)
        if quarter in quarters and table in tables
        else n
        for (quarter, table), n in KNOWN.items()
    }


# Quarters so far apart that none is a neighbour of two of them: one run judges all.
APART = [QUARTERS[start::9] for start in range(9)]


COUNT_CHECKS = (
    "row_counts_against_known",
    "row_counts_differ_from_known",
    "row_counts_against_neighbours",
)


@pytest.mark.parametrize("name", COUNT_CHECKS)
def test_the_known_archive_passes_the_gates_on_row_counts(name: str) -> None:
    assert counted(name, KNOWN, is_known=True) == []


def test_no_known_quarter_would_block_against_its_neighbours() -> None:
    name = "row_counts_against_neighbours"
    assert counted(name, KNOWN, is_known=False) == []


@pytest.mark.parametrize("side", ["earlier", "later"])
def test_no_known_quarter_would_block_at_the_edge_of_what_is_held(side: str) -> None:
    name = "row_counts_against_neighbours"
    reach = range(-4, 1) if side == "earlier" else range(5)
    for judged in APART:
        numbers = {no(quarter) + step for quarter in judged for step in reach}
        counts = {key: n for key, n in KNOWN.items() if no(key[0]) in numbers}
        rows = counted(name, counts, is_known=False)
        assert [row for row in rows if row["quarter"] in judged] == []


@pytest.mark.parametrize("table", ["drug", "reac", "outc", "indi", "ther"])
def test_a_table_that_lost_sixty_percent_is_found_in_every_quarter(table: str) -> None:
    name = "row_counts_against_neighbours"
    for cut in APART:
        rows = counted(name, with_share(cut, (table,), 0.4), is_known=False)
        assert [(row["quarter"], row["table_name"]) for row in rows] == [
            (quarter, table) for quarter in cut
        ]


def test_a_recent_quarter_that_lost_sixty_percent_of_its_reports_is_found() -> None:
    name = "row_counts_against_neighbours"
    for cut in APART:
        recent = [quarter for quarter in cut if quarter >= "2016q3"]
        rows = counted(name, with_share(recent, TABLES, 0.4), is_known=False)
        assert [(row["quarter"], row["table_name"]) for row in rows] == [
            (quarter, "demo") for quarter in recent
        ]


def test_a_table_that_came_twice_is_found() -> None:
    rows = counted(
        "row_counts_against_neighbours",
        with_share(["2020q3"], ("reac",), 2),
        is_known=False,
    )
    assert rows == [
        {
            "quarter": "2020q3",
            "table_name": "reac",
            "n_rows": 2_908_088,
            "measure": 6.737,
            "measure_around": 3.322,
            "ratio": 2.028,
        }
    ]


def test_reports_of_one_neighbour_are_not_enough_to_judge() -> None:
    counts = {
        key: n
        for key, n in with_share(["2020q3"], TABLES, 0.2).items()
        if key[0] in ("2020q2", "2020q3")
    }
    assert counted("row_counts_against_neighbours", counts, is_known=False) == []


@pytest.mark.parametrize(
    ("n", "blocks", "notes"),
    [
        (KNOWN["2020q3", "rpsr"], False, False),
        (KNOWN["2020q3", "rpsr"] - 3, False, True),
        (KNOWN["2020q3", "rpsr"] + 17, False, True),
        (KNOWN["2020q3", "rpsr"] + 18, True, False),
    ],
    ids=["as known", "3 fewer", "0.1 %", "more than 0.1 %"],
)
def test_rows_are_held_against_the_known_count_with_a_tolerance(
    n: int, blocks: bool, notes: bool
) -> None:
    counts = {**KNOWN, ("2020q3", "rpsr"): n}
    row = {
        "quarter": "2020q3",
        "table_name": "rpsr",
        "n_rows": n,
        "known_rows": 17_281,
        "known_from": "shipped",
    }
    named = "row_counts_against_known"
    assert counted(named, counts, is_known=True) == [row] * blocks
    named = "row_counts_differ_from_known"
    assert counted(named, counts, is_known=True) == [row] * notes


def test_ten_rows_of_a_small_table_are_within_the_tolerance() -> None:
    counts = {("2021q4", "rpsr"): KNOWN["2021q4", "rpsr"] - 10}
    assert counted("row_counts_against_known", counts, is_known=True) == []
    counts = {("2021q4", "rpsr"): KNOWN["2021q4", "rpsr"] - 11}
    assert len(counted("row_counts_against_known", counts, is_known=True)) == 1


def test_an_archive_of_another_size_than_the_known_one_is_noted() -> None:
    archives = """
    quarter | quarter_no:int | archive | n_bytes:int
    2026q1 | 8104 | faers_ascii_2026q1.zip | 64078040
    2026q2 | 8105 | faers_ascii_2026q2.zip | 63223615
    2026q3 | 8106 | faers_ascii_2026q3.zip | 1
    """
    held = ["2026q1", "2026q2", "2026q3"]
    name = "archive_bytes_differ_from_known"
    assert found(name, held, {"source.archive": archives}, models=()) == [
        {
            "quarter": "2026q2",
            "archive": "faers_ascii_2026q2.zip",
            "n_bytes": 63_223_615,
            "known_bytes": 63_223_614,
            "known_from": "shipped",
        }
    ]


# --------------------------------------------------------------- deletion lists


@pytest.mark.parametrize(
    ("lists", "missing", "early"),
    [
        ({"2019q1": 83_845}, [], []),
        ({"2018q4": 9, "2019q1": 1}, [], ["2018q4"]),
        ({"2019q1": 0}, ["2019q1"], []),
        ({}, ["2019q1"], []),
    ],
    ids=["as it is", "too early", "empty", "none"],
)
def test_a_deletion_list_is_wanted_from_2019q1_on(
    lists: dict[str, int], missing: list[str], early: list[str]
) -> None:
    held = ["2018q4", "2019q1"]
    counts = {(q, "demo"): 9 for q in held} | {(q, "deleted"): lists[q] for q in lists}
    given = {"staged.accounting": accounting(counts)}
    models = ("neighbour", "table_quarter")
    rows = found("deletion_list_missing", held, given, models=models)
    assert rows == [
        {"quarter": q, "table_name": "deleted", "n_rows": 0} for q in missing
    ]
    rows = found("deletion_list_too_early", held, given, models=models)
    assert [row["quarter"] for row in rows] == early


# ------------------------------------------------------------- parents, children

JOINED = {
    "staged.accounting": accounting(
        {("2020q1", "demo"): 200, ("2020q1", "reac"): 200, ("2020q1", "drug"): 200}
    ),
    "counts.orphan": ORPHAN,
    "counts.childless": ORPHAN,
}
PARENT_MODELS = ("neighbour", "table_quarter")


@pytest.mark.parametrize(
    ("n", "noted", "blocked"),
    [(0, False, False), (1, True, True), (10, True, True)],
)
def test_orphans_are_noted_and_above_a_thousandth_found_as_many(
    n: int, noted: bool, blocked: bool
) -> None:
    rows = "".join(f"\n{no('2020q1')} | reac | {line} | 7" for line in range(n))
    given = JOINED | {"counts.orphan": ORPHAN + rows}
    held = ["2020q1"]
    note = {"quarter": "2020q1", "table_name": "reac", "n_orphans": n}
    name = "children_without_parent"
    assert found(name, held, given, models=PARENT_MODELS) == [note] * noted
    name = "many_children_without_parent"
    block = note | {"n_rows": 200}
    assert found(name, held, given, models=PARENT_MODELS) == [block] * blocked


@pytest.mark.parametrize(
    ("n", "noted", "blocked"),
    [(0, False, False), (10, True, False), (11, True, True)],
)
def test_reports_without_reaction_are_noted_and_above_a_twentieth_found_as_many(
    n: int, noted: bool, blocked: bool
) -> None:
    rows = "".join(f"\n{no('2020q1')} | reac | {line} | 7" for line in range(n))
    given = JOINED | {"counts.childless": ORPHAN + rows}
    held = ["2020q1"]
    note = {"quarter": "2020q1", "table_name": "reac", "n_reports": n}
    name = "reports_without_drug_or_reaction"
    assert found(name, held, given, models=PARENT_MODELS) == [note] * noted
    name = "many_reports_without_drug_or_reaction"
    block = note | {"n_demo": 200}
    assert found(name, held, given, models=PARENT_MODELS) == [block] * blocked


def test_children_and_parents_are_joined_within_their_quarter() -> None:
    child = "quarter_no:int | line:int | primaryid:int"
    empty = {f"staged.{t}": child for t in ("ther", "indi", "outc", "rpsr")}
    given = empty | {
        "staged.demo": f"{child}\n1 | 2 | 11\n1 | 3 | 12\n2 | 2 | 13\n3 | 2 | 99",
        "staged.drug": f"{child}\n1 | 2 | 11\n1 | 3 | 13\n2 | 2 | 13\n3 | 2 | 98",
        "staged.reac": f"{child}\n1 | 2 | 11\n1 | 3 | 11\n1 | 4 | 12\n2 | 2 | 11",
        "staged.rpsr": f"{child}\n2 | 9 | 14",
        "cases.held_quarter": "quarter | quarter_no:int\na | 1\nb | 2",
    }
    with warehouse.connect_memory() as con:
        for relation, drawing in given.items():
            create(con, relation, drawing)
        run_models(con, "orphan", "childless")
        ask = "select quarter_no, table_name, line from counts.{} order by all"
        orphans = con.execute(ask.format("orphan")).fetchall()
        childless = con.execute(ask.format("childless")).fetchall()
    assert orphans == [(1, "drug", 3), (2, "reac", 2), (2, "rpsr", 9)]
    assert childless == [(1, "drug", 3), (2, "reac", 2)]


# ----------------------------------------------------------------- blanks, codes


def profile(*rows: tuple[str, str, int, int]) -> dict[str, str]:
    """Profile of columns (quarter, table.column, n_rows, n_blank), all of one era."""
    lines = [
        "quarter | quarter_no:int | table_name | column_name | n_rows:int | n_blank:int"
    ]
    counts = {}
    for quarter, column, n_rows, n_blank in rows:
        table, _, name = column.partition(".")
        counts[quarter, table] = n_rows
        lines.append(
            f"{quarter} | {no(quarter)} | {table} | {name} | {n_rows} | {n_blank}"
        )
    return {
        "staged.profile": "\n".join(lines),
        "staged.accounting": accounting(counts),
    }


def blanks(name: str, *rows: tuple[str, str, int, int]) -> list[Row]:
    held = sorted({row[0] for row in rows})
    return found(name, held, profile(*rows), models=("neighbour", "column_quarter"))


def series(column: str, *n_blank: int) -> list[tuple[str, str, int, int]]:
    return [
        (str(Quarter.from_ordinal(no("2020q1") + place)), column, 1000, n)
        for place, n in enumerate(n_blank)
    ]


def test_a_column_that_fills_slowly_is_in_order() -> None:
    rows = series("demo.occp_cod", 20, 60, 110, 170, 230, 290, 350)
    assert blanks("blank_shares", *rows) == []
    assert blanks("column_lost", *rows) == []


def test_a_jump_of_blanks_is_noted_but_no_lost_column() -> None:
    rows = series("demo.occp_cod", 20, 30, 400, 30, 20)
    assert blanks("blank_shares", *rows) == [
        {
            "quarter": "2020q3",
            "table_name": "demo",
            "column_name": "occp_cod",
            "blank_share": 0.4,
            "blank_share_around": 0.025,
        }
    ]
    assert blanks("column_lost", *rows) == []


def test_a_column_of_which_nothing_is_left_is_lost() -> None:
    assert blanks("column_lost", *series("drug.prod_ai", 26, 25, 1000)) == [
        {
            "quarter": "2020q3",
            "table_name": "drug",
            "column_name": "prod_ai",
            "n_blank": 1000,
            "n_rows": 1000,
            "blank_share_around": 0.026,
        }
    ]


def test_a_column_that_was_hardly_filled_may_run_dry() -> None:
    assert blanks("column_lost", *series("demo.to_mfr", 970, 970, 1000)) == []


def test_columns_are_compared_within_their_era_only() -> None:
    given = profile(*series("drug.prod_ai", 1000, 1000, 20, 20, 20))
    given["staged.accounting"] = given["staged.accounting"].replace(
        "2020q1 | 8080 | drug | d", "2020q1 | 8080 | drug | c"
    )
    given["staged.accounting"] = given["staged.accounting"].replace(
        "2020q2 | 8081 | drug | d", "2020q2 | 8081 | drug | c"
    )
    held = ["2020q1", "2020q2", "2020q3", "2020q4", "2021q1"]
    for name in ("blank_shares", "column_lost"):
        rows = found(name, held, given, models=("neighbour", "column_quarter"))
        assert rows == []


@pytest.mark.parametrize(
    ("n_blank", "n_rows", "blocks"),
    [(10, 1000, False), (11, 1000, True), (1000, 1000, True), (9, 9, False)],
)
def test_more_than_one_percent_of_blank_terms_block(
    n_blank: int, n_rows: int, blocks: bool
) -> None:
    row = {
        "quarter": "2020q1",
        "table_name": "reac",
        "column_name": "pt",
        "n_blank": n_blank,
        "n_rows": n_rows,
    }
    rows = blanks("blank_terms", ("2020q1", "reac.pt", n_rows, n_blank))
    assert rows == [row] * blocks


@pytest.mark.parametrize(
    "column", ["drug.drugname", "drug.role_cod", "indi.indi_pt", "outc.outc_cod"]
)
def test_more_than_one_percent_of_blank_key_texts_are_found(column: str) -> None:
    assert blanks("blank_key_texts", ("2020q1", column, 1000, 10)) == []
    rows = blanks("blank_key_texts", ("2020q1", column, 1000, 11))
    assert [(row["column_name"], row["n_blank"]) for row in rows] == [
        (column.partition(".")[2], 11)
    ]


def codes(*rows: tuple[str, str, str, int]) -> dict[str, str]:
    """Values (quarter, table.column, value, n_rows)."""
    lines = ["quarter | quarter_no:int | table_name | column_name | value | n_rows:int"]
    for quarter, column, value, n in rows:
        table, _, name = column.partition(".")
        lines.append(f"{quarter} | {no(quarter)} | {table} | {name} | {value} | {n}")
    return {"staged.code_value": "\n".join(lines)}


def coded(name: str, *rows: tuple[str, str, str, int]) -> list[Row]:
    held = sorted({row[0] for row in rows})
    return found(name, held, codes(*rows), models=("code_quarter",))


ROLE = "drug.role_cod"


def test_documented_codes_are_in_order() -> None:
    rows = [
        ("2024q1", f"{one.table}.{one.column}", one.code, 5)
        for one in gates.codes()
        if not one.watch and not one.last
    ]
    assert coded("unknown_code_values", *rows) == []
    assert coded("unknown_code_share", *rows) == []


@pytest.mark.parametrize(
    ("quarter", "column", "value", "why"),
    [
        ("2019q1", ROLE, "XX", "not documented"),
        ("2019q1", ROLE, "ps", "not documented"),
        ("2019q1", ROLE, "DN", "documented from 2024q4 on only"),
        (
            "2025q1",
            ROLE,
            "DN",
            "the drug was not taken: staged and listed, never exposure",
        ),
        ("2019q1", "demo.sex", "NS", "documented up to 2012q3 only"),
        ("2019q1", "outc.outc_cod", "DEATH", "not documented"),
    ],
)
def test_a_value_out_of_order_is_noted_with_the_reason(
    quarter: str, column: str, value: str, why: str
) -> None:
    rows = coded("unknown_code_values", (quarter, column, value, 3))
    assert [(row["value"], row["n_rows"], row["why"]) for row in rows] == [
        (value, 3, why)
    ]


@pytest.mark.parametrize(("n", "blocks"), [(10, False), (11, True)])
def test_more_than_one_percent_of_undocumented_roles_are_found(
    n: int, blocks: bool
) -> None:
    row = {
        "quarter": "2024q1",
        "table_name": "drug",
        "column_name": "role_cod",
        "n_filled": 1000,
        "n_unknown": n,
        "unknown_values": "XX, ZZ",
    }
    rows = coded(
        "unknown_code_share",
        ("2024q1", ROLE, "PS", 1000 - n),
        ("2024q1", ROLE, "XX", n - 1),
        ("2024q1", ROLE, "ZZ", 1),
    )
    assert rows == [row] * blocks


def test_a_documented_code_never_counts_towards_the_share() -> None:
    rows = [("2025q1", ROLE, "PS", 100), ("2025q1", ROLE, "DN", 900)]
    assert coded("unknown_code_share", *rows) == []


def test_another_column_may_hold_what_it_likes() -> None:
    rows = [("2025q1", "demo.occp_cod", "NEW", 1000)]
    assert coded("unknown_code_share", *rows) == []
    assert len(coded("unknown_code_values", *rows)) == 1


# ------------------------------------------------------------------- vocabulary


def drifted(name: str, held: list[str], terms: Mapping[str, Mapping[str, int]]):
    """Rows of a check on terms: quarter to term to reaction rows."""
    lines = ["quarter_no:int | line:int | primaryid:int | pt"]
    counts = {}
    for quarter, by_term in terms.items():
        counts[quarter, "reac"] = counts[quarter, "demo"] = sum(by_term.values())
        for term, n in by_term.items():
            lines += [f"{no(quarter)} | 2 | 1 | {term}"] * n
    given = {"staged.reac": "\n".join(lines), "staged.accounting": accounting(counts)}
    models = ("neighbour", "table_quarter", "term_quarter", "term_change")
    return found(name, held, given, models=models)


ROW_OF_FIVE = ["2025q2", "2025q3", "2025q4", "2026q1", "2026q2"]
OLD = {"Nausea": 100, "Creatine phosphokinase increased": 60}
RENAMED = {"NAUSEA": 100, "Creatine kinase increased": 55, "Rare": 1}


def test_terms_that_come_and_go_are_noted_after_four_quarters() -> None:
    terms = {**dict.fromkeys(ROW_OF_FIVE[:4], OLD), "2026q2": RENAMED}
    assert drifted("new_terms", ROW_OF_FIVE, terms) == [
        {
            "quarter": "2026q2",
            "n_terms": 2,
            "n_rows": 56,
            "most_frequent": "CREATINE KINASE INCREASED, RARE",
            "share": 0.359,
        }
    ]
    assert drifted("vanished_terms", ROW_OF_FIVE, terms) == [
        {
            "quarter": "2026q2",
            "n_rows_before": 60,
            "n_terms": 1,
            "most_frequent": "CREATINE PHOSPHOKINASE INCREASED",
        }
    ]


def test_a_rare_term_may_be_new_and_another_may_stay_away() -> None:
    often = {"Nausea": 300, "Rare": 49}
    terms = {**dict.fromkeys(ROW_OF_FIVE[:4], often), "2026q2": {"Nausea": 300}}
    terms["2026q2"] |= {"Very rare": 1}
    assert drifted("new_terms", ROW_OF_FIVE, terms) == []
    assert drifted("vanished_terms", ROW_OF_FIVE, terms) == []


@pytest.mark.parametrize("name", ["new_terms", "vanished_terms"])
def test_a_hole_in_the_four_quarters_before_leaves_drift_unjudged(name: str) -> None:
    held = ["2025q1", "2025q3", "2025q4", "2026q1", "2026q2"]
    terms = {**dict.fromkeys(held[:4], OLD), "2026q2": RENAMED}
    assert drifted(name, held, terms) == []


# --------------------------------------------------------------- severity, effect


@pytest.fixture
def checks(tmp_path: Path) -> Path:
    folder = tmp_path / "checks"
    folder.mkdir()
    for name, severity, rows in (
        ("a_passes", "block", "select 1 as x where false"),
        ("b_notes", "note", "select '2020q1' as quarter, 1 as x"),
        ("c_compares", "block for fda", "select '2020q2' as quarter, 5 as n_rows"),
        (
            "d_blocks",
            "block",
            "from (values ('z', 3), ('y', 2), ('x', 1), ('w', 0)) as t(k, n)",
        ),
    ):
        text = f"-- Severity: {severity}\n-- Title: title of {name}\n{rows}\n"
        (folder / f"{name}.sql").write_text(text, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("origin", "effect"),
    [("fda", "blocked"), ("mirror", "note"), ("simulated", "note")],
)
def test_a_comparison_blocks_archives_of_the_fda_only(
    checks: Path, origin: str, effect: str
) -> None:
    (checks / "checks" / "d_blocks.sql").unlink()
    with warehouse.connect_memory() as con:
        results = warehouse.run_checks(con, origin=origin, sql_dir=checks)
    if effect == "blocked":
        with pytest.raises(CheckFailed, match="c_compares"):
            warehouse.require_passed(results, rows_at="here")
    else:
        warehouse.require_passed(results, rows_at="here")
    assert [(one.name, one.effect) for one in results] == [
        ("a_passes", "passed"),
        ("b_notes", "note"),
        ("c_compares", effect),
    ]
    assert warehouse.check_row_table(results).to_pylist() == [
        {
            "name": "b_notes",
            "row_no": 1,
            "quarter": "2020q1",
            "figures": '{"quarter": "2020q1", "x": 1}',
        },
        {
            "name": "c_compares",
            "row_no": 1,
            "quarter": "2020q2",
            "figures": '{"quarter": "2020q2", "n_rows": 5}',
        },
    ]


def test_all_checks_that_block_are_named_in_one_line_with_their_first_rows(
    checks: Path,
) -> None:
    with warehouse.connect_memory() as con:
        results = warehouse.run_checks(con, origin="fda", sql_dir=checks)
    with pytest.raises(CheckFailed) as failed:
        warehouse.require_passed(results, rows_at="here")
    assert str(failed.value) == (
        "2 checks failed, nothing was published: "
        "c_compares (title of c_compares): 1 rows: quarter=2020q2, n_rows=5 | "
        "d_blocks (title of d_blocks): 4 rows: k=w, n=0; k=x, n=1; k=y, n=2; ... "
        "| all their rows: here"
    )
    assert failed.value.rows == (
        {"check": "c_compares", "quarter": "2020q2", "n_rows": 5},
        {"check": "d_blocks", "k": "w", "n": 0},
        {"check": "d_blocks", "k": "x", "n": 1},
        {"check": "d_blocks", "k": "y", "n": 2},
        {"check": "d_blocks", "k": "z", "n": 3},
    )


def blocked_rows(checks: Path, select: str) -> tuple[warehouse.CheckResult, str]:
    """Result of a blocking check that returns some rows, and what is said of it."""
    for file in (checks / "checks").glob("*.sql"):
        file.unlink()
    text = f"-- Severity: block\n-- Title: why\n{select}\n"
    (checks / "checks" / "long.sql").write_text(text, "utf-8")
    with warehouse.connect_memory() as con:
        (result,) = warehouse.run_checks(con, origin="fda", sql_dir=checks)
    with pytest.raises(CheckFailed) as failed:
        warehouse.require_passed([result], rows_at="here")
    return result, str(failed.value)


def test_the_rows_shown_of_a_check_that_blocks_are_of_different_quarters(
    checks: Path,
) -> None:
    _, said = blocked_rows(
        checks,
        "select '202' || (range // 30) || 'q1' as quarter, range as n from range(120)",
    )
    assert said.partition("120 rows: ")[2] == (
        "quarter=2020q1, n=0; quarter=2021q1, n=30; quarter=2022q1, n=60; ... "
        "| all their rows: here"
    )


def test_all_rows_of_a_check_that_blocks_are_kept(checks: Path) -> None:
    result, said = blocked_rows(checks, "select range as x from range(10000)")
    assert [row["x"] for row in result.rows] == list(range(10_000))
    assert said.endswith("| all their rows: here")


def test_a_check_that_blocks_with_more_rows_than_are_kept_says_so(checks: Path) -> None:
    result, said = blocked_rows(checks, "select range as x from range(10001)")
    assert (result.n_rows, len(result.rows)) == (10_001, 10_000)
    assert said.endswith("| their rows, the first 10,000 of each check: here")


def test_a_check_without_a_known_severity_is_refused(checks: Path) -> None:
    file = checks / "checks" / "b_notes.sql"
    file.write_text(file.read_text("utf-8").replace("note", "warn", 1), "utf-8")
    with (
        warehouse.connect_memory() as con,
        pytest.raises(ModelError, match="b_notes: the header must state a severity"),
    ):
        warehouse.run_checks(con, origin="fda", sql_dir=checks)


def test_only_the_last_rows_of_a_long_check_are_left_out(checks: Path) -> None:
    file = checks / "checks" / "b_notes.sql"
    text = file.read_text("utf-8").rpartition("select")[0]
    file.write_text(text + "select range as x from range(100000)\n", "utf-8")
    (checks / "checks" / "d_blocks.sql").unlink()
    with warehouse.connect_memory() as con:
        results = warehouse.run_checks(con, origin="mirror", sql_dir=checks)
    (long,) = (one for one in results if one.name == "b_notes")
    assert long.n_rows == 100_000
    assert [row["x"] for row in long.rows] == list(range(20))


def test_each_shipped_check_has_a_severity_and_a_title() -> None:
    described = warehouse.describe_checks()
    assert {severity for _, severity, _ in described} == set(warehouse.SEVERITIES)
    assert all(title for _, _, title in described)


def test_every_bound_is_used_by_a_gate() -> None:
    text = "".join(
        file.read_text("utf-8")
        for folder in ("checks", "4_counts")
        for file in (warehouse.SQL_DIR / folder).glob("*.sql")
    )
    unused = [one.name for one in gates.bounds() if f"bound.{one.name}" not in text]
    assert unused == []
