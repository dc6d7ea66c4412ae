"""Attrition: from rows of DEMO to counted reports, step by step."""

from tests.sql.tables import run

KEY = "quarter_no:int | primaryid:int | caseid:int"

# Report 3 names the therapy and no reaction, report 4 a neoplasm and no drug.
GIVEN = {
    "staged.demo": f"""
        {KEY}
        10 | 1 | 1
        10 | 2 | 2
        10 | 3 | 3
        10 | 4 | 4
    """,
    "cases.held_quarter": """
        quarter_no:int
        10
    """,
    "cases.sighting": f"""
        {KEY}
        10 | 1 | 1
        10 | 2 | 2
        10 | 3 | 3
        10 | 4 | 4
    """,
    "cases.version": f"""
        {KEY} | known_until:int | until_reason
        10 | 1 | 1 | - | -
        10 | 2 | 2 | - | -
        10 | 3 | 3 | - | -
        10 | 4 | 4 | - | -
    """,
    "cases.suspected_duplicate": f"""
        {KEY}
        10 | 2 | 2
    """,
    "cohort.report": f"""
        {KEY} | known_until:int | is_ms:bool
        10 | 1 | 1 | - | true
        10 | 2 | 2 | - | true
    """,
    "cohort.therapy_record": """
        quarter_no:int | primaryid:int | therapy | product_status | role_cod | is_admitted:bool
        10 | 1 | x | any_product | PS | true
        10 | 2 | x | any_product | PS | true
        10 | 3 | x | any_product | PS | true
    """,
    "cohort.product_status": """
        place:int | product_status | is_admitted:bool
        1 | any_product | true
    """,
    "codelists.drug_member": """
        drug_level | drug
        substance | x
    """,
    "analysis.role": """
        role_cod
        PS
    """,
    "cohort.outcome_verdict": """
        quarter_no:int | primaryid:int | term | event_list | is_included:bool | is_incident:bool | is_secondary:bool | is_treated_event:bool | reason
        10 | 1 | E ONE | neoplasms | true | true | false | false | -
        10 | 4 | E ONE | neoplasms | true | true | false | false | -
    """,
    "analysis.headline_event": """
        event
        any
    """,
    "counts.pair_member": """
        variant | comparator | drug_level | event | caseid:int | known_until:int
        primary | A | substance | any | 1 | -
    """,
    "analysis.event_list": """
        event_list
        neoplasms
    """,
}


def _steps(*parts: str) -> dict[str, int]:
    rows = run("4_counts/attrition", GIVEN, columns="part step n")
    return {step: int(n) for part, step, n in rows if part in parts and int(n)}


def test_a_report_without_a_drug_or_a_reaction_leaves_once():
    assert _steps("cases", "population") == {
        "DEMO rows staged": 4,
        "sightings of case versions": 4,
        "current reports": 4,
        "without a named drug or a reaction": 2,
        "suspected duplicate of a current report with a smaller case number": 1,
        "comparator A before litigated reports leave": 1,
        "comparator B: an indication of the list or a brand for it alone": 1,
    }


def test_exposures_and_events_are_those_of_reports_with_a_drug_and_a_reaction():
    assert _steps("exposure") == {
        "report names a scored therapy in any role": 2,
        "product rule admits: any_product": 2,
        "suspected duplicate": 1,
        "exposed": 1,
    }
    assert _steps("outcome") == {
        "report holds a term of an event": 1,
        "incident malignant terms": 1,
    }
