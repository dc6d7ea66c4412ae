"""When a report counts beside linked ones, and what is compared of it."""

from tests.sql.tables import drawn, run

VERSION = "quarter_no:int | primaryid:int | caseid:int | known_from:int | known_until:int | until_reason"
FIELDS = [
    "event_date",
    "age",
    "sex",
    "country",
    "drugs",
    "reactions",
    "control_number",
    "literature",
]
LINK = (
    "quarter_no:int | primaryid:int | caseid:int | kept_quarter_no:int | kept_primaryid:int | kept_caseid:int"
    " | match_weight:int | "
    + " | ".join(f"{field}_level | {field}_weight:int" for field in FIELDS)
)


def _given(versions: str, links: str) -> dict[str, str]:
    """Versions `quarter primaryid caseid from until`, links `primaryid kept`."""
    rows = [row.split() for row in versions.strip().splitlines()]
    held = {row[1]: row for row in rows}
    lines = [LINK]
    for pair in links.strip().splitlines():
        own, kept = pair.split()
        cells = [*held[own][:3], *held[kept][:3], "5", *["-"] * 2 * len(FIELDS)]
        lines.append(" | ".join(cells))
    return {
        "cases.version": "\n".join(
            [VERSION, *(" | ".join([*row, "-"]) for row in rows)]
        ),
        "source.link": "\n".join(lines),
    }


def _counted(versions: str, links: str) -> list[tuple[str, ...]]:
    return run(
        "2_cases/counted",
        _given(versions, links),
        before=("2_cases/link",),
        columns="caseid known_from known_until",
    )


HEAD = "caseid | known_from | known_until\n"


def test_a_report_counts_until_a_linked_smaller_case_arrives():
    assert _counted("10 71 7 10 -\n12 31 3 12 -", "71 31") == drawn(
        HEAD + "3 | 12 | -\n7 | 10 | 12"
    )


def test_a_report_never_counts_beside_a_smaller_case_that_was_there_before():
    assert _counted("12 71 7 12 -\n10 31 3 10 -", "71 31") == drawn(HEAD + "3 | 10 | -")


def test_a_report_counts_again_when_the_smaller_case_is_withdrawn():
    assert _counted("10 71 7 10 -\n10 31 3 10 14", "71 31") == drawn(
        HEAD + "3 | 10 | 14\n7 | 14 | -"
    )


def test_a_report_may_count_in_several_stretches():
    versions = "10 71 7 10 -\n12 31 3 12 13\n15 41 4 15 17"
    assert _counted(versions, "71 31\n71 41") == drawn(
        HEAD + "3 | 12 | 13\n4 | 15 | 17\n7 | 10 | 12\n7 | 13 | 15\n7 | 17 | -"
    )


def test_a_pair_below_the_threshold_covers_nothing_and_has_its_own_interval():
    versions = "10 71 7 10 -\n12 31 3 12 14\n14 32 3 14 -\n9 21 2 9 10"
    columns = "caseid kept_caseid kept_primaryid known_from known_until"
    given = _given(versions, "71 31\n71 21")
    given["source.looser_link"] = given["source.link"]
    rows = run("2_cases/looser_link", given, columns=columns)
    assert rows == drawn(
        "caseid | kept_caseid | kept_primaryid | known_from | known_until\n"
        "7 | 3 | 31 | 12 | 14"
    )


def test_smaller_cases_that_overlap_cover_one_stretch():
    versions = "10 71 7 10 20\n12 31 3 12 17\n13 41 4 13 15\n14 51 5 14 18"
    found = _counted(versions, "71 31\n71 41\n71 51")
    assert [row[1:] for row in found if row[0] == "7"] == [("10", "12"), ("18", "20")]


def test_a_new_version_that_is_not_linked_ends_the_suspicion():
    versions = "10 71 7 10 -\n10 31 3 10 12\n12 32 3 12 -"
    assert _counted(versions, "71 31") == drawn(
        HEAD + "3 | 10 | 12\n3 | 12 | -\n7 | 12 | -"
    )


def test_a_version_that_never_was_current_covers_nothing():
    assert _counted("10 71 7 10 -\n10 31 3 10 10", "71 31") == drawn(
        HEAD + "7 | 10 | -"
    )


def test_a_report_is_left_out_for_one_that_is_left_out_itself():
    versions = "10 71 7 10 -\n10 31 3 10 -\n10 51 5 10 -"
    assert _counted(versions, "71 51\n51 31") == drawn(HEAD + "3 | 10 | -")


def test_suspected_duplicates_name_the_smallest_case_they_are_linked_to():
    versions = "10 71 7 10 -\n10 31 3 10 -\n10 51 5 10 -\n10 21 2 10 12"
    rows = run(
        "2_cases/suspected_duplicate",
        _given(versions, "71 51\n71 31\n71 21"),
        before=("2_cases/link",),
        columns="caseid duplicate_of n_links",
    )
    assert rows == drawn("caseid | duplicate_of | n_links\n7 | 3 | 2")


