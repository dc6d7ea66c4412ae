"""Scores that hold a pair against others: families, drugs, controls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import comb

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.stats import kstest

from pvsignal import warehouse
from pvsignal.analysis import load_analysis
from pvsignal.pipeline.scoring.cells import score_cells
from pvsignal.pipeline.scoring.controls import score_controls
from pvsignal.pipeline.scoring.drug_tests import mention_table, score_drug_tests
from pvsignal.pipeline.scoring.multiplicity import score_multiplicity
from pvsignal.stats import fit_mgps

N = 40_000
Row = tuple[str, str, str, str, str, int, int, int, int]


@pytest.fixture
def con() -> Iterator[warehouse.Connection]:
    with warehouse.connect_memory() as connection:
        yield connection


def _score(
    con: warehouse.Connection,
    cells: Sequence[Row],
    controls: Sequence[tuple[str, str, str, str | None]] = (),
    *,
    litigated: Sequence[str] = (),
) -> None:
    """Run the scores on cells of the primary variant at the latest quarter.

    Cells are (comparator, drug level, drug, event level, event, a, n_drug, n_event, n);
    controls (type, drug, event, why it has no table), of groups.
    """
    names = ["comparator", "drug_level", "drug", "event_level", "event"]
    frame = pd.DataFrame(cells, columns=[*names, "a", "n_drug", "n_event", "n"])
    frame.insert(0, "variant", "primary")
    frame.insert(6, "quarter_no", 11)
    others = frame.assign(quarter_no=10), frame.assign(variant="hcp")
    warehouse.load_frame(con, "counts.cell", pd.concat([frame, *others]))
    held = pd.DataFrame({"quarter_no": [10, 11], "quarter": ["2019q1", "2019q2"]})
    warehouse.load_frame(con, "cases.held_quarter", held)
    comparators = sorted(set(frame["comparator"]))
    warehouse.load_frame(
        con,
        "analysis.variant_comparator",
        pd.DataFrame({"variant": "primary", "comparator": comparators}),
    )
    listed = pd.DataFrame(
        [
            (x, kind, drug, "group", event, "", "", "high", "2019q2", False, why or "")
            for x in comparators
            for kind, drug, event, why in controls
        ],
        columns=[
            *("comparator", "control_type", "drug", "event_level", "event"),
            *("label_date", "reason", "certainty", "quarter", "is_litigated"),
            "why_not_counted",
        ],
    )
    texts = listed.columns.drop("is_litigated")
    listed = listed.astype(dict.fromkeys(texts, str))
    listed["is_litigated"] = listed["drug"].isin(list(litigated)).astype(bool)
    warehouse.load_frame(con, "counts.control", listed)
    score_cells(con, load_analysis())
    score_controls(con)
    score_drug_tests(con, n_simulations=199)
    score_multiplicity(con)


def _frame(con: warehouse.Connection, relation: str) -> pd.DataFrame:
    return warehouse.query_frame(con, f"from {relation} order by all")


def _null_cells(
    rng: np.random.Generator, *, n_drugs: int = 20, n_events: int = 25
) -> list[Row]:
    """Pairs of one comparator in which nothing is associated: hypergeometric counts."""
    n_drug = rng.integers(200, 4_000, n_drugs)
    n_event = rng.integers(20, 2_500, n_events)
    return [
        (
            *("A", "substance", f"d{i:02}", "group", f"e{j:02}"),
            int(rng.hypergeometric(event, N - event, drug)),
            *(int(drug), int(event), N),
        )
        for i, drug in enumerate(n_drug)
        for j, event in enumerate(n_event)
    ]


def _slow_p(a: int, n_drug: int, n_event: int, n: int) -> tuple[float, float]:
    """P(A >= a) and its mid-p, by exact fractions over the whole support."""
    whole = comb(n, n_event)

    def share(k: int) -> Fraction:
        return Fraction(comb(n_drug, k) * comb(n - n_drug, n_event - k), whole)

    low, high = max(0, n_drug + n_event - n), min(n_drug, n_event)
    greater = sum((share(k) for k in range(max(a, low), high + 1)), Fraction(0))
    return float(greater), float(greater - share(a) / 2)


def _slow_bh(p: Sequence[float]) -> list[float]:
    """Least false discovery rate among the lists p <= t that hold each test."""
    m = len(p)
    return [
        min(min(1.0, m * t / sum(x <= t for x in p)) for t in p if t >= one)
        for one in p
    ]


SMALL: list[Row] = [
    ("A", "substance", "x", "group", "e", 6, 20, 15, 300),
    ("A", "substance", "x", "group", "f", 0, 20, 12, 300),
    ("A", "substance", "x", "group", "none", 0, 20, 0, 300),
    ("A", "substance", "y", "group", "e", 2, 40, 15, 300),
    ("A", "substance", "y", "group", "f", 4, 40, 12, 300),
    ("A", "substance", "y", "group", "none", 0, 40, 0, 300),
    ("A", "substance", "x", "supergroup", "any", 6, 20, 25, 300),
    ("A", "substance", "y", "supergroup", "any", 5, 40, 25, 300),
    ("A", "class", "class:k", "group", "e", 8, 60, 15, 300),
    ("A", "substance", "x", "pt", "E ONE", 3, 20, 9, 300),
    ("B", "substance", "x", "group", "e", 6, 20, 7, 60),
    ("B", "substance", "x", "group", "all of them", 20, 20, 60, 60),
]


def test_q_values_are_those_of_a_slow_definition_within_each_family(
    con: warehouse.Connection,
) -> None:
    _score(con, SMALL)
    found = _frame(con, "signals.multiplicity").set_index(
        ["comparator", "drug", "event"]
    )
    families: dict[tuple[str, str, str], list[Row]] = {}
    for row in SMALL:
        untestable = row[7] in (0, row[8]) or row[6] in (0, row[8])
        if row[3] != "pt" and not untestable:
            families.setdefault((row[0], row[1], row[3]), []).append(row)
    assert len(families) == 4
    for family in families.values():
        p = [_slow_p(row[5], row[6], row[7], row[8]) for row in family]
        q = _slow_bh([greater for greater, _ in p])
        for row, (greater, mid), rate in zip(family, p, q, strict=True):
            one = found.loc[(row[0], row[2], row[4])]
            assert one["m"] == len(family)
            assert one["p_greater"] == pytest.approx(greater, rel=1e-9)
            assert one["p_mid"] == pytest.approx(mid, rel=1e-9)
            assert one["q_bh"] == pytest.approx(rate, rel=1e-9)
            assert one["pi0_storey"] <= 1 and one["pi0_lbe"] <= 1


def test_terms_have_no_family_as_only_reported_ones_have_cells(
    con: warehouse.Connection,
) -> None:
    _score(con, SMALL)
    assert set(_frame(con, "signals.multiplicity")["event_level"]) == {
        "group",
        "supergroup",
    }


def test_a_pair_without_reports_stays_in_m_and_has_a_p_of_1(
    con: warehouse.Connection,
) -> None:
    _score(con, SMALL)
    found = _frame(con, "signals.multiplicity").set_index(
        ["comparator", "drug", "event"]
    )
    one = found.loc[("A", "x", "f")]
    assert one["p_greater"] == 1 and one["q_bh"] == 1
    assert 0.5 < one["p_mid"] < 1
    assert one["m"] == 4
    assert np.isnan(one["p_raw"])


def test_a_pair_with_one_possible_table_is_listed_without_p_and_not_in_m(
    con: warehouse.Connection,
) -> None:
    _score(con, SMALL)
    found = _frame(con, "signals.multiplicity").set_index(
        ["comparator", "drug", "event"]
    )
    for key in (("A", "x", "none"), ("B", "x", "all of them")):
        assert found.loc[key, ["p_greater", "p_mid", "q_bh", "q_lbe"]].isna().all()
    assert found.loc[("A", "x", "none"), "m"] == 4
    assert found.loc[("B", "x", "e"), "m"] == 1


def test_independent_counts_give_even_p_values_and_a_null_about_0(
    con: warehouse.Connection,
) -> None:
    cells = _null_cells(np.random.default_rng(1))
    controls = [("negative", row[2], row[4], None) for row in cells[::5]]
    _score(con, cells, controls)
    found = _frame(con, "signals.multiplicity")
    assert set(found["m"]) == {500}
    assert kstest(found["p_mid"], "uniform").statistic < 0.08
    assert (found["p_greater"] <= 0.05).mean() < 0.07
    assert found["q_bh"].min() > 0.05
    assert found["pi0_lbe"].iloc[0] > 0.9
    (null,) = _frame(con, "signals.empirical_null").to_dict("records")
    assert null["n_negative_used"] >= 60
    assert abs(null["mean_log_ror"]) < 0.1
    assert abs(null["mean_log_ror_chance"]) < 0.02
    assert null["spread_log_ror"] < 0.15
    assert null["share_negative_sdr_ror"] <= 0.08
    assert null["share_low_negative_sdr_ror"] <= null["share_negative_sdr_ror"]
    assert null["share_negative_sdr_ror"] <= null["share_high_negative_sdr_ror"]
    assert null["note"].startswith("spread is 0 as far as these controls tell")
    tests = _frame(con, "signals.drug_test")
    assert set(tests["m"]) == {20}
    assert (tests["p_lrt"] <= 0.05).sum() <= 4
    assert tests["q_bh"].min() > 0.01


def _biased_cells(
    *, ratio: float
) -> tuple[list[Row], list[tuple[str, str, str, None]]]:
    """Forty controls and a pair that all have the same reporting ratio."""
    cells: list[Row] = []
    rng = np.random.default_rng(8)
    for j in range(41):
        n_event = 600 + 10 * j
        a = int(rng.poisson(ratio * 2_000 * n_event / N))
        cells.append(("A", "substance", "d", "group", f"e{j:02}", a, 2_000, n_event, N))
    controls = [("negative", "d", f"e{j:02}", None) for j in range(40)]
    return cells, controls


def test_bias_that_all_controls_share_leaves_an_equally_biased_pair_unremarkable(
    con: warehouse.Connection,
) -> None:
    cells, controls = _biased_cells(ratio=1.8)
    _score(con, cells, controls)
    found = _frame(con, "signals.multiplicity").set_index("event")
    assert found.loc["e40", "p_raw"] < 0.01
    assert found.loc["e40", "p_calibrated"] > 0.05
    assert found.loc["e40", "p_calibrated_greater"] > 0.025
    assert (found["p_raw_greater"] < 0.05).mean() > 0.9
    assert (found["p_calibrated_greater"] < 0.05).mean() < 0.15
    (null,) = _frame(con, "signals.empirical_null").to_dict("records")
    assert null["mean_log_ror"] == pytest.approx(np.log(1.8), abs=0.12)
    assert null["ror_null_low"] <= np.exp(null["mean_log_ror"])
    assert np.exp(null["mean_log_ror"]) <= null["ror_null_high"]
    assert null["share_negative_sdr_ror"] > 0.9 > null["share_used_above_null"]


def test_small_counts_alone_move_the_mean_of_a_null_and_it_is_said_how_far(
    con: warehouse.Connection,
) -> None:
    rng = np.random.default_rng(4)
    n_event = rng.integers(20, 60, 40)
    cells: list[Row] = [
        ("A", "substance", "d", "group", f"e{j:02}", int(a), 2_000, int(event), N)
        for j, (event, a) in enumerate(
            zip(n_event, rng.hypergeometric(n_event, N - n_event, 2_000), strict=True)
        )
    ]
    _score(con, cells, [("negative", "d", row[4], None) for row in cells])
    (null,) = _frame(con, "signals.empirical_null").to_dict("records")
    assert 0.1 < null["mean_log_ror_chance"] < 0.35
    assert "small counts alone give a mean of 0." in null["note"]


def test_too_few_controls_calibrate_nothing_and_the_note_says_so(
    con: warehouse.Connection,
) -> None:
    cells, controls = _biased_cells(ratio=1.0)
    _score(con, cells, controls[:4])
    (null,) = _frame(con, "signals.empirical_null").to_dict("records")
    assert pd.isna(null["mean_log_ror"]) and pd.isna(null["ror_null_low"])
    assert null["note"] == (
        "4 of 4 negative controls can be used, a null needs 5: nothing is calibrated"
    )
    found = _frame(con, "signals.multiplicity")
    assert found["p_calibrated"].isna().all()
    assert found["p_raw"].notna().any()


def test_few_controls_are_fitted_to_with_a_warning(con: warehouse.Connection) -> None:
    cells, controls = _biased_cells(ratio=1.0)
    _score(con, cells, controls[:12])
    (null,) = _frame(con, "signals.empirical_null").to_dict("records")
    assert null["note"].startswith(
        "12 negative controls: mean and spread are uncertain"
    )


def test_an_analysis_without_controls_says_so_in_every_comparator(
    con: warehouse.Connection,
) -> None:
    _score(con, SMALL)
    found = _frame(con, "signals.empirical_null")
    assert list(found["comparator"]) == ["A", "B"]
    assert set(found["note"]) == {"the analysis has no negative controls"}
    assert found["share_negative_sdr_ror"].isna().all()
    assert not len(_frame(con, "signals.control"))


def test_a_control_is_listed_whatever_speaks_against_its_use(
    con: warehouse.Connection,
) -> None:
    cells: list[Row] = [
        ("A", "substance", "x", "group", "good", 6, 2_000, 100, N),
        ("A", "substance", "x", "group", "rare", 1, 2_000, 10, N),
        ("A", "substance", "x", "group", "absent", 0, 2_000, 100, N),
        ("A", "substance", "sued", "group", "good", 6, 2_000, 100, N),
    ]
    controls = [
        ("negative", "x", "good", None),
        ("negative", "x", "rare", None),
        ("negative", "x", "absent", None),
        ("negative", "sued", "good", None),
        ("negative", "unknown", "good", "the drug is not scored"),
        ("positive", "x", "good", None),
    ]
    _score(con, cells, controls, litigated=["sued"])
    found = _frame(con, "signals.control")
    assert len(found) == 6
    negative = found[found["control_type"] == "negative"].set_index(["drug", "event"])
    assert dict(negative["why_not_used"].fillna("")) == {
        ("x", "good"): "",
        ("x", "rare"): "fewer than 1 report is expected",
        ("x", "absent"): "a cell is 0: no finite ratio",
        ("sued", "good"): "a drug of lawsuits for this event",
        ("unknown", "good"): "the drug is not scored",
    }
    assert list(negative.index[negative["is_used"]]) == [("x", "good")]
    assert negative.loc[("unknown", "good"), ["a", "ror", "sdr_ic"]].isna().all()
    assert not found.loc[found["control_type"] == "positive", "is_used"].any()
    (null,) = _frame(con, "signals.empirical_null").to_dict("records")
    counted = ("n_negative", "n_negative_counted", "n_negative_judged")
    assert [null[name] for name in (*counted, "n_negative_used")] == [5, 4, 2, 1]
    assert null["n_positive_judged"] == 1


def test_the_bayesian_rate_is_the_mean_of_the_posteriors_of_the_list_in_a(
    con: warehouse.Connection,
) -> None:
    cells = _null_cells(np.random.default_rng(3), n_drugs=6, n_events=10)
    cells[0] = (*cells[0][:5], 40 + cells[0][5], *cells[0][6:])
    others: list[Row] = [("B", *row[1:]) for row in cells]
    _score(con, [*cells, *others])
    assert _frame(con, "signals.multiplicity")["fdr_ebgm"].isna().all()

    a = np.array([row[5] for row in cells])
    expected = np.array([row[6] / row[8] * row[7] for row in cells])
    prior = fit_mgps(a, expected)
    score_multiplicity(con, {"group": prior})
    found = _frame(con, "signals.multiplicity").set_index(
        ["comparator", "drug", "event"]
    )
    below = prior.probability_below(a, expected, 1.0)
    for row, g in zip(cells, below, strict=True):
        slow = below[below <= g].mean()
        assert found.loc[("A", row[2], row[4]), "fdr_ebgm"] == pytest.approx(slow)
    assert found.loc["B", "fdr_ebgm"].isna().all()


def test_the_largest_group_of_a_drug_is_named_and_further_ones_step_down(
    con: warehouse.Connection,
) -> None:
    cells = _null_cells(np.random.default_rng(11), n_drugs=3, n_events=12)
    # The two most frequent events of d00 get more reports.
    first, second = sorted(range(12), key=lambda place: -cells[place][7])[:2]
    for place, factor in ((first, 3), (second, 2)):
        row = cells[place]
        cells[place] = (*row[:5], min(row[5] * factor, row[6], row[7]), *row[6:])
    _score(con, cells)
    tests = _frame(con, "signals.drug_test").set_index("drug")
    one = tests.loc["d00"]
    assert one["flagged_events"] == f"{cells[first][4]}|{cells[second][4]}"
    assert one["event"] == cells[first][4]
    assert one["n_flagged"] == 2 and one["n_events"] == 12
    assert one["p_lrt"] == 1 / 200 and one["n_simulations"] == 199
    assert one["m"] == 3 and one["q_bh"] <= 3 / 200
    pairs = _frame(con, "signals.multiplicity").set_index(["drug", "event"])
    assert pairs.loc[("d00", one["event"]), "p_lrt"] == one["p_lrt"]
    assert (pairs.loc["d00", "p_lrt"] <= 0.05).sum() == 2


def test_the_p_of_a_drug_does_not_move_when_another_drug_is_added(
    con: warehouse.Connection,
) -> None:
    cells = _null_cells(np.random.default_rng(2), n_drugs=3, n_events=8)
    _score(con, cells)
    before = _frame(con, "signals.drug_test").set_index("drug")["p_lrt"]
    _score(con, [row for row in cells if row[2] != "d00"])
    after = _frame(con, "signals.drug_test").set_index("drug")["p_lrt"]
    assert list(after.index) == ["d01", "d02"]
    pd.testing.assert_series_equal(before.loc[after.index], after)


def test_a_drug_that_is_in_every_report_or_none_has_no_test(
    con: warehouse.Connection,
) -> None:
    cells: list[Row] = [
        ("C", "substance", "every", "group", "e", 9, 60, 9, 60),
        ("C", "substance", "none", "group", "e", 0, 0, 9, 60),
        ("C", "substance", "some", "group", "e", 0, 30, 9, 60),
    ]
    _score(con, cells)
    tests = _frame(con, "signals.drug_test").set_index("drug")
    assert (
        tests.loc[["every", "none"], ["event", "llr", "p_lrt", "q_bh"]]
        .isna()
        .all(axis=None)
    )
    assert pd.isna(tests.loc["some", "event"])
    assert tests.loc["some", "p_lrt"] == 1
    assert set(tests["m"]) == {1}


def _floats(*values: float) -> npt.NDArray[np.float64]:
    return np.array(values, dtype=np.float64)


def test_an_event_keeps_its_share_of_its_own_population_in_the_test() -> None:
    counts, totals = mention_table(
        _floats(5, 3), _floats(100, 90), n_event=_floats(40, 50), n=_floats(1000, 500)
    )
    assert counts.tolist() == [5, 3, 92]
    assert totals.tolist() == [40, 100, 860]


def test_reports_with_two_groups_each_leave_no_negative_rest() -> None:
    counts, totals = mention_table(
        _floats(3, 3), _floats(3, 3), n_event=_floats(5, 5), n=_floats(8, 8)
    )
    assert counts.tolist() == [3, 3, 0]
    assert totals.tolist() == [5, 5, 0]
