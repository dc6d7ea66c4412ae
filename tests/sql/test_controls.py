"""Which control pairs have a 2x2 table, and why another has none."""

from collections.abc import Mapping

from tests.sql.tables import drawn, run

CELL = (
    "variant | comparator | drug_level | drug | event_level | event | quarter_no:int"
    " | a:int | n_drug:int | n_event:int | n:int"
)

GIVEN: Mapping[str, str] = {
    "codelists.control": """
control_type | drug | event_level | event | label_date | reason | certainty
negative | x | group | e | - | no link | high
""",
    "codelists.drug_member": """
drug_level | drug | therapy
substance | x | x
substance | new | new
class | class:k | x
class | class:k | new
""",
    "codelists.litigated_event": """
ingredient | year_from:int | year_to:int | event_level | event
other | 2018 | 2022 | group | e
other | 2018 | 2022 | group_pts | e
""",
    "codelists.term": "term | group_id\nE ONE | e\nF ONE | f",
    "analysis.variant_comparator": """
variant | comparator
primary | A
primary | C
hcp | B
""",
    "cases.held_quarter": "quarter_no:int | quarter\n10 | 2019q1\n11 | 2019q2",
    "cohort.event": "event_level | event\ngroup | e\npt | E ONE",
    "cohort.drug_start": "drug_level | drug\nsubstance | x\nsubstance | alone",
    "cohort.variant_reference": "variant | drug\nprimary | x\nhcp | alone",
    "counts.cell": f"""
{CELL}
primary | A | substance | x | group | e | 11 | 3 | 10 | 20 | 100
primary | C | substance | x | group | e | 11 | 3 | 10 | 12 | 40
primary | A | substance | x | group | e | 10 | 1 | 5 | 10 | 50
hcp | B | substance | x | group | e | 11 | 2 | 9 | 10 | 50
""",
}


def _control(rows: str) -> Mapping[str, str]:
    head = "control_type | drug | event_level | event | label_date | reason | certainty"
    return {**GIVEN, "codelists.control": f"{head}\n{rows}"}


def _why(rows: str) -> list[tuple[str, ...]]:
    return run("4_counts/control", _control(rows), columns="comparator why_not_counted")


def test_a_control_stands_once_in_each_comparator_of_the_primary_variant() -> None:
    assert run(
        "4_counts/control",
        GIVEN,
        columns="comparator drug event quarter why_not_counted is_litigated",
    ) == drawn("""
comparator | drug | event | quarter | why | is_litigated
A | x | e | 2019q2 | - | false
C | x | e | 2019q2 | - | false
""")


def test_a_control_drug_that_is_not_scored_keeps_its_row() -> None:
    why = "the drug is not scored"
    rows = _why("negative | aspirin | group | e | - | r | high")
    assert rows == [("A", why), ("C", why)]


def test_a_control_event_that_the_analysis_does_not_count_keeps_its_row() -> None:
    why = "the event is not counted in this analysis"
    rows = _why("negative | x | pt | INGUINAL HERNIA | - | r | high")
    assert rows == [("A", why), ("C", why)]


def test_a_control_drug_that_nobody_has_reported_yet_keeps_its_row() -> None:
    why = "no report of the drug"
    rows = _why("negative | new | group | e | - | r | high")
    assert rows == [("A", why), ("C", why)]


def test_a_control_drug_without_a_reference_says_so_in_c_only() -> None:
    given = {
        **_control("negative | alone | group | e | - | r | high"),
        "codelists.drug_member": "drug_level | drug | therapy\nsubstance|alone|alone",
        "counts.cell": f"{CELL}\n"
        "primary | A | substance | alone | group | e | 11 | 0 | 4 | 20 | 100",
    }
    rows = run("4_counts/control", given, columns="comparator why_not_counted")
    assert rows == [("A", "-"), ("C", "the drug has no reference in C")]


def test_a_term_without_a_report_of_the_pair_says_so() -> None:
    why = "no report of the pair, and terms are counted from one on"
    rows = _why("negative | x | pt | E ONE | - | r | high")
    assert rows == [("A", why), ("C", why)]


def test_a_litigated_pair_is_marked_at_group_and_at_term_level() -> None:
    rows = "\n".join(
        f"negative | other | {event} | - | r | high"
        for event in ("group | e", "group | f", "pt | E ONE", "pt | F ONE")
    )
    found = run("4_counts/control", _control(rows), columns="event is_litigated")
    assert set(found) == {
        *(("e", "true"), ("f", "false")),
        *(("E ONE", "true"), ("F ONE", "false")),
    }
