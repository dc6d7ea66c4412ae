"""Pages name tests; each of them exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
DEFINED = re.compile(r"^ *def (test_\w+)\(", re.MULTILINE)
TESTS = {
    str(file.relative_to(ROOT)): set(DEFINED.findall(file.read_text("utf-8")))
    for file in (ROOT / "tests").rglob("test_*.py")
}
ALL_TESTS = set().union(*TESTS.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    files = set(re.findall(r"`(tests/[\w/]+\.py)`", text))
    assert all((ROOT / file).is_file() for file in files)
    assert set(re.findall(r"`(test_\w+)`", text)) <= ALL_TESTS
    for file, name in re.findall(r"`(tests/[\w/]+\.py)` `(test_\w+)`", text):
        assert name in TESTS[file], f"{page.name}: {name} is not in {file}"


def test_each_rule_of_case_versions_names_a_test_where_the_page_says() -> None:
    text = (ROOT / "docs" / "cases.md").read_text("utf-8")
    rules = [line for line in text.splitlines() if re.match(r"\| [A-Z`*]", line)]
    own = TESTS["tests/sql/test_cases.py"]
    assert len(rules) >= 24
    for rule in rules:
        cell = rule.rstrip(" |").rpartition("|")[2]
        names = re.findall(r"`(test_\w+)`", cell)
        assert names, rule
        if "`tests/" not in cell:
            assert set(names) <= own, rule


def test_every_test_of_case_versions_stands_on_the_page() -> None:
    text = (ROOT / "docs" / "cases.md").read_text("utf-8")
    assert TESTS["tests/sql/test_cases.py"] <= set(re.findall(r"`(test_\w+)`", text))
