"""MODELS is complete, in order, and each file says what it is."""

import re

import pytest
import sqlglot
from sqlglot import exp

from pvsignal import warehouse
from pvsignal.codelists.schema import SCHEMAS
from pvsignal.pipeline.building import WITHOUT_VOCABULARY

PATHS = [path for group in warehouse.MODELS.values() for path in group]
SIGNALS_PATHS = [path for group in warehouse.SIGNALS.values() for path in group]
WATCH_PATHS = [path for group in warehouse.WATCH.values() for path in group]
ALL_PATHS = [
    *PATHS,
    *(path for path in warehouse.LINKAGE if path not in PATHS),
    *SIGNALS_PATHS,
    *warehouse.API,
    *WATCH_PATHS,
]

# Made by the program before or between the groups of models.
GIVEN = {"source", "codelists", "analysis", "signals", "gates"}


def _references(model: warehouse.Model) -> set[str]:
    tree = sqlglot.parse_one(model.select, dialect="duckdb")
    return {
        f"{table.db}.{table.name}"
        for table in tree.find_all(exp.Table)
        if table.db and table.name
    }


def test_every_sql_file_is_in_the_list_and_the_list_names_no_other() -> None:
    files = {
        str(file.relative_to(warehouse.SQL_DIR).with_suffix(""))
        for file in warehouse.SQL_DIR.glob("[0-9]_*/*.sql")
    }
    assert files == set(ALL_PATHS)
    assert len(ALL_PATHS) == len(set(ALL_PATHS))


def test_no_model_reads_what_comes_later_in_the_list() -> None:
    made: set[str] = set()
    for path in ALL_PATHS:
        model = warehouse.read_model(path)
        for name in _references(model):
            if name.split(".")[0] not in GIVEN:
                assert name in made, f"{path} reads {name} before it is made"
        made.add(model.name)


@pytest.mark.parametrize("group", WITHOUT_VOCABULARY)
def test_models_that_run_while_names_are_matched_read_no_code_list(group: str) -> None:
    for path in warehouse.MODELS[group]:
        read = {name.split(".")[0] for name in _references(warehouse.read_model(path))}
        assert not read & {"codelists", "analysis"}, path


@pytest.mark.parametrize("path", ALL_PATHS)
def test_a_model_names_its_grain_and_uses_no_parameter_but_as_of(path: str) -> None:
    model = warehouse.read_model(path)
    assert model.title
    assert model.grain or model.kind == "scalar"
    assert set(re.findall(r"\$(\w+)", model.select)) <= {"as_of"}
    if model.parameters:
        names = [part.split(":=")[0].strip() for part in model.parameters.split(",")]
        assert all(name.startswith("p_") for name in names)


@pytest.mark.parametrize("path", warehouse.API)
def test_each_column_of_the_api_is_described_in_its_header(path: str) -> None:
    model = warehouse.read_model(path)
    tree = sqlglot.parse_one(model.select, dialect="duckdb")
    assert isinstance(tree, exp.Select)
    assert tree.named_selects == list(model.columns)


@pytest.mark.parametrize("path", ALL_PATHS)
def test_a_model_asks_for_lists_by_the_part_they_play(path: str) -> None:
    select = warehouse.read_model(path).select
    assert set(re.findall(r"\blist = '(\w+)'", select)) <= set(SCHEMAS)
