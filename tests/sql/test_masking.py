"""Which substance masks an event, and what a pair is without its reports."""

from collections.abc import Mapping

from tests.sql.tables import drawn, run

KEY = "quarter_no:int | primaryid:int | caseid:int"

NAMES = """
drugname | prod_ai | substance
MASKER | - | masker
X | - | x
OTHER | - | other
MASKER/OTHER | - | masker
MASKER/OTHER | - | other
UNKNOWN | - | -
"""

# 1-4: masker with the event; 5: x with the event; 6-12: nothing of it.
DRUGS = [(n, "MASKER", "PS") for n in (1, 2, 3, 4)] + [
    (5, "X", "PS"),
    (6, "X", "PS"),
    *((n, "OTHER", "SS") for n in range(7, 13)),
]
EVENTS = (1, 2, 3, 4, 5)
REPORTS = range(1, 13)


def _given(
    *,
    drugs: list[tuple[int, str, str]] = DRUGS,
    events: tuple[int, ...] = EVENTS,
    reports: range | tuple[int, ...] = REPORTS,
    own: str = "drug | substance\nx | x",
    pairs: str = "substance | x | group | e | 1 | 2",
    litigated: tuple[int, ...] = (),
) -> Mapping[str, str]:
    counted = "\n".join(f"10 | {n} | {n} | - | 10" for n in reports)
    rows = "\n".join(f"10 | {n} | {name} | - | {role}" for n, name, role in drugs)
    outcome = "\n".join(
        f"group | e | 10 | {n} | {n} | {str(n in litigated).lower()}" for n in events
    )
    held = [n for n in events if n not in litigated and n in reports]
    n_all = len(reports) - len(litigated)
    cell = "\n".join(
        f"primary | A | {pair} | {len(held)} | {n_all} | 10"
        for pair in pairs.split("\n")
    )
    exposed = [n for n, name, role in drugs if name == "X" and n in reports]
    return {
        "staged.drug": "quarter_no:int | primaryid:int | drugname | prod_ai "
        f"| role_cod\n{rows}",
        "cohort.name_substance": NAMES,
        "cohort.counted_report": f"{KEY} | known_until:int | entry_quarter_no:int\n"
        f"{counted}",
        "cohort.own_substance": own,
        "cohort.exposure": "drug | quarter_no:int | primaryid:int\n"
        + "\n".join(f"x | 10 | {n}" for n in exposed),
        "cohort.event": "event_level | event | litigation_set\ngroup | e | z",
        "cohort.outcome": f"event_level | event | {KEY} | is_litigated:bool\n{outcome}",
        "cohort.litigated_report": f"litigation_set | {KEY}\n"
        + "\n".join(f"z | 10 | {n} | {n}" for n in litigated),
        "cases.held_quarter": "quarter | quarter_no:int\nq10 | 10",
        "counts.cell": "variant | comparator | drug_level | drug | event_level | event "
        f"| a:int | n_drug:int | n_event:int | n:int | quarter_no:int\n{cell}",
        "counts.pair_member": f"comparator | drug | event_level | event | {KEY} "
        "| known_until:int\n"
        + "\n".join(f"A|x|group|e|10|{n}|{n}|-" for n in exposed if n in held),
        "counts.exposed_member": f"comparator | drug | {KEY} | known_until:int\n"
        + "\n".join(f"A | x | 10 | {n} | {n} | -" for n in exposed),
    }


CONTRIBUTOR = (
    "3_cohort/current_report",
    "3_cohort/substance",
    "3_cohort/suspect_substance",
    "4_counts/crude_substance",
    "4_counts/substance_member",
    "4_counts/substance_margin",
)
MASKED = (*CONTRIBUTOR, "4_counts/contributor", "4_counts/pair_contributor")


def _contributors(given: Mapping[str, str]) -> list[tuple[str, ...]]:
    return run(
        "4_counts/contributor",
        given,
        before=CONTRIBUTOR,
        columns="substance n_both n_substance n_event n round(masking_ratio,6)",
    )


def test_a_substance_that_holds_most_reports_of_an_event_masks_it() -> None:
    # (5 / 12) / (1 / 8)
    assert _contributors(_given()) == [("masker", "4", "4", "5", "12", "3.333333")]


def test_with_fewer_than_three_reports_of_the_event_nothing_masks() -> None:
    assert _contributors(_given(events=(1, 2, 5))) == []


def test_concomitant_drugs_do_not_mask() -> None:
    drugs = [(n, name, "C" if n == 1 else role) for n, name, role in DRUGS]
    assert _contributors(_given(drugs=drugs))[0][:3] == ("masker", "3", "3")


def test_each_part_of_a_combination_counts_and_a_placeholder_does_not() -> None:
    drugs = [(n, "MASKER/OTHER", "PS") for n in (1, 2, 3, 4)] + [
        (n, "UNKNOWN", "PS") for n in range(5, 13)
    ]
    found = _contributors(
        _given(drugs=drugs, pairs="substance | y | group | e | 0 | 0")
    )
    assert [row[0] for row in found] == ["masker", "other"]


def test_reports_that_do_not_count_now_do_not_mask() -> None:
    # A suspected duplicate has no interval that is open.
    found = _contributors(_given(reports=tuple(n for n in REPORTS if n != 1)))
    assert found[0][:3] == ("masker", "3", "3")


def test_litigated_reports_of_the_event_are_out_of_both_numbers() -> None:
    assert _contributors(_given(litigated=(1,)))[0][:5] == (
        "masker",
        "3",
        "3",
        "4",
        "11",
    )


def test_the_reports_of_the_contributor_leave_all_four_cells_of_a_pair() -> None:
    drugs = [*DRUGS, (1, "X", "SS")]
    rows = run(
        "4_counts/masked_pair",
        _given(drugs=drugs, pairs="substance | x | group | e | 2 | 3"),
        before=(*MASKED, "4_counts/shared_report"),
        columns="contributor a_without n_drug_without n_event_without n_without",
    )
    assert rows == drawn("c | a | d | e | n\nmasker | 1 | 2 | 1 | 8")


def test_a_drug_is_never_its_own_contributor() -> None:
    rows = run(
        "4_counts/pair_contributor",
        _given(own="drug | substance\nx | x\nx | masker"),
        before=MASKED[:-1],
        columns="contributor",
    )
    assert rows == []
