"""From intervals to 2x2 tables."""

from tests.sql.tables import drawn, run

KEY = "quarter_no:int | primaryid:int | caseid:int"

REPORT = f"""
{KEY} | known_from:int | known_until:int | received_date:date | received_year:int | is_ms:bool
10 | 1 | 1 | 10 | 12 | 2019-01-10 | 2019 | true
12 | 2 | 1 | 12 | - | 2019-01-10 | 2019 | true
10 | 3 | 3 | 10 | - | 2019-02-10 | 2019 | true
10 | 4 | 4 | 10 | - | 2019-02-11 | 2019 | false
11 | 5 | 5 | 11 | - | 2018-12-31 | 2018 | true
11 | 6 | 6 | 11 | - | 2019-05-01 | 2019 | true
"""

EXPOSURE = """
drug_level | drug | quarter_no:int | primaryid:int
substance | x | 10 | 1
substance | x | 12 | 2
substance | ref | 10 | 3
substance | ref | 11 | 5
substance | ref | 11 | 6
substance | x | 11 | 6
"""

REFERENCE = """
therapy | quarter_no:int | primaryid:int
ref | 10 | 3
ref | 11 | 5
ref | 11 | 6
"""

OUTCOME = f"""
event_level | event | {KEY} | is_litigated:bool
group | e | 10 | 1 | 1 | false
group | e | 10 | 3 | 3 | false
group | e | 10 | 4 | 4 | true
pt | E ONE | 11 | 6 | 6 | false
"""

COUNTED = f"""
{KEY} | known_from:int | known_until:int
10 | 1 | 1 | 10 | 12
12 | 2 | 1 | 12 | -
10 | 3 | 3 | 10 | -
10 | 4 | 4 | 10 | -
11 | 5 | 5 | 11 | -
11 | 6 | 6 | 11 | -
"""

VARIANTS = """
variant | selection | is_aligned:bool | reference
primary | s | false | platform
"""

GIVEN = {
    "cases.counted": COUNTED,
    "analysis.variant": VARIANTS,
    "analysis.variant_comparator": "variant | comparator\n"
    "primary | A\nprimary | B\nprimary | C",
    "analysis.reference_of": "reference | drug | reference_set\nplatform | x | ref",
    "counts.variant_margin": "variant | measure | comparator | drug | event_level "
    "| event | litigation_set | n_reports:int",
    "cases.held_quarter": "quarter | quarter_no:int\nq10 | 10\nq11 | 11\nq12 | 12",
    "cohort.report": REPORT,
    "cohort.exposure": EXPOSURE,
    "cohort.reference_exposure": REFERENCE,
    "cohort.outcome": OUTCOME,
    "cohort.event": "event_level | event | litigation_set\n"
    "group | e | z:2019:2020\npt | E ONE | z:2019:2020",
    "cohort.litigated_report": f"litigation_set | {KEY}\nz:2019:2020 | 10 | 4 | 4",
    "codelists.reference_member": "drug | therapy\nx | ref",
}
UP_TO_CELL = (
    "3_cohort/counted_report",
    "3_cohort/drug_start",
    "3_cohort/comparator_c",
    "4_counts/population_member",
    "4_counts/exposed_member",
    "4_counts/pair_member",
    "4_counts/interval",
    "4_counts/cumulative",
    "4_counts/margin",
    "3_cohort/variant_reference",
)


def _cells(
    where: str,
    *,
    counted: str = COUNTED,
    exposure: str = EXPOSURE,
) -> list[tuple[str, ...]]:
    rows = run(
        "4_counts/cell",
        {**GIVEN, "cases.counted": counted, "cohort.exposure": exposure},
        before=UP_TO_CELL,
        columns="variant comparator drug event quarter_no a n_drug n_event n",
    )
    comparator, drug, event = where.split()
    wanted = ("primary", comparator, drug, event if event != "E_ONE" else "E ONE")
    return [row[4:] for row in rows if row[:4] == wanted]


def test_a_follow_up_without_the_event_takes_it_back() -> None:
    assert _cells("A x e") == [
        ("10", "1", "1", "2", "2"),
        ("11", "1", "2", "2", "4"),
        ("12", "0", "2", "1", "4"),
    ]


def test_a_litigated_report_leaves_all_four_cells() -> None:
    # Case 4 has the event and names the litigated ingredient: n is one less than the
    # reports held and n_event does not hold it.
    assert _cells("A ref e")[0] == ("10", "1", "1", "2", "2")


def test_b_counts_reports_of_people_with_ms_only() -> None:
    assert _cells("B x e")[0] == ("10", "1", "1", "2", "2")
    assert _cells("B x e")[1] == ("11", "1", "2", "2", "4")


def test_c_holds_the_reference_since_the_drugs_first_receipt() -> None:
    # Case 5 of the reference was received before the first report of x; case 6 names
    # both and belongs to x.
    assert _cells("C x e") == [
        ("10", "1", "1", "2", "2"),
        ("11", "1", "2", "2", "3"),
        ("12", "0", "2", "1", "3"),
    ]


def test_a_drug_without_a_reference_has_no_comparator_c() -> None:
    assert _cells("C ref e") == []


def test_preferred_terms_stand_from_the_first_report_of_the_pair_on() -> None:
    assert _cells("A x E_ONE") == [
        ("11", "1", "2", "1", "4"),
        ("12", "1", "2", "1", "4"),
    ]


def test_a_report_with_both_counts_for_the_drug_and_not_for_its_reference() -> None:
    rows = run(
        "3_cohort/comparator_c",
        GIVEN,
        before=("3_cohort/drug_start",),
        columns="caseid is_exposed",
    )
    assert rows == drawn("caseid | is_exposed\n1 | true\n1 | true\n3 | false\n6 | true")


# Case 3 of the reference is a suspected duplicate of case 1 in quarter 11 only.
LEFT_OUT = COUNTED.replace(
    "10 | 3 | 3 | 10 | -", "10 | 3 | 3 | 10 | 11\n10 | 3 | 3 | 12 | -"
)


def test_a_suspected_duplicate_leaves_all_cells_of_every_comparator_while_it_is_one():
    assert [row[-1] for row in _cells("A x e", counted=LEFT_OUT)] == ["2", "3", "4"]
    assert [row[-1] for row in _cells("B x e", counted=LEFT_OUT)] == ["2", "3", "4"]
    assert [row[-1] for row in _cells("C x e", counted=LEFT_OUT)] == ["2", "2", "3"]
    assert [row[1] for row in _cells("A ref e", counted=LEFT_OUT)] == ["1", "0", "1"]
