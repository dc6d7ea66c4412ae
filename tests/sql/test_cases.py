"""Case versions, deletions and receipt: one situation a test."""

from tests.sql.tables import drawn, run

SIGHTING = "quarter_no:int | primaryid:int | caseid:int | era_no:int | version_no:int | line:int | init_fda_date:date | fda_date:date"


def _sightings(rows: str) -> str:
    """Draw sightings from `quarter primaryid caseid era version`."""
    lines = [SIGHTING]
    for place, row in enumerate(rows.strip().splitlines(), start=2):
        lines.append(" | ".join([*row.split(), str(place), "-", "-"]))
    return "\n".join(lines)


def _versions(sightings: str, deletions: str = "") -> list[tuple[str, ...]]:
    return run(
        "2_cases/version",
        {
            "cases.sighting": _sightings(sightings),
            "cases.deletion": "caseid:int | quarter_no:int\n"
            + "\n".join(" | ".join(row.split()) for row in deletions.splitlines()),
        },
        columns="quarter_no primaryid known_from known_until until_reason",
    )


HEAD = "quarter_no | primaryid | known_from | known_until | until_reason\n"


def test_a_follow_up_supersedes_the_version_before() -> None:
    assert _versions("10 11 1 1 1\n12 12 1 1 2") == drawn(
        HEAD + "10 | 11 | 10 | 12 | superseded\n12 | 12 | 12 | - | -"
    )


def test_each_follow_up_ends_the_version_before_it_and_no_other() -> None:
    assert _versions("10 11 1 1 1\n12 12 1 1 2\n15 13 1 1 3\n12 91 9 1 1") == drawn(
        HEAD + "10 | 11 | 10 | 12 | superseded\n12 | 12 | 12 | 15 | superseded\n"
        "15 | 13 | 15 | - | -\n12 | 91 | 12 | - | -"
    )


def test_an_older_version_that_arrives_later_never_becomes_current() -> None:
    assert _versions("10 12 1 1 2\n12 11 1 1 1") == drawn(
        HEAD + "10 | 12 | 10 | - | -\n12 | 11 | 12 | 12 | older than the version held"
    )


def test_the_same_version_in_two_quarters_the_later_extract_wins() -> None:
    assert _versions("10 11 1 1 1\n11 11 1 1 1") == drawn(
        HEAD + "10 | 11 | 10 | 11 | superseded\n11 | 11 | 11 | - | -"
    )


def test_two_versions_in_one_quarter_the_higher_counts() -> None:
    assert _versions("10 16 1 1 6\n10 17 1 1 7") == drawn(
        HEAD
        + "10 | 16 | 10 | 10 | lower version in the same quarter\n10 | 17 | 10 | - | -"
    )


def test_equal_versions_in_one_quarter_the_last_row_counts() -> None:
    # Without a version number two primaryids of a case have the same rank.
    assert _versions("10 1100 1 1 0\n10 1101 1 1 0") == drawn(
        HEAD + "10 | 1100 | 10 | 10 | lower version in the same quarter\n"
        "10 | 1101 | 10 | - | -"
    )


def test_version_ten_ranks_above_version_nine() -> None:
    assert _versions("10 19 1 1 9\n11 110 1 1 10") == drawn(
        HEAD + "10 | 19 | 10 | 11 | superseded\n11 | 110 | 11 | - | -"
    )


def test_the_faers_version_outranks_the_legacy_one_of_the_same_case() -> None:
    assert _versions("10 4263742 1 0 4263742\n40 11 1 1 1") == drawn(
        HEAD + "10 | 4263742 | 10 | 40 | superseded\n40 | 11 | 40 | - | -"
    )


def test_a_legacy_row_never_follows_a_faers_version_whatever_its_number() -> None:
    assert _versions("39 11 1 1 1\n40 8263742 1 0 8263742") == drawn(
        HEAD + "39 | 11 | 39 | - | -\n"
        "40 | 8263742 | 40 | 40 | older than the version held"
    )


def test_an_isr_under_another_case_in_another_quarter_is_a_report_of_each() -> None:
    assert _versions("10 4263742 1 0 4263742\n11 4263742 2 0 4263742") == drawn(
        HEAD + "10 | 4263742 | 10 | - | -\n11 | 4263742 | 11 | - | -"
    )


def test_a_deleted_case_ends_in_the_quarter_of_the_list() -> None:
    assert _versions("10 11 1 1 1", "1 12") == drawn(
        HEAD + "10 | 11 | 10 | 12 | deleted"
    )


