"""The product rule: which record of a drug name counts for the MS product."""

import pytest

from tests.sql.tables import run

NAME_MATCH = """
list | entry | text | why
therapies | alemtuzumab | ALEMTUZUMAB | match
therapies | alemtuzumab | LEMTRADA | match
therapies | alemtuzumab | LEMTRADA | disease_brand
therapies | alemtuzumab | CAMPATH | match
therapies | alemtuzumab | CAMPATH | exclude_brand
therapies | alemtuzumab | CAMPATH | other_brand
therapies | ofatumumab | OFATUMUMAB | match
therapies | ofatumumab | ARZERRA | exclude_brand
therapies | ofatumumab | OFATUMUMAB SOLUTION FOR INFUSION | match
therapies | ofatumumab | OFATUMUMAB SOLUTION FOR INFUSION | exclude_form
therapies | natalizumab | TYSABRI | match
therapies | natalizumab | TYSABRI | conditional_brand
therapies | ocrelizumab | OCRELIZUMAB | match
therapies | dalfampridine | AMIFAMPRIDINE | match
therapies | dalfampridine | AMIFAMPRIDINE | exclude_other
"""

THERAPY = """
ingredient | product_rule
alemtuzumab | disease_product
ofatumumab | disease_product
natalizumab | disease_product
ocrelizumab | any_product
dalfampridine | any_product
"""

ROUTE_MATCH = """
entry | text | why
ofatumumab | Subcutaneous | disease_route
ofatumumab | Intravenous | other_route
"""

# What cohort.drug_name is made of beside the records.
DISTINCT_NAMES = {
    "cases.held_quarter": "quarter_no:int\n1",
    "codelists.clean_name": "text | clean | bare | own | is_placeholder:bool\n",
}

MS, CLL, CROHN, UNKNOWN = "ms", "cll", "crohn", "unknown"
INDICATION = {
    MS: "true | false | false | false",
    CLL: "false | true | true | true",
    CROHN: "false | true | false | true",
    UNKNOWN: "false | false | false | false",
}


def _status(
    drugname: str,
    prod_ai: str = "-",
    *,
    route: str = "-",
    own: str | None = None,
    elsewhere: str | None = None,
) -> tuple[str, ...] | None:
    indications = "".join(
        f"1 | 11 | {seq} | {INDICATION[kind]}\n"
        for seq, kind in ((1, own), (2, elsewhere))
        if kind
    )
    ms_reports = "1 | 11\n" if MS in (own, elsewhere) else ""
    rows = run(
        "3_cohort/therapy_record",
        {
            **DISTINCT_NAMES,
            "codelists.name_match": NAME_MATCH,
            "codelists.therapy": THERAPY,
            "codelists.route_match": ROUTE_MATCH,
            "staged.drug": "quarter_no:int | primaryid:int | drug_seq:int | line:int | "
            f"role_cod | drugname | prod_ai | route\n1 | 11 | 1 | 2 | PS | {drugname} | "
            f"{prod_ai} | {route}",
            "cases.version": "quarter_no:int | primaryid:int | known_from:int | "
            "known_until:int\n1 | 11 | 1 | -",
            "cohort.indication": "quarter_no:int | primaryid:int | drug_seq:int | "
            "is_ms:bool | is_non_ms:bool | is_oncology:bool | is_other_disease:bool\n"
            + indications,
            "cohort.ms_indication": "quarter_no:int | primaryid:int\n" + ms_reports,
        },
        columns="product_status is_admitted",
        before=("3_cohort/drug_name",),
    )
    return rows[0] if rows else None


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        (_status("LEMTRADA", "ALEMTUZUMAB"), ("disease_brand", "true")),
        (_status("LEMTRADA", own=CLL), ("oncology_indication", "false")),
        (_status("CAMPATH", "ALEMTUZUMAB", own=MS), ("other_brand", "false")),
        (_status("ALEMTUZUMAB"), ("product_unspecified", "false")),
        (_status("ALEMTUZUMAB", own=UNKNOWN), ("product_unspecified", "false")),
        (_status("ALEMTUZUMAB", own=MS), ("record_indication", "true")),
        (_status("ALEMTUZUMAB", elsewhere=MS), ("case_indication", "true")),
        (
            _status("ALEMTUZUMAB", own=CROHN, elsewhere=MS),
            ("other_indication", "false"),
        ),
        (
            _status("ALEMTUZUMAB", own=MS, elsewhere=CLL),
            ("record_indication", "true"),
        ),
        (_status("ARZERRA", "OFATUMUMAB"), ("other_brand", "false")),
        (_status("OFATUMUMAB", route="Subcutaneous"), ("disease_route", "true")),
        (_status("OFATUMUMAB", route="Intravenous", own=MS), ("other_route", "false")),
        (
            _status("OFATUMUMAB SOLUTION FOR INFUSION", own=MS),
            ("other_form", "false"),
        ),
        (_status("TYSABRI"), ("conditional_brand", "true")),
        (_status("TYSABRI", own=UNKNOWN), ("conditional_brand", "true")),
        (_status("TYSABRI", own=CROHN), ("other_indication", "false")),
        (_status("OCRELIZUMAB", own=CLL), ("any_product", "true")),
    ],
)
def test_a_record_counts_for_the_ms_product_only_by_rule(
    situation: tuple[str, ...] | None, expected: tuple[str, ...]
) -> None:
    assert situation == expected


def test_amifampridine_is_another_substance() -> None:
    assert _status("AMIFAMPRIDINE") is None


def test_the_substance_string_alone_is_enough() -> None:
    assert _status("UNKNOWN BRAND", "OCRELIZUMAB") == ("any_product", "true")


def test_record_cut_from_the_line_of_a_therapy_is_not_that_therapy():
    """DRUG of 2011 holds records of two reports on one line."""
    rows = run(
        "3_cohort/therapy_record",
        {
            **DISTINCT_NAMES,
            "codelists.name_match": NAME_MATCH,
            "codelists.therapy": THERAPY,
            "codelists.route_match": ROUTE_MATCH,
            "staged.drug": """
                quarter_no:int | primaryid:int | drug_seq:int | line:int | role_cod | drugname | prod_ai | route
                1 | 11 | 1 | 2 | PS | OCRELIZUMAB | - | -
                1 | 12 | 1 | 2 | SS | DYSPORT | - | -
            """,
            "cases.version": """
                quarter_no:int | primaryid:int | known_from:int | known_until:int
                1 | 11 | 1 | -
                1 | 12 | 1 | -
            """,
            "cohort.indication": "quarter_no:int | primaryid:int | drug_seq:int | "
            "is_ms:bool | is_non_ms:bool | is_oncology:bool | is_other_disease:bool\n",
            "cohort.ms_indication": "quarter_no:int | primaryid:int\n",
        },
        columns="primaryid drugname therapy",
        before=("3_cohort/drug_name",),
    )
    assert rows == [("11", "OCRELIZUMAB", "ocrelizumab")]
