"""What is true of a pair, and what figures of several archives come to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pvsignal.pipeline.evaluating import (
    Evaluation,
    Plan,
    as_json,
    null_archives,
)
from pvsignal.pipeline.evaluating.archive import (
    SIGNALS,
    ArchiveFigures,
    RuleFigures,
    SceneFigures,
    rule_figures,
    scene_figures,
    warm_up,
)
from pvsignal.pipeline.evaluating.page import markdown
from pvsignal.pipeline.evaluating.rules import RULES
from pvsignal.pipeline.evaluating.running import RATIOS, dealt_ratios
from pvsignal.pipeline.evaluating.summary import (
    contrasts,
    summarised_nulls,
    summarised_ratios,
    summarised_rules,
    summarised_scenes,
    summarised_sizes,
)
from pvsignal.pipeline.evaluating.truth import PlantedPair, Truth, read_truth
from pvsignal.quarter import Quarter, QuarterSpan

FIRST = Quarter(2020, 1)
NAN = float("nan")


# --- truth ---------------------------------------------------------------------------


@pytest.fixture
def truth_folder(tmp_path: Path) -> Path:
    """A planted signal, a scene with a confounded pair and one that is not, a trap."""
    tables = {
        "signals": (
            "drug,event,ratio,from_quarter,n_planted,n_expected\n"
            "fingolimod,skin_bcc,5.0,2020q3,7,1.5\n"
        ),
        "implied": "drug,event,because\nsiponimod,skin_scc,fingolimod\n",
        "traps": "trap,drug,event\nindication,natalizumab,breast\n",
        "masking": "ingredient,event,drug\nranitidine,stomach,\nranitidine,colorectal,natalizumab\n",
        "scenes": "scene,drug,event\nterm_drift,,uterus\none_article,ofatumumab,larynx\n",
        "expected_ratios": (
            "scene,drug,event,from_quarter,comparator,true_ratio,expected_ratio\n"
            "planted,fingolimod,skin_bcc,2020q3,A,5.0,4.1\n"
            "class_effect,ocrelizumab,lymphoma_nhl_other,2020q1,A,6.0,5.5\n"
            "class_effect,ocrelizumab,lymphoma_nhl_other,2020q1,B,6.0,1.8\n"
            "confounded_time,ocrelizumab,head_neck,2020q1,A,1.0,2.5\n"
            "confounded_time,natalizumab,head_neck,2020q1,A,1.0,1.2\n"
            "confounded_time,natalizumab,head_neck,2020q1,B,1.0,\n"
            "confounded_time,fingolimod,head_neck,2020q1,A,1.0,0.3\n"
        ),
    }
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    return tmp_path


def _scene_of(truth: Truth) -> dict[tuple[str, str], str]:
    pairs = truth.pairs
    return dict(
        zip(
            zip(pairs["drug"], pairs["event"], strict=True), pairs["scene"], strict=True
        )
    )


def test_each_scored_pair_is_true_null_or_of_unknown_ratio(truth_folder: Path) -> None:
    scored = {
        ("fingolimod", "skin_bcc"),
        ("natalizumab", "skin_bcc"),
        ("class:s1p_modulator", "skin_bcc"),
        ("siponimod", "skin_scc"),
        ("natalizumab", "breast"),
        ("natalizumab", "colorectal"),
        ("natalizumab", "stomach"),
        ("ofatumumab", "larynx"),
        ("natalizumab", "uterus"),
        ("fingolimod", "breast"),
        ("methotrexate", "breast"),
        ("ocrelizumab", "lymphoma_nhl_other"),
        ("ocrelizumab", "head_neck"),
        ("natalizumab", "head_neck"),
        ("fingolimod", "head_neck"),
        ("class:anti_cd20", "head_neck"),
    }
    truth = read_truth(truth_folder, scored, first=FIRST)
    assert _scene_of(truth) == {
        ("fingolimod", "skin_bcc"): "planted",
        ("ocrelizumab", "lymphoma_nhl_other"): "class_effect",
        ("ocrelizumab", "head_neck"): "confounded_time",
        ("natalizumab", "head_neck"): "confounded_time, other pairs",
        ("fingolimod", "head_neck"): "confounded_time, other pairs",
        ("natalizumab", "uterus"): "chance",
        ("fingolimod", "breast"): "chance",
    }
    ratio = truth.pairs.set_index(["drug", "event"])["ratio"]
    assert ratio["fingolimod", "skin_bcc"] == 5.0
    assert ratio["ocrelizumab", "head_neck"] == 1.0
    onset = truth.pairs.set_index(["drug", "event"])["onset"]
    assert onset["fingolimod", "skin_bcc"] == FIRST.ordinal + 2
    assert onset["fingolimod", "breast"] == FIRST.ordinal
    assert truth.planted == (PlantedPair("fingolimod", "skin_bcc", 5.0, 1.5, 7),)


def test_pair_that_the_analysis_does_not_score_is_left_out(truth_folder: Path) -> None:
    truth = read_truth(truth_folder, {("fingolimod", "breast")}, first=FIRST)
    assert _scene_of(truth) == {("fingolimod", "breast"): "chance"}


def test_archive_without_plants_has_null_pairs_alone(tmp_path: Path) -> None:
    scored = {("fingolimod", "breast"), ("natalizumab", "breast")}
    truth = read_truth(tmp_path, scored, first=FIRST)
    assert (truth.pairs["ratio"] == 1).all()
    assert set(_scene_of(truth)) == scored


# --- one archive ---------------------------------------------------------------------


def _statistics() -> pd.DataFrame:
    """Two pairs in A over four quarters: one is flagged from the third on, one blinks."""
    columns = {
        name for rule in RULES for name in (rule.flag, rule.score, rule.estimate)
    }
    columns |= {name for rule in RULES for name in (rule.low, rule.high)} - {""}
    rows = []
    for number in range(4):
        for drug, flags in (("true", [0, 0, 1, 1]), ("null", [1, 0, 0, 1])):
            rows.append(
                {
                    "quarter_no": FIRST.ordinal + number,
                    "is_latest": number == 3,
                    "comparator": "A",
                    "drug": drug,
                    "event": "e",
                    "n_drug": 100 * (number + 1),
                    "n": 1_000 * (number + 1),
                    "evaluable": drug == "null",
                    "sdr_ror": bool(flags[number]),
                    "ror": 4.0 if drug == "true" else 1.5,
                    "ror_low": 2.0 if drug == "true" else 1.1,
                    "ror_high": 8.0 if drug == "true" else 2.0,
                }
            )
    table = pd.DataFrame(rows)
    for name in columns - set(table.columns) - {""}:
        is_flag = name in {rule.flag for rule in RULES}
        table[name] = (
            pd.array([pd.NA] * len(table), dtype="boolean") if is_flag else NAN
        )
    return table


def test_figures_of_an_archive_by_hand() -> None:
    pairs = pd.DataFrame(
        {
            "drug": ["true", "null"],
            "event": ["e", "e"],
            "ratio": [3.0, 1.0],
            "onset": [FIRST.ordinal + 1, FIRST.ordinal],
            "scene": ["class_effect", "chance"],
        }
    )
    plan = pd.DataFrame(
        {"drug": ["true"], "event": ["e"], "comparator": ["A"], "expected_ratio": [2.2]}
    )
    (figures,) = rule_figures(_statistics(), Truth(pairs, plan))
    (scene,) = scene_figures(_statistics(), Truth(pairs, plan))
    # A quarter of the reports came before the onset: the truth by then is 1 + 2 * 3/4.
    assert figures.factor == pytest.approx(4.0 / 2.5)
    assert (figures.coverage, figures.coverage_null) == (1.0, 0.0)
    assert (figures.n_true, figures.n_found, figures.n_null, figures.n_false) == (
        *(1, 1, 1, 1),
    )
    assert (figures.delay_quarters, figures.is_found) == ((1.0,), (True,))
    assert (figures.n_blind, figures.n_unscored, figures.roc_area) == (1, 0, 1.0)
    # Of four quarters two are left out; the null pair is newly flagged in the last.
    assert (figures.n_new, figures.n_quarters) == (1, 2)
    assert figures.new_false_per_quarter == 0.5
    assert (figures.ratio, figures.is_flagged) == ((3.0,), (True,))
    assert (scene.scene, scene.n_pairs, scene.n_flagged) == ("class_effect", 1, 1)
    assert (scene.true, scene.expected) == (2.5, 2.2)


def test_an_estimate_with_the_drug_in_its_expected_count_is_held_against_that() -> None:
    pairs = pd.DataFrame(
        {
            "drug": ["true"],
            "event": ["e"],
            "ratio": [3.0],
            "onset": [FIRST.ordinal],
            "scene": ["planted"],
        }
    )
    # A tenth of all reports name the drug: 3 comes to 3 / (1 + 0.1 * 2) = 2.5.
    table = _statistics().assign(sdr_ic=False, ic=np.log2(2.5), ic025=0.0, ic975=2.0)
    table["sdr_ic"] = table["sdr_ic"].astype("boolean")
    nothing = pd.DataFrame(columns=["drug", "event", "comparator", "expected_ratio"])
    by_rule = {x.rule: x for x in rule_figures(table, Truth(pairs, nothing))}
    assert by_rule["ic"].factor == pytest.approx(1.0)
    assert by_rule["ic"].coverage == 1.0
    assert by_rule["ror"].factor == pytest.approx(4.0 / 3.0)


def test_a_short_span_loses_half_of_its_quarters_to_the_warm_up() -> None:
    assert [warm_up(n) for n in (1, 6, 16, 40)] == [0, 3, 8, 8]


def test_each_signal_gets_each_ratio_over_the_seeds() -> None:
    dealt = [dealt_ratios(seed) for seed in (1, 2, 3)]
    assert {frozenset(of_signal) for of_signal in zip(*dealt, strict=True)} == {
        frozenset(RATIOS)
    }


# --- several archives ----------------------------------------------------------------

RULE = RuleFigures(
    rule="ror",
    comparator="A",
    n_true=4,
    n_found=2,
    n_null=100,
    n_false=3,
    n_blind=1,
    n_unscored=0,
    roc_area=0.9,
    n_new=5,
    n_quarters=10,
    factor=1.0,
    coverage=1.0,
    coverage_null=0.95,
    ratio=(2.0, 2.0, 5.0, 5.0),
    is_flagged=(False, False, True, True),
    delay_quarters=(1.0, 3.0, 9.0, 9.0),
    is_found=(True, True, False, False),
)


def _scene(comparator: str, n_flagged: int, factor: float) -> SceneFigures:
    return SceneFigures(
        *("class_effect", "ror", comparator),
        n_pairs=4,
        n_flagged=n_flagged,
        true=6.0,
        expected=5.0 if comparator == "A" else NAN,
        factor=factor,
        n_estimates=4,
    )


PLANTED = tuple(
    PlantedPair(f"drug {number}", "e", ratio, number + 0.5, 10 * number)
    for number, ratio in enumerate(RULE.ratio)
)


def _archive(seed: int, rule: RuleFigures, *scenes: SceneFigures) -> ArchiveFigures:
    return ArchiveFigures(seed, SIGNALS, (rule,), scenes, PLANTED, 1.0)


ARCHIVES = (
    _archive(1, RULE, _scene("A", 4, 0.9), _scene("B", 1, 0.3)),
    _archive(
        2,
        replace(
            RULE,
            n_found=4,
            n_false=5,
            factor=1.2,
            delay_quarters=(2.0, 2.0, 2.0, 5.0),
            is_found=(True,) * 4,
            is_flagged=(True,) * 4,
        ),
        *(_scene("A", 3, 1.1), _scene("B", 0, 0.4)),
    ),
)


def test_figures_are_means_over_archives_and_delays_are_pooled() -> None:
    (found,) = summarised_rules(ARCHIVES)
    assert found.sensitivity.value == 0.75
    assert found.n_false.value == 4.0
    assert found.factor.value == pytest.approx(1.1)
    # Found after 1, 2, 2, 2, 3, 5; two are looked at for 9 quarters without a flag.
    assert found.delay_median.value == 2.0
    assert found.delay_quartiles == (2.0, 5.0)
    assert found.never.value == 0.25
    assert found.within.value == pytest.approx(0.75)
    # Shares do not leave 0 to 1 however few the archives.
    assert (found.sensitivity.low, found.sensitivity.high) == (0.0, 1.0)


def test_no_new_flag_in_twenty_quarters_leaves_a_rate_of_three_twentieths() -> None:
    silent = replace(RULE, n_new=0)
    archives = [_archive(seed, silent) for seed in (1, 2)]
    (found,) = summarised_nulls(archives)
    assert found.new_false.value == 0.0
    assert found.new_false_most == pytest.approx(-np.log(0.05) / 20)
    (counted,) = summarised_nulls([_archive(seed, RULE) for seed in (1, 2)])
    # Ten flags in twenty quarters: at most 16.96 (Garwood 1936).
    assert counted.new_false_most == pytest.approx(16.962 / 20, abs=1e-3)
    # A rule with looks in fewer quarters has its own.
    late = replace(RULE, n_new=5, n_quarters=4)
    (mixed,) = summarised_nulls([_archive(1, RULE), _archive(2, late)])
    assert mixed.new_false.value == pytest.approx((5 / 10 + 5 / 4) / 2)
    assert mixed.new_false_most == pytest.approx(16.962 / 14, abs=1e-3)


def test_planted_signals_are_told_apart_by_their_true_ratio() -> None:
    small, large = summarised_ratios(ARCHIVES)
    assert (small.ratio, large.ratio) == (2.0, 5.0)
    assert (small.n_true, large.n_true) == (2.0, 2.0)
    # Of the two of ratio 2 none and both are flagged, of those of 5 both and both.
    assert small.sensitivity.value == 0.5
    assert (large.sensitivity.value, np.isnan(large.sensitivity.low)) == (1.0, True)
    # Ratio 2: after 1, 2, 2, 3; ratio 5: after 2 and 5, two not within 9.
    assert small.delay_median.value == 2.0
    assert (large.delay_median.value, large.within.value) == (5.0, 0.5)
    sizes = summarised_sizes(ARCHIVES)
    assert [(x.ratio, x.n_pairs) for x in sizes] == [(2.0, 2.0), (5.0, 2.0)]
    assert sizes[0].n_expected == (0.5, 1.0, 1.5)
    assert sizes[1].n_planted == (20.0, 25.0, 30.0)


def test_comparators_are_compared_archive_by_archive() -> None:
    (found,) = contrasts(ARCHIVES)
    assert (found.scene, found.first, found.second) == ("class_effect", "A", "B")
    # Both archives differ by three pairs of four, which leaves no interval.
    assert found.flagged.value == 0.75
    assert np.isnan([found.flagged.low, found.flagged.high]).all()
    assert found.error.value == pytest.approx(((0.1 - 0.7) + (0.1 - 0.6)) / 2)


def test_tables_show_what_is_known_and_a_dash_for_the_rest() -> None:
    plan = Plan(2, 0, 1, 1_000, QuarterSpan.parse("2020q1..2022q4"))
    evaluation = Evaluation(
        plan=plan,
        rules=summarised_rules(ARCHIVES),
        sizes=summarised_sizes(ARCHIVES),
        ratios=summarised_ratios(ARCHIVES),
        nulls=(),
        scenes=summarised_scenes(ARCHIVES),
        contrasts=contrasts(ARCHIVES),
        archives=ARCHIVES,
    )
    text = markdown(evaluation)
    assert text.startswith(
        "2 archives with planted signals, 0 with nothing planted, 1 with scenes; "
        "1,000 reports"
    )
    assert "| 5 | 2.0 | 3.0 (2.5, 3.5) | 25.0 (20.0, 30.0) |" in text
    assert "| 5 | ROR, lower limit | A | 2.0 | 1.00 | 5 (" in text
    assert "### Archives without signals" not in text
    assert "| class_effect | ROR, lower limit | A | 4.0 | 6.00 | 5.00 |" in text
    assert "| class_effect | ROR, lower limit | B | 4.0 | 6.00 | - |" in text
    assert "| class_effect | ROR, lower limit | A less B | 0.75 |" in text
    assert as_json(evaluation)["scenes"][1]["expected"] is None


def test_delay_of_signals_that_are_mostly_never_found_is_not_reached() -> None:
    never = replace(RULE, n_found=0, is_found=(False,) * 4, roc_area=NAN)
    archives = (_archive(1, never),)
    text = markdown(
        Evaluation(
            Plan(1, 0, 0, 1_000, QuarterSpan.parse("2020q1..2022q4")),
            summarised_rules(archives),
            *((), (), (), (), ()),
            archives,
        )
    )
    assert "| not reached | not reached, not reached | 0.00 | 1.00 |" in text


def test_the_report_quotes_the_share_that_null_archives_flag() -> None:
    nulls = summarised_nulls(ARCHIVES)
    evaluation = Evaluation(
        Plan(2, 3, 0, 1_000, QuarterSpan.parse("2020q1..2022q4")),
        *((), (), ()),
        nulls,
        *((), (), ARCHIVES),
    )
    (row,) = null_archives(evaluation)
    # Two archives with 100 null pairs each, of which 3 and 5 are flagged.
    assert (row.n_archives, row.n_reports, row.n_quarters) == (2, 1_000, 12)
    assert row.analysis == "ms_malignancy"
    assert row.share_flagged == pytest.approx(0.04)
    assert row.share_low == pytest.approx(0.0)
    assert row.share_high == pytest.approx(0.167, abs=0.001)


def test_a_rule_that_judged_no_pair_is_not_quoted() -> None:
    none = replace(RULE, n_null=0, n_false=0)
    evaluation = Evaluation(
        Plan(1, 2, 0, 1_000, QuarterSpan.parse("2020q1..2022q4")),
        *((), (), ()),
        summarised_nulls((_archive(1, none), _archive(2, none))),
        *((), (), ()),
    )
    assert null_archives(evaluation) == ()
