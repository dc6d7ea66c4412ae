"""The whole archive at its true size, from zips to a published file and report.

To be run by hand: three times most of the archive, hours on a busy machine, and tens of
GB of disk. Parts, in this order, each stage in a process of its own:

simulate
    Archives of all 90 quarters: 24.8 M rows of DEMO, 3 % of the reports with a therapy
    of the list, every scene.
ten
    The last ten quarters alone, for the growth per row of DEMO.
base
    All quarters but the last, from zips to a published file and report.
further
    The last quarter on top of them, with the links that base made.
anew
    All quarters in a data directory that holds what base published and its ledger, and
    nothing else. It must publish what ``further`` did: same run, same hash of each
    table. This is the time for the whole archive.
queries
    What an analyst asks of the published file.

What is done stands in ``figures.json`` of the folder and is not done again: a run that
was ended goes on where it was. Remove a part there to repeat it.

    python -m bench.bench_archive --dir DIR [--parts ten,base] [--reports 20700000]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from bench import bench_suite, stages
from bench.meter import Step, aligned, in_a_process
from pvsignal import pipeline, simulate
from pvsignal.analysis import load_analysis
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings

NAME: Final = "bench.bench_archive"
# With later versions these cases are the 24.8 M rows of DEMO of the archive.
REPORTS: Final = 20_700_000
MS_SHARE: Final = 0.03
TEN: Final = 10
PARTS: Final = ("simulate", "ten", "base", "further", "anew", "queries")
MOST_MINUTES: Final = {"anew": 20.0, "further": 8.0}
MOST_GB: Final = 10.0
MOST_QUERY_SECONDS: Final = 0.2
LOOK_SECONDS: Final = 1.0
FOLDERS: Final = ("landing", "staged", "duplicates", "published", "reports")


@dataclass(frozen=True)
class Plan:
    """Where, how much, and with which limits."""

    folder: Path
    n_reports: int
    span: QuarterSpan
    ms_share: float
    threads: int
    is_one_process: bool

    def settings(self, name: str) -> Settings:
        """Settings of a data directory of the folder."""
        return Settings(
            data_dir=self.folder / name,
            mirror=str(self.archives),
            threads=self.threads,
        )

    @property
    def archives(self) -> Path:
        """Simulated archives."""
        return self.folder / "archives"

    @property
    def before_last(self) -> QuarterSpan:
        """All quarters but the last."""
        return QuarterSpan(self.span.first, list(self.span)[-2])

    @property
    def last_ten(self) -> QuarterSpan:
        """Last ten quarters; fewer where there are no more."""
        return QuarterSpan(list(self.span)[-TEN:][0], self.span.last)

    @property
    def groups(self) -> Sequence[Sequence[str]]:
        """Stages that share a process; publishing needs what assessing returned."""
        if self.is_one_process:
            return [stages.ALL]
        alone = [[name] for name in stages.ALL[:-2]]
        return [*alone, stages.ALL[-2:]]


@dataclass(frozen=True)
class Figures:
    """What is done, in a file that is written after each step."""

    file: Path
    found: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Figures:
        """Figures of an earlier run, or none."""
        return cls(file, json.loads(file.read_text("utf-8")) if file.exists() else {})

    def once(self, part: str, name: str, work: Callable[[], Any]) -> Any:
        """Result of a piece of work, done now if it never was."""
        done = self.found.setdefault(part, {})
        if name not in done:
            done[name] = work()
            self.write()
        return done[name]

    def write(self) -> None:
        """Write the file."""
        text = json.dumps(self.found, indent=1) + "\n"
        draft = self.file.with_suffix(".tmp")
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.file)


# --- disk


def folder_bytes(folder: Path) -> int:
    """Bytes of the files below a folder; those that vanish meanwhile are none."""
    n_bytes = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                n_bytes += (Path(parent) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return n_bytes


def disk_gb(data_dir: Path) -> dict[str, float]:
    """Size of each folder of a data directory and of the warehouse, in 10^9 bytes."""
    sizes = {name: folder_bytes(data_dir / name) / 1e9 for name in FOLDERS}
    files = data_dir.glob("warehouse.duckdb*")
    sizes["warehouse"] = sum(f.lstat().st_size for f in files if f.is_file()) / 1e9
    return sizes


class Spilled:
    """Most bytes that lay in temporary files of a data directory at one time."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self.most_bytes = 0

    def look(self) -> None:
        """Look once: DuckDB's folders, drafts of what is published, scratch."""
        n_bytes = sum(
            folder_bytes(Path(parent) / name)
            for parent, names, _ in os.walk(self._data_dir)
            for name in names
            if name.endswith(".tmp") or name.startswith((".tmp-", ".spill"))
        )
        self.most_bytes = max(self.most_bytes, n_bytes)


@contextmanager
def watched(data_dir: Path) -> Iterator[Spilled]:
    """Look every second while something else is done."""
    spilled, ended = Spilled(data_dir), threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK_SECONDS):
            spilled.look()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield spilled
    finally:
        ended.set()
        watcher.join()


