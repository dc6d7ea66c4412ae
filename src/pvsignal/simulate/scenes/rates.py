"""Events of a group drawn anew, each report with a probability of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pvsignal.simulate.reports import EVER, Reports, neoplasm_rows
from pvsignal.simulate.scenes.ratios import note_pairs
from pvsignal.simulate.scenes.setting import (
    Setting,
    base_probability,
    evened,
    is_planned,
    naming,
    spared_drugs,
)
from pvsignal.simulate.vocabulary import Floats, Ints


def redraw(
    rng: np.random.Generator,
    reports: Reports,
    setting: Setting,
    *,
    scene: str,
    event: str,
    rate: Floats,
    strata: Ints | None = None,
    true_ratios: Mapping[str, float] | None = None,
    classes: Mapping[str, Sequence[str]] | None = None,
) -> Reports:
    """Reports in which the events of a group follow other rates.

    What background reports had of the group is taken back and drawn again. A report
    may name a second neoplasm then. Expected ratios of every therapy with the group are
    written down, but of those that `spared_drugs` names.

    Parameters
    ----------
    rng
        Source of randomness.
    reports, setting
        Reports to change; names, span and truth.
    scene, event
        Scene, and the group that is drawn; nothing may be planted with it.
    rate
        Probability of the event in each report.
    strata
        Strata that shall each have their rate with and without an MS therapy.
    true_ratios
        True ratio of the drugs whose own it is, not the confounder's.
    classes
        Classes whose expected ratio is written down too, with their therapies.
    """
    vocabulary = setting.vocabulary
    group = vocabulary.neoplasm(event)
    untouched = spared_drugs(setting)
    closed = naming(setting, reports, untouched) | is_planned(reports)
    probability = np.where(
        closed,
        base_probability(setting, reports, event),
        evened(reports, rate, strata),
    )
    events = reports.events
    taken_back = (events["neoplasm"] == group).to_numpy() & ~closed[
        events["case"].to_numpy()
    ]
    drawn = np.flatnonzero((rng.random(len(reports.cases)) < probability) & ~closed)
    rows = neoplasm_rows(
        rng, vocabulary, drawn, np.full(len(drawn), group, dtype=np.int64)
    )
    events = pd.concat(
        [events[~taken_back], rows.assign(last_version=EVER)], ignore_index=True
    )
    reports = Reports(reports.cases, reports.drugs, events)
    therapies = vocabulary.therapies["ingredient"]
    every = {name: [name] for name in therapies if name not in untouched}
    note_pairs(
        setting,
        reports,
        scene,
        event,
        probability=probability,
        members={**every, **(classes or {})},
        true_ratios=true_ratios or {},
    )
    return reports
