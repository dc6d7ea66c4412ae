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
    analysis_sha256=load_analysis().sha256,
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
        replace(
            ROR_IN_A, comparator="B", n_pairs=1320.0, share_low=None, share_high=None
        ),
        replace(ROR_IN_A, rule="ic", share_flagged=0.5),
        replace(ROR_IN_A, rule="robust", comparator="A and B or C"),
    ]
    said = null_archives_words(rows, load_analysis())
    assert "6 simulated archives" in said
    assert "40,000 reports in 40 quarters" in said
    assert "1.2 % (0.8 to 1.7) of 1,353 pairs in A" in said
    assert "and 1.2 % (no interval: the archives are alike) of 1,320 pairs in B" in said
    assert "1.2 % (0.8 to 1.7) are robust" in said
    assert "more are to be expected in a larger archive" in said
    assert "50" not in said


@pytest.mark.parametrize("rows", [[], [replace(ROR_IN_A, analysis_sha256="0" * 64)]])
def test_nothing_is_said_of_an_analysis_that_was_not_evaluated(
    rows: list[NullArchives],
) -> None:
    assert null_archives_words(rows, load_analysis()) == ""


def test_the_shipped_figures_are_those_of_the_shipped_analysis() -> None:
    rows = read_null_archives()
    assert {row.analysis_sha256 for row in rows} == {load_analysis().sha256}
    assert {row.comparator for row in rows if row.rule == "ror"} == {"A", "B", "C"}
    assert all(row.n_archives >= 2 for row in rows)
