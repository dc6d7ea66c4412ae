"""Terms that make an event, markers among them, and terms for review."""

from tests.sql.tables import drawn, run

KEY = "quarter_no:int | primaryid:int"


def test_a_marker_counts_as_reported_and_a_neoplasm_by_its_verdict() -> None:
    rows = run(
        "3_cohort/reported_term",
        {
            "cohort.outcome_verdict": f"""
            {KEY} | term | is_included:bool | is_treated_event:bool
            10 | 1 | MELANOCYTIC NAEVUS | true | false
            10 | 2 | MELANOCYTIC NAEVUS | false | false
            10 | 4 | MELANOCYTIC NAEVUS | true | true
            """,
            "cohort.event_member": """
            event_level | event | term
            pt | MELANOCYTIC NAEVUS | MELANOCYTIC NAEVUS
            marker | marker:skin_bcc:benign | MELANOCYTIC NAEVUS
            marker | marker:skin_bcc:lead | SKIN LESION
            """,
            "codelists.term": """
            term | event_list
            MELANOCYTIC NAEVUS | neoplasms
            SKIN LESION | -
            HEADACHE | -
            """,
            "staged.reac": f"""
            {KEY} | pt_term
            10 | 1 | MELANOCYTIC NAEVUS
            10 | 2 | MELANOCYTIC NAEVUS
            10 | 4 | MELANOCYTIC NAEVUS
            10 | 3 | SKIN LESION
            10 | 3 | SKIN LESION
            10 | 3 | HEADACHE
            """,
        },
        columns="primaryid term event_use",
    )
    assert rows == drawn("""
        primaryid | term | event_use
        1 | MELANOCYTIC NAEVUS | counted
        2 | MELANOCYTIC NAEVUS | left_out
        3 | SKIN LESION | counted
        4 | MELANOCYTIC NAEVUS | treated
    """)


def test_new_terms_stand_on_the_review_list_with_their_rule_and_reports() -> None:
    rows = run(
        "4_counts/review_term",
        {
            "cases.held_quarter": "quarter | quarter_no:int\nq10 | 10\nq11 | 11",
            "cases.version": f"""
            {KEY} | caseid:int | known_until:int
            10 | 1 | 1 | 11
            11 | 2 | 1 | -
            11 | 3 | 3 | -
            """,
            "cohort.therapy_record": f"""
            {KEY} | is_admitted:bool
            11 | 2 | true
            11 | 3 | false
            """,
            "codelists.term": """
            term | event_class | not_event_reason | group_id | behaviour | is_secondary:bool | is_incident:bool | rule | listed:bool | has_neoplasm_word:bool
            NEW BREAST CANCER | neoplasm | - | breast | malignant | false | true | group:breast | false | true
            NEW MALIGNANT FEVER | not_event | false_friend | - | - | false | false | negative:false_friend | false | true
            ODD CARCINOMATOSIS | - | - | - | - | false | false | no group | false | true
            BREAST CANCER | neoplasm | - | breast | malignant | false | true | list | true | true
            KNEE OPERATION | not_event | treatment | - | - | false | false | negative:treatment | false | false
            RASH | - | - | - | - | false | false | no neoplasm word | false | false
            UNREPORTED CANCER | neoplasm | - | breast | malignant | false | true | group:breast | false | true
            """,
            "staged.reac": f"""
            {KEY} | pt_term
            10 | 1 | NEW BREAST CANCER
            11 | 2 | NEW BREAST CANCER
            11 | 3 | NEW BREAST CANCER
            10 | 1 | NEW MALIGNANT FEVER
            11 | 3 | ODD CARCINOMATOSIS
            11 | 3 | RASH
            11 | 3 | KNEE OPERATION
            12 | 9 | UNREPORTED CANCER
            """,
        },
        columns="term event_class rule first_quarter n_reports n_with_ms_therapy",
    )
    assert rows == drawn(
        """
        term | event_class | rule | first_quarter | n_reports | n_with_ms_therapy
        NEW BREAST CANCER | neoplasm | group:breast | q10 | 2 | 1
        NEW MALIGNANT FEVER | not_event | negative:false_friend | q10 | 0 | 0
        ODD CARCINOMATOSIS | - | no group | q11 | 1 | 0
        """
    )
