import numpy as np
import pandas as pd

from pvsignal.analysis import load_analysis
from pvsignal.signals import rules

ANALYSIS = load_analysis()


def test_two_reports_never_flag_whatever_the_ratio() -> None:
    a = np.array([2, 3])
    low = np.array([50.0, 50.0])
    flags = rules.sdr_ror(a, low, limits=ANALYSIS.thresholds)
    assert flags.tolist() == [False, True]


def test_the_ic_flags_above_its_threshold_and_not_at_it() -> None:
    flags = rules.sdr_ic(
        np.array([-0.1, 0.0, 1e-9, np.nan]), limits=ANALYSIS.thresholds
    )
    assert flags.tolist() == [False, False, True, False]


def test_either_limit_puts_a_pair_on_the_board() -> None:
    by_ror, by_ic = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 0], bool)
    assert rules.sdr_screen(by_ror, by_ic).tolist() == [True, True, True, False]


def test_an_undefined_ratio_does_not_flag() -> None:
    a = np.array([5])
    nan = np.array([np.nan])
    limits = ANALYSIS.thresholds
    assert not rules.sdr_ror(a, nan, limits=limits).any()
    assert not rules.sdr_evans(a, nan, chi2=np.array([9.0]), limits=limits).any()


def test_a_pair_of_drugs_flags_above_zero_and_not_where_nothing_is_known() -> None:
    omega025 = np.array([0.01, 0.0, -0.1, np.nan])
    assert rules.sdr_omega(omega025).tolist() == [True, False, False, False]


def test_evans_needs_all_three() -> None:
    a = np.array([3, 2, 3, 3])
    prr = np.array([2.0, 2.0, 1.9, 2.0])
    chi2 = np.array([4.0, 4.0, 4.0, 3.9])
    flags = rules.sdr_evans(a, prr, chi2=chi2, limits=ANALYSIS.thresholds)
    assert flags.tolist() == [True, False, False, False]


def test_eb05_flags_from_its_threshold_on_and_never_without_a_value() -> None:
    a = np.array([3, 2, 3, 3])
    eb05 = np.array([2.0, 9.0, 1.999, np.nan])
    flags = rules.sdr_eb05(a, eb05, limits=ANALYSIS.thresholds)
    assert flags.tolist() == [True, False, False, False]


def test_few_reference_cases_are_not_evaluable_in_c_but_are_in_a() -> None:
    flags = rules.evaluable(
        np.array([True, False, False, True]),
        np.array([3, 3, 3, 2]),
        c=np.array([2, 2, 3, 2]),
        expected=np.array([0.1, 2.0, 1.0, 0.4]),
        limits=ANALYSIS.evaluable,
    )
    assert flags.tolist() == [True, False, True, False]


def _latest(blind: str = "", **flags: bool) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "comparator": comparator,
                "drug_level": "substance",
                "drug": "fingolimod",
                "event_level": "group",
                "event": "skin_bcc",
                "a": 5,
                "sdr_screen": flag,
                "evaluable": comparator not in blind,
            }
            for comparator, flag in flags.items()
        ]
    )


def test_a_comparator_that_cannot_judge_cannot_agree() -> None:
    row = rules.agreement(_latest("BC", A=True, B=True, C=True)).iloc[0]
    assert row["on_board"]
    assert not row["robust"]
    assert row["agreement"] == "provisional"
    assert row["not_evaluable_in"] == "B+C"
    assert rules.agreement(_latest("B", A=True, B=True, C=True)).iloc[0]["robust"]


def test_a_and_c_together_are_robust_b_and_c_are_not() -> None:
    robust = rules.agreement(_latest(A=True, B=False, C=True)).iloc[0]
    assert robust["robust"]
    assert robust["flagged_in"] == "A+C"
    other = rules.agreement(_latest(A=False, B=True, C=True)).iloc[0]
    assert not other["robust"]
    assert other["agreement"] == "only B or C"
    assert other["on_board"]


def test_a_drug_without_comparator_c_has_no_count_there() -> None:
    row = rules.agreement(_latest(A=True, B=False)).iloc[0]
    assert row["not_evaluable_in"] == ""
    assert pd.isna(row["a_c"])
