"""Numbers that other programs gave, to test the statistics against.

The golden file holds some rows of the first set for work without the shared folder:
pvda 0.0.4 (PRR, ROR, information component), R 4.2.2 (chisq.test, fisher.test,
poisson.test), pharmsignal 0.1.0 and pvm 1.0 (the older information components). An
empty cell is NaN there.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

GOLDEN = Path(__file__).parent / "goldens" / "twobytwo.csv"
VECTORS = Path(__file__).parents[1].parent / "shared" / "stats" / "vectors"

Columns = dict[str, np.ndarray]

# Our names of the columns that the shared file calls otherwise.
THEIR_NAMES = {
    "expected": "E",
    "prr_low": "prr_lo",
    "prr_high": "prr_hi",
    "ror_low": "ror_lo",
    "ror_high": "ror_hi",
    "exact_low": "fisher_or_lo",
    "exact_high": "fisher_or_hi",
    "conditional_or": "fisher_or_cmle",
    "ic_low_approx": "ic025_approx2013",
    "ic_high_approx": "ic975_approx2013",
    "bcpnn_mean": "bcpnn_ic",
    "bcpnn_low": "bcpnn_ic025",
    "bcpnn_high": "bcpnn_ic975",
}


def golden() -> Columns:
    with GOLDEN.open(encoding="utf-8", newline="") as lines:
        names = [
            name for name in next(csv.reader(lines)) if name not in ("id", "source")
        ]
    return _read(GOLDEN, {name: name for name in names})


def vectors() -> Columns:
    file = _shared("twobytwo.csv")
    names = list(golden())
    return _read(file, {name: THEIR_NAMES.get(name, name) for name in names})


def phvid() -> Columns:
    """PhViD's own table, with cells from sums of pairs as it takes them."""
    frame = pd.read_parquet(_shared("phvid_bcpnn_prr_ror_gps.parquet"))
    table = {
        str(name): frame[name].to_numpy()
        for name in frame
        if name not in ("drug", "event")
    }
    a, n_drug, n_event = table["N"], table["n_drug"], table["n_event"]
    table |= {"a": a, "b": n_drug - a, "c": n_event - a}
    table["d"] = table["n_tot"] - n_drug - n_event + a
    return table


def cells(table: Columns) -> tuple[np.ndarray, ...]:
    return tuple(table[name].astype(np.int64) for name in "abcd")


def has_empty_margin(table: Columns) -> np.ndarray:
    a, b, c, d = cells(table)
    return ((a + b) * (a + c) == 0) | ((c + d) * (b + d) == 0)


def assert_same(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Relative 1e-9; NaN and infinity where the peer has them."""
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=0)


def assert_near(ours: np.ndarray, theirs: np.ndarray, *, within: float) -> None:
    """Absolute, wherever the peer has a value."""
    known = ~np.isnan(theirs)
    np.testing.assert_allclose(ours[known], theirs[known], rtol=0, atol=within)


def folded(ratio: np.ndarray) -> np.ndarray:
    """A ratio or its reciprocal, whichever is below 1."""
    with np.errstate(divide="ignore"):
        return np.minimum(ratio, 1 / ratio)


def _shared(name: str) -> Path:
    file = VECTORS / name
    if not file.exists():
        pytest.skip("the shared vectors are not beside the checkout")
    return file


def _read(file: Path, names: dict[str, str]) -> Columns:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {
        name: np.array([float(row[column] or "nan") for row in rows])
        for name, column in names.items()
    }
