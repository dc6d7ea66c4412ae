"""Specifications, and what of them is said in words."""

import numpy as np
import pytest

from pvsignal.analysis import Analysis, Grid, Variant, load_analysis, shipped_analyses
from pvsignal.pipeline.variants import variant_tables
from pvsignal.signals import grid
from pvsignal.signals.grid import Flip, Specification


def _analysis(**changes: object) -> Analysis:
    return Analysis.model_validate({"name": "x", "title": "t", **changes})


@pytest.mark.parametrize("name", shipped_analyses())
def test_the_shipped_grids_lay_out_three_comparators_and_seven_axes(name: str) -> None:
    analysis = load_analysis(shipped_analyses()[name])
    found = grid.specifications(analysis)
    assert len(found) == len(set(found)) == 3 * 3 * 2 * 2 * 2 * 3 * 3
    assert {one.roles for one in found} == {"PS", "PS+SS", "PS+SS+C+I"}
    assert analysis.grid.min_reports == 5000


def test_the_primary_specification_of_each_comparator_is_one_of_them() -> None:
    analysis = load_analysis()
    for comparator in analysis.grid.comparator:
        primary = grid.primary_specification(analysis, comparator)
        assert primary in grid.specifications(analysis)


def test_the_adjustment_changes_first_and_the_comparator_last() -> None:
    first, second, *_, last = grid.specifications(load_analysis())
    assert grid.changed_axes(first, second) == ("adjustment",)
    assert (first.comparator, last.comparator) == ("A", "C")


@pytest.mark.parametrize(
    "section",
    [
        {"reporter": ["professional"]},
        {"duplicates": ["counted"]},
        {"adjustment": []},
        {"litigated": ["left_out", "left_out"]},
        {"comparator": ["D"]},
        {"roles": [["PS"]]},
        {"roles": [["PS", "SS"], ["SS", "PS"]]},
        {"roles": [["PS", "SS"], []]},
        {"min_reports": -1},
        {"sex": ["female"]},
    ],
)
def test_a_grid_without_the_primary_choice_or_with_one_twice_is_refused(
    section: dict[str, object],
) -> None:
    with pytest.raises(ValueError, match="grid"):
        _analysis(grid=section)


def test_an_analysis_that_names_no_grid_has_one_with_its_own_roles() -> None:
    found = grid.specifications(_analysis(roles=["PS"]))
    assert {one.roles for one in found} == {"PS"}
    assert len(found) == 3 * 2 * 2 * 2 * 3 * 3


def test_roles_of_the_grid_are_counted_though_no_variant_has_them() -> None:
    from pvsignal.codelists import load_codelists

    analysis = _analysis(grid={"roles": [["PS", "SS"], ["I", "C"]]})
    tables = variant_tables(analysis, load_codelists())
    assert set(tables["analysis.role_set"]["role_set"]) == {"PS+SS", "C+I"}


def test_the_grid_is_part_of_the_hash_of_the_analysis() -> None:
    assert _analysis().sha256 != _analysis(grid=Grid(min_reports=4000)).sha256


@pytest.mark.parametrize(
    ("variant", "told"),
    [
        (Variant(name="hcp", reports={"reporter": ["professional"]}), True),
        (Variant(name="ps_only", roles=("PS",)), True),
        (Variant(name="with_litigated", litigated="counted"), True),
        (Variant(name="male", reports={"sex": ["male"]}), False),
        (Variant(name="consumers", reports={"reporter": ["consumer"]}), False),
        (Variant(name="aligned", since_first_report=True), False),
        (Variant(name="oral", reference="oral_reference"), False),
    ],
)
def test_a_variant_is_a_specification_where_the_axes_tell_it(
    variant: Variant, told: bool
) -> None:
    analysis = load_analysis()
    found = grid.specification_of(variant, analysis, "A")
    assert (found in grid.specifications(analysis)) is told


def test_too_small_goes_before_not_comparable_and_not_evaluable() -> None:
    yes, no = True, False
    reasons = grid.why_not_counted(
        np.array([5000.0, 4999.0, 5000.0, 5000.0]),
        np.array([yes, no, no, no]),
        np.array([yes, no, yes, no]),
        min_reports=5000,
    )
    assert list(reasons) == [
        None,
        "population too small",
        "not evaluable",
        "no stratum compares",
    ]


def test_a_specification_in_words_names_every_choice() -> None:
    one = Specification(
        comparator="B",
        roles="PS",
        reporter="professional",
        duplicates="counted",
        litigated="counted",
        indication_rule="off",
        adjustment="age_sex",
    )
    assert str(one) == (
        "B: role PS only, professionals only, suspected duplicates counted, litigated"
        " reports counted, no indication rule, adjusted for age and sex"
    )


def test_flips_are_told_by_choice_and_direction() -> None:
    flips = [
        Flip("A", "role PS only", False),
        Flip("A", "any role", False),
        Flip("B", "role PS only", False),
        Flip("C", "role PS only", True),
    ]
    assert grid.flips_in_words(flips) == (
        "role PS only turns A and B off; any role turns A off; role PS only turns C on"
    )
    assert grid.flips_in_words([]) is None
