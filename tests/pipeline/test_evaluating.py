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
from pvsignal.pipeline.evaluating.archive import ArchiveFigures, RuleFigures
from pvsignal.pipeline.evaluating.rules import RULES, TOGETHER
from pvsignal.pipeline.evaluating.running import Plan, figures_in
from pvsignal.quarter import Quarter, QuarterSpan

PLAN = Plan(
    n_seeds=2,
    n_null_seeds=1,
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
    folder = tmp_path_factory.mktemp("evaluated")
    figures = figures_in(folder, PLAN, 1, is_planted=True)
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


def test_null_pairs_are_those_that_nothing_was_done_to(archive: Archive) -> None:
    planted = {event for _, event in _true_pairs(archive)}
    # Events that a trap, a plant or a litigated product has nothing to do with.
    for name in ("traps", "implied", "masking", "scenes", "expected_ratios"):
        planted |= set(archive.truth(name)["event"])
    latest = archive.table[archive.table["is_latest"]]
    reported = set(
        latest.loc[(latest["comparator"] == "A") & (latest["n_event"] > 0), "event"]
    )
    # With these two drugs any malignancy is a trap, and so with the classes they are in.
    trapped = {"corticotropin", "peginterferon beta-1a"}
    trapped |= {"class:interferon_beta", "class:platform_reference"}
    trapped |= {"class:symptomatic_reference"}
    clear = latest[
        latest["event"].isin(reported - planted) & ~latest["drug"].isin(trapped)
    ]
    for comparator in "ABC":
        own = clear[clear["comparator"] == comparator]
        found = archive.of("ror", comparator)
        assert len(own) > 300
        assert found.n_null >= len(own)
        assert found.n_false >= own["sdr_ror"].sum()
        rest = latest[(latest["comparator"] == comparator)].drop(own.index)
        assert found.n_null - len(own) < len(rest)
        assert found.n_false - own["sdr_ror"].sum() <= rest["sdr_ror"].sum()


def test_bias_is_that_of_the_reports_since_the_onset_among_all(
    archive: Archive,
) -> None:
    expected = archive.truth("expected_ratios")
    ratios = expected[expected["comparator"] == "A"].set_index(["drug", "event"])
    relative, weights = [], []
    for pair, rows in _true_rows(archive, "A"):
        onset = _true_pairs(archive)[pair]
        n_drug, latest = rows.set_index("quarter_no")["n_drug"], rows.iloc[-1]
        earlier = n_drug[n_drug.index < onset]
        share = 1 - (earlier.iloc[-1] if len(earlier) else 0) / n_drug.iloc[-1]
        truth = 1 + (ratios.loc[pair, "true_ratio"] - 1) * share
        if latest["prr"] < np.inf:
            relative.append(latest["prr"] / truth)
            weights.append(latest["n_drug"])
    factor = archive.of("evans", "A").factor
    assert factor == pytest.approx(np.average(relative, weights=weights))
    assert 0.5 < factor < 2


def test_every_rule_has_figures_in_every_comparator_it_exists_in(
    archive: Archive,
) -> None:
    found = {(figures.rule, figures.comparator) for figures in archive.figures.rules}
    wanted = {(rule.name, x) for rule in RULES for x in rule.comparators}
    # Too small an archive has no prior, and then no EBGM.
    assert wanted - found <= {("eb05", "A")}
    assert ("robust", TOGETHER) in found


def test_same_seeds_give_the_same_figures_whoever_runs_them(
    archive: Archive, tmp_path: Path
) -> None:
    evaluation = evaluating.evaluate(PLAN)
    first, second, null = evaluation.archives
    # NaN is not equal to itself, its text is.
    assert repr(replace(first, seconds=0.0)) == repr(archive.figures)
    assert (second.seed, second.is_planted) == (2, True)
    assert null.rules[0].n_true == 0
    assert not null.is_planted
    assert null.rules[0].n_null > first.rules[0].n_null

    summary = next(
        x for x in evaluation.rules if (x.rule, x.comparator) == ("ror", "A")
    )
    of_both = [
        next(x for x in one.rules if (x.rule, x.comparator) == ("ror", "A"))
        for one in (first, second)
    ]
    assert summary.n_false.value == np.mean([x.n_false for x in of_both])
    assert summary.roc_area.value == pytest.approx(
        np.mean([x.roc_area for x in of_both])
    )

    text = page.markdown(evaluation)
    assert text.count("\n| ROR, lower limit | B |") == 4
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
