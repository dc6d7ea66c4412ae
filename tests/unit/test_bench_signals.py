"""`make bench-signals`: what emerged is counted from the published file."""

from pathlib import Path

import pandas as pd
import pytest

from bench import bench_signals
from pvsignal import warehouse
from pvsignal.query import run_query


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A file in which one pair emerges, rests and emerges again, and one only rests."""
    file = tmp_path / "published.duckdb"
    rows = [
        ("d", "e", "2020q1", "new", "new"),
        ("d", "e", "2020q2", "emerging", "emerging"),
        ("d", "e", "2020q3", "emerging", "emerging"),
        ("d", "e", "2020q4", "monitored", "emerging"),
        ("d", "e", "2021q1", "emerging", "emerging"),
        ("x", "e", "2020q2", "labelled_broad", "emerging"),
        ("x", "e", "2020q3", "monitored", "monitored"),
    ]
    with warehouse.connect(file) as con:
        con.execute("create schema api")
        con.execute(
            "create table api.states (drug text, event text, quarter text, "
            "state text, evidence_state text)"
        )
        con.executemany("insert into api.states values (?, ?, ?, ?, ?)", rows)
        con.execute(
            "create table api.error_budget as select unnest(['2019q4', '2020q1', "
            "'2020q2', '2020q3', '2020q4', '2021q1']) as as_of, 0.5 as expected_new, "
            "1 as observed_new"
        )
    return file


def test_a_pair_counts_in_each_quarter_in_which_it_becomes_emerging(
    published: Path,
) -> None:
    found = run_query(published, bench_signals._FOUND, timeout_seconds=10)
    assert found["n_new"].to_pylist() == [0, 0, 1, 0, 0, 1]
    assert found["n_new_by_evidence"].to_pylist() == [0, 0, 2, 0, 0, 0]


def test_the_interval_is_that_of_the_mean_over_seeds() -> None:
    mean = bench_signals.mean_of([1.0, 2.0, 3.0])
    # Standard deviation 1, t of two degrees of freedom 4.303.
    assert mean.mean == 2.0
    assert mean.high - mean.mean == pytest.approx(4.303 / 3**0.5, abs=1e-3)


def test_the_table_has_a_line_for_each_figure() -> None:
    nulls = [
        bench_signals.Null(seed, 1.0, dict.fromkeys(bench_signals.FIGURES, float(seed)))
        for seed in (1, 2, 3)
    ]
    lines = bench_signals.table(nulls).splitlines()
    assert len(lines) == 1 + len(bench_signals.FIGURES)
    assert all("2.00  (-0.48 to 4.48)" in line for line in lines[1:])


def test_a_delay_counts_from_the_onset_and_never_is_none() -> None:
    truth = pd.DataFrame(
        [
            ("d", "e", 6.0, "2020q1", 400),
            ("x", "e", 20.0, "2020q2", 100),
            ("y", "e", 20.0, "2020q4", 100),
        ],
        columns=["drug", "event", "ratio", "from_quarter", "n_exposed"],
    )
    states = pd.DataFrame(
        [
            ("d", "e", "2019q4", "emerging", "emerging"),
            ("d", "e", "2020q3", "emerging", "labelled_broad"),
            ("d", "e", "2021q1", "emerging", "emerging"),
            ("x", "e", "2020q2", "emerging", "explained"),
        ],
        columns=["drug", "event", "quarter", "evidence_state", "state"],
    )
    delays = bench_signals.delays_of(truth, states, 1)
    assert [(x.by_evidence, x.as_shown) for x in delays] == [
        (2, 4),
        (0, None),
        (None, None),
    ]
    shown = bench_signals.delay_table(
        [
            bench_signals.Planted(
                delays,
                [
                    {"comparator": x, "n_negative_judged": 20}
                    | {"n_negative_sdr_ror": 1, "n_negative_sdr_ic": 0}
                    for x in "ABC"
                ],
            )
        ]
    )
    assert "negative controls in B: 1 of 20 flag by ROR, 0 by IC" in shown
    (above,) = (line for line in shown.splitlines() if line.startswith("above 16"))
    assert above.split()[2:] == [
        "2",
        *["not", "half,", "1", "found", "not", "half,", "0", "found"],
    ]
