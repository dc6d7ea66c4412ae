"""What a run finds where nothing is to be found, and when it finds what is there.

Archives are simulated, each from a seed of its own, and go through the whole pipeline,
two at a time; the published file of each is read as anybody would. In null archives
every pair that becomes emerging does so by chance: `api.states` says what emerged,
`api.error_budget` what the permutations of the same run expected. In the others signals
are planted from a known quarter on: the delay is the number of quarters until the
evidence is emerging, labels and checks apart, and until the pair is shown so.

A quarter of a null archive counts once the reports have had time to gather: the first
`WARM_UP` are left out. Intervals over seeds are those of the mean by Student's t. A
signal that was never found counts as later than all others in a median.

    python -m bench.bench_signals [--null-seeds 20] [--reports 20000]
        [--planted-seeds 6] [--planted-reports 60000] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import pandas as pd
from scipy import stats

from pvsignal import pipeline, simulate
from pvsignal.analysis import load_analysis
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.query import run_query
from pvsignal.settings import Settings

Run = TypeVar("Run")

SPAN: Final = QuarterSpan.parse("2014q1..2023q4")
WARM_UP: Final = 8
PROCESSES: Final = 2
# A run of DuckDB in each process: together they stay within 8 GB.
MEMORY: Final = "3GB"
TIMEOUT_SECONDS: Final = 60.0

# A pair is newly emerging where it was not so in the quarter before.
_FOUND: Final = """
    with followed as (
        select quarter, state, evidence_state,
            lag(state, 1, 'none') over (pair) as before,
            lag(evidence_state, 1, 'none') over (pair) as evidence_before
        from api.states
        window pair as (partition by drug, event order by quarter)
    ),

    counted as (
        select quarter,
            count(*) filter (state = 'emerging' and before <> 'emerging') as n_new,
            count(*) filter (
                evidence_state = 'emerging' and evidence_before <> 'emerging'
            ) as n_new_by_evidence
        from followed
        group by quarter
    )

    select budget.as_of, budget.expected_new, budget.observed_new,
        coalesce(counted.n_new, 0) as n_new,
        coalesce(counted.n_new_by_evidence, 0) as n_new_by_evidence
    from api.error_budget as budget
    left join counted on budget.as_of = counted.quarter
    order by budget.as_of
"""

# First quarter from the onset on in which each planted pair was emerging.
_DELAYS: Final = """
    select drug, event, quarter, evidence_state, state
    from api.states
    where evidence_state = 'emerging' or state = 'emerging'
    order by drug, event, quarter
"""

_CONTROLS: Final = """
    select comparator, n_negative_judged, n_negative_sdr_ror, n_negative_sdr_ic
    from api.control_performance
    order by comparator
