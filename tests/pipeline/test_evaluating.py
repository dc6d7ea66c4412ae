"""Figures of an evaluation are those that its warehouse and its truth give by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from pvsignal.pipeline import evaluating
from pvsignal.pipeline.evaluating import page
from pvsignal.pipeline.evaluating.archive import (
    NOTHING,
    SCENES,
    SIGNALS,
    ArchiveFigures,
    RuleFigures,
)
from pvsignal.pipeline.evaluating.rules import RULES, TOGETHER
from pvsignal.pipeline.evaluating.running import RATIOS, Plan, figures_in
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.simulate.vocabulary import read_table

PLAN = Plan(
    n_seeds=1,
    n_null_seeds=1,
    n_scene_seeds=1,
    n_reports=5_000,
    span=QuarterSpan.parse("2018q3..2019q4"),
)


@dataclass(frozen=True)
class Archive:
    """One archive in its folder, its figures, and its statistics as plain pandas."""

    folder: Path
    figures: ArchiveFigures
    table: pd.DataFrame

    def truth(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / "archives" / "truth" / f"{name}.csv")

    def of(self, rule: str, comparator: str) -> RuleFigures:
        (found,) = (
            figures
            for figures in self.figures.rules
            if (figures.rule, figures.comparator) == (rule, comparator)
        )
        return found


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return _archive(tmp_path_factory.mktemp("evaluated"), 1, SIGNALS)


@pytest.fixture(scope="module")
def null(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return _archive(tmp_path_factory.mktemp("nothing_planted"), 1_001, NOTHING)


def _archive(folder: Path, seed: int, kind: str) -> Archive:
    figures = figures_in(folder, PLAN, seed, kind=kind)
    with duckdb.connect(
        str(folder / "data" / "warehouse.duckdb"), read_only=True
    ) as con:
        table = con.execute(
            "select * from signals.statistic "
            "where variant = 'primary' and event_level = 'group'"
        ).df()
    return Archive(folder, figures, table)


def _true_pairs(archive: Archive) -> dict[tuple[str, str], int]:
    """Pairs with a true ratio above 1, and the ordinal of their onset."""
    expected = archive.truth("expected_ratios")
    signals = expected[(expected["comparator"] == "A") & (expected["true_ratio"] > 1)]
    pairs = zip(signals["drug"], signals["event"], strict=True)
    onsets = (Quarter.parse(quarter).ordinal for quarter in signals["from_quarter"])
    return dict(zip(pairs, onsets, strict=True))


def _true_rows(
    archive: Archive, comparator: str
) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    """Planted pairs of a comparator with their history."""
    own = archive.table[archive.table["comparator"] == comparator]
    for pair in _true_pairs(archive):
        rows = own[(own["drug"] == pair[0]) & (own["event"] == pair[1])]
        if len(rows):
            yield pair, rows.sort_values("quarter_no")


@pytest.mark.parametrize("comparator", ["A", "B", "C"])
@pytest.mark.parametrize(
    ("rule", "flag"), [("evans", "sdr_evans"), ("ror", "sdr_ror"), ("ic", "sdr_ic")]
)
def test_true_pairs_found_and_their_delays_equal_a_recount(
    archive: Archive, comparator: str, rule: str, flag: str
) -> None:
    true = _true_pairs(archive)
    last = int(archive.table["quarter_no"].max())
    delays, n_found = [], 0
    for pair, rows in _true_rows(archive, comparator):
        n_found += bool(rows.loc[rows["quarter_no"] == last, flag].item())
        hits = rows.loc[rows[flag] & (rows["quarter_no"] >= true[pair]), "quarter_no"]
        delays.append(
            (float((hits.min() if len(hits) else last) - true[pair]), len(hits) > 0)
        )
    found = archive.of(rule, comparator)
    assert found.n_true == len(delays) > 3
    assert found.n_found == n_found
    assert sorted(zip(found.delay_quarters, found.is_found, strict=True)) == sorted(
        delays
    )


def test_null_pairs_of_an_archive_without_plants_are_all_that_are_not_litigated(
    null: Archive,
) -> None:
    therapies = set(read_table("ms_products")["ingredient"])
    is_simulated = null.table["drug"].isin(therapies)
    is_simulated |= null.table["drug_level"] == "class"
    table = null.table[is_simulated]
    latest = table[table["is_latest"]]
    in_a = latest[latest["comparator"] == "A"]
    reported = set(in_a.loc[in_a["n_event"] > 0, "event"])
    events = reported - set(null.truth("masking")["event"])
    assert len(events) < len(reported)
    begin = sorted(table["quarter_no"].unique())[3]
    for comparator in "ABC":
        own = table[
            (table["comparator"] == comparator) & table["event"].isin(events)
        ].sort_values("quarter_no")
        found, now = null.of("ror", comparator), own[own["is_latest"]]
        assert (found.n_true, found.n_null) == (0, len(now))
        assert found.n_false == now["sdr_ror"].sum()
        before = own.groupby(["drug", "event"])["sdr_ror"].shift(fill_value=False)
        is_new = own["sdr_ror"] & ~before & (own["quarter_no"] >= begin)
        assert (found.n_new, found.n_quarters) == (is_new.sum(), 3)
        holds = (now["ror_low"] <= 1) & (now["ror_high"] >= 1)
        assert found.coverage_null == pytest.approx(
            holds[now["ror_low"].notna()].mean()
        )


def test_null_pairs_beside_planted_ones_hold_none_of_their_groups(
    archive: Archive,
) -> None:
    planted = {event for _, event in _true_pairs(archive)}
    planted |= set(archive.truth("masking")["event"])
    latest = archive.table[archive.table["is_latest"]]
    own = latest[(latest["comparator"] == "A") & ~latest["event"].isin(planted)]
    assert 0 < archive.of("ror", "A").n_null < len(own)
    assert archive.of("ror", "A").n_true == len(list(_true_rows(archive, "A")))


def test_crude_ratio_of_the_plan_is_the_true_one_but_for_chance(
    archive: Archive,
) -> None:
    # Counts of the reports as they were drawn, summed up apart from the evaluation.
    expected = archive.truth("expected_ratios")
    own = expected[(expected["comparator"] == "A") & (expected["scene"] == "planted")]
    signals = own.merge(archive.truth("signals")[["drug", "event", "n_expected"]])
    assert len(signals) == len(own) > 3
    assert set(signals["true_ratio"]) == set(RATIOS)
    added = (signals["n_expected"] * (signals["true_ratio"] - 1)).sum()
    assert abs(signals["n_planted"].sum() - added) < 4 * np.sqrt(added)


def test_estimates_are_near_the_crude_ratio_of_the_plan(archive: Archive) -> None:
    expected = archive.truth("expected_ratios")
    plan = expected[expected["comparator"] == "A"].set_index(["drug", "event"])
    n_found, n_planned = 0.0, 0.0
    for pair, rows in _true_rows(archive, "A"):
        latest = rows.iloc[-1]
        n_found += latest["a"]
        share = latest["c"] / (latest["n"] - latest["n_drug"])
        n_planned += plan.loc[pair, "expected_ratio"] * share * latest["n_drug"]
    assert abs(n_found - n_planned) < 4 * np.sqrt(n_planned)


def test_bias_is_the_weighted_mean_of_estimate_by_truth(archive: Archive) -> None:
    expected = archive.truth("expected_ratios")
    ratios = expected[expected["comparator"] == "A"].set_index(["drug", "event"])
    relative, weights = [], []
    for pair, rows in _true_rows(archive, "A"):
        onset, latest = _true_pairs(archive)[pair], rows.iloc[-1]
        # Reports of the drug before the onset, from the archive's own history.
        earlier = rows.loc[rows["quarter_no"] < onset, "n_drug"].max()
        earlier = 0 if np.isnan(earlier) else earlier
        late = latest["n_drug"] - earlier
        truth = (earlier + late * ratios.loc[pair, "true_ratio"]) / latest["n_drug"]
        if latest["prr"] < np.inf:
            relative.append(latest["prr"] / truth)
            weights.append(latest["n_drug"])
    factor = archive.of("evans", "A").factor
    assert factor == pytest.approx(np.average(relative, weights=weights))


def test_every_rule_has_figures_in_every_comparator_it_exists_in(
    archive: Archive,
) -> None:
    found = {(figures.rule, figures.comparator) for figures in archive.figures.rules}
    wanted = {(rule.name, x) for rule in RULES for x in rule.comparators}
    # Too small an archive has no prior, and then no EBGM.
    assert wanted - found <= {("eb05", "A")}
    assert ("robust", TOGETHER) in found


def test_same_seeds_give_the_same_figures_whoever_runs_them(
    archive: Archive, null: Archive, tmp_path: Path
) -> None:
    evaluation = evaluating.evaluate(PLAN)
    first, second, played = evaluation.archives
    # NaN is not equal to itself, its text is.
    assert repr(replace(first, seconds=0.0)) == repr(archive.figures)
    assert repr(replace(second, seconds=0.0)) == repr(null.figures)
    assert (played.kind, played.rules) == (SCENES, ())
    assert {"class_effect", "confounded_indication"} <= {
        figures.scene for figures in played.scenes
    }

    text = page.markdown(evaluation)
    assert text.count("\n| ROR, lower limit | B |") == 4
    assert text.count("| ROR, lower limit | B | ") > 4 + len(RATIOS)
    file = tmp_path / "page.md"
    file.write_text(f"before\n{page.START}\nold\n{page.END}\nafter\n", "utf-8")
    page.write_page(file, text)
    page.write_page(file, text)
    assert (
        file.read_text("utf-8") == f"before\n{page.START}\n{text}\n{page.END}\nafter\n"
    )
    content = json.loads(json.dumps(evaluating.as_json(evaluation), allow_nan=False))
    assert content["plan"]["span"] == "2018q3..2019q4"
    assert len(content["rules"]) == len(evaluation.rules)
