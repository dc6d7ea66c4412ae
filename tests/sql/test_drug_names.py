"""Drug names to substances: what is borrowed from the same name elsewhere."""

from tests.sql.tables import drawn, run

HELD = """
quarter | quarter_no:int
2012q1 | 8048
2020q1 | 8080
"""

INGREDIENT = """
prod_ai | substance
OCRELIZUMAB | ocrelizumab
ZOLPIDEM TARTRATE | zolpidem
METFORMIN\\SITAGLIPTIN | metformin
METFORMIN\\SITAGLIPTIN | sitagliptin
PREDNISONE | prednisone
"""

CLEAN = """
text | clean | bare | own | is_placeholder:bool
OCREVUS | OCREVUS | OCREVUS | ocrevus | false
Ocrevus. | OCREVUS | OCREVUS | ocrevus | false
OCREVUS 300 MG | OCREVUS 300 MG | OCREVUS | ocrevus | false
JANUMET | JANUMET | JANUMET | janumet | false
PREDNISONE. | PREDNISONE | PREDNISONE | prednisone | false
UNKNOWN | UNKNOWN | UNKNOWN | unknown | true
MYSTERY | MYSTERY | MYSTERY | mystery | false
TIED | TIED | TIED | tied | false
SPLIT | SPLIT | SPLIT | split | false
"""


def mapped(records: str) -> list[tuple]:
    drug = "quarter_no:int | drugname | prod_ai\n" + records
    return run(
        "3_cohort/name_substance",
        {
            "staged.drug": drug,
            "cases.held_quarter": HELD,
            "codelists.clean_name": CLEAN,
            "codelists.ingredient": INGREDIENT,
        },
        columns="drugname prod_ai substance method n_records",
        before=("3_cohort/drug_name", "3_cohort/name_ingredient"),
    )


def test_coded_ingredient_decides():
    assert mapped("8080 | OCREVUS | OCRELIZUMAB\n") == drawn("""
        drugname | prod_ai | substance | method | n_records
        OCREVUS | OCRELIZUMAB | ocrelizumab | prod_ai | 1
    """)


def test_older_row_borrows_the_ingredient_of_the_same_clean_name():
    assert mapped("""
        8080 | OCREVUS | OCRELIZUMAB
        8048 | Ocrevus. | -
    """) == drawn("""
        drugname | prod_ai | substance | method | n_records
        OCREVUS | OCRELIZUMAB | ocrelizumab | prod_ai | 1
        Ocrevus. | - | ocrelizumab | modal_prod_ai | 1
    """)


def test_name_with_a_strength_borrows_from_the_name_without():
    assert mapped("""
        8080 | OCREVUS | OCRELIZUMAB
        8048 | OCREVUS 300 MG | -
    """) == drawn("""
        drugname | prod_ai | substance | method | n_records
        OCREVUS | OCRELIZUMAB | ocrelizumab | prod_ai | 1
        OCREVUS 300 MG | - | ocrelizumab | modal_prod_ai_of_bare_name | 1
    """)


def test_combination_gives_a_row_for_each_substance():
    assert mapped("8080 | JANUMET | METFORMIN\\SITAGLIPTIN\n") == drawn("""
        drugname | prod_ai | substance | method | n_records
        JANUMET | METFORMIN\\SITAGLIPTIN | metformin | prod_ai | 1
        JANUMET | METFORMIN\\SITAGLIPTIN | sitagliptin | prod_ai | 1
    """)


def test_name_that_is_itself_an_ingredient_needs_no_code():
    assert mapped("8048 | PREDNISONE. | -\n") == drawn("""
        drugname | prod_ai | substance | method | n_records
        PREDNISONE. | - | prednisone | name_is_ingredient | 1
    """)


def test_placeholder_and_unknown_name_have_no_substance():
    assert mapped("""
        8048 | UNKNOWN | -
        8048 | MYSTERY | -
        8048 | - | -
    """) == drawn("""
        drugname | prod_ai | substance | method | n_records
        UNKNOWN | - | - | placeholder | 1
        MYSTERY | - | - | not_found | 1
        - | - | - | placeholder | 1
    """)


def test_name_coded_in_many_ways_borrows_only_from_a_majority():
    assert mapped("""
        8080 | TIED | OCRELIZUMAB
        8080 | TIED | PREDNISONE
        8048 | TIED | -
        8080 | SPLIT | OCRELIZUMAB
        8080 | SPLIT | PREDNISONE
        8080 | SPLIT | ZOLPIDEM TARTRATE
        8048 | SPLIT | -
    """) == drawn("""
        drugname | prod_ai | substance | method | n_records
        TIED | OCRELIZUMAB | ocrelizumab | prod_ai | 1
        TIED | PREDNISONE | prednisone | prod_ai | 1
        TIED | - | ocrelizumab | modal_prod_ai | 1
        SPLIT | OCRELIZUMAB | ocrelizumab | prod_ai | 1
        SPLIT | PREDNISONE | prednisone | prod_ai | 1
        SPLIT | ZOLPIDEM TARTRATE | zolpidem | prod_ai | 1
        SPLIT | - | - | not_found | 1
    """)


def test_shares_of_a_quarter_add_up_to_one():
    rows = run(
        "4_counts/name_share",
        {
            "staged.drug": "quarter_no:int | drugname | prod_ai\n"
            "8080 | OCREVUS | OCRELIZUMAB\n8048 | OCREVUS | -\n8048 | - | -\n"
            "8048 | MYSTERY | -\n8048 | MYSTERY | -",
            "cases.held_quarter": HELD,
            "codelists.clean_name": CLEAN,
            "codelists.ingredient": INGREDIENT,
        },
        columns="quarter method n_records share",
        before=(
            "3_cohort/drug_name",
            "3_cohort/name_ingredient",
            "3_cohort/name_substance",
        ),
    )
    assert rows == drawn("""
        quarter | method | n_records | share
        2012q1 | modal_prod_ai | 1 | 0.25
        2012q1 | not_found | 2 | 0.5
        2012q1 | placeholder | 1 | 0.25
        2020q1 | prod_ai | 1 | 1.0
    """)