# --- parts


def simulated(plan: Plan, figures: Figures) -> None:
    """Simulate the archives, in a process of its own."""
    share = ["--ms-share", str(plan.ms_share)]
    size = ["--reports", str(plan.n_reports), "--quarters", str(plan.span)]
    where = ["--dir", str(plan.folder), *size, *share, "--only-simulate"]
    figures.once("simulate", "simulate", lambda: {"steps": in_a_process(NAME, *where)})
    figures.once(
        "simulate", "disk_gb", lambda: {"archives": folder_bytes(plan.archives) / 1e9}
    )


def run_part(
    plan: Plan, figures: Figures, part: str, *, data: str, span: QuarterSpan
) -> None:
    """From zips to a published file and report, with figures of each stage."""
    settings = plan.settings(data)
    for names in plan.groups:
        figures.once(part, ", ".join(names), partial(run_stages, names, settings, span))
    figures.once(part, "disk_gb", lambda: disk_gb(settings.data_dir))
    figures.once(part, "n_demo", lambda: n_demo(settings, span))
    figures.once(part, "published", lambda: what_is_published(settings))


def run_stages(
    names: Sequence[str], settings: Settings, span: QuarterSpan
) -> dict[str, Any]:
    """Steps of some stages in a process of their own, and what spilled meanwhile."""
    with watched(settings.data_dir) as spilled:
        steps = stages.in_own_process(names, settings, span)
    return {
        "steps": [asdict(step) for step in steps],
        "spilled_gb": spilled.most_bytes / 1e9,
    }


def n_demo(settings: Settings, span: QuarterSpan) -> int:
    """Rows of DEMO that are staged."""
    held = pipeline.staged_before(settings, span=span)
    files = stages.staged_files(settings, held, "demo")
    return sum(pq.read_metadata(file).num_rows for file in files)


def what_is_published(settings: Settings) -> dict[str, Any]:
    """Run, inputs and hash of each table of what ``current`` names."""
    folder = settings.published_dir(load_analysis(settings.analysis).name)
    stamp = json.loads((folder / "current.json").read_text("utf-8"))
    return {key: stamp[key] for key in ("run", "inputs", "content")}


def take_history(settings: Settings, other: Settings) -> None:
    """Give another data directory what this one published, its ledger and no more."""
    for name in ("ledger", "published", "reports"):
        shutil.rmtree(other.data_dir / name, ignore_errors=True)
        shutil.copytree(settings.data_dir / name, other.data_dir / name, symlinks=True)


def asked(plan: Plan, figures: Figures) -> None:
    """Ask the published file, in a process of its own."""
    file = bench_suite.current_file(plan.settings("data"))
    figures.once("queries", "asked", lambda: in_a_process(NAME, "--ask", str(file)))


def run_parts(plan: Plan, figures: Figures, parts: Sequence[str]) -> None:
    """Do the parts that are asked for, in their order."""
    data, anew = plan.settings("data"), plan.settings("anew")
    works: Mapping[str, Callable[[], None]] = {
        "simulate": lambda: simulated(plan, figures),
        "ten": lambda: run_part(plan, figures, "ten", data="ten", span=plan.last_ten),
        "base": lambda: run_part(
            plan, figures, "base", data="data", span=plan.before_last
        ),
        "further": lambda: run_part(
            plan, figures, "further", data="data", span=plan.span
        ),
        "anew": lambda: run_part(plan, figures, "anew", data="anew", span=plan.span),
        "queries": lambda: asked(plan, figures),
    }
    for part in parts:
        works[part]()
        if part == "base":
            # Before `further` appends to it.
            figures.once("base", "history", lambda: take_history(data, anew))


# --- the page


def steps_of(part: Mapping[str, Any]) -> list[Step]:
    """Steps of a part, in their order."""
    return [
        Step(**step)
        for found in part.values()
        if isinstance(found, dict) and "steps" in found
        for step in found["steps"]
    ]


def spills_of(part: Mapping[str, Any]) -> dict[str, float]:
    """Most that lay in temporary files, by the steps that shared a process."""
    return {
        step["name"]: found["spilled_gb"]
        for found in part.values()
        if isinstance(found, dict) and "spilled_gb" in found
        for step in found["steps"]
    }


def seconds_of(part: Mapping[str, Any]) -> float:
    """Seconds from the archives to what is published."""
    return sum(step.seconds for step in steps_of(part))


def table(found: Mapping[str, Any]) -> str:
    """Stages by part: minutes, processor minutes, peak, rows, spill."""
    lines = [["part", "stage", "minutes", "CPU min", "peak GB", "rows", "spilled GB"]]
    for part in ("simulate", "ten", "base", "further", "anew"):
        steps = steps_of(found.get(part, {}))
        spilled = spills_of(found.get(part, {}))
        for step in steps:
            lines.append([part, *_cells(step, spilled.get(step.name))])
        if len(steps) > 1:
            whole = Step(
                "all",
                sum(step.seconds for step in steps),
                max(step.peak_gb for step in steps),
                cpu_seconds=sum(step.cpu_seconds or 0.0 for step in steps),
            )
            lines.append([part, *_cells(whole, max(spilled.values()))])
    return aligned(lines)


