"""Pairs of the whole database: every rule on the smallest data that shows it."""

from collections.abc import Mapping

from tests.sql.tables import drawn, run

KEY = "quarter_no:int | primaryid:int"

NAMES = """
drugname | prod_ai | substance
X | - | x
Y | - | y
X AND Y | X\\Y | x
X AND Y | X\\Y | y
UNKNOWN | - | -
"""

# Fever is a term of two groups, chill of one of them.
MEMBERS = """
event_level | event | term
group | g | FEVER
group | g | CHILL
group | h | FEVER
pt | FEVER | FEVER
"""

MODELS = (
    "3_cohort/current_report",
    "3_cohort/substance",
    "3_cohort/suspect_substance",
    "4_counts/crude_substance",
    "3_cohort/crude_event",
    "3_cohort/crude_reaction",
    "3_cohort/crude_outcome",
    "4_counts/crude_event",
)


def _given(drugs: str, reactions: str, reports: str = "") -> Mapping[str, str]:
    reports = reports or "10 | 1 | 1 | - | 10\n10 | 2 | 2 | - | 10"
    return {
        "cohort.counted_report": f"{KEY} | caseid:int | known_until:int "
        f"| entry_quarter_no:int\n{reports}",
        "cohort.name_substance": NAMES,
        "cohort.event_member": MEMBERS,
        "staged.term_spelling": "text | term\nfever | FEVER\nChill | CHILL",
        "staged.drug": f"{KEY} | drugname | prod_ai | role_cod\n{drugs}",
        "staged.reac": f"{KEY} | pt_term\n{reactions}",
    }


def _pairs(given: Mapping[str, str], columns: str) -> list[tuple[str, ...]]:
    """Pairs with their names, as the rows of the tables that the numbers lead to."""
    rows = run("4_counts/crude_pair", given, before=MODELS, columns="*")
    drugs = _look_up(given, "4_counts/crude_substance", "substance_no substance n_drug")
    events = _look_up(
        given, "4_counts/crude_event", "event_no event_level event n_event n"
    )
    found = [
        dict(
            zip(
                ("drug", "n_drug", "level", "event", "n_event", "n", "a"),
                (*drugs[drug], *events[event], a),
                strict=True,
            )
        )
        for drug, event, a in rows
    ]
    return sorted(tuple(row[name] for name in columns.split()) for row in found)


def _look_up(
    given: Mapping[str, str], path: str, columns: str
) -> dict[str, tuple[str, ...]]:
    rows = run(path, given, before=MODELS[: MODELS.index(path)], columns=columns)
    return {number: tuple(rest) for number, *rest in rows}


def test_a_report_counts_once_however_often_its_rows_are_repeated() -> None:
    given = _given(
        "10 | 1 | X | - | PS\n10 | 1 | X | - | PS\n10 | 1 | X | - | SS",
        "10 | 1 | FEVER\n10 | 1 | FEVER\n10 | 2 | FEVER",
    )
    assert _pairs(given, "drug level event a n_drug n_event n") == drawn(
        """
        drug | level | event | a | n_drug | n_event | n
        x | group | g | 1 | 1 | 2 | 2
        x | group | h | 1 | 1 | 2 | 2
        x | pt | FEVER | 1 | 1 | 2 | 2
        """
    )


def test_two_terms_of_one_group_are_one_report_of_the_group() -> None:
    given = _given("10 | 1 | X | - | PS", "10 | 1 | FEVER\n10 | 1 | CHILL")
    assert ("g", "1", "1") in _pairs(given, "event a n_event")


def test_each_part_of_a_combination_counts() -> None:
    given = _given("10 | 1 | X AND Y | X\\Y | PS", "10 | 1 | CHILL")
    assert [row for row in _pairs(given, "drug event a") if row[1] == "CHILL"] == [
        ("x", "CHILL", "1"),
        ("y", "CHILL", "1"),
    ]


def test_concomitant_and_interacting_drugs_and_unknown_names_are_in_no_pair() -> None:
    given = _given(
        "10 | 1 | X | - | C\n10 | 1 | X | - | I\n10 | 1 | X | - | -\n"
        "10 | 1 | UNKNOWN | - | PS\n10 | 2 | Y | - | SS",
        "10 | 1 | CHILL\n10 | 2 | FEVER",
    )
    # The report of the unknown name is among all reports, and has its event.
    assert {row[0] for row in _pairs(given, "drug")} == {"y"}
    assert {row[0] for row in _pairs(given, "n")} == {"2"}


def test_reports_that_do_not_count_now_are_in_no_number() -> None:
    reports = "10 | 1 | 1 | 11 | 10\n10 | 2 | 2 | - | 10"
    given = _given(
        "10 | 1 | X | - | PS\n10 | 2 | X | - | PS\n10 | 3 | X | - | PS",
        "10 | 1 | CHILL\n10 | 2 | CHILL\n10 | 3 | CHILL",
        reports,
    )
    assert {row for row in _pairs(given, "a n_drug n_event n")} == {
        ("1", "1", "1", "1")
    }
