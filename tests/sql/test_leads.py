"""Review leads of sentinel events: which case opens one, and when."""

from tests.sql.tables import drawn, run

HELD = """
quarter_no:int | quarter
8056           | 2014q1
8057           | 2014q2
8058           | 2014q3
"""
SENTINEL = """
event
kaposi_sarcoma
"""
REPORTER = """
occp_cod | is_professional
MD       | Y
CN       | N
"""
HEAD = "comparator|drug_level|drug|event_level|event|quarter_no:int|primaryid:int|" + (
    "caseid:int|known_from:int|known_until:int\n"
)


def _leads(members: str, versions: str) -> list[tuple[str, ...]]:
    """Leads of versions `quarter_no | primaryid | caseid | occp_cod`."""
    head = "quarter_no:int | primaryid:int | caseid:int | "
    lines = [line for line in versions.strip().splitlines() if line.strip()]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    sighting = "".join(f"{q}|{p}|{c}|{n}\n" for n, (q, p, c, _) in enumerate(cells))
    demo = "".join(f"{q}|{p}|{c}|{n}|{o}\n" for n, (q, p, c, o) in enumerate(cells))
    return run(
        "4_counts/lead",
        {
            "counts.pair_member": HEAD + members,
            "cases.sighting": head + "line:int\n" + sighting,
            "staged.demo": head + "line:int | occp_cod\n" + demo,
            "analysis.sentinel_event": SENTINEL,
            "codelists.reporter": REPORTER,
            "cases.held_quarter": HELD,
        },
        columns="drug event caseid quarter still_counts",
    )


def test_a_case_of_a_professional_opens_a_lead_in_its_quarter() -> None:
    found = _leads(
        "A|substance|x|group|kaposi_sarcoma|8057|11|1|8057|-",
        "8057 | 11 | 1 | MD",
    )
    assert found == drawn(
        """
        drug | event          | caseid | quarter | still_counts
        x    | kaposi_sarcoma | 1      | 2014q2  | true
        """
    )


def test_a_case_of_a_consumer_or_without_a_reporter_opens_none() -> None:
    found = _leads(
        """
        A|substance|x|group|kaposi_sarcoma|8056|11|1|8056|-
        A|substance|x|group|kaposi_sarcoma|8056|21|2|8056|-
        """,
        """
        8056 | 11 | 1 | CN
        8056 | 21 | 2 | -
        """,
    )
    assert found == []


def test_a_case_that_a_professional_confirms_opens_it_then() -> None:
    found = _leads(
        """
        A|substance|x|group|kaposi_sarcoma|8056|11|1|8056|8058
        A|substance|x|group|kaposi_sarcoma|8058|12|1|8058|-
        """,
        """
        8056 | 11 | 1 | CN
        8058 | 12 | 1 | MD
        """,
    )
    assert found == drawn(
        """
        drug | event          | caseid | quarter | still_counts
        x    | kaposi_sarcoma | 1      | 2014q3  | true
        """
    )


def test_a_withdrawn_case_keeps_its_lead_and_does_not_count_any_more() -> None:
    found = _leads(
        "A|substance|x|group|kaposi_sarcoma|8056|11|1|8056|8057",
        "8056 | 11 | 1 | MD",
    )
    assert found == drawn(
        """
        drug | event          | caseid | quarter | still_counts
        x    | kaposi_sarcoma | 1      | 2014q1  | false
        """
    )


def test_a_case_with_a_later_version_of_a_professional_has_one_lead() -> None:
    found = _leads(
        """
        A|substance|x|group|kaposi_sarcoma|8056|11|1|8056|8057
        A|substance|x|group|kaposi_sarcoma|8057|12|1|8057|-
        """,
        """
        8056 | 11 | 1 | MD
        8057 | 12 | 1 | MD
        """,
    )
    assert found == drawn(
        """
        drug | event          | caseid | quarter | still_counts
        x    | kaposi_sarcoma | 1      | 2014q1  | true
        """
    )


def test_other_events_comparators_and_classes_open_none() -> None:
    found = _leads(
        """
        A|substance|x|group|breast|8056|11|1|8056|-
        B|substance|x|group|kaposi_sarcoma|8056|11|1|8056|-
        A|class|class:y|group|kaposi_sarcoma|8056|11|1|8056|-
        """,
        "8056 | 11 | 1 | MD",
    )
    assert found == []
