"""The worked example of docs/analyses.md is what it says."""

import re
from pathlib import Path

from pvsignal import cli, simulate
from pvsignal.quarter import QuarterSpan
from pvsignal.query import run_query

PAGE = (Path(__file__).parents[2] / "docs" / "analyses.md").read_text("utf-8")
FILES = re.findall(
    r"`mine/([\w/.]+)`[^`]*(?:`[^`\n]+`[^`]*)*?```\w+\n(.*?)```", PAGE, re.S
)
(CARD,) = re.findall(
    r"A card `<list>.toml` beside each:\n\n```toml\n(.*?)```", PAGE, re.S
)


def test_the_worked_example_runs_as_printed(tmp_path: Path) -> None:
    assert len(FILES) == 6
    for name, text in FILES:
        file = tmp_path / "mine" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8", newline="\n")
        if file.suffix == ".csv":
            file.with_suffix(".toml").write_text(CARD, "utf-8")
    span = QuarterSpan.parse("2022q1..2022q2")
    simulate.simulate(tmp_path / "sim", span=span, n_reports=1_500, seed=1)
    analysis = ["--analysis", str(tmp_path / "mine" / "analysis.toml")]
    place = ["--mirror", str(tmp_path / "sim"), "--data-dir", str(tmp_path / "data")]
    assert cli._exit_code(["codelists", *analysis]) == 0
    assert cli._exit_code(["run", *place, *analysis]) == 0
    (row,) = run_query(
        tmp_path / "data" / "published" / "glp1_pancreas" / "current.duckdb",
        "from api.two_by_two('class:glp1_agonist', 'pancreatitis', 'C')",
        timeout_seconds=60,
    ).to_pylist()
    assert row["b"] > 0
    assert row["d"] > 0