def _cells(step: Step, spilled: float | None) -> list[str]:
    return [
        step.name,
        f"{step.seconds / 60:.2f}",
        "" if step.cpu_seconds is None else f"{step.cpu_seconds / 60:.2f}",
        f"{step.peak_gb:.2f}",
        "" if step.n_rows is None else f"{step.n_rows:,}",
        "" if spilled is None else f"{spilled:.2f}",
    ]


def goals(found: Mapping[str, Any]) -> list[str]:
    """What was asked of the archive, beside what was found."""
    lines = []
    for part, most in MOST_MINUTES.items():
        if "published" in found.get(part, {}):
            minutes = seconds_of(found[part]) / 60
            lines.append(f"{part}: {minutes:.1f} min{_met(minutes, most)}")
            peak = max(step.peak_gb for step in steps_of(found[part]))
            lines.append(f"{part}: peak {peak:.1f} GB{_met(peak, MOST_GB)}")
    if all("published" in found.get(part, {}) for part in ("ten", "anew")):
        lines.append(growth(found["ten"], found["anew"]))
    for part in ("base", "anew"):
        if "disk_gb" in found.get(part, {}):
            sizes = found[part]["disk_gb"]
            said = ", ".join(f"{name} {gb:.2f}" for name, gb in sizes.items())
            lines.append(f"{part}: GB on disk {sum(sizes.values()):.2f}: {said}")
    for one in found.get("queries", {}).get("asked", []):
        step, longest = one["step"], one["longest_seconds"]
        lines.append(
            f"{step['name']}: {step['seconds'] * 1e3:.0f} ms, longest "
            f"{longest * 1e3:.0f} ms, engine {one['engine_seconds'] * 1e3:.0f} ms, "
            f"{step['n_rows']:,} rows{_met(step['seconds'], MOST_QUERY_SECONDS)}"
        )
    return lines


def _met(found: float, most: float) -> str:
    return "" if found <= most else f" MISSED: at most {most:g}"


def growth(few: Mapping[str, Any], all_of_them: Mapping[str, Any]) -> str:
    """Seconds per row of DEMO with all quarters, over those with ten; 1 is linear."""
    rows = all_of_them["n_demo"] / few["n_demo"]
    seconds = seconds_of(all_of_them) / seconds_of(few)
    return (
        f"growth: {rows:.2f} times the rows of DEMO take {seconds:.2f} times as long, "
        f"{seconds / rows:.2f} a row"
    )


def same(found: Mapping[str, Any]) -> list[str]:
    """What differs between the file made with the caches and the one made without."""
    parts = [found.get(part, {}).get("published") for part in ("further", "anew")]
    if None in parts:
        return []
    cached, fresh = parts
    tables = cached["content"].keys() | fresh["content"].keys()
    differing = [
        name
        for name in sorted(tables)
        if cached["content"].get(name) != fresh["content"].get(name)
    ]
    return [key for key in ("run", "inputs") if cached[key] != fresh[key]] + differing


def main(arguments: Sequence[str] | None = None) -> None:
    """Do the parts and print what they took; fail where a cache changes a number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--reports", type=int, default=REPORTS)
    parser.add_argument("--quarters", type=QuarterSpan.parse, default=bench_suite.SPAN)
    parser.add_argument("--ms-share", type=float, default=MS_SHARE)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--one-process",
        action="store_true",
        help="the stages of a part share a process, as in `pvsignal run`",
    )
    parser.add_argument("--only-simulate", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.ask:
        print(json.dumps([asdict(one) for one in bench_suite.asked(given.ask)]))
        return
    parts = given.parts.split(",")
    if given.dir is None or not set(parts) <= set(PARTS):
        parser.error(f"--dir is needed, and --parts of {', '.join(PARTS)}")
    folder = given.dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(
        folder,
        given.reports,
        given.quarters,
        given.ms_share,
        given.threads,
        given.one_process,
    )
    if given.only_simulate:
        steps = stages.simulate_archives(
            plan.archives,
            span=plan.span,
            n_reports=plan.n_reports,
            ms_share=plan.ms_share,
            scenes=tuple(simulate.SCENES),
        )
        print(json.dumps([asdict(step) for step in steps]))
        return
    figures = Figures.read(folder / "figures.json")
    figures.found["machine"] = bench_suite.machine()
    figures.found["plan"] = {
        "n_reports": plan.n_reports,
        "quarters": str(plan.span),
        "ms_share": plan.ms_share,
        "threads": plan.threads,
        "memory_limit": plan.settings("data").memory_limit,
        "is_one_process": plan.is_one_process,
    }
    run_parts(plan, figures, [part for part in PARTS if part in parts])
    print(table(figures.found))
    print("\n".join(goals(figures.found)))
    differing = same(figures.found)
    if differing:
        sys.exit(f"with and without caches differ: {', '.join(differing)}")


if __name__ == "__main__":
    main()
