"""Peak memory of a step: what came before does not count, what it starts does."""

import subprocess
import sys

import pytest

from bench.meter import Meter, aligned, in_a_process

BYTES = 200_000_000


def test_memory_given_back_before_a_step_does_not_count() -> None:
    meter = Meter()
    with meter.step("much"):
        held = bytearray(BYTES)
        held[::4096] = b"x" * len(held[::4096])
    del held
    with meter.step("little"):
        pass
    much, little = meter.steps
    assert much.peak_gb - little.peak_gb > 0.15


def test_memory_of_a_process_that_a_step_starts_counts() -> None:
    work = f"import time; x = bytearray({BYTES}); x[::4096] = x[::4096]; time.sleep(1)"
    meter = Meter()
    with meter.step("alone"):
        pass
    with meter.step("with another"):
        subprocess.run([sys.executable, "-c", work], check=True)
    alone, together = meter.steps
    assert together.peak_gb - alone.peak_gb > 0.15
    assert together.cpu_seconds is not None
    assert together.cpu_seconds > 0


def test_a_step_within_another_counts_to_the_outer_one() -> None:
    meter = Meter()
    with meter.step("outer"), meter.step("inner"):
        pass
    assert [step.name for step in meter.steps] == ["outer"]


def test_work_is_measured_under_the_name_that_its_arguments_give() -> None:
    meter = Meter()
    add = meter.measuring(lambda a, b: a + b, lambda a, b: f"{a} and {b}")
    assert add(2, b=3) == 5
    assert [step.name for step in meter.steps] == ["2 and 3"]


def test_a_process_that_fails_ends_the_measurement() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        in_a_process("bench.stages", "no-such-stage", "--data-dir", "x")


def test_columns_of_a_table_are_aligned() -> None:
    assert aligned([["step", "s"], ["a", "10.0"]]) == "step    s\na    10.0"
