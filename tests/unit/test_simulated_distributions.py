"""A simulated quarter beside a real one: every figure within its stated tolerance.

The real figures, their tolerances and their sources stand in
``tests/goldens/real_quarters.csv``. "counts" are the rows counted in all archives,
"FDA" the statistics that the FDA publishes with a quarter, "archive" what was counted
over all quarters, "sample" 100 random reports, whose tolerance is about two standard
errors of the sample. Most of the simulator's shares were chosen after these very
figures: the test shows that they arrive in the archives, not that others would fit.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.describe_quarter import REAL, beside, outside, read_archives
from pvsignal.layout import TABLES
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.simulate import simulate
from pvsignal.simulate.shares import (
    blank_share,
    code_shares,
    draw_codes,
    drugs_per_report,
    rows_per_report,
)
from pvsignal.simulate.vocabulary import load_vocabulary

COUNTS = Path(__file__).parents[3] / "shared" / "facts" / "faers-quarter-counts.csv"
N_REPORTS = 12_000
QUARTERS = pd.read_csv(REAL)["quarter"].unique()


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> dict[str, dict[str, pd.DataFrame]]:
    """Rows of two quarters, reports in the order of their files."""
    found = {}
    for quarter in ("2017q2", "2025q4"):
        made = simulate(
            tmp_path_factory.mktemp(quarter),
            span=QuarterSpan.parse(quarter),
            n_reports=2_000,
            seed=1,
            with_fates=False,
        )
        found[quarter] = read_archives(made.archives)
    return found


def ordinals(*quarters: str) -> np.ndarray:
    return np.array([Quarter.parse(quarter).ordinal for quarter in quarters])


@pytest.mark.parametrize("quarter", QUARTERS)
def test_a_simulated_quarter_looks_like_the_real_one(quarter):
    real = pd.read_csv(REAL)
    table = beside(real[real["quarter"] == quarter], N_REPORTS)
    far = outside(table)
    assert far.empty, "\n" + far.to_string()


def test_a_figure_that_is_not_compared_says_why():
    real = pd.read_csv(REAL)
    compared = real["tolerance"].notna()
    assert compared.sum() >= 100
    assert real.loc[compared, "real"].notna().all()
    assert (real.loc[~compared & real["real"].isna(), "source"] == "no count").all()
    shown = real[~compared & real["real"].notna()]
    ages = {"age, mean", "age, standard deviation"}
    assert set(shown["figure"]) == ages | {"drugs, most"}


@pytest.mark.parametrize(
    ("quarter", "table", "column", "n_rows", "n_different"),
    [
        ("2017q2", "drug", "drugname", 328, 214),
        ("2017q2", "drug", "prod_ai", 328, 184),
        ("2017q2", "reac", "pt", 286, 215),
        ("2025q4", "drug", "drugname", 6_291, 1_660),
        ("2025q4", "drug", "prod_ai", 6_291, 1_251),
        ("2025q4", "reac", "pt", 4_275, 1_436),
    ],
)
def test_numbers_of_different_names_grow_as_in_samples_of_real_reports(
    tables, quarter, table, column, n_rows, n_different
):
    """Samples of 100 and of 1,000 random reports; those of 2025q4 were expedited."""
    own = tables[quarter][table][:n_rows]
    assert len(own) == n_rows
    assert own[column].nunique() == pytest.approx(n_different, rel=0.3)


def test_rows_per_report_of_four_quarters_are_those_of_the_golden_counts():
    listed = pd.read_csv(REAL).query("source == 'counts'")
    assert len(listed) == 24
    for row in listed.itertuples():
        (ratio,) = rows_per_report(
            row.figure.replace("rows ", ""), ordinals(row.quarter)
        )
        assert row.real == pytest.approx(ratio, abs=1.2e-3)


def test_rows_per_report_are_those_counted_in_the_archives():
    if not COUNTS.exists():
        pytest.skip("the counts of the real archives are not beside the checkout")
    counts = pd.read_csv(COUNTS)
    of_quarter = ordinals(*counts["quarter"])
    for table in set(TABLES) - {"demo"}:
        real = counts[f"{table}_rows"] / counts["demo_rows"]
        assert np.allclose(rows_per_report(table, of_quarter), real, atol=6e-4)


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


@pytest.mark.parametrize("quarter", ["2017q2", "2025q4"])
def test_validated_names_stand_beside_their_ingredient(tables, quarter):
    """A spelling belongs to its own row; only 2017q2 ends substances in a full stop."""
    drug = tables[quarter]["drug"].dropna(subset=["prod_ai"])
    plain = drug[drug["val_vbm"] == "1"]
    products = load_vocabulary().products
    names = plain["drugname"]
    # Some names of the vocabulary end so themselves.
    is_stopped = names.str.endswith(".") & ~names.isin(products["drugname"])
    assert is_stopped.any() == (quarter == "2017q2")
    known = set(zip(products["drugname"], products["prod_ai"], strict=True))
    written = names.where(~is_stopped, names.str[:-1])
    assert set(zip(written, plain["prod_ai"], strict=True)) <= known
    own = drug[drug["val_vbm"] == "2"]
    letters = own["drugname"].str.upper().str[0]
    possible = products.groupby("prod_ai")["drugname"].agg(lambda n: {x[0] for x in n})
    assert all(a in possible[b] for a, b in zip(letters, own["prod_ai"], strict=True))
