"""What the grid is counted from: pairs of the board, and their margins by traits."""

from tests.sql.tables import drawn, run

# 1 and 2 differ in the reporter alone, 3 came before the drug.
STRATUM = """
stratum_no:int | is_ms:bool | n_starts:int | is_suspected_duplicate:bool | reporter | sex | age_band | region | seriousness | therapies | received_year:int
1 | true | 1 | false | professional | female | 30-39 | us | serious | one | 2019
2 | false | 1 | false | consumer | female | 30-39 | us | serious | one | 2019
3 | true | 0 | false | professional | female | 30-39 | europe | serious | one | 2018
4 | true | 1 | false | professional | female | 30-39 | europe | not_serious | one | 2019
"""

PAIR = """
drug_level | drug | event_level | event | litigation_set | sex
substance | x | group | breast | | all
"""

COUNTED = """
role_set | report_group | drug | pattern | event | event_use | litigation_set | is_ms:bool | n_starts:int | trait_no:int | n_reports:int
 | all | | | | no_event | | true | 1 | 2 | 50
 | all | | | | no_event | | false | 1 | 3 | 900
 | all | | | breast | counted | | false | 1 | 3 | 9
PS | drug | x | | | no_event | | true | 1 | 2 | 20
PS | drug | x | | breast | counted | | true | 1 | 2 | 4
PS | reference | | p | | no_event | | true | 1 | 2 | 30
PS | reference | | p | | no_event | | true | 0 | 1 | 7
PS | reference | | p | breast | counted | | true | 1 | 2 | 3
PS | reference | | p | skin | counted | | true | 1 | 2 | 6
PS | reference | | other | | no_event | | true | 1 | 2 | 100
PS | both | x | p | | no_event | | true | 1 | 2 | 5
PS | both | x | p | breast | counted | | true | 1 | 2 | 1
"""

REFERENCE = {
    "cohort.variant_reference": """
        variant | selection | drug | reference_set
        primary | s | x | p
        oral_reference | s | x | other
    """,
    "cohort.pattern_reference": """
        pattern | reference_set
        p | p
        other | other
    """,
    "cohort.drug_start": """
        drug | start_no:int
        x | 1
    """,
}

COMPARATORS = """
variant | comparator
primary | A
primary | B
primary | C
oral_reference | C
"""


def test_the_pairs_are_those_on_the_board_at_the_latest_quarter() -> None:
    rows = run(
        "4_signals/grid_pair",
        {
            "signals.screened": """
                drug_level | drug | event_level | event | quarter_no:int | is_screened:bool
                substance | x | group | breast | 10 | true
                substance | x | group | breast | 11 | true
                substance | x | group | skin | 10 | true
                substance | x | group | skin | 11 | false
                class | class:y | supergroup | any | 11 | true
            """,
            "cohort.event": """
                event_level | event | litigation_set
                group | breast | estrogens:1:2
                group | skin | s
                supergroup | any | t
            """,
            "codelists.event_sex": """
                event_level | event | sex
                group | breast | female
            """,
        },
        columns="drug event litigation_set sex",
    )
    assert rows == drawn("""
        drug | event | litigation_set | sex
        x | breast | estrogens:1:2 | female
        class:y | any | t | all
    """)


def test_strata_that_differ_in_what_the_grid_asks_have_other_numbers() -> None:
    rows = run(
        "4_signals/grid_stratum",
        {"cohort.stratum": STRATUM},
        columns="stratum_no trait_no",
    )
    assert rows == drawn("""
        stratum_no | trait_no
        1 | 3
        2 | 2
        3 | 1
        4 | 3
    """)


def test_only_drugs_and_events_of_the_board_are_counted() -> None:
    rows = run(
        "4_signals/grid_count",
        {
            "signals.grid_pair": PAIR,
            "cohort.stratum": STRATUM,
            "counts.stratum_count": """
                role_set | report_group | drug | pattern | event_level | event | event_use | litigation_set | stratum_no:int | n_reports:int
                 | all | | | | | no_event | | 1 | 5
                 | all | | | | | no_event | | 4 | 6
                 | all | | | group | breast | counted | | 1 | 2
                 | all | | | pt | breast | counted | | 1 | 2
                 | all | | | group | skin | counted | | 1 | 2
                PS | drug | x | | group | breast | counted | | 1 | 1
                PS | drug | z | | group | breast | counted | | 1 | 1
                PS | reference | | p | group | breast | counted | | 1 | 1
            """,
        },
        columns="report_group drug event trait_no n_reports",
        before=("4_signals/grid_stratum",),
    )
    assert rows == [
        ("all", "", "", "3", "11"),
        ("all", "", "breast", "3", "2"),
        ("drug", "x", "breast", "3", "1"),
        ("reference", "", "breast", "3", "1"),
    ]


def test_c_is_the_drug_and_its_own_reference_less_both_since_the_first_report() -> None:
    rows = run(
        "4_signals/grid_reference",
        {"signals.grid_pair": PAIR, "signals.grid_count": COUNTED, **REFERENCE},
        columns="report_group drug event n_reports",
    )
    assert rows == [
        ("both", "x", "", "-5"),
        ("both", "x", "breast", "-1"),
        ("drug", "x", "", "20"),
        ("drug", "x", "breast", "4"),
        ("reference", "x", "", "30"),
        ("reference", "x", "breast", "3"),
    ]


def test_a_margin_is_of_everyone_of_people_with_the_disease_or_of_the_drugs() -> None:
    rows = run(
        "4_signals/grid_margin",
        {
            "signals.grid_pair": PAIR,
            "signals.grid_count": COUNTED,
            "analysis.variant_comparator": COMPARATORS,
            **REFERENCE,
        },
        columns="comparator measure drug event trait_no n_reports",
        before=("4_signals/grid_reference",),
    )
    assert rows == [
        ("A", "a", "x", "breast", "2", "4"),
        ("A", "n", "", "", "2", "50"),
        ("A", "n", "", "", "3", "900"),
        ("A", "n_drug", "x", "", "2", "20"),
        ("A", "n_event", "", "breast", "3", "9"),
        ("B", "a", "x", "breast", "2", "4"),
        ("B", "n", "", "", "2", "50"),
        ("B", "n_drug", "x", "", "2", "20"),
        ("C", "a", "x", "breast", "2", "4"),
        ("C", "n", "x", "", "2", "45"),
        ("C", "n_drug", "x", "", "2", "20"),
        ("C", "n_event", "x", "breast", "2", "6"),
    ]
