"""What holds for the slow reference on any dataset, and that datasets are awkward."""

from __future__ import annotations

from functools import cache

from hypothesis import HealthCheck, Phase, given, settings

from pvsignal.analysis import load_analysis
from pvsignal.codelists import load_codelists
from tests import reference
from tests.properties.shipped_lists import lists_of
from tests.properties.strategies import (
    INDICATIONS,
    NAMES,
    REACTIONS,
    ROUTES,
    Dataset,
    datasets,
)

few = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@cache
def shipped() -> reference.Lists:
    return lists_of(
        load_codelists(),
        load_analysis(),
        names={name for pair in NAMES for name in pair} - {""},
        routes=set(ROUTES) - {""},
        terms={*REACTIONS, *INDICATIONS} - {""},
    )


@given(datasets())
@few
def test_every_quarter_has_rows_in_every_file_and_crosses_the_eras(dataset):
    assert {"2012q3", "2012q4", "2019q1"} <= set(dataset.quarters)
    assert list(dataset.quarters) == sorted(dataset.quarters)
    assert 4 <= len(dataset.quarters) <= 6
    for quarter in dataset.quarters:
        assert all(dataset.tables[quarter].values())
        assert (quarter in dataset.deleted) == (quarter >= "2019q1")


@given(datasets())
@few
def test_margins_hold_each_other_and_populations_are_nested(dataset):
    tables = dataset.staged()
    found = reference.cells(tables, shipped(), dataset.quarters[-1])
    for (comparator, drug, event), cells in found.items():
        assert 0 <= cells.a <= min(cells.n_drug, cells.n_event)
        assert cells.n_drug + cells.n_event - cells.a <= cells.n
        if comparator != "A" and ("A", drug, event) in found:
            whole = found["A", drug, event]
            assert cells.a <= whole.a
            assert cells.n <= whole.n


@given(datasets(max_cases=12))
@few
def test_later_quarters_change_nothing_that_was_known(dataset):
    tables = dataset.staged()
    for quarter in dataset.quarters[:-1]:
        cut = reference.up_to(tables, quarter)
        assert reference.cells(tables, shipped(), quarter) == reference.cells(
            cut, shipped(), quarter
        )


@given(datasets())
@few
def test_one_version_of_a_case_is_current_at_most(dataset):
    found = reference.versions(dataset.staged())
    for quarter in dataset.quarters:
        current = [v.caseid for v in found if v.is_current(quarter)]
        assert len(current) == len(set(current))


RULES = {
    *(f"until {reason}" for reason in ("superseded", "deleted", None)),
    "until older than the version held",
    "until lower version in the same quarter",
    *(f"verdict {reason}" for reason in ("indication", "recurrence", None)),
    "verdict antineoplastic_treatment",
    "treated event",
    *(f"product {status}" for status in reference.ADMITTED),
    "product other_brand",
    "product other_route",
    "product oncology_indication",
    "product other_indication",
    "product product_unspecified",
    "litigated",
    "duplicate",
    *(f"event {level}" for level in ("pt", "group", "supergroup", "marker")),
}


def rules_shown(dataset: Dataset) -> set[str]:
    """Rules that a dataset makes use of."""
    tables, as_of = dataset.staged(), dataset.quarters[-1]
    known = reference.reports(tables, shipped(), as_of)
    shown = {f"until {version.until_reason}" for version in reference.versions(tables)}
    for row in reference.product_statuses(tables, shipped(), as_of):
        shown.add(f"product {row[-1]}")
    if reference.suspected_duplicates(tables, shipped(), as_of):
        shown.add("duplicate")
    for report in known:
        for outcome in report.outcomes:
            shown.add(f"verdict {outcome.reason}")
            if outcome.is_treated_event:
                shown.add("treated event")
        for event in report.events:
            shown.add(f"event {event[0]}")
            if reference.is_litigated(report, event, shipped()):
                shown.add("litigated")
    return shown


def test_datasets_reach_every_rule():
    shown: set[str] = set()

    @given(datasets())
    @settings(few, max_examples=30, phases=[Phase.generate])
    def collect(dataset: Dataset) -> None:
        shown.update(rules_shown(dataset))

    collect()
    assert not RULES - shown
