"""What steps of a benchmark take: seconds, rows and peak memory.

The peak of a step is the greatest resident size of the process since the step began:
VmHWM of /proc/self/status, which the kernel sets back where 5 is written to
/proc/self/clear_refs. Processes that the step starts are looked at ten times a second
and added; pages that they share with it count twice, so the peak errs upwards there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import getpid, times
from pathlib import Path
from typing import Any, Final

WAIT_SECONDS: Final = 0.1


@dataclass(frozen=True)
class Step:
    """What one step took.

    Attributes
    ----------
    name
        Model or other piece of work.
    seconds
        Wall time.
    peak_gb
        Greatest resident size of the process and those it started, in 10^9 bytes; 0
        where it was not measured.
    n_rows
        Rows of the result; None for what has none.
    cpu_seconds
        Processor time of all threads and of the processes that ended meanwhile: what
        counts on a machine that others use too. None where it was not measured.
    """

    name: str
    seconds: float
    peak_gb: float
    n_rows: int | None = None
    cpu_seconds: float | None = None


@dataclass
class Meter:
    """Steps measured so far; a step within another counts to the outer one."""

    steps: list[Step] = field(default_factory=list)
    is_within: bool = False

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure what is done within."""
        if self.is_within:
            yield
            return
        self.is_within = True
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        with _Family() as family:
            begun, worked = time.perf_counter(), cpu_seconds()
            yield
            seconds, worked = time.perf_counter() - begun, cpu_seconds() - worked
        peak = max(peak_gb(), family.most_bytes / 1e9)
        self.steps.append(Step(name, seconds, peak, cpu_seconds=worked))
        self.is_within = False

    def measuring(
        self, work: Callable[..., Any], name: Callable[..., str]
    ) -> Callable[..., Any]:
        """Return the same work, measured under the name that its arguments give."""

        def measured(*args: Any, **kwargs: Any) -> Any:
            with self.step(name(*args, **kwargs)):
                return work(*args, **kwargs)

        return measured


def cpu_seconds() -> float:
    """Processor time of this process and of those below it that have ended."""
    return sum(times()[:4])


def peak_gb() -> float:
    """Greatest resident size of this process since it was set back or began.

    getrusage is no use here: it holds the parent's peak too.
    """
    return _bytes_of(Path("/proc/self/status").read_text("utf-8"), "VmHWM") / 1e9


class _Family:
    """Greatest sum of what this process and those below it hold at one time."""

    def __init__(self) -> None:
        self.most_bytes = 0
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Family:
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._ended.wait(WAIT_SECONDS):
            self.most_bytes = max(self.most_bytes, family_bytes(getpid()))


def family_bytes(process: int) -> int:
    """Resident size of a process and of all below it; 0 where there is none below."""
    parents: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text("utf-8")
        # It ended since the folder was listed.
        except OSError:
            continue
        number = int(folder.name)
        parents[number] = int(_value(status, "PPid"))
        sizes[number] = _bytes_of(status, "VmRSS")
    family = {process}
    while more := {p for p, above in parents.items() if above in family} - family:
        family |= more
    return sum(sizes.get(p, 0) for p in family) if len(family) > 1 else 0


def _value(status: str, key: str) -> str:
    """Value of a line of /proc/<pid>/status; a thread of the kernel has no size."""
    found = [line for line in status.splitlines() if line.startswith(f"{key}:")]
    return found[0].split()[1] if found else "0"


def _bytes_of(status: str, key: str) -> int:
    return int(_value(status, key)) * 1024


def in_a_process(module: str, *arguments: str) -> Any:
    """Run a module in a process of its own; what it printed last, as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def aligned(lines: list[list[str]]) -> str:
    """Cells as a table of text, the first column to the left."""
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "\n".join(
        " ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
