"""Each status of the product rule is named once, counted and listed."""

import re

from pvsignal import warehouse
from tests import reference
from tests.sql.tables import run

# docs/cohort.md, "Product rule", and section "What counts" of the README.
LEFT_OUT = {
    "non_ms_brand",
    "non_ms_form",
    "non_ms_route",
    "oncology_indication",
    "other_indication",
    "product_unspecified",
}


def test_the_statuses_of_the_rule_are_those_of_the_list_in_the_same_order() -> None:
    rule = warehouse.read_model("3_cohort/therapy_record").select
    given = re.findall(r"(?:then|else) '(\w+)'", rule[rule.index("case\n") :])
    admitted = re.findall(r"'(\w+)'", rule[rule.index("product_status in (") :])
    rows = run(
        "3_cohort/product_status", {}, columns="place product_status is_admitted"
    )
    rows.sort(key=lambda row: int(row[0]))
    assert [row[1] for row in rows] == given
    assert {row[1] for row in rows if row[2] == "true"} == set(admitted)
    assert set(admitted) == reference.ADMITTED
    assert {row[1] for row in rows if row[2] == "false"} == LEFT_OUT


def test_by_name_the_first_rule_that_leaves_out_comes_first() -> None:
    # counts.attrition and counts.excluded_case take the first by name.
    rows = run("3_cohort/product_status", {}, columns="place product_status")
    places = {name: int(place) for place, name in rows if name in LEFT_OUT}
    assert sorted(places) == sorted(places, key=places.__getitem__)
