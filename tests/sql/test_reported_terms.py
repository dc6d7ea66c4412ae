"""Terms that make an event, markers among them."""

from tests.sql.tables import drawn, run

KEY = "quarter_no:int | primaryid:int"


def test_a_marker_counts_as_reported_and_a_neoplasm_by_its_verdict() -> None:
    rows = run(
        "3_cohort/reported_term",
        {
            "cohort.outcome_verdict": f"""
            {KEY} | term | is_included:bool
            10 | 1 | MELANOCYTIC NAEVUS | true
            10 | 2 | MELANOCYTIC NAEVUS | false
            """,
            "codelists.event_term": """
            event_level | event | term
            pt | MELANOCYTIC NAEVUS | MELANOCYTIC NAEVUS
            marker | marker:skin_bcc:benign | MELANOCYTIC NAEVUS
            marker | marker:skin_bcc:lead | SKIN LESION
            """,
            "codelists.term": """
            term | event_class
            MELANOCYTIC NAEVUS | neoplasm
            SKIN LESION | -
            HEADACHE | -
            """,
            "staged.reac": f"""
            {KEY} | pt_term
            10 | 1 | MELANOCYTIC NAEVUS
            10 | 2 | MELANOCYTIC NAEVUS
            10 | 3 | SKIN LESION
            10 | 3 | SKIN LESION
            10 | 3 | HEADACHE
            """,
        },
        columns="primaryid term",
    )
    assert rows == drawn("primaryid | term\n1 | MELANOCYTIC NAEVUS\n3 | SKIN LESION")
