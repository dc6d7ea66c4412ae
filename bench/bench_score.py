"""Closed forms, prior, EBGM and its limits of tables as large as FAERS, and of a peer.

Tables are simulated: margins of drugs and events fall as a power of their rank, ratios
of reporting come from a mixture of two gamma distributions, counts are Poisson. Each
table is scored in a process of its own, so that its peak memory is its own. The error
of EB05 and EB95 is the largest on a sample of pairs, beside solving each.

The peer is vigipy 3.5.1, installed for the run into a temporary folder and skipped
where the package index has none. It scores a smaller table in the same process as ours,
with its own defaults (the likelihood of reported pairs) and without a least count.

    python -m bench.bench_score [--pairs 3000000 10000000] [--peer-pairs 300000]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.meter import in_a_process, peak_gb
from pvsignal import stats

NAME = "bench.bench_score"
PEER = "vigipy==3.5.1"
# What the peer imports and this project does not have; the rest it finds here.
PEER_NEEDS = ("scikit-learn", "joblib", "threadpoolctl")

# Of (alpha1, beta1, alpha2, beta2, p), as a fit to FAERS-like counts finds them.
RATIOS = (0.3, 0.25, 2.0, 2.1, 0.33)

N_SOLVED = 100_000


def shares(size: int, power: float) -> np.ndarray:
    share = 1 / (np.arange(size) + 10) ** power
    return share / share.sum()


def simulate(n_pairs: int, path: Path, *, seed: int = 1) -> int:
    """Write a table of about so many reported pairs; how many it has."""
    rng = np.random.default_rng(seed)
    scale = (n_pairs / 3e6) ** 0.5
    n_drugs, n_events = int(5000 * scale), int(15_000 * scale)
    mentions = 3.3 * n_pairs
    drugs, events = shares(n_drugs, 1.0), shares(n_events, 1.1)
    alpha1, beta1, alpha2, beta2, p = RATIOS
    columns: list[tuple[np.ndarray, ...]] = []
    for drug, share in enumerate(drugs):
        first = rng.random(n_events) < p
        ratio = np.where(
            first,
            rng.standard_gamma(alpha1, n_events) / beta1,
            rng.standard_gamma(alpha2, n_events) / beta2,
        )
        n = rng.poisson(ratio * (mentions * share) * events)
        (some,) = n.nonzero()
        columns.append((n[some], np.full(some.size, drug), some))
    n, drug, event = (np.concatenate(column) for column in zip(*columns, strict=True))
    order = rng.permutation(n.size)
    np.savez(path, n=n[order], drug=drug[order], event=event[order])
    return n.size


def seconds(work: Callable[[], object]) -> tuple[float, object]:
    begun = time.perf_counter()
    found = work()
    return time.perf_counter() - begun, found


def closed_forms(a, b, c, d) -> None:
    stats.prr(a, b, c, d)
    stats.ror(a, b, c, d)
    stats.chi2_yates(a, b, c, d)
    stats.information_component(a, stats.expected(a, b, c, d))


def measured(path: Path, peer: Path | None) -> dict[str, float]:
    """Score one table in this process; the peer too if its folder is given."""
    with np.load(path) as table:
        n, drug, event = (table[name] for name in ("n", "drug", "event"))
    n_drug = np.bincount(drug, weights=n)[drug]
    n_event = np.bincount(event, weights=n)[event]
    total = float(n.sum())
    found: dict[str, float] = {"n_pairs": n.size}
    found["closed"], _ = seconds(
        lambda: closed_forms(n, n_drug - n, n_event - n, total - n_drug - n_event + n)
    )
    expected = n_drug / total * n_event
    found["fit"], prior = seconds(lambda: stats.fit_mgps(n, expected))
    assert isinstance(prior, stats.MgpsPrior)
    found["converged"] = prior.converged
    found["agreeing"], found["starts"] = prior.n_starts_agreeing, prior.n_starts
    found["score"], scores = seconds(lambda: prior.score(n, expected))
    found["peak_gb"] = peak_gb()

    some = np.random.default_rng(2).permutation(n.size)[:N_SOLVED]
    solved = prior.score(n[some], expected[some])
    for name in ("eb05", "eb95"):
        error = np.abs(scores[name].to_numpy()[some] / solved[name].to_numpy() - 1)
        found[f"error_{name}"] = float(error.max())
    if peer is not None:
        found |= measured_peer(peer, n, drug, event, prior.theta)
    return found


def measured_peer(peer: Path, n, drug, event, theta) -> dict[str, float]:
    import pandas as pd

    sys.path.append(str(peer))
    import vigipy

    table = pd.DataFrame({"name": drug, "AE": event, "count": n})
    container = vigipy.convert(table)
    found: dict[str, float] = {}
    found["peer_closed"], _ = seconds(
        lambda: (
            vigipy.prr(container, min_events=1),
            vigipy.ror(container, min_events=1),
        )
    )
    found["peer_score"], _ = seconds(
        lambda: vigipy.gps(container, min_events=1, prior_param=list(theta))
    )
    found["peer_fit_score"], _ = seconds(lambda: vigipy.gps(container, min_events=1))
    return found


def installed(folder: Path) -> bool:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    done = subprocess.run(
        [*command, "--target", str(folder), PEER, *PEER_NEEDS],
        capture_output=True,
        text=True,
    )
    return done.returncode == 0


def show(found: dict[str, float]) -> None:
    score = "EBGM, EB05, EB95"
    print(
        f"{found['n_pairs']:>10,.0f} pairs: closed forms {found['closed']:5.2f} s, "
        f"prior {found['fit']:5.2f} s, {score} {found['score']:5.2f} s, "
        f"peak {found['peak_gb']:.2f} GB; largest relative error of EB05 "
        f"{found['error_eb05']:.0e}, of EB95 {found['error_eb95']:.0e}; "
        f"{found['agreeing']:.0f} of {found['starts']:.0f} starts agree"
        f"{'' if found['converged'] else ', NOT CONVERGED'}"
    )


def show_peer(found: dict[str, float]) -> None:
    ours = found["fit"] + found["score"]
    rows = (
        ("PRR and ROR", "peer_closed", found["closed"]),
        ("EBGM and limits, given prior", "peer_score", found["score"]),
        ("EBGM and limits, with prior", "peer_fit_score", ours),
    )
    for name, theirs, own in rows:
        print(
            f"{name:30} {PEER} {found[theirs]:6.2f} s, ours {own:6.2f} s, "
            f"ratio {found[theirs] / own:5.1f}"
        )
    print("(ours of the first row has chi-squared, and IC where there is one, too)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, nargs="+", default=[3_000_000, 10_000_000])
    parser.add_argument("--peer-pairs", type=int, default=300_000)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--peer", type=Path)
    options = parser.parse_args()
    if options.table:
        print(json.dumps(measured(options.table, options.peer)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for n_pairs in options.pairs:
            path = folder / f"{n_pairs}.npz"
            simulate(n_pairs, path)
            show(in_a_process(NAME, "--table", str(path)))
            path.unlink()
        peer = folder / "peer"
        if not installed(peer):
            print(f"{PEER} cannot be installed here: no comparison")
            return
        path = folder / "peer.npz"
        simulate(options.peer_pairs, path)
        found = in_a_process(NAME, "--table", str(path), "--peer", str(peer))
        show(found)
        show_peer(found)


if __name__ == "__main__":
    main()
