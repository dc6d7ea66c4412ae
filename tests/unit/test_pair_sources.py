"""Sources behind a pair: how many, whether one holds most, and who is eligible."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal import warehouse
from pvsignal.analysis import Emerging
from pvsignal.pipeline.judging.sources import check_concentration, sources_of_pairs
from pvsignal.signals.sources import is_eligible, spread
from tests.sql.tables import create

N_QUARTERS = 6

# A report: the value of its trait, the quarter it counts from, and until when.
REPORTS = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(0, N_QUARTERS - 1),
        st.one_of(st.none(), st.integers(1, N_QUARTERS - 1)),
    ),
    min_size=1,
    max_size=30,
)


@given(REPORTS)
def test_the_spread_over_values_is_that_of_counting_one_by_one(
    drawn: list[tuple[int, int, int | None]],
) -> None:
    reports = [
        (value, start, end if end is None or end > start else start + 1)
        for value, start, end in drawn
    ]
    changes = [(value, start, 1) for value, start, _ in reports]
    changes += [(v, end, -1) for v, _, end in reports if end and end < N_QUARTERS]
    value, quarter, steps = (np.array(column) for column in zip(*changes, strict=True))
    found = spread(steps, value, quarter, n_quarters=N_QUARTERS)
    for q in range(N_QUARTERS):
        held = Counter(
            v for v, start, end in reports if start <= q and (end is None or end > q)
        )
        assert found.n_values[q] == len(held)
        assert found.most[q] == max(held.values(), default=0)
        if held:
            first = min(v for v, n in held.items() if n == max(held.values()))
            assert found.top[q] == first


ENOUGH = {
    "a": 3,
    "n_drug": 100,
    "n_countries": 2,
    "n_senders": 1,
    "n_professional": 1,
}


@pytest.mark.parametrize(
    ("changed", "is_enough"),
    [
        ({}, True),
        ({"a": 2}, False),
        ({"n_drug": 99}, False),
        ({"n_countries": 1}, False),
        ({"n_countries": 1, "n_senders": 2}, True),
        ({"n_countries": 0, "n_senders": 0}, False),
        ({"n_professional": 0}, False),
    ],
)
def test_a_pair_is_eligible_with_all_of_its_terms(
    changed: Mapping[str, int], is_enough: bool
) -> None:
    row = {name: np.array([n]) for name, n in (ENOUGH | dict(changed)).items()}
    (found,) = is_eligible(
        row.pop("a"), row.pop("n_drug"), **row, min_reports=3, limits=Emerging()
    )
    assert found == is_enough


# --- Concentration

Cases = list[tuple[str, str, str, int]]  # sender, article, country, quarter


def _check(cases: Cases, others: list[str], *, quarter: int = 5) -> dict[str, object]:
    """Verdict on a pair with these cases of a drug that has `others` beside."""
    steps = []
    for sender, article, country, entered in cases:
        stated = {
            "sender": sender,
            "literature": article,
            "country": country,
            "country_quarter": f"{country} q{entered}" if country else "",
        }
        steps += [(t, v, entered) for t, v in stated.items() if v]
    rows = "\n".join(f"d | e | {t} | {v} | {q} | 1" for t, v, q in steps)
    senders = [(sender, q) for sender, _, _, q in cases] + [(s, 1) for s in others]
    drug = "\n".join(f"d | {sender} | {q} | 1" for sender, q in senders)
    held = "\n".join(str(q) for q in range(1, 7))
    with warehouse.connect_memory() as con:
        create(
            con,
            "signals.source_step",
            f"drug | event | trait | value | quarter_no:int | step:int\n{rows}",
        )
        create(
            con,
            "signals.drug_sender_step",
            f"drug | sender | quarter_no:int | step:int\n{drug}",
        )
        create(con, "cases.held_quarter", f"quarter_no:int\n{held}")
        a = sum(q <= quarter for *_, q in cases)
        board = pd.DataFrame(
            {"drug": ["d"], "event": ["e"], "quarter_no": [quarter], "a": [a]}
        )
        sources = sources_of_pairs(con, board)
        found = check_concentration(con, sources, Emerging())
    (row,) = found.to_dict("records")
    return {str(name): value for name, value in row.items()}


def _from(*senders: str, article: str = "", country: str = "") -> Cases:
    """Cases of these senders, each in a quarter of its own."""
    return [(s, article, country, q) for q, s in enumerate(senders, start=1)]


def test_half_of_the_reports_is_not_more_than_half() -> None:
    found = _check(_from("X", "X", "Y", "Z"), ["Y"] * 4)
    assert found["outcome"] == "passes"
    assert found["value"] == 0.5
    assert found["words"] == "most come from sender X: 2 of 4 reports"


def test_a_sender_of_most_that_is_not_the_usual_one_fails() -> None:
    found = _check(_from("X", "X", "X", "Z"), ["Y"] * 3 + ["X"])
    assert found["outcome"] == "fails"
    assert (found["value"], found["of_n"]) == (0.75, 4)
    assert found["words"] == (
        "sender X holds 3 of 4 reports, and 25% of the drug's others"
    )


def test_the_usual_sender_of_the_drug_fails_nothing() -> None:
    found = _check(_from("X", "X", "X", "Z"), ["X"] * 3 + ["Y"])
    assert found["outcome"] == "passes"
    assert found["words"] == (
        "sender X holds 3 of 4 reports, and 75% of the drug's others: its usual sender"
    )


def test_a_sender_of_half_of_the_others_is_not_the_usual_one() -> None:
    assert _check(_from("X", "X", "X"), ["X", "Y"])["outcome"] == "fails"


def test_a_drug_without_other_reports_has_no_usual_sender() -> None:
    assert _check(_from("X", "X", "X"), [])["outcome"] == "fails"


def test_reports_that_state_no_sender_are_others_too() -> None:
    found = _check(_from("X", "X", "X", ""), ["X"] * 3 + [""] * 3)
    assert found["outcome"] == "fails"


def test_equal_senders_are_both_at_most_half_and_the_first_is_named() -> None:
    found = _check(_from("Y", "X", "Y", "X"), ["X"])
    assert found["outcome"] == "passes"
    assert found["words"] == "most come from sender X: 2 of 4 reports"


def test_an_article_fails_even_under_the_usual_sender() -> None:
    found = _check(_from("X", "X", "X", article="ARTICLE"), ["X"] * 9)
    assert found["outcome"] == "fails"
    assert found["words"] == "one article holds 3 of 3 reports"


def test_a_country_fails_in_one_quarter_and_not_over_many() -> None:
    over_many = _from("X", "Y", "Z", "W", country="JP")
    assert _check(over_many, ["X"])["outcome"] == "passes"
    at_once: Cases = [(sender, "", "JP", 2) for sender in "XYZW"]
    found = _check(at_once, ["X"])
    assert found["outcome"] == "fails"
    assert found["words"] == "country and quarter JP q2 holds 4 of 4 reports"


def test_reports_that_state_nothing_pass_and_say_so() -> None:
    found = _check(_from("", "", ""), ["X"])
    assert found["outcome"] == "passes"
    assert found["value"] == 0
    assert found["words"] == "no report states a sender, an article or a country"


def test_what_comes_later_does_not_count_yet() -> None:
    cases = _from("X", "Y", "Y", "Y")
    assert _check(cases, ["Z"], quarter=2)["outcome"] == "passes"
    assert _check(cases, ["Z"], quarter=4)["outcome"] == "fails"
