"""`make bench-build` on a few reports: every model is measured and has its rows."""

from pathlib import Path

from bench import bench_build
from pvsignal import warehouse
from pvsignal.quarter import QuarterSpan


def test_every_model_of_a_small_build_is_measured(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(bench_build, "SPAN", QuarterSpan.parse("2023q1..2024q4"))
    prepared = bench_build.prepared(tmp_path, 3_000)
    assert [step.name for step in prepared] == list(bench_build.PREPARED)
    steps = bench_build.built(tmp_path / "data_3000")
    models = [warehouse.read_model(m) for g in warehouse.MODELS.values() for m in g]
    names = [model.name for model in models]
    built = [
        bench_build.LINK,
        *names,
        bench_build.CHECKS,
        bench_build.REST,
        bench_build.SCORE,
    ]
    judged = [step.name for step in steps[len(built) :]]
    assert [step.name for step in steps[: len(built)]] == built
    assert sorted(judged) == sorted(
        f"{bench_build.ASSESS}: {part}" for part in (*bench_build.PARTS, "rest")
    )
    n_rows = {step.name: step.n_rows for step in steps}
    assert all(n_rows[m.name] is not None for m in models if m.kind == "table")
    assert n_rows["cases.received"] == 3_000
    rest = (bench_build.REST, f"{bench_build.ASSESS}: rest")
    measured = [step for step in steps if step.name not in rest]
    assert all(0 < step.peak_gb < bench_build.MOST_GB for step in measured)


def test_growth_is_the_ratio_of_the_seconds_of_the_sizes() -> None:
    step = bench_build.Step("counts.cell", 2.0, 0.5, 7)
    later = bench_build.Step("counts.cell", 9.0, 1.5, 8)
    shown = bench_build.table({1_000_000: [step], 5_000_000: [later]})
    assert shown.splitlines()[1].split() == [
        "counts.cell",
        "8",
        "2.00",
        "9.00",
        "4.5",
        "1.50",
    ]
