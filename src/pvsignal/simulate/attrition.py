"""Every figure of the attrition of simulated archives, summed up from the plan.

The words are those of ``api.attrition`` and ``api.row_fates``; the figures come from
the fates that were planned (``fates``), so that the two can be held together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from pvsignal.simulate.fates import (
    COUNTED,
    DELETED,
    DUPLICATE,
    LOWER,
    NO_CASE,
    NOT_COMPLETE,
    OLDER,
    REPEATED_ROW,
    SUPERSEDED,
    Fates,
    Frame,
)
from pvsignal.simulate.verdicts import STATUSES

_DUPLICATE_STEP = "suspected duplicate of a current report with a smaller case number"


def row_fates(fates: Fates, duplicates: Collection[int]) -> Frame:
    """Rows of DEMO by quarter and fate, with these cases left out as duplicates.

    Returns
    -------
    pandas.DataFrame
        ``quarter``, ``fate``, ``n_rows`` as in ``api.row_fates``, and ``rests_on``
        as in `attrition`.
    """
    reports = fates.reports
    is_left_out = (reports["fate"] == COUNTED) & reports["caseid"].isin(duplicates)
    fate = reports["fate"].mask(is_left_out, DUPLICATE)
    counts = reports.assign(fate=fate).groupby(["quarter", "fate"]).size()
    table = counts.rename("n_rows").reset_index()
    rests = table["fate"].isin([COUNTED, DUPLICATE])
    return table.assign(rests_on=np.where(rests, "duplicates", ""))


def attrition(fates: Fates, duplicates: Collection[int]) -> Frame:
    """Every figure of the attrition, with these cases left out as duplicates.

    Returns
    -------
    pandas.DataFrame
        ``part``, ``step``, ``kind``, ``unit``, ``n`` as in ``api.attrition``, and
        ``rests_on``: ``duplicates`` where another set of them gives another n.
    """
    steps = [
        *_case_steps(fates.reports),
        *_population_steps(fates.reports, duplicates),
        *_exposure_steps(fates.exposures, duplicates),
        *_outcome_steps(fates.outcomes, duplicates),
        _both_step(fates, duplicates),
    ]
    return pd.DataFrame(
        steps, columns=["part", "step", "kind", "unit", "n", "rests_on"]
    )


_Step = tuple[str, str, str, str, int, str]


def _case_steps(reports: Frame) -> Iterator[_Step]:
    n_of = reports["fate"].value_counts().to_dict()
    n_none, n_repeated = n_of.get(NO_CASE, 0), n_of.get(REPEATED_ROW, 0)
    n_rows = len(reports)
    yield "cases", "DEMO rows staged", "left", "rows", n_rows, ""
    yield "cases", NO_CASE, "removed", "rows", n_none, ""
    repeated = "repeat the key of another row of the quarter"
    yield "cases", repeated, "removed", "rows", n_repeated, ""
    n_left = n_rows - n_none - n_repeated
    yield "cases", "sightings of case versions", "left", "versions", n_left, ""
    for fate, step in (
        (LOWER, LOWER),
        (OLDER, OLDER),
        (SUPERSEDED, SUPERSEDED),
        (DELETED, "withdrawn by the FDA"),
    ):
        if fate in n_of:
            yield "cases", step, "removed", "versions", n_of[fate], ""
    n_current = n_of.get(COUNTED, 0) + n_of.get(NOT_COMPLETE, 0)
    yield "cases", "current reports", "left", "reports", n_current, ""


def _population_steps(reports: Frame, duplicates: Collection[int]) -> Iterator[_Step]:
    n_not = int((reports["fate"] == NOT_COMPLETE).sum())
    yield "population", NOT_COMPLETE, "removed", "reports", n_not, ""
    counted = reports[reports["fate"] == COUNTED]
    left = counted[~counted["caseid"].isin(duplicates)]
    for step, kind, n in (
        (_DUPLICATE_STEP, "removed", len(counted) - len(left)),
        ("comparator A before litigated reports leave", "left", len(left)),
        (
            "comparator B: an indication of the list or a brand for it alone",
            "left",
            int(left["is_disease"].sum()),
        ),
    ):
        yield "population", step, kind, "reports", n, "duplicates"


def _exposure_steps(exposures: Frame, duplicates: Collection[int]) -> Iterator[_Step]:
    unit = "report x therapy"
    named = "report names a scored therapy in any role"
    yield "exposure", named, "left", unit, len(exposures), ""
    n_of = exposures["status"].value_counts().to_dict()
    for status, is_in in sorted(STATUSES.items(), key=lambda one: (not one[1], one[0])):
        step = f"product rule{' admits' if is_in else ''}: {status}"
        kind = "shown" if is_in else "removed"
        yield "exposure", step, kind, unit, n_of.get(status, 0), ""
    exposed = exposures[exposures["is_exposed"]]
    n_concomitant = int(exposures["is_admitted"].sum()) - len(exposed)
    only = "concomitant or interacting only"
    yield "exposure", only, "removed", unit, n_concomitant, ""
    n_left_out = int(exposed["caseid"].isin(duplicates).sum())
    yield "exposure", DUPLICATE, "removed", unit, n_left_out, "duplicates"
    n_left = len(exposed) - n_left_out
    yield "exposure", "exposed", "left", unit, n_left, "duplicates"


def _outcome_steps(outcomes: Frame, duplicates: Collection[int]) -> Iterator[_Step]:
    unit = "report x term"
    first = "report holds a term of an event"
    yield "outcome", first, "left", unit, len(outcomes), ""
    reasons = outcomes.loc[outcomes["reason"] != "", "reason"].value_counts()
    for reason, n in sorted(reasons.items()):
        step = f"indication rule: {reason}"
        yield "outcome", step, "removed", unit, int(n), ""
    included = outcomes[outcomes["reason"] == ""]
    is_left_out = included["caseid"].isin(duplicates)
    left = included[~is_left_out]
    event = left["event"]
    is_incident = event == "incident"
    n_treated = int((is_incident & left["is_treated_event"]).sum())
    n_worse = int(event.isin(["recurrence", "progression"]).sum())
    worse = "secondary, recurrence or progression terms"
    benign = "benign, in situ, uncertain or other terms"
    for step, kind, n in (
        (DUPLICATE, "removed", int(is_left_out.sum())),
        (worse, "no incident event", n_worse),
        (benign, "no incident event", int((event == "other").sum())),
        ("incident malignant terms", "left", int(is_incident.sum())),
        ("of these treated events, kept and marked", "shown", n_treated),
    ):
        yield "outcome", step, kind, unit, n, "duplicates"


def _both_step(fates: Fates, duplicates: Collection[int]) -> _Step:
    """Reports with an exposure and an event, those of litigation left out."""
    outcomes, exposures, reports = fates.outcomes, fates.exposures, fates.reports
    is_event = (outcomes["reason"] == "") & (outcomes["event"] == "incident")
    cases = set(outcomes.loc[is_event, "caseid"])
    cases &= set(exposures.loc[exposures["is_exposed"], "caseid"])
    cases -= set(duplicates)
    is_out = (reports["fate"] == COUNTED) & reports["is_litigated"]
    cases -= set(reports.loc[is_out, "caseid"])
    step = "scored therapy and any_malignancy in comparator A"
    return "both", step, "left", "reports", len(cases), "duplicates"