"""

# Bounds of the classes in which delays are told: up to, in words.
RATIOS: Final = ((8.0, "true ratio below 8"), (16.0, "8 to 16"), (np.inf, "above 16"))
VOLUMES: Final = (
    (300, "drug with fewer than 300 reports"),
    (600, "300 to 600"),
    (np.inf, "more than 600"),
)

FIGURES: Final = {
    "n_new": "newly emerging, as the board counts them",
    "n_new_by_evidence": "newly emerging by evidence, labels and checks apart",
    "observed_new": "newly emerging by the rules of the error budget",
    "expected_new": "expected by the permutations of the same run",
}


@dataclass(frozen=True)
class Null:
    """One archive without signals.

    Attributes
    ----------
    seed
        Seed of the archive.
    seconds
        Wall time of simulation and run.
    per_quarter
        Name of a figure of `FIGURES` to its mean over the quarters that count.
    """

    seed: int
    seconds: float
    per_quarter: dict[str, float]


@dataclass(frozen=True)
class Delay:
    """One planted signal and the quarters until it was found; None for never.

    Attributes
    ----------
    ratio
        True reporting ratio.
    n_exposed
        Reports of the drug from the onset on.
    by_evidence, as_shown
        Quarters from the onset until the evidence is emerging, and until it is shown.
    """

    seed: int
    drug: str
    event: str
    ratio: float
    n_exposed: int
    by_evidence: int | None
    as_shown: int | None


@dataclass(frozen=True)
class Planted:
    """One archive with signals: their delays, and negative controls by comparator."""

    delays: list[Delay]
    controls: list[dict[str, int | str]]


@dataclass(frozen=True)
class Mean:
    """Mean of a figure over seeds, with its 95 % interval."""

    mean: float
    low: float
    high: float


def published_run(
    folder: Path, seed: int, n_reports: int, *, planted: bool
) -> tuple[simulate.Simulated, pipeline.Published]:
    """Simulate an archive and run all of it."""
    archives = folder / "archives"
    simulated = simulate.simulate(
        archives,
        span=SPAN,
        n_reports=n_reports,
        seed=seed,
        with_fates=False,
        planted=planted,
    )
    settings = Settings(
        data_dir=folder / "data", mirror=str(archives), threads=1, memory_limit=MEMORY
    )
    return simulated, pipeline.run(settings, load_analysis())


def null_run(folder: Path, seed: int, n_reports: int) -> Null:
    """Run an archive without signals, and count what emerged."""
    begun = time.perf_counter()
    _, published = published_run(folder, seed, n_reports, planted=False)
    table = run_query(published.database, _FOUND, timeout_seconds=TIMEOUT_SECONDS)
    per_quarter = {
        name: float(np.mean(table[name].to_numpy()[WARM_UP:])) for name in FIGURES
    }
    return Null(seed, time.perf_counter() - begun, per_quarter)


def planted_run(folder: Path, seed: int, n_reports: int) -> Planted:
    """Run an archive with signals, and see when each was found."""
    simulated, published = published_run(folder, seed, n_reports, planted=True)
    truth = pd.read_csv(simulated.truth / "signals.csv")
    states = run_query(published.database, _DELAYS, timeout_seconds=TIMEOUT_SECONDS)
    controls = run_query(published.database, _CONTROLS, timeout_seconds=TIMEOUT_SECONDS)
    return Planted(delays_of(truth, states.to_pandas(), seed), controls.to_pylist())


def delays_of(truth: pd.DataFrame, states: pd.DataFrame, seed: int) -> list[Delay]:
    """Quarters from the onset of each planted signal until it was found.

    Parameters
    ----------
    truth
        ``drug``, ``event``, ``ratio``, ``from_quarter``, ``n_exposed``.
    states
        ``drug``, ``event``, ``quarter``, ``evidence_state``, ``state``.
    seed
        Of the archive.
    """
    found = []
    for row in truth.to_dict("records"):
        onset = Quarter.parse(row["from_quarter"]).ordinal
        own = states[
            (states["drug"] == row["drug"]) & (states["event"] == row["event"])
        ]

        def first(
            column: str, own: pd.DataFrame = own, onset: int = onset
        ) -> int | None:
            quarters = own.loc[own[column] == "emerging", "quarter"]
            later = [Quarter.parse(quarter).ordinal - onset for quarter in quarters]
            return min((delay for delay in later if delay >= 0), default=None)

        found.append(
            Delay(
                *(seed, row["drug"], row["event"], row["ratio"], row["n_exposed"]),
                *(first("evidence_state"), first("state")),
            )
        )
    return found


def in_a_folder(
    run: Callable[[Path, int, int], Run], where: Path | None, seed: int, n_reports: int
) -> Run:
    """Run in a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"seed-{seed}-", dir=where))
    try:
        return run(folder, seed, n_reports)
    finally:
        shutil.rmtree(folder)


def runs(
    run: Callable[[Path, int, int], Run],
    seeds: Sequence[int],
    *,
    n_reports: int,
    where: Path | None,
) -> list[Run]:
    """Run every seed, two processes at a time; a line on stderr for each."""
    # A fork would copy the threads of the libraries in whatever state they are.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        waiting = {
            pool.submit(in_a_folder, run, where, seed, n_reports): seed
            for seed in seeds
        }
        for done in as_completed(waiting):
            sys.stderr.write(f"{run.__name__}, seed {waiting[done]}\n")
        return [done.result() for done in waiting]


