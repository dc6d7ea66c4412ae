"""What a variant changes: reports by traits, roles, events, references."""

import pytest

from tests.sql.tables import drawn, run

KEY = "quarter_no:int | primaryid:int | caseid:int"

# 1 and 2: x; 3 and 4: reference; 5 both; 6 neither. Only 5 and 6 came after x began.
STRATUM = """
stratum_no:int | is_ms:bool | n_starts:int | is_suspected_duplicate:bool | reporter | sex | age_band | region | seriousness | therapies | received_year:int
1 | true | 1 | false | professional | female | 30-39 | us | serious | one | 2019
2 | true | 1 | false | consumer | male | 70+ | us | not_serious | one | 2019
3 | true | 0 | false | professional | unknown | unknown | europe | serious | one | 2018
4 | false | 1 | true | unknown | female | unknown | elsewhere | serious | several | 2020
"""

POPULATIONS = """
population | n_traits:int
all reports | 0
professional or unknown | 1
professional women | 2
received 2018 or 2020 | 1
"""

TRAITS = """
population | trait | value
professional or unknown | reporter | professional
professional or unknown | reporter | unknown
professional women | reporter | professional
professional women | sex | female
received 2018 or 2020 | received_year | 2018
received 2018 or 2020 | received_year | 2020
"""


def test_a_population_holds_the_strata_that_have_every_trait_it_asks_for() -> None:
    rows = run(
        "3_cohort/population_stratum",
        {
            "cohort.stratum": STRATUM,
            "analysis.population": POPULATIONS,
            "analysis.population_trait": TRAITS,
        },
        columns="population stratum_no",
    )
    assert rows == drawn("""
        population | stratum_no
        all reports | 1
        all reports | 2
        all reports | 3
        all reports | 4
        professional or unknown | 1
        professional or unknown | 3
        professional or unknown | 4
        professional women | 1
        received 2018 or 2020 | 3
        received 2018 or 2020 | 4
    """)


GIVEN = {
    "cohort.report": f"""
        {KEY} | known_until:int | received_date:date | received_year:int | is_ms:bool
        10 | 1 | 1 | - | 2019-01-10 | 2019 | true
        10 | 2 | 2 | 11 | 2019-01-10 | 2019 | true
        10 | 3 | 3 | - | 2018-12-31 | 2018 | false
    """,
    "cases.sighting": f"{KEY} | line:int\n10|1|1|1\n10|2|2|2\n10|3|3|3",
    "cases.suspected_duplicate": f"{KEY}\n10 | 3 | 3",
    "staged.demo": f"""
        {KEY} | line:int | sex | age_years:float | occp_cod | occr_country | reporter_country | event_date:date | event_date_precision
        10 | 1 | 1 | 1 | F | 40 | MD | - | us | - | -
        10 | 2 | 2 | 2 | F | 40 | MD | - | - | - | -
        10 | 3 | 3 | 3 | UNK | - | - | FR | US | - | -
    """,
    "staged.outc": "quarter_no:int | primaryid:int | outc_cod\n10 | 3 | DE\n10|3|HO",
    "cohort.therapy_record": """
        quarter_no:int | primaryid:int | therapy | is_admitted:bool | role_cod
        10 | 1 | x | true | PS
        10 | 1 | x | true | SS
        10 | 1 | y | false | PS
        10 | 1 | z | true | DN
        10 | 3 | x | true | PS
        10 | 3 | y | true | C
    """,
    "cohort.drug_start": "drug | start_date:date\nx | 2019-01-10\ny | 2018-12-31",
    "codelists.country": "text | iso2 | region\nUS|US|Americas\nFR|FR|Europe",
    "codelists.reporter": "occp_cod | is_professional\nMD | Y\nCN | N",
}


def test_what_a_report_does_not_say_is_a_value_of_its_own() -> None:
    rows = run(
        "3_cohort/report_trait",
        GIVEN,
        columns="caseid reporter sex age_band region seriousness therapies n_starts "
        "is_suspected_duplicate",
        before=("3_cohort/stated_country", "3_cohort/report_statement"),
    )
    assert rows == drawn("""
        a | b | c | d | e | f | g | h | i
        1 | professional | female | 40-49 | us | not_serious | one | 2 | false
        3 | unknown | unknown | unknown | europe | serious | several | 1 | true
    """)


SELECTED = """
selection | report_group | drug | pattern | event_level | event | litigation_set | is_ms:bool | n_starts:int | n_reports:int
s | all | | | | | | true | 1 | 40
s | all | | | | | | false | 1 | 900
s | all | | | | | | false | 0 | 50
s | all | | | | | z | false | 1 | 7
s | all | | | group | e | | false | 1 | 9
s | all | | | group | e | | false | 0 | 2
s | drug | x | | | | | true | 1 | 10
s | drug | x | | group | e | | true | 1 | 3
s | reference | | ref | | | | true | 1 | 20
s | reference | | ref | | | | true | 0 | 5
s | reference | | ref | group | e | | true | 1 | 4
s | both | x | ref | | | | true | 1 | 2
s | both | x | ref | group | e | | true | 1 | 1
"""


@pytest.mark.parametrize(
    ("aligned", "comparator", "expected"),
    [
        ("false", "A", "n || 990\nn_event || 11\nn_drug | x | 10\na | x | 3"),
        ("false", "B", "n || 40\nn_drug | x | 10\na | x | 3"),
        ("true", "A", "n | x | 940\nn_event | x | 9\nn_drug | x | 10\na | x | 3"),
        ("false", "C", "n | x | 28\nn_event | x | 6\nn_drug | x | 10\na | x | 3"),
    ],
)
def test_populations_are_added_up_from_groups(aligned, comparator, expected) -> None:
    # C: 10 of x and 20 of the reference since x began, 2 of both counted once.
    rows = run(
        "4_counts/variant_margin",
        {
            "counts.selected_count": SELECTED,
            "analysis.variant": "variant | selection | is_aligned:bool | reference\n"
            f"v | s | {aligned} | ref",
            "analysis.variant_comparator": f"variant | comparator\nv | {comparator}",
            "analysis.reference_of": "reference | drug | reference_set\nref | x | r",
            "cohort.pattern_reference": "pattern | reference_set\nref | r",
            "cohort.drug_start": "drug | start_no:int\nx | 1",
        },
        before=("3_cohort/variant_reference", "4_counts/selected_reference"),
        columns="measure drug n_reports litigation_set",
    )
    found = [row[:3] for row in rows if row[3] == ""]
    assert found == drawn("measure | drug | n\n" + expected)