# --- what is compared

DEMO = (
    "quarter_no:int | line:int | event_date:date | event_date_precision | age_years:float | sex | rept_cod"
    " | occr_country | reporter_country | mfr_num | mfr_sndr | lit_ref"
)
SIGHTING = "quarter_no:int | primaryid:int | caseid:int | line:int"


def _features(demo: str, drugs: str, terms: str, columns: str) -> list[tuple[str, ...]]:
    """Features of reports 1, 2, ... with a row of DEMO each."""
    lines = demo.strip().splitlines()
    numbers = range(1, len(lines) + 1)
    return run(
        "1_linkage/feature",
        {
            "cases.sighting": "\n".join(
                [SIGHTING, *(f"9 | {n} | {n} | {n}" for n in numbers)]
            ),
            "staged.demo": "\n".join(
                [
                    DEMO,
                    *(
                        f"9 | {n} | {row}"
                        for n, row in zip(numbers, lines, strict=True)
                    ),
                ]
            ),
            "staged.drug": "quarter_no:int | primaryid:int | drugname | prod_ai\n"
            + drugs,
            "staged.reac": "quarter_no:int | primaryid:int | pt\n" + terms,
            "codelists.country": "text | iso2\nUS | US\nUNITED STATES | US\nCOUNTRY NOT SPECIFIED | -",
        },
        before=(
            "1_linkage/drug_name",
            "1_linkage/drug_set",
            "1_linkage/term",
            "1_linkage/term_set",
        ),
        columns=columns,
    )


NOBODY = "- | - | - | - | EXP | - | - | - | - | -"
TWO = "9 | 1 | ASPIRIN | -\n9 | 2 | ASPIRIN | -"
TERMS = "9 | 1 | RASH\n9 | 2 | RASH"


def test_a_set_is_the_same_in_any_order_and_however_often_a_row_stands():
    rows = _features(
        f"{NOBODY}\n{NOBODY}",
        "9 | 1 | ASPIRIN. | -\n9 | 1 | ADVIL | IBUPROFEN\n"
        "9 | 2 | Motrin | IBUPROFEN\n9 | 2 | aspirin | -\n9 | 2 | ASPIRIN | -",
        "9 | 1 | RASH\n9 | 1 | PAIN\n9 | 2 | Pain\n9 | 2 | RASH\n9 | 2 | rash\n9 | 2 | -",
        "substance_set term_set name_set len(substances) len(terms)",
    )
    (one, other) = rows
    assert one[:2] == other[:2]
    assert one[2] != other[2]  # ADVIL is not MOTRIN
    assert one[3:] == other[3:] == ("2", "2")


def test_a_report_without_a_drug_or_a_reaction_is_not_compared():
    assert _features(f"{NOBODY}\n{NOBODY}", "9 | 1 | ASPIRIN | -", TERMS, "caseid") == [
        ("1",)
    ]
    assert _features(f"{NOBODY}\n{NOBODY}", TWO, "9 | 2 | RASH", "caseid") == [("2",)]


def test_what_is_not_stated_is_unknown_and_no_value():
    row = "2019-02-01 | month | - | UNK | EXP | - | COUNTRY NOT SPECIFIED | UNKNOWN | - | short"
    columns = (
        "event_day event_month age_whole sex country control_number sender literature"
    )
    assert _features(row, TWO, TERMS, columns) == [
        ("-", "201902", "-", "-", "-", "-", "-", "-")
    ]


def test_a_year_is_neither_a_month_nor_a_day():
    row = "2019-01-01 | year | 50.9 | F | EXP | US | - | - | - | -"
    columns = "event_day event_month event_year age_whole sex country"
    assert _features(row, TWO, TERMS, columns) == [("-", "-", "2019", "50", "F", "US")]


def test_the_first_of_a_month_is_a_rounded_day_and_another_an_exact_one():
    first, later = (
        f"2019-02-{day} | day | - | - | EXP | - | - | - | - | -" for day in ("01", "02")
    )
    columns = "event_day rounded_day exact_day"
    assert _features(f"{first}\n{later}", TWO, TERMS, columns) == [
        ("2019-02-01", "2019-02-01", "-"),
        ("2019-02-02", "-", "2019-02-02"),
    ]


def test_a_direct_report_has_no_control_number_of_a_company():
    company = NOBODY.replace("EXP | - | - | -", "EXP | - | - | us-acme-2019/0001")
    direct = company.replace("EXP", "DIR")
    rows = _features(f"{company}\n{direct}", TWO, TERMS, "caseid control_number")
    assert rows == [("1", "USACME20190001"), ("2", "-")]


def test_an_article_is_the_same_however_it_is_punctuated():
    article = "Author A. Some title, of a paper. J Med 2019; 37: 1-2."
    one, other = (
        f"- | - | - | - | EXP | - | - | - | - | {text}"
        for text in (article, article.upper().replace(" ", ""))
    )
    first, second = _features(f"{one}\n{other}", TWO, TERMS, "literature")
    assert first == second != ("-",)
