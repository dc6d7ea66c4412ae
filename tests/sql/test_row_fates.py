"""Attrition by quarter: each DEMO row has one fate, and the fates add up."""

from tests.sql.tables import drawn, run

GIVEN = {
    "staged.demo": """
        quarter_no:int | line:int | primaryid:int | caseid:int
        8096 | 2 | 11 | 1
        8096 | 3 | 12 | -
        8096 | 4 | 11 | 1
        8096 | 5 | 21 | 2
        8096 | 6 | 31 | 3
        8097 | 2 | 13 | 1
        8097 | 3 | 41 | 4
        8097 | 4 | 51 | 5
        8098 | 2 | 61 | 6
    """,
    "cases.held_quarter": """
        quarter | quarter_no:int
        2024q1 | 8096
        2024q2 | 8097
    """,
    "cases.sighting": """
        quarter_no:int | line:int | primaryid:int | caseid:int
        8096 | 4 | 11 | 1
        8096 | 5 | 21 | 2
        8096 | 6 | 31 | 3
        8097 | 2 | 13 | 1
        8097 | 3 | 41 | 4
        8097 | 4 | 51 | 5
    """,
    "cases.version": """
        quarter_no:int | primaryid:int | caseid:int | until_reason
        8096 | 11 | 1 | superseded
        8096 | 21 | 2 | deleted
        8096 | 31 | 3 | -
        8097 | 13 | 1 | -
        8097 | 41 | 4 | -
        8097 | 51 | 5 | -
    """,
    "cohort.report": """
        quarter_no:int | primaryid:int | caseid:int
        8096 | 31 | 3
        8097 | 13 | 1
        8097 | 51 | 5
    """,
    "cases.suspected_duplicate": """
        quarter_no:int | primaryid:int | caseid:int
        8097 | 51 | 5
    """,
}


def test_each_row_of_demo_has_one_fate_and_quarters_not_held_have_none():
    assert run("4_counts/row_fate", GIVEN, columns="quarter fate n_rows") == drawn("""
        quarter | fate | n_rows
        2024q1 | without a case number | 1
        2024q1 | repeats the key of another row of the quarter | 1
        2024q1 | superseded | 1
        2024q1 | deleted | 1
        2024q1 | counted | 1
        2024q2 | counted | 1
        2024q2 | without a named drug or a reaction | 1
        2024q2 | suspected duplicate | 1
    """)


def test_two_records_cut_from_one_line_are_two_rows_with_a_fate_each():
    glued = {
        **GIVEN,
        "staged.demo": """
            quarter_no:int | line:int | primaryid:int | caseid:int
            8096 | 5 | 21 | 2
            8096 | 5 | 31 | 3
        """,
        "cases.sighting": """
            quarter_no:int | line:int | primaryid:int | caseid:int
            8096 | 5 | 21 | 2
            8096 | 5 | 31 | 3
        """,
        "cases.version": """
            quarter_no:int | primaryid:int | caseid:int | until_reason
            8096 | 21 | 2 | deleted
            8096 | 31 | 3 | -
        """,
    }
    assert run("4_counts/row_fate", glued, columns="quarter fate n_rows") == drawn("""
        quarter | fate | n_rows
        2024q1 | deleted | 1
        2024q1 | counted | 1
    """)
