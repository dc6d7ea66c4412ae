"""Country of a report from its two fields."""

from tests.sql.tables import drawn, run

COUNTRIES = """
text | iso2 | region
US | US | Americas
FR | FR | Europe
FRANCE | FR | Europe
NA | NA | Africa
COUNTRY NOT SPECIFIED | - | -
"""


def test_a_placeholder_in_the_first_field_does_not_hide_the_second() -> None:
    demo = """
        occr_country | reporter_country
        COUNTRY NOT SPECIFIED | France
        France | US
        - | us
        NA | US
        ATLANTIS | FR
        COUNTRY NOT SPECIFIED | -
        COUNTRY NOT SPECIFIED | ATLANTIS
        - | -
    """
    rows = run(
        "3_cohort/stated_country",
        {"staged.demo": demo, "codelists.country": COUNTRIES},
        columns="occr_country reporter_country iso2 region country_text",
    )
    assert rows == drawn("""
        occurred | reporter | iso2 | region | text
        COUNTRY NOT SPECIFIED | France | FR | Europe | France
        France | US | FR | Europe | France
        - | us | US | Americas | us
        NA | US | NA | Africa | NA
        ATLANTIS | FR | FR | Europe | FR
        COUNTRY NOT SPECIFIED | - | - | - | COUNTRY NOT SPECIFIED
        COUNTRY NOT SPECIFIED | ATLANTIS | - | - | COUNTRY NOT SPECIFIED
        - | - | - | - | -
    """)
