"""What the report says of simulated archives in which nothing is planted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pvsignal.analysis import load_analysis
from pvsignal.report.null_archives import (
    NullArchives,
    null_archives_words,
    read_null_archives,
    write_null_archives,
)

ROR_IN_A = NullArchives(
    analysis="ms_malignancy",
    rule="ror",
    comparator="A",
    n_archives=6,
    n_reports=40_000,
    n_quarters=40,
    n_pairs=1353.0,
    share_flagged=0.0122,
    share_low=0.0075,
    share_high=0.0169,
    newly_flagged=2.17,
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    rows = (
        ROR_IN_A,
        replace(ROR_IN_A, share_low=None, share_high=None, newly_flagged=None),
    )
    write_null_archives(tmp_path / "rates.csv", rows)
    assert read_null_archives(tmp_path / "rates.csv") == rows


def test_the_ror_is_quoted_with_its_interval_and_what_is_robust() -> None:
    rows = [
        ROR_IN_A,
        replace(ROR_IN_A, comparator="B", share_low=None, share_high=None),
        replace(ROR_IN_A, rule="ic", share_flagged=0.5),
        replace(ROR_IN_A, rule="robust", comparator="A and B or C"),
    ]
    said = null_archives_words(rows, "ms_malignancy")
    assert "6 simulated archives" in said
    assert "40,000 reports" in said
    assert "1.2 % (0.8 to 1.7) in A (2.2 newly a quarter)" in said
    assert "and 1.2 % in B" in said
    assert "1.2 % (0.8 to 1.7) are robust" in said
    assert "50" not in said


@pytest.mark.parametrize("rows", [[], [replace(ROR_IN_A, analysis="another")]])
def test_nothing_is_said_of_an_analysis_that_was_not_evaluated(
    rows: list[NullArchives],
) -> None:
    assert null_archives_words(rows, "ms_malignancy") == ""


def test_the_shipped_figures_are_those_of_the_shipped_analysis() -> None:
    rows = read_null_archives()
    assert {row.analysis for row in rows} == {load_analysis().name}
    assert {row.comparator for row in rows if row.rule == "ror"} == {"A", "B", "C"}
    assert all(row.n_archives >= 2 for row in rows)
