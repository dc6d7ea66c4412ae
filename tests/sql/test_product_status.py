"""Each status of the product rule is named once, counted and listed."""

import re

from pvsignal import warehouse
from tests import reference
from tests.sql.tables import run

# docs/cohort.md, "Product rule", and section "What counts" of the README.
# A report whose records leave by several rules is counted for the first of them.
LEFT_OUT = (
    "other_brand",
    "other_form",
    "other_route",
    "oncology_indication",
    "other_indication",
    "product_unspecified",
)


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
    assert tuple(row[1] for row in rows if row[2] == "false") == LEFT_OUT
