"""Events that are judged in one sex."""

from pathlib import Path

import pytest

from pvsignal.analysis import load_analysis
from pvsignal.codelists import load_codelists, sexes_of_events


@pytest.fixture(scope="module")
def sexes() -> dict[tuple[str, str], str]:
    found = sexes_of_events(load_codelists())
    keys = zip(found["event_level"], found["event"], strict=True)
    return dict(zip(keys, found["sex"], strict=True))


@pytest.mark.parametrize(
    ("level", "event", "sex"),
    [
        ("group", "ovary", "female"),
        ("group", "cervix_hpv:in_situ", "female"),
        ("group", "prostate:benign", "male"),
        ("supergroup", "all_gynaecological", "female"),
        ("marker", "marker:breast:lead", "female"),
    ],
)
def test_a_name_is_the_group_in_all_behaviours_its_markers_and_its_supergroup(
    sexes: dict[tuple[str, str], str], level: str, event: str, sex: str
) -> None:
    assert sexes[level, event] == sex


@pytest.mark.parametrize(
    ("level", "event"),
    [
        ("group", "germ_cell_other"),
        ("group", "skin_bcc"),
        ("supergroup", "all_urological"),
        ("supergroup", "all_hpv_related"),
    ],
)
def test_an_event_of_both_sexes_has_none(
    sexes: dict[tuple[str, str], str], level: str, event: str
) -> None:
    assert (level, event) not in sexes


def test_another_analysis_of_neoplasms_has_the_same_events_once_each() -> None:
    lists = load_codelists(analysis=load_analysis(Path("jak_inhibitors")))
    found = sexes_of_events(lists)
    assert not found.duplicated(["event_level", "event"]).any()
    assert found.equals(sexes_of_events(load_codelists()))
