from pathlib import Path

import pytest

from pvsignal.analysis import DEFAULT_FILE, Variant, load_analysis
from pvsignal.errors import CodelistError


def test_the_analysis_that_ships_is_valid_and_names_its_roles() -> None:
    analysis = load_analysis()
    assert analysis.roles == ("PS", "SS")
    assert analysis.thresholds.min_reports == 3


def test_order_and_comments_of_the_file_do_not_change_the_hash(tmp_path: Path) -> None:
    text = DEFAULT_FILE.read_text("utf-8")
    head, _, rest = text.partition("[thresholds]")
    thresholds, _, evaluable = rest.partition("[evaluable]")
    other = tmp_path / "other.toml"
    other.write_text(
        f"{head}# a remark\n[evaluable]{evaluable}\n[thresholds]{thresholds}", "utf-8"
    )
    assert load_analysis(other).sha256 == load_analysis().sha256


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('name = "x"\ntitle = "t"\ncomparator = "D"\n', "comparator"),
        ('name = "x"\ntitle = "t"\n[thresholds]\nmin = 3\n', "thresholds.min"),
        ('title = "t"\n', "name"),
        ("name = \n", "TOML"),
    ],
)
def test_a_bad_analysis_file_is_named_with_its_key(
    tmp_path: Path, text: str, named: str
) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(CodelistError, match=named) as caught:
        load_analysis(file)
    assert str(file) in str(caught.value)
    assert caught.value.exit_code == 5


def test_a_missing_analysis_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(CodelistError, match="no analysis file"):
        load_analysis(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("keys", "comparators"),
    [
        ({}, ()),
        ({"reference": "oral_reference"}, ("C",)),
        ({"since_first_report": True}, ("A", "B")),
        ({"since_first_report": True, "reference": "x"}, ("A", "B", "C")),
        ({"reference": "x", "reports": {"sex": ["male"]}}, ("A", "B", "C")),
        ({"roles": ["PS"]}, ("A", "B", "C")),
    ],
)
def test_a_variant_stands_in_every_comparator_that_it_changes(
    keys: dict[str, object], comparators: tuple[str, ...]
) -> None:
    variant = Variant.model_validate({"name": "v", **keys})
    assert variant.differs_in == comparators


@pytest.mark.parametrize(
    "line",
    [
        'roles = ["SS", "PS"]',
        'reference = "platform_reference"',
        "reports = {}",
    ],
)
def test_a_variant_that_changes_nothing_is_refused(tmp_path: Path, line: str) -> None:
    file = tmp_path / "analysis.toml"
    text = DEFAULT_FILE.read_text("utf-8")
    file.write_text(f'{text}\n[[variants]]\nname = "same"\n{line}\n', "utf-8")
    with pytest.raises(CodelistError, match="variant"):
        load_analysis(file)
