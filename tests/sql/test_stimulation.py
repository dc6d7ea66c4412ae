"""Values of traits of the reports of a drug, and how many of them are cases."""

from tests.sql.tables import drawn, run

PAIR = """
drug_level | drug | event_level | event | litigation_set | sex
substance | x | group | breast | s | all
"""

REPORT = """
drug | quarter_no:int | primaryid:int | caseid:int | entry_quarter_no:int | in_b:bool | in_c:bool
x | 10 | 1 | 1 | 9 | true | true
x | 10 | 2 | 2 | 10 | false | true
"""


def test_a_report_of_a_drug_stands_once_with_the_comparators_that_it_is_in() -> None:
    rows = run(
        "4_signals/stimulated_report",
        {
            "signals.grid_pair": PAIR,
            "counts.exposed_member": """
                comparator | drug | quarter_no:int | primaryid:int | caseid:int | known_until:int | entry_quarter_no:int
                A | x | 10 | 1 | 1 | - | 9
                B | x | 10 | 1 | 1 | - | 9
                A | x | 10 | 2 | 2 | - | 10
                C | x | 10 | 2 | 2 | - | 10
                A | x | 9 | 3 | 3 | 10 | 9
                A | other | 10 | 1 | 1 | - | 9
            """,
        },
        columns="drug primaryid entry_quarter_no in_b in_c",
    )
    assert rows == drawn("""
        drug | primaryid | entry_quarter_no | in_b | in_c
        x | 1 | 9 | true | false
        x | 2 | 10 | false | true
    """)


def test_what_a_report_does_not_state_is_no_value_and_windows_begin_after_the_date() -> (
    None
):
    rows = run(
        "4_signals/stimulated_trait",
        {
            "signals.stimulated_report": REPORT,
            "signals.report_source": """
                quarter_no:int | primaryid:int | caseid:int | country | sender | literature
                10 | 1 | 1 | US | ACME | -
                10 | 2 | 2 | - | ACME | LANCET2019
            """,
            "cohort.report_trait": """
                quarter_no:int | primaryid:int | caseid:int | reporter
                10 | 1 | 1 | professional
                10 | 2 | 2 | unknown
            """,
            "cases.held_quarter": """
                quarter_no:int | quarter
                9 | 2018q2
                10 | 2018q3
            """,
            "cases.received": """
                caseid:int | received_date:date
                1 | 2018-05-01
                2 | 2018-08-01
            """,
            "codelists.notoriety_drug": """
                drug | date_no:int
                x | 1
                x | 2
                other | 3
            """,
            "codelists.notoriety_date": """
                date_no:int | date_text | ingredient | what | last_day:date | window_last_day:date
                1 | 2018-05-01 | x | letter | 2018-05-01 | 2019-05-01
                2 | 2017 | x | label | 2017-12-31 | 2018-07-31
                3 | 2018-01-01 | other | letter | 2018-01-01 | 2019-01-01
            """,
        },
        columns="primaryid trait value",
    )
    assert rows == drawn("""
        primaryid | trait | value
        1 | country | US
        1 | country_quarter | US 2018q2
        1 | entry_quarter | 2018q2
        1 | notoriety | 2017 x: label
        1 | reporter | professional
        1 | sender | ACME
        2 | entry_quarter | 2018q3
        2 | literature | LANCET2019
        2 | notoriety | 2018-05-01 x: letter
        2 | reporter | unknown
        2 | sender | ACME
    """)


def test_cases_and_reports_of_a_value_are_counted_by_comparator_without_litigated() -> (
    None
):
    rows = run(
        "4_signals/stimulated_value",
        {
            "signals.grid_pair": PAIR,
            "signals.stimulated_trait": """
                drug | quarter_no:int | primaryid:int | caseid:int | in_b:bool | in_c:bool | trait | value
                x | 10 | 1 | 1 | true | true | sender | ACME
                x | 10 | 2 | 2 | false | true | sender | ACME
                x | 10 | 3 | 3 | true | true | sender | ACME
                x | 10 | 4 | 4 | true | true | sender | OTHER
                x | 10 | 5 | 5 | true | false | sender | THIRD
            """,
            "cohort.litigated_report": """
                litigation_set | quarter_no:int | primaryid:int | caseid:int
                s | 10 | 3 | 3
                t | 10 | 1 | 1
            """,
            "cohort.outcome": """
                event_level | event | quarter_no:int | primaryid:int | caseid:int | is_litigated:bool
                group | breast | 10 | 1 | 1 | false
                group | breast | 10 | 3 | 3 | true
                group | breast | 10 | 4 | 4 | false
                group | skin | 10 | 2 | 2 | false
            """,
        },
        columns="value place n_values a_a a_b a_c n_drug_a n_drug_b n_drug_c",
        before=("4_signals/stimulated_count",),
    )
    assert rows == drawn("""
        value | place | n_values | a_a | a_b | a_c | n_drug_a | n_drug_b | n_drug_c
        ACME | 1 | 3 | 1 | 1 | 1 | 2 | 1 | 2
        OTHER | 2 | 3 | 1 | 1 | 1 | 1 | 1 | 1
    """)
