"""Checks of professionals, age and sex at every quarter, against slow counting.

The board of these tests holds every pair in every quarter; the supergroup is judged in
reports of women.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings

from pvsignal import warehouse
from pvsignal.pipeline.judging.age_sex import check_age_sex
from pvsignal.pipeline.judging.professionals import check_professionals
from tests.over_time import ANY_E, FIRST, E, Stay, counted
from tests.properties.test_over_time import (
    DRUGS,
    QUARTERS,
    histories,
    many,
    table_of,
)

MODELS = ("3_cohort/counted_report", "4_counts/trait_interval", "4_counts/trait_step")
SEX = {E: "all", ANY_E: "female"}


def judged(
    stays: Sequence[Stay], quarters: Sequence[int]
) -> dict[str, dict[tuple[object, ...], tuple[object, ...]]]:
    """Outcome, value, count and words by drug, event and quarter, of each check."""
    board = [
        {
            "drug": drug,
            "event_level": level,
            "event": event,
            "quarter_no": quarter,
            "is_screened": True,
        }
        for drug in DRUGS
        for level, event in SEX
        for quarter in quarters
    ]
    with counted(stays, quarters, models=MODELS) as con:
        warehouse.load_arrow(con, "signals.screened", pa.Table.from_pylist(board))
        sexes = [{"event_level": ANY_E[0], "event": ANY_E[1], "sex": "female"}]
        warehouse.load_arrow(con, "codelists.event_sex", pa.Table.from_pylist(sexes))
        tables = [check_professionals(con), check_age_sex(con)]
    found = {}
    for table in tables:
        (check_id,) = set(table["check_id"].to_pylist())
        assert len(table) == len(board)
        found[check_id] = {
            (row["drug"], row["event"], row["quarter_no"]): (
                row["outcome"],
                row["value"],
                row["of_n"],
                row["words"],
            )
            for row in table.to_pylist()
        }
    return found


def odds_ratio(strata: Sequence[Sequence[int]]) -> float:
    """Mantel-Haenszel odds ratio, of one stratum the crude one; NaN for nothing."""
    over = sum(a * d / (a + b + c + d) for a, b, c, d in strata if a + b + c + d)
    under = sum(b * c / (a + b + c + d) for a, b, c, d in strata if a + b + c + d)
    if not under:
        return math.inf if over else math.nan
    return over / under


@given(histories())
@many
def test_checks_are_those_of_counting_case_by_case(stays):
    found = judged(stays, QUARTERS)
    for quarter in QUARTERS:
        current = [s for s in stays if s.counts(quarter)]
        for drug in DRUGS:
            for event, sex in SEX.items():
                key = (drug, event[1], quarter)
                assert found["professionals"][key][:3] == professionals(
                    current, drug, event
                )
                of_sex = [s for s in current if sex in ("all", s.sex)]
                assert found["age_sex"][key][:3] == by_age_and_sex(of_sex, drug, event)


def professionals(
    stays: Sequence[Stay], drug: str, event: tuple[str, str]
) -> tuple[object, ...]:
    """Outcome, value and count of the reports of professionals among these."""
    cells = table_of([s for s in stays if s.reporter == "professional"], drug, event)
    if not cells[0]:
        return "fails", None, 0
    return outcome_of(odds_ratio([cells]), cells[0])


def by_age_and_sex(
    stays: Sequence[Stay], drug: str, event: tuple[str, str]
) -> tuple[object, ...]:
    """Outcome, value and count of reports, compared within age band and sex."""
    known = [s for s in stays if "unknown" not in (s.sex, s.age_band)]
    n_known = table_of(known, drug, event)[0]
    if n_known < 3:
        return "not applicable", None, n_known
    strata = [
        table_of([s for s in stays if (s.sex, s.age_band) == stratum], drug, event)
        for stratum in {(s.sex, s.age_band) for s in stays}
    ]
    return outcome_of(odds_ratio(strata), n_known)


def outcome_of(ratio: float, n: int) -> tuple[object, ...]:
    if math.isnan(ratio):
        return "not applicable", None, n
    # Sums run in another order here: a ratio of 1 is 1 but for the last digit.
    is_above = ratio > 1 + 1e-12
    return "passes" if is_above else "fails", pytest.approx(ratio), n


@given(histories())
@settings(many, max_examples=4)
def test_checks_of_a_quarter_are_those_of_a_run_up_to_it(stays):
    cut = QUARTERS[:6]
    whole, short = judged(stays, QUARTERS), judged(stays, cut)
    for check_id, rows in short.items():
        assert rows == {k: v for k, v in whole[check_id].items() if k[2] <= cut[-1]}


def report(number: int, *, said: str, sex: str = "female", age: str = "18-29") -> Stay:
    """Report with the drug x (x), the event (e), both (xe) or neither ('')."""
    return Stay(
        number,
        FIRST,
        drugs=frozenset({"x"} if "x" in said else ()),
        events=frozenset({E} if "e" in said else ()),
        sex=sex,
        age_band=age,
    )


def test_a_pair_that_age_explains_fails() -> None:
    # Old people have drug and event more often; in either age the ratio is 1 or less.
    parts = {("70+", "xe"): 8, ("70+", "x"): 8, ("70+", "e"): 2, ("70+", ""): 2}
    parts |= {("18-29", "x"): 2, ("18-29", "e"): 2, ("18-29", ""): 40}
    stays = [
        report(1000 * place + k, said=said, age=age)
        for place, ((age, said), n) in enumerate(parts.items())
        for k in range(n)
    ]
    crude = odds_ratio([table_of(stays, "x", E)])
    outcome, value, n, words = judged(stays, [FIRST])["age_sex"]["x", "e", FIRST]
    assert crude > 8
    assert (outcome, n) == ("fails", 8)
    assert value <= 1
    assert words.endswith("8 of 8 reports of the pair state age and sex")