def test_a_sighting_in_the_quarter_of_its_deletion_has_an_empty_interval() -> None:
    assert _versions("10 11 1 1 1", "1 10") == drawn(
        HEAD + "10 | 11 | 10 | 10 | deleted"
    )


def test_a_deleted_then_republished_case_is_current() -> None:
    assert _versions("10 11 1 1 1\n14 12 1 1 2", "1 12") == drawn(
        HEAD + "10 | 11 | 10 | 12 | deleted\n14 | 12 | 14 | - | -"
    )


def test_after_a_deletion_a_lower_version_reopens_the_case() -> None:
    assert _versions("10 15 1 1 5\n14 12 1 1 2", "1 12") == drawn(
        HEAD + "10 | 15 | 10 | 12 | deleted\n14 | 12 | 14 | - | -"
    )


def test_a_follow_up_in_the_quarter_of_the_deletion_goes_with_it() -> None:
    assert _versions("10 11 1 1 1\n12 12 1 1 2", "1 12") == drawn(
        HEAD + "10 | 11 | 10 | 12 | superseded\n12 | 12 | 12 | 12 | deleted"
    )


def test_a_reopened_case_can_be_deleted_again() -> None:
    assert _versions("10 11 1 1 1\n14 12 1 1 2\n16 12 1 1 2", "1 12\n1 15") == drawn(
        HEAD + "10 | 11 | 10 | 12 | deleted\n14 | 12 | 14 | 15 | deleted\n"
        "16 | 12 | 16 | - | -"
    )


def test_after_a_deletion_the_version_held_before_no_longer_outranks() -> None:
    # Version 3 of quarter 16 is older than version 4 of its own segment only.
    assert _versions(
        "10 19 1 1 9\n14 14 1 1 4\n16 13 1 1 3\n17 15 1 1 5", "1 12"
    ) == drawn(
        HEAD + "10 | 19 | 10 | 12 | deleted\n14 | 14 | 14 | 17 | superseded\n"
        "16 | 13 | 16 | 16 | older than the version held\n17 | 15 | 17 | - | -"
    )


def test_a_follow_up_before_the_deletion_supersedes_first() -> None:
    assert _versions("10 11 1 1 1\n11 12 1 1 2", "1 12") == drawn(
        HEAD + "10 | 11 | 10 | 11 | superseded\n11 | 12 | 11 | 12 | deleted"
    )


def test_a_deletion_of_another_case_changes_nothing() -> None:
    assert _versions("10 11 1 1 1", "2 12") == drawn(HEAD + "10 | 11 | 10 | - | -")


def test_a_deletion_before_the_first_sighting_changes_nothing() -> None:
    assert _versions("10 11 1 1 1", "1 8") == drawn(HEAD + "10 | 11 | 10 | - | -")


def test_receipt_is_the_first_of_the_earliest_sighting_and_stays() -> None:
    rows = run(
        "2_cases/received",
        {
            "cases.sighting": SIGHTING
            + """
            8048 | 11 | 1 | 1 | 1 | 2 | 2011-03-04 | 2012-01-20
            8049 | 12 | 1 | 1 | 2 | 2 | 2010-01-01 | 2012-05-01
            8040 | 77 | 2 | 0 | 77 | 2 | - | 2009-12-30
            8040 | 78 | 3 | 0 | 78 | 3 | - | -
            """
        },
        columns="caseid received_date received_year",
    )
    assert rows == drawn(
        """
        caseid | received_date | received_year
        1 | 2011-03-04 | 2011
        2 | 2009-12-30 | 2009
        3 | 2010-01-01 | 2010
        """
    )


DEMO = "quarter_no:int | primaryid:int | caseid:int | caseversion_no:int | line:int | init_fda_date:date | fda_date:date | foll_seq"


def _staged(rows: str) -> dict[str, str]:
    """Staged DEMO of `quarter primaryid caseid version line foll_seq`, era by quarter.

    Quarters up to 30 are of the legacy era.
    """
    lines = [row.split() for row in rows.strip().splitlines()]
    quarters = sorted({int(row[0]) for row in lines})
    demo = [" | ".join([*row[:5], "-", "-", *row[5:]]) for row in lines]
    eras = [f"{q} | demo | {'b' if q <= 30 else 'd'}" for q in quarters]
    return {
        "staged.accounting": "\n".join(["quarter_no:int | table_name | era", *eras]),
        "staged.demo": "\n".join([DEMO, *demo]),
    }


def test_a_primaryid_in_two_quarters_is_two_sightings() -> None:
    rows = run(
        "2_cases/sighting",
        _staged("31 11 1 1 2 -\n32 11 1 1 2 -"),
        columns="quarter_no primaryid caseid",
    )
    assert rows == drawn("quarter_no | primaryid | caseid\n31 | 11 | 1\n32 | 11 | 1")


