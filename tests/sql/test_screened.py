"""What the comparators say of a pair and quarter, as one row."""

from tests.sql.tables import drawn, run

STATISTIC = """
variant | comparator | drug_level | drug | event_level | event | quarter_no:int | quarter | a:int | n_drug:int | sdr_ror:bool | evaluable:bool | sdr_screen:bool
"""
YEAR = """
drug | event_level | event | quarter_no:int | sdr_ic_year:bool
d | group | e | 8000 | true
"""
PAIR = "substance | d | group | e | 8000 | 2000q1 | 5 | 100"


def screened(*, b: str, c: str) -> list[tuple[str, ...]]:
    """Row of a pair that A flags; flag and whether it can judge, of B and of C."""
    rows = [
        f"primary | A | {PAIR} | true | true | true",
        f"primary | B | {PAIR} | {b} | true",
        f"primary | C | {PAIR} | {c} | true",
    ]
    return run(
        "4_signals/screened",
        {
            "signals.statistic": STATISTIC + "\n".join(rows),
            "signals.year_stratified": YEAR,
        },
        columns="by_a by_b by_c evaluable_b evaluable_c",
    )


def test_a_comparator_that_flags_but_cannot_judge_does_not_agree() -> None:
    assert screened(b="true | false", c="false | true") == drawn(
        "by_a | by_b | by_c | evaluable_b | evaluable_c\n"
        "true | false | false | false | true"
    )


def test_a_comparator_that_flags_and_can_judge_agrees() -> None:
    assert screened(b="true | true", c="true | false") == drawn(
        "by_a | by_b | by_c | evaluable_b | evaluable_c\n"
        "true | true | false | true | false"
    )
