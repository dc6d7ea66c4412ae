"""Reports of a scored drug, another suspect and an event, in the four strata."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pytest

from pvsignal import warehouse
from pvsignal.pipeline.scoring.interactions import score_interactions
from tests.sql.tables import create, run

KEY = "quarter_no:int | primaryid:int | caseid:int"

NAMES = """drugname | prod_ai | substance
X | - | x
X-SALT | - | x salt
Y | - | y
Z | - | z
Y/Z | - | y
Y/Z | - | z
"""
Drugs = dict[int, tuple[tuple[str, str], ...]]
XY = (("X", "PS"), ("Y", "SS"))
# 1-3 both with the event, 4 both without; 5 x alone with it, 6-8 without; 9-10 y alone
# with it, 11-15 without; 16 neither with it, 17-20 without.
DRUGS: Drugs = {
    **dict.fromkeys(range(1, 5), XY),
    **dict.fromkeys(range(5, 9), (("X", "PS"),)),
    **dict.fromkeys(range(9, 16), (("Y", "PS"),)),
    **dict.fromkeys(range(16, 21), (("Z", "PS"),)),
}
EVENTS = (1, 2, 3, 5, 9, 10, 16)
STRATA = "n111 n11 n101 n10 n011 n01 n001 n00"
MODELS = (
    "3_cohort/current_report",
    "3_cohort/substance",
    "3_cohort/suspect_substance",
    "4_counts/crude_substance",
    "4_counts/substance_member",
    "4_counts/substance_margin",
    "4_counts/co_suspect",
    "4_counts/co_suspect_event",
)


def _table(head: str, rows: Iterable[str]) -> str:
    return "\n".join([head, *rows])


def _given(
    drugs: Drugs, *, litigated: Collection[int], own: str, uncounted: Collection[int]
) -> dict[str, str]:
    counted = [n for n in drugs if n not in uncounted]
    exposed = [n for n in counted if any(name == "X" for name, _ in drugs[n])]
    held = [n for n in EVENTS if n in counted and n not in litigated]
    together = [n for n in exposed if n in held]
    left = [n for n in counted if n not in litigated]
    n_drug = sum(n in left for n in exposed)
    cell = f"{len(together)} | {n_drug} | {len(held)} | {len(left)} | 10"
    return {
        "staged.drug": _table(
            "quarter_no:int | primaryid:int | drugname | prod_ai | role_cod",
            (
                f"10 | {n} | {a} | - | {r}"
                for n, named in drugs.items()
                for a, r in named
            ),
        ),
        "cohort.name_substance": NAMES,
        "cohort.counted_report": _table(
            f"{KEY} | known_until:int | entry_quarter_no:int",
            (f"10 | {n} | {n} | - | 10" for n in counted),
        ),
        "cohort.own_substance": own,
        "cohort.exposure": _table(
            "drug | quarter_no:int | primaryid:int", (f"x | 10 | {n}" for n in exposed)
        ),
        "cohort.event": "event_level | event | litigation_set\n"
        "group | e | s\nsupergroup | f |\npt | p |",
        "cohort.outcome": _table(
            f"event_level | event | {KEY} | is_litigated:bool",
            (
                f"group | e | 10 | {n} | {n} | {str(n in litigated).lower()}"
                for n in EVENTS
            ),
        ),
        "cohort.litigated_report": _table(
            f"litigation_set | {KEY}", (f"s | 10 | {n} | {n}" for n in litigated)
        ),
        "cases.held_quarter": "quarter | quarter_no:int\nq10 | 10",
        "counts.cell": "variant | comparator | drug_level | drug | event_level | event "
        "| a:int | n_drug:int | n_event:int | n:int | quarter_no:int\n"
        f"primary | A | substance | x | group | e | {cell}\n"
        "primary | B | substance | x | group | e | 0 | 0 | 0 | 0 | 10\n"
        "primary | A | substance | x | group | e | 0 | 0 | 0 | 0 | 9\n"
        "hcp | A | substance | x | group | e | 0 | 0 | 0 | 0 | 10",
        "counts.pair_member": _table(
            f"comparator | drug_level | drug | event_level | event | {KEY} "
            "| known_until:int",
            (
                f"A | {drug} | group | e | 10 | {n} | {n} | -"
                for n in together
                for drug in ("substance | x", "class | class:x")
            ),
        ),
        "counts.exposed_member": _table(
            f"comparator | drug_level | drug | {KEY} | known_until:int",
            (
                f"A | {drug} | 10 | {n} | {n} | -"
                for n in exposed
                for drug in ("substance | x", "class | class:x")
            ),
        ),
    }


def counts(
    columns: str = f"drug substance {STRATA}",
    *,
    drugs: Drugs = DRUGS,
    litigated: Collection[int] = (),
    own: str = "drug | substance\nx | x\nx | x salt\nclass:x | x",
    uncounted: Collection[int] = (),
) -> list[tuple[str, ...]]:
    return run(
        "4_counts/co_suspect_count",
        _given(drugs, litigated=litigated, own=own, uncounted=uncounted),
        before=MODELS,
        columns=columns,
    )


def strata(**changes) -> tuple[int, ...]:
    ((*found,),) = counts(STRATA, **changes)
    return tuple(map(int, found))


def test_each_report_stands_in_one_of_four_strata():
    assert counts() == [("x", "y", "3", "4", "1", "4", "2", "7", "1", "5")]


def test_a_drug_that_is_named_in_several_rows_is_one_report():
    repeated = {n: (*named, *named, named[0]) for n, named in DRUGS.items()}
    assert strata(drugs=repeated) == strata()


def test_a_concomitant_drug_is_no_second_suspect():
    drugs = DRUGS | {4: (("X", "PS"), ("Y", "C"))}
    assert strata(drugs=drugs) == (3, 3, 1, 5, 2, 7, 1, 5)


def test_with_fewer_than_three_reports_of_all_three_there_is_no_row():
    assert counts(drugs=DRUGS | {3: (("X", "PS"),)}) == []


def test_each_part_of_a_combination_is_a_second_suspect():
    drugs = DRUGS | dict.fromkeys((1, 2, 3), (("X", "PS"), ("Y/Z", "SS")))
    found = counts(f"substance {STRATA}", drugs=drugs)
    assert found == [
        ("y", "3", "4", "1", "4", "2", "7", "1", "5"),
        ("z", "3", "3", "1", "5", "1", "5", "2", "7"),
    ]


def test_a_drug_has_no_pair_with_itself_under_another_name():
    drugs = DRUGS | dict.fromkeys(range(1, 5), (("X", "PS"), ("X-SALT", "SS")))
    assert counts(drugs=drugs) == []


def test_litigated_reports_leave_all_strata():
    # With both and the event, both, the drug alone, the substance alone, neither.
    extra: Drugs = {**DRUGS, 21: XY, 22: XY, 23: (("Z", "PS"),)}
    assert strata(drugs=extra, litigated=(4, 6, 10, 16, 22)) == (
        *(3, 4),
        *(1, 3),
        *(1, 6),
        *(0, 5),
    )


def test_reports_that_do_not_count_now_are_in_no_stratum():
    # Superseded, deleted, or suspected duplicates: no open interval.
    assert strata(uncounted=(4, 9, 20)) == (3, 3, 1, 4, 1, 6, 1, 4)


def test_the_eight_counts_add_up_to_the_two_by_two_table_of_the_drug():
    n111, n11, n101, n10, n011, n01, n001, n00 = strata(litigated=(4, 6, 10))
    assert (n111 + n101, n11 + n10) == (4, 6)
    assert (n111 + n101 + n011 + n001, n11 + n10 + n01 + n00) == (6, 17)


def test_a_second_suspect_that_is_scored_itself_is_marked():
    own = "drug | substance\nx | x\ny | y\nclass:x | x"
    assert counts("substance is_therapy", own=own) == [("y", "true")]
    assert counts("substance is_therapy") == [("y", "false")]


def test_the_family_is_every_combination_that_some_report_could_have_made():
    # x with y, and with z in one report; one event of the level.
    drugs = DRUGS | {6: (("X", "PS"), ("Z", "SS"))}
    assert counts("n_combinations", drugs=drugs) == [("2",)]
    # The only report of x with z is litigated for the event: nothing is left to count.
    assert counts("n_combinations", drugs=drugs, litigated=(6,)) == [("1",)]


def scored(*strata_of: tuple[int, ...]) -> list[dict]:
    """Results of combinations with these eight counts, in this order."""
    head = " | ".join(f"{name}:int" for name in STRATA.split())
    with warehouse.connect_memory() as con:
        create(
            con,
            "counts.co_suspect_count",
            _table(
                f"drug | substance | event_level | event | {head}",
                (
                    " | ".join(map(str, ("x", f"y{place}", "group", "e", *found)))
                    for place, found in enumerate(strata_of)
                ),
            ),
        )
        score_interactions(con)
        return warehouse.query_rows(con, "from signals.interaction order by substance")


def test_more_than_the_sum_of_both_is_flagged_and_the_sum_is_not():
    alone = (3, 100, 5, 100, 10, 1000)
    additive, more = scored((7, 100, *alone), (21, 100, *alone))
    odds = 3 / 97 + 5 / 95 - 10 / 990
    assert additive["expected"] == more["expected"]
    assert additive["expected"] == pytest.approx(100 * odds / (1 + odds))
    assert additive["omega"] == pytest.approx(0, abs=0.05)
    assert (additive["sdr_omega"], more["sdr_omega"]) == (False, True)
    assert more["omega025"] > 0 > additive["omega025"]


def test_without_a_report_of_one_drug_alone_nothing_is_said():
    ((row),) = scored((3, 10, 0, 0, 5, 100, 10, 1000))
    assert row["n111"] == 3
    for column in ("expected", "omega", "omega025", "omega975", "sdr_omega"):
        assert row[column] is None, column


def test_without_a_combination_the_table_is_empty():
    assert scored() == []
