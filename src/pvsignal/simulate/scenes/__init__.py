"""Scenes: named situations in which crude ratios are wrong, or a pair is no signal.

A scene changes reports that are drawn already and adds to the truth what follows. It
takes its numbers in proportion to the reports that it is given, so that an archive may
be drawn in parts: the counts of ``expected_ratios.csv`` then add up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pvsignal.simulate.choices import chosen
from pvsignal.simulate.reports import Reports
from pvsignal.simulate.scenes import confounders, effects, sources
from pvsignal.simulate.scenes.ratios import expected_ratios, note_planted
from pvsignal.simulate.scenes.setting import Setting

__all__ = [
    "SCENES",
    "Scene",
    "Setting",
    "choose_scenes",
    "expected_ratios",
    "note_planted",
    "play_scenes",
]


@dataclass(frozen=True)
class Scene:
    """One situation.

    Attributes
    ----------
    play
        Gives the reports with the situation in them, and adds to the truth.
    shows
        What a run must make of it.
    """

    play: Callable[[np.random.Generator, Reports, Setting], Reports]
    shows: str


# In the order in which they are played: those that expose further reports come first.
SCENES: Mapping[str, Scene] = {
    "notoriety_burst": Scene(
        sources.notoriety_burst, "a burst after a public date is not emerging"
    ),
    "single_sender": Scene(
        sources.single_sender, "cases of one sender are flagged as an artefact"
    ),
    "one_article": Scene(
        sources.one_article, "cases of one article are flagged as an artefact"
    ),
    "constant_ratio": Scene(
        effects.constant_ratio, "a constant ratio never counts as rising"
    ),
    "class_effect": Scene(
        effects.class_effect, "A sees what B masks: most therapies share the effect"
    ),
    "confounded_indication": Scene(
        confounders.by_indication, "A is wrong by the disease, B and C are right"
    ),
    "confounded_age": Scene(
        confounders.by_age, "crude ratios are wrong by age, adjusted ones are right"
    ),
    "confounded_sex": Scene(
        confounders.by_sex, "crude ratios are wrong by sex, adjusted ones are right"
    ),
    "confounded_time": Scene(
        confounders.by_time, "ratios over all years are wrong, those by year are right"
    ),
    "term_drift": Scene(
        effects.term_drift, "a term that replaces another of its group changes nothing"
    ),
    "treated_cancer": Scene(
        effects.treated_cancer, "a new cancer that is treated stays a case"
    ),
}


def choose_scenes(text: str) -> tuple[str, ...]:
    """Names that ``--scenes`` gives: ``all``, or names separated by commas.

    Raises
    ------
    UsageError
        If a name is unknown.

    Examples
    --------
    >>> choose_scenes("class_effect, term_drift")
    ('class_effect', 'term_drift')
    """
    return tuple(chosen(text, SCENES, option="--scenes", what="scene"))


def play_scenes(
    names: Sequence[str],
    reports: Reports,
    setting: Setting,
    *,
    stream: Callable[[str], np.random.Generator],
) -> Reports:
    """Reports with these scenes in them, each with chance of its own.

    Parameters
    ----------
    names
        Names of `SCENES`; they are played in the order of that table.
    reports, setting
        Reports with all plants in them; names, span and truth.
    stream
        Gives the source of randomness of a name.
    """
    for name in (name for name in SCENES if name in names):
        reports = SCENES[name].play(stream(f"scene {name}"), reports, setting)
    return reports