def test_a_primaryid_that_a_quarter_repeats_keeps_its_last_row() -> None:
    rows = run(
        "2_cases/sighting",
        _staged("31 11 1 1 7 -\n31 11 1 1 4 -\n31 11 1 1 5 -"),
        columns="primaryid line",
    )
    assert rows == drawn("primaryid | line\n11 | 7")


def test_a_row_without_a_case_number_is_no_case() -> None:
    rows = run(
        "2_cases/version",
        {
            **_staged("10 4265290 - - 2 -\n10 4265291 4 - 3 -"),
            "cases.deletion": "caseid:int | quarter_no:int",
        },
        before=("2_cases/sighting",),
        columns="primaryid caseid known_until",
    )
    assert rows == drawn("primaryid | caseid | known_until\n4265291 | 4 | -")


def test_a_blank_or_odd_foll_seq_loses_no_case_and_the_isr_ranks() -> None:
    # Case 1: an initial report (blank), then its first follow-up. Case 2: an initial
    # report alone. Case 3: a number that is none. The larger ISR is the later report.
    rows = run(
        "2_cases/version",
        {
            **_staged(
                "10 4000002 1 - 2 -\n11 4000009 1 - 2 1\n"
                "10 4000003 2 - 3 -\n11 4000010 3 - 3 #1"
            ),
            "cases.deletion": "caseid:int | quarter_no:int",
        },
        before=("2_cases/sighting",),
        columns="caseid primaryid known_until until_reason",
    )
    assert rows == drawn(
        """
        caseid | primaryid | known_until | until_reason
        1 | 4000002 | 11 | superseded
        1 | 4000009 | - | -
        2 | 4000003 | - | -
        3 | 4000010 | - | -
        """
    )


def test_a_blank_caseversion_ranks_below_every_version_and_stays_a_case() -> None:
    rows = run(
        "2_cases/version",
        {
            **_staged("31 11 1 1 2 -\n32 12 1 - 2 -\n32 22 2 - 3 -"),
            "cases.deletion": "caseid:int | quarter_no:int",
        },
        before=("2_cases/sighting",),
        columns="primaryid known_until until_reason",
    )
    assert rows == drawn(
        """
        primaryid | known_until | until_reason
        11 | - | -
        12 | 32 | older than the version held
        22 | - | -
        """
    )


def test_a_case_that_stands_twice_on_a_list_is_deleted_once() -> None:
    rows = run(
        "2_cases/deletion",
        {
            "staged.deleted": "caseid:int | quarter_no:int\n"
            "1 | 31\n1 | 31\n1 | 32\n- | 31\n2 | 33"
        },
        columns="caseid quarter_no",
        as_of=32,
    )
    assert rows == drawn("caseid | quarter_no\n1 | 31\n1 | 32")


def test_as_of_cuts_sightings_and_a_row_without_a_case_is_none() -> None:
    rows = run(
        "2_cases/sighting",
        {
            "staged.accounting": """
            quarter_no:int | table_name | era
            10 | demo | b
            11 | demo | d
            12 | demo | d
            """,
            "staged.demo": """
            quarter_no:int | primaryid:int | caseid:int | caseversion_no:int | line:int | init_fda_date:date | fda_date:date
            10 | 500 | 5 | - | 2 | - | -
            10 | 501 | - | - | 3 | - | -
            11 | 52 | 5 | 2 | 2 | - | -
            11 | 52 | 5 | 2 | 9 | - | -
            12 | 53 | 5 | 3 | 2 | - | -
            """,
        },
        columns="quarter_no primaryid era_no version_no line",
        as_of=11,
    )
    assert rows == drawn(
        """
        quarter_no | primaryid | era_no | version_no | line
        10 | 500 | 0 | 500 | 2
        11 | 52 | 1 | 2 | 9
        """
    )


def test_a_primaryid_under_two_cases_in_a_quarter_is_one_report() -> None:
    rows = run(
        "2_cases/sighting",
        {
            "staged.accounting": """
            quarter_no:int | table_name | era
            12 | demo | d
            """,
            "staged.demo": """
            quarter_no:int | primaryid:int | caseid:int | caseversion_no:int | line:int | init_fda_date:date | fda_date:date
            12 | 60011 | 6001 | 1 | 2 | - | -
            12 | 60011 | 6002 | 1 | 3 | - | -
            """,
        },
        columns="primaryid caseid",
    )
    assert rows == drawn("primaryid | caseid\n60011 | 6002")
