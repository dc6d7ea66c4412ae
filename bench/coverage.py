"""How often intervals hold the truth and tests stay within their level, by simulation.

Everything is drawn from a known truth with one seed and printed as Markdown tables;
with `--page` they replace what stands between the marks of that page. Statistics that
are not part of the package are left out by name.

    python -m bench.coverage [--draws 20000] [--seed 20260101] [--page PAGE]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pvsignal import stats
from pvsignal.stats.sequential import poisson_llr

START, END = "<!-- coverage: start -->", "<!-- coverage: end -->"

Array = npt.NDArray[np.float64]
Cells = tuple[Array, Array, Array, Array]
Limits = tuple[Array, Array]

# Mean count of a, reports of the drug; the other million reports are the background.
RARE = [(mean, 10_000) for mean in (0.5, 1, 2, 3, 5, 10, 30, 100, 1000)]
COMMON = [(mean, 100) for mean in (3, 10, 30)]
N_OTHER = 1_000_000
RATIOS = (1.0, 2.0, 5.0)


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---:"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(share: float) -> str:
    return f"{100 * share:.1f}"


def intervals() -> dict[str, tuple[str, Callable[[Cells], Limits]]]:
    """Title of each interval, which truth it is about, and its limits."""

    def ratio(name: str) -> Callable[[Cells], Limits]:
        def limits(cells: Cells) -> Limits:
            result = getattr(stats, name)(*cells)
            return result.low, result.high

        return limits

    def ic(cells: Cells) -> Limits:
        result = stats.information_component(cells[0], stats.expected(*cells))
        return result.ic025, result.ic975

    def exact(cells: Cells) -> Limits:
        # Some 10,000 tables a second: the first draws have to do.
        a, b, c, d = (cell[:2_000] for cell in cells)
        return ratio("conditional_odds_ratio")((a, b, c, d))

    found = {
        "prr": ("PRR", "prr", ratio("prr")),
        "ror": ("ROR", "ror", ratio("ror")),
        "conditional_odds_ratio": ("ROR, exact", "ror", exact),
        "information_component": ("IC", "ic", ic),
    }
    return {
        title: (truth, limits)
        for name, (title, truth, limits) in found.items()
        if hasattr(stats, name)
    }


def cover(draws: int, rng: np.random.Generator) -> str:
    """Coverage of nominal 95 % intervals, per mean count and true ratio."""
    known = intervals()
    rows = []
    for mean, n_drug in RARE + COMMON:
        for ratio in RATIOS:
            p = mean / n_drug
            q = p / ratio
            a = rng.binomial(n_drug, p, draws).astype(float)
            c = rng.binomial(N_OTHER, q, draws).astype(float)
            cells = a, n_drug - a, c, N_OTHER - c
            share = (n_drug * p + N_OTHER * q) / (n_drug + N_OTHER)
            truths = {
                "prr": ratio,
                "ror": ratio * (1 - q) / (1 - p),
                "ic": np.log2(p / share),
            }
            row = [f"{mean:g}", f"{n_drug:,}", f"{ratio:g}"]
            for truth, limits in known.values():
                low, high = limits(cells)
                above = (low > truths[truth]).mean()
                below = (high < truths[truth]).mean()
                row.append(f"{percent(1 - above - below)} ({percent(above)})")
            rows.append(row)
    head = ["mean a", "reports of the drug", "true ratio", *known]
    return table(head, rows)


def sequential(draws: int, rng: np.random.Generator) -> str:
    """Realised error of MaxSPRT over 40 quarters, exact and simulated."""
    quarters = np.arange(1, 41)
    plans = {
        "0.02 a quarter": quarters * 0.02,
        "0.1 a quarter": quarters * 0.1,
        "0.5 a quarter": quarters * 0.5,
        "3 a quarter": quarters * 3.0,
        "30 a quarter": quarters * 30.0,
        "rising from 0 to 4": np.cumsum(np.linspace(0, 4, 40)),
    }
    rows = []
    for name, plan in plans.items():
        steps = np.diff(plan, prepend=0.0)
        cases = rng.poisson(steps, size=(draws, quarters.size)).cumsum(axis=1)
        llr = poisson_llr(cases, plan)
        row = [name]
        for alpha in (0.05, 0.01):
            group = stats.maxsprt_group_critical_value(alpha, plan)
            every = stats.maxsprt_critical_value(alpha, float(plan[-1]))
            row += [
                f"{group:.4f}",
                f"{100 * stats.maxsprt_error(group, plan):.2f}",
                f"{100 * (llr >= group).any(axis=1).mean():.2f}",
                f"{every:.4f}",
                f"{100 * stats.maxsprt_error(every, plan):.2f}",
            ]
        rows.append(row)
    head = ["expected cases"]
    for alpha in ("5 %", "1 %"):
        head += [
            f"{alpha}: boundary for quarters",
            "exact error",
            "simulated",
            "boundary for every case",
            "its exact error",
        ]
    return table(head, rows)


def rising(draws: int, rng: np.random.Generator) -> str:
    """How often a constant ratio is called rising."""
    rows = []
    for recent, before in [
        (1, 100), (3, 3), (3, 30), (10, 1), (10, 10), (30, 100), (300, 1000)
    ]:  # fmt: skip
        cells: list[Array] = []
        for mean, n_drug in ((recent, 2_000), (before, 20_000)):
            a = rng.binomial(n_drug, mean / n_drug, draws).astype(float)
            # The odds are twice those without the drug, in both windows.
            odds = mean / (n_drug - mean) / 2
            c = rng.binomial(100_000, odds / (1 + odds), draws).astype(float)
            cells += [a, n_drug - a, c, 100_000 - c]
        result = stats.recent_contrast(*cells)
        alone = (result.low > 1) & (cells[0] >= 3)
        rows.append(
            [
                str(recent),
                str(before),
                percent(alone.mean()),
                percent(result.is_rising.mean()),
            ]
        )
    return table(
        ["recent cases", "cases before", "normal limit alone", "is_rising"], rows
    )


def onset(draws: int, rng: np.random.Generator) -> str:
    """Coverage of the 95 % limits of the Weibull shape."""
    rows = []
    for n in (5, 10, 30, 100):
        row = [str(n)]
        for shape in (0.5, 1.0, 2.0):
            for width in (1, 30):
                held = []
                for _ in range(draws // 40):
                    day = np.floor(200 * rng.weibull(shape, n))
                    low = day - rng.integers(0, width, n)
                    summary = stats.onset_summary(low, low + width - 1)
                    if not np.isnan(summary.shape):
                        held.append(summary.shape_low <= shape <= summary.shape_high)
                row.append(percent(float(np.mean(held))))
        rows.append(row)
    return table(
        ["cases"]
        + [f"shape {s}, {w}" for s in ("0.5", "1", "2") for w in ("days", "months")],
        rows,
    )


def null(draws: int, rng: np.random.Generator) -> str:
    """Share of new controls with p < 0.05, raw and calibrated."""
    rows = []
    for n in (10, 30, 100):
        for mean, spread in ((0.0, 0.0), (0.2, 0.3)):
            raw, calibrated = [], []
            for _ in range(draws // 50):
                se = rng.uniform(0.1, 0.6, n + 20)
                x = rng.normal(mean, np.hypot(spread, se))
                found = stats.empirical_null(x[:n], se[:n])
                p = stats.calibrated_p(x[n:], se[n:], found)
                raw.append((p.raw_two_sided < 0.05).mean())
                calibrated.append((p.two_sided < 0.05).mean())
            rows.append(
                [
                    str(n),
                    f"{mean:g}",
                    f"{spread:g}",
                    percent(float(np.mean(raw))),
                    percent(float(np.mean(calibrated))),
                ]
            )
    return table(["controls", "mean", "spread", "raw p", "calibrated p"], rows)


def sections(draws: int, seed: int) -> Iterator[str]:
    for title, made in {
        "Intervals of a single table": cover,
        "MaxSPRT over 40 quarters": sequential,
        "Rising": rising,
        "Weibull shape of the time to onset": onset,
        "Empirical null": null,
    }.items():
        # A stream of its own each, so that one section can change without the others.
        stream = np.random.default_rng([seed, *title.encode()])
        yield f"### {title}\n\n{made(draws, stream)}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=20_260_101)
    parser.add_argument("--page", type=Path)
    given = parser.parse_args()
    text = "\n".join(sections(given.draws, given.seed))
    if given.page is None:
        print(text)
        return
    page = given.page.read_text("utf-8")
    before, _, rest = page.partition(START)
    after = rest.partition(END)[2]
    given.page.write_text(
        f"{before}{START}\nSeed {given.seed}, {given.draws:,} draws a row.\n\n"
        f"{text}\n{END}{after}",
        "utf-8",
    )


if __name__ == "__main__":
    main()
