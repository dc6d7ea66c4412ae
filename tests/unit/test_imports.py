"""The layers import downwards only, and each outside library has one home."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "pvsignal"

LAYERS = [
    {"__init__", "errors", "quarter", "progress"},
    {"settings", "analysis"},
    {"layout", "codelists", "stats"},
    {"sources", "simulate"},
    {"warehouse", "duplicates", "signals"},
    {"report"},
    {"pipeline", "query", "status", "dictionary"},
    {"cli", "__main__"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

HOMES = {
    "requests": {"sources"},
    "bs4": {"sources"},
    "tenacity": {"sources"},
    "pyrate_limiter": {"sources"},
    "jinja2": {"report"},
    "altair": {"report"},
    "vl_convert": {"report"},
    "typer": {"cli"},
    "splink": {"duplicates"},
    "prefect": set(),
}


def _module(file: Path) -> str:
    return file.relative_to(SOURCE).parts[0].removesuffix(".py")


def _imports(file: Path) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {tuple(alias.name.split(".")) for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            base = tuple(node.module.split("."))
            found.add(base)
            if base == ("pvsignal",):
                found |= {(*base, alias.name) for alias in node.names}
    return found


FILES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(SOURCE)))
def test_a_module_imports_from_its_own_layer_or_below(file: Path) -> None:
    own = LEVEL[_module(file)]
    for name in _imports(file):
        if name[0] == "pvsignal" and len(name) > 1 and name[1] in LEVEL:
            assert LEVEL[name[1]] <= own, f"{file} imports {'.'.join(name)}"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(SOURCE)))
def test_an_outside_library_is_used_in_its_home_only(file: Path) -> None:
    for name in _imports(file):
        if name[0] in HOMES:
            assert _module(file) in HOMES[name[0]], f"{file} imports {name[0]}"


def test_duckdb_is_opened_in_the_warehouse_only() -> None:
    openers = {
        _module(file) for file in FILES if "duckdb.connect(" in file.read_text("utf-8")
    }
    assert openers == {"warehouse"}


def test_flow_bodies_stay_under_fifteen_lines() -> None:
    for file in (ROOT / "flows").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            is_flow = isinstance(node, ast.FunctionDef) and any(
                "flow" in ast.unparse(decorator) for decorator in node.decorator_list
            )
            if is_flow:
                lines = {
                    n.lineno
                    for s in node.body[1:]
                    for n in ast.walk(s)
                    if hasattr(n, "lineno")
                }
                assert len(lines) < 15, f"{file}: {node.name} has {len(lines)} lines"
