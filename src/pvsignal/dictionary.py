"""The data dictionary ``sql/README.md``, made of the headers of the models."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from pvsignal import warehouse

_HEAD = """# Data dictionary

Made by `make docs` from the headers of the files in this folder; a test holds it
against them. One file is one table, view or macro and one SELECT; its path is its name;
the order is `MODELS` in `src/pvsignal/warehouse.py`. The published file holds the
schema `api` for questions; the relations behind it are private and may change.

How to carry on: a new model is a file here, a line in `MODELS` at the place where it
can be made, a header (`Kind`, `Title`, `Grain`, `Reads`, `Source`, and `Columns` in
`5_api`), and a test in `tests/sql` with ASCII tables in and out. `make lint` runs
sqlfluff. The only parameter of a model is `$as_of`; macro parameters start with `p_`.
"""

_FOLDERS = {
    "macros": "0_macros: expressions used everywhere",
    "staged": "1_staged: views on the staged Parquet, all rows as published",
    "cases": "2_cases: which version of a case was current when",
    "gates": "4_counts: what the gates hold a quarter against",
    "cohort": "3_cohort: exposure, outcome, populations",
    "strata": "3_cohort, 4_counts: strata, from which every variant is added up",
    "counts": "4_counts: 2x2 tables for every quarter",
    "pairs": "3_cohort, 4_counts: every substance and event of the whole database",
    "review": "4_counts: what the review of cases needs",
    "words": "6_watch: words to be matched, of staged quarters or of openFDA's reports",
    "sources": "4_signals: where the reports of each pair come from",
    "screened": "4_signals: screened pairs, after the statistics",
    "classes": "4_signals: reports of a class by the one member they name",
    "notoriety": "4_signals: what the check of notoriety counts",
    "budget": "4_signals: what the error budget deals anew, after the statistics",
    "changes": "4_signals: why counts changed since the previous published run",
    "hinges": "4_signals: reports of one reference therapy or litigated drug",
    "grid": "4_signals: what the grid of specifications is counted from",
    "stimulation": "4_signals: what bundles the cases of a pair",
    "looser": "4_signals: reports that a looser duplicate threshold would suspect",
    "watch": "6_watch: crude counts by first receipt, the same on both sides",
}


def render() -> str:
    """Text of ``sql/README.md``."""
    return "\n".join([_HEAD, *_api(), *_private(), *_checks()]) + "\n"


def _api() -> Iterator[str]:
    yield "## Schema `api`: the contract\n"
    for path in warehouse.API:
        model = warehouse.read_model(path)
        name = model.name
        if model.kind == "macro":
            name += f"({model.parameters})"
        yield f"### `{name}`\n\n{model.title}. Grain: {model.grain}.\n"
        yield "| column | meaning |\n|---|---|"
        yield from (f"| `{name}` | {text} |" for name, text in model.columns.items())
        yield ""


def _private() -> Iterator[str]:
    yield "## Schema `linkage`: what duplicates are judged on, a database of its own\n"
    yield "| relation | what | grain |\n|---|---|---|"
    for path in warehouse.LINKAGE:
        model = warehouse.read_model(path)
        if model.name.startswith("linkage."):
            yield f"| `{model.name}` | {model.title} | {model.grain} |"
    yield ""
    yield "## Models, in the order in which they are made\n"
    groups = {**warehouse.MODELS, **warehouse.SIGNALS, **warehouse.WATCH}
    for group, paths in groups.items():
        yield f"### {_FOLDERS[group]}\n\n| relation | what | grain |\n|---|---|---|"
        for path in paths:
            model = warehouse.read_model(path)
            yield f"| `{model.name}` | {model.title} | {model.grain} |"
        yield ""


def _checks() -> Iterator[str]:
    yield "## Checks, after the last model: no row means passed\n"
    yield "| check | severity | what a row means |\n|---|---|---|"
    for name, severity, title in warehouse.describe_checks():
        yield f"| `{name}` | {severity} | {title} |"


if __name__ == "__main__":
    sys.stdout.write(render())