def mean_of(values: Sequence[float]) -> Mean:
    """Mean with its 95 % interval by Student's t; at least two values."""
    mean, n = float(np.mean(values)), len(values)
    error = float(np.std(values, ddof=1) / np.sqrt(n))
    width = float(stats.t.ppf(0.975, n - 1)) * error
    return Mean(mean, mean - width, mean + width)


def table(nulls: Sequence[Null]) -> str:
    """One line a figure: mean per quarter over seeds, and its interval."""
    lines = [f"{len(nulls)} archives without signals, {SPAN}, pairs per quarter"]
    for name, title in FIGURES.items():
        mean = mean_of([null.per_quarter[name] for null in nulls])
        lines.append(
            f"{title:55} {mean.mean:6.2f}  ({mean.low:.2f} to {mean.high:.2f})"
        )
    return "\n".join(lines)


def delay_table(planted: Sequence[Planted]) -> str:
    """Delays by true ratio and by volume of the drug; controls by comparator."""
    delays = [delay for one in planted for delay in one.delays]
    lines = [f"{len(planted)} archives with planted signals, {SPAN}"]
    lines.append(
        f"{'planted signals':35} {'n':>4} {'by evidence':>22} {'as shown':>22}"
    )
    classes: list[tuple[str, list[Delay]]] = [("all", delays)]
    for bounds, key in ((RATIOS, "ratio"), (VOLUMES, "n_exposed")):
        low = 0.0
        for high, title in bounds:
            own = [one for one in delays if low <= getattr(one, key) < high]
            classes.append((title, own))
            low = float(high)
    for title, own in classes:
        texts = [found_words([getattr(one, name) for one in own]) for name in HOW]
        lines.append(f"{title:35} {len(own):4} {texts[0]:>22} {texts[1]:>22}")
    for comparator in "ABC":
        rows = [r for one in planted for r in one.controls]
        own_rows = [row for row in rows if row["comparator"] == comparator]
        judged, by_ror, by_ic = (
            sum(int(row[f"n_negative_{name}"]) for row in own_rows)
            for name in ("judged", "sdr_ror", "sdr_ic")
        )
        lines.append(
            f"negative controls in {comparator}: {by_ror} of {judged} flag by ROR, "
            f"{by_ic} by IC"
        )
    return "\n".join(lines)


HOW: Final = ("by_evidence", "as_shown")


def found_words(delays: Sequence[int | None]) -> str:
    """Median delay in quarters, and how many were found.

    Examples
    --------
    >>> found_words([3, None, 5]), found_words([None, None, 1]), found_words([])
    ('5 quarters, 2 found', 'not half, 1 found', '-')
    """
    if not delays:
        return "-"
    n_found = sum(delay is not None for delay in delays)
    median = np.median([np.inf if delay is None else delay for delay in delays])
    words = f"{median:g} quarters" if np.isfinite(median) else "not half"
    return f"{words}, {n_found} found"


def main() -> None:
    """Print what emerges by chance, and when planted signals do."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--null-seeds", type=int, default=20, help="0, or at least 2")
    parser.add_argument("--reports", type=int, default=20_000)
    parser.add_argument("--planted-seeds", type=int, default=6)
    parser.add_argument("--planted-reports", type=int, default=60_000)
    parser.add_argument("--dir", type=Path, help="folder for what is made on the way")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    if options.null_seeds == 1:
        parser.error("an interval over seeds needs two of them")
    figures: dict[str, object] = {}
    if options.null_seeds:
        nulls = runs(
            null_run,
            range(1, options.null_seeds + 1),
            n_reports=options.reports,
            where=options.dir,
        )
        sys.stdout.write(table(nulls) + "\n")
        figures["null"] = [asdict(null) for null in nulls]
    if options.planted_seeds:
        planted = runs(
            planted_run,
            range(101, 101 + options.planted_seeds),
            n_reports=options.planted_reports,
            where=options.dir,
        )
        sys.stdout.write(delay_table(planted) + "\n")
        figures["planted"] = [asdict(one) for one in planted]
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
