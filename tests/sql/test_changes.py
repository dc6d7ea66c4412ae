"""Why a case counts no more, and which of two differing inputs took it."""

from tests.sql.tables import drawn, run

QUARTERS = """
    base_no:int | now_no:int
    10          | 12
"""


def reason(versions: str, counted: str) -> str:
    """Reason of case 1; rows are known_from and known_until."""
    head = (
        "quarter_no:int | primaryid:int | caseid:int | known_from:int | known_until:int"
    )

    def table(text: str) -> str:
        lines = [line.split("-") for line in text.split()]
        return "\n".join(
            [head, *(f"{a} | {a} | 1 | {a} | {b or '-'}" for a, b in lines)]
        )

    ((_, found),) = run(
        "4_signals/moved_case",
        {
            "signals.compared_quarter": QUARTERS,
            "signals.moved_member": "caseid:int | drug\n1 | x\n1 | y",
            "cases.version": table(versions),
            "cases.counted": table(counted),
        },
        columns="caseid reason",
    )
    return found


def test_case_that_came_after_the_previous_quarter_is_new() -> None:
    assert reason("11-", "11-") == "new_cases"


def test_new_case_that_was_a_suspected_duplicate_first_is_new() -> None:
    assert reason("11-", "12-") == "new_cases"


def test_case_with_another_version_is_a_follow_up() -> None:
    assert reason("9-11 11-", "9-11 11-") == "follow_ups"


def test_withdrawn_case_is_a_deletion_and_so_is_a_reopened_one() -> None:
    assert reason("9-11", "9-11") == "deletions"
    assert reason("8-9 12-", "8-9 12-") == "deletions"


def test_case_that_is_current_and_left_out_is_a_duplicate() -> None:
    assert reason("9-", "9-11") == "duplicates"


def test_case_that_is_no_longer_suspected_is_a_duplicate_gained() -> None:
    assert reason("9-", "12-") == "duplicates"


def test_follow_up_that_is_a_suspected_duplicate_stands_under_duplicates() -> None:
    assert reason("9-11 11-", "9-11") == "duplicates"


def test_case_that_was_deleted_and_reopened_in_between_is_a_follow_up() -> None:
    # Current and counted at both quarters: what it says is another version's.
    assert reason("9-11 12-", "9-11 12-") == "follow_ups"


REVISION = """
    reason     | n_reasons:int | has_archives:bool
    code_lists | 2             | true
"""


def revised(revision: str = REVISION) -> list[tuple[str, ...]]:
    """Cases 1 to 5 of the previous run; 5 is one still, 6 is one now."""
    return run(
        "4_signals/revised_case",
        {
            "signals.compared_quarter": QUARTERS,
            "signals.revision": revision,
            "signals.changed_archive": "quarter_no:int\n7",
            "signals.before_case": """
                drug | event | caseid:int | primaryid:int | quarter_no:int
                x    | e     | 1          | 11            | 8
                x    | e     | 2          | 21            | 8
                x    | e     | 3          | 31            | 7
                x    | e     | 4          | 41            | 8
                x    | e     | 5          | 51            | 8
            """,
            "counts.pair_member": """
                comparator | drug | event_level | event | caseid:int | known_from:int | known_until:int
                A          | x    | group       | e     | 5          | 8              | -
                A          | x    | group       | e     | 6          | 8              | 12
                A          | x    | group       | e     | 7          | 11             | -
                B          | x    | group       | e     | 4          | 8              | -
                A          | x    | pt          | E     | 1          | 8              | -
            """,
            "cases.version": """
                quarter_no:int | primaryid:int | caseid:int | known_from:int | known_until:int
                8              | 21            | 2          | 8              | -
                7              | 31            | 3          | 7              | -
                9              | 42            | 4          | 9              | -
                8              | 51            | 5          | 8              | -
                8              | 61            | 6          | 8              | 12
            """,
            "cases.counted": """
                caseid:int | known_from:int | known_until:int
                2          | 8              | -
                3          | 7              | -
                4          | 9              | -
                5          | 8              | -
                6          | 8              | 12
            """,
        },
        columns="caseid step reason is_mixed",
    )


def test_what_is_sure_is_told_apart_where_lists_and_archives_differ() -> None:
    # 1 is in no archive any more; 2 is the same version of the same archive; 3 stands
    # in a re-issued one; 4 has another version; 6 may be either.
    assert revised() == drawn(
        """
        caseid | step | reason     | is_mixed
        1      | -1   | archives   | false
        2      | -1   | code_lists | false
        3      | -1   | code_lists | true
        4      | -1   | code_lists | true
        6      | 1    | code_lists | true
        """
    )


def test_lists_and_a_program_that_differ_are_never_told_apart() -> None:
    both = REVISION.replace("true", "false")
    assert {row[2:] for row in revised(both)} == {("code_lists", "true")}


def test_one_input_that_differs_has_all_of_it() -> None:
    one = REVISION.replace("code_lists | 2 ", "archives   | 1 ")
    assert {row[2:] for row in revised(one)} == {("archives", "false")}


def test_a_case_left_out_as_a_duplicate_now_is_not_told_apart() -> None:
    found = run(
        "4_signals/revised_case",
        {
            "signals.compared_quarter": QUARTERS,
            "signals.revision": REVISION,
            "signals.changed_archive": "quarter_no:int\n7",
            "signals.before_case": """
                drug | event | caseid:int | primaryid:int | quarter_no:int
                x    | e     | 2          | 21            | 8
            """,
            "counts.pair_member": (
                "comparator | drug | event_level | event | caseid:int "
                "| known_from:int | known_until:int"
            ),
            "cases.version": """
                quarter_no:int | primaryid:int | caseid:int | known_from:int | known_until:int
                8              | 21            | 2          | 8              | -
            """,
            "cases.counted": "caseid:int | known_from:int | known_until:int",
        },
        columns="caseid reason is_mixed",
    )
    assert found == [("2", "code_lists", "true")]
