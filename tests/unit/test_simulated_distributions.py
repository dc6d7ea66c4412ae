"""A simulated quarter beside a real one: every figure within its stated tolerance.

The real figures, their tolerances and their sources stand in
``tests/goldens/real_quarters.csv``. "counts" are the rows counted in all archives,
"FDA" the statistics that the FDA publishes with a quarter, "archive" what was counted
over all quarters, "sample" 100 random reports.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.describe_quarter import REAL, beside
from pvsignal.layout import TABLES
from pvsignal.quarter import Quarter
from pvsignal.simulate.shares import (
    blank_share,
    code_shares,
    draw_codes,
    drugs_per_report,
    rows_per_report,
)

COUNTS = Path(__file__).parents[3] / "shared" / "facts" / "faers-quarter-counts.csv"
N_REPORTS = 12_000
QUARTERS = pd.read_csv(REAL)["quarter"].unique()


def ordinals(*quarters: str) -> np.ndarray:
    return np.array([Quarter.parse(quarter).ordinal for quarter in quarters])


@pytest.mark.parametrize("quarter", QUARTERS)
def test_a_simulated_quarter_looks_like_the_real_one(quarter):
    real = pd.read_csv(REAL)
    table = beside(real[real["quarter"] == quarter], N_REPORTS)
    outside = (table["simulated"] - table["real"]).abs() > table["tolerance"]
    assert not outside.any(), "\n" + table[outside].to_string()


def test_rows_per_report_are_those_counted_in_the_archives():
    if not COUNTS.exists():
        pytest.skip("the counts of the real archives are not beside the checkout")
    counts = pd.read_csv(COUNTS)
    of_quarter = ordinals(*counts["quarter"])
    for table in set(TABLES) - {"demo"}:
        real = counts[f"{table}_rows"] / counts["demo_rows"]
        assert np.allclose(rows_per_report(table, of_quarter), real, atol=6e-4)
    listed = pd.read_csv(REAL).query("source == 'counts'")
    for row in listed.itertuples():
        own = counts[counts["quarter"] == row.quarter].iloc[0]
        ratio = own[row.figure.replace("rows ", "") + "_rows"] / own["demo_rows"]
        assert row.real == pytest.approx(ratio, abs=6e-4)


def test_quarters_not_yet_counted_have_the_rows_of_the_last_four():
    last = rows_per_report("drug", ordinals("2025q3", "2025q4", "2026q1", "2026q2"))
    assert rows_per_report("drug", ordinals("2026q3", "2030q1")) == pytest.approx(
        [last.mean()] * 2, abs=1e-9
    )


def test_shares_between_two_known_quarters_are_interpolated():
    first, middle, last, later = blank_share(
        "auth_num", ordinals("2022q4", "2024q2", "2026q1", "2029q1")
    )
    assert (first, last, later) == (0.93, 0.90, 0.90)
    assert last < middle < first


def test_codes_of_a_quarter_never_add_up_to_more_than_one():
    every = np.arange(Quarter(2004, 1).ordinal, Quarter(2027, 1).ordinal)
    for column in ("rept_cod", "occp_cod", "rpsr_cod", "dechal", "rechal", "route"):
        total = sum(code_shares(column, every).values())
        assert (total <= 1 + 1e-9).all(), column


def test_other_health_professionals_have_a_code_of_their_own_from_2020():
    rng = np.random.default_rng(1)
    at = np.repeat(ordinals("2019q4", "2020q1"), 3_000)
    codes, drawn = draw_codes(rng, "occp_cod", at)
    before, since = (
        set(np.array(codes)[part[part >= 0]]) for part in np.split(drawn, 2)
    )
    assert "OT" in before - since
    assert "HP" in since - before


def test_dosage_records_are_rows_but_no_drugs():
    at = ordinals("2010q1", "2025q4")
    ratio = rows_per_report("drug", at) / drugs_per_report(at)
    assert ratio == pytest.approx([1.0, 1.09])
