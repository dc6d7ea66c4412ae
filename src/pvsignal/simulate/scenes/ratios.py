"""Ratios that the plan implies: how far a crude ratio is from the true one.

What is written are counts, which add up over parts of an archive that are drawn apart;
the ratios are made of them in the end (`expected_ratios`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from pvsignal.simulate.reports import Reports
from pvsignal.simulate.scenes.setting import (
    COMPARATORS,
    Flags,
    Populations,
    Setting,
    base_probability,
    with_event,
)
from pvsignal.simulate.vocabulary import Floats, read_table

PLANTED = "planted"
_KEY = ["scene", "drug", "event", "from_quarter", "comparator", "true_ratio"]
_COUNTS = ["n_exposed", "n_planted", "expected_a", "n_background", "expected_c"]
COLUMNS = [*_KEY, "expected_ratio", *_COUNTS]


def note_pairs(
    setting: Setting,
    reports: Reports,
    scene: str,
    event: str,
    *,
    probability: Floats,
    members: Mapping[str, Sequence[str]],
    true_ratios: Mapping[str, float],
) -> None:
    """Write down what the crude ratio of pairs must be, by the plan.

    Parameters
    ----------
    setting
        Names, span and the truth that is added to.
    reports
        Reports of the scene, played.
    scene, event
        Scene, and the group that it is about.
    probability
        Probability with which each report was given an event of the group.
    members
        Drug or class to its therapies.
    true_ratios
        Drug or class to its true reporting ratio, 1 where it is left out.
    """
    populations = Populations.read(setting, reports)
    reported = with_event(reports, setting.vocabulary.neoplasm(event))
    for drug, therapies in members.items():
        pair = {
            "scene": scene,
            "drug": drug,
            "event": event,
            "true_ratio": true_ratios.get(drug, 1.0),
        }
        _note(
            setting,
            populations,
            pair,
            therapies=therapies,
            exposed=populations.exposed(setting, reports, therapies),
            planted=reported,
            probability=probability,
        )


def note_planted(setting: Setting, reports: Reports) -> None:
    """Write down the same of the planned signals, whose number is fixed, not drawn.

    A signal that begins late has a smaller ratio over all its reports than over those
    received from its onset on, which is the true one.
    """
    vocabulary = setting.vocabulary
    populations = Populations.read(setting, reports)
    special = reports.cases["special"].to_numpy()
    for signal in read_table("planned_signals").to_dict("records"):
        therapies = str(signal["members"]).split("|")
        event = str(signal["event"])
        planted = special & with_event(reports, vocabulary.neoplasm(event))
        _note(
            setting,
            populations,
            {"scene": PLANTED, "drug": signal["drug"], "event": event},
            therapies=therapies,
            exposed=populations.exposed(setting, reports, therapies),
            planted=planted,
            probability=base_probability(setting, reports, event) + planted,
        )


def _note(
    setting: Setting,
    populations: Populations,
    pair: Mapping[str, object],
    *,
    therapies: Sequence[str],
    exposed: Flags,
    planted: Flags,
    probability: Floats,
) -> None:
    """Write down the counts of a pair in each comparator, zeros too: they add up."""
    for comparator in COMPARATORS:
        inside = populations.of[comparator]
        with_drug, without = exposed & inside, ~exposed & inside
        setting.truth.expected.append(
            {
                **pair,
                "from_quarter": str(setting.begin(therapies)),
                "comparator": comparator,
                "n_exposed": int(with_drug.sum()),
                "n_planted": int((with_drug & planted).sum()),
                "expected_a": float(probability[with_drug].sum()),
                "n_background": int(without.sum()),
                "expected_c": float(probability[without].sum()),
            }
        )


def expected_ratios(
    rows: Sequence[Mapping[str, object]], signals: Sequence[Mapping[str, object]]
) -> pd.DataFrame:
    """Table of expected ratios, rows of the same pair and comparator added up.

    Parameters
    ----------
    rows
        As `note_pairs` and `note_planted` write them, of one drawing or of several.
    signals
        Signals that were planted: drug, event, ratio, from_quarter. A planned one that
        is not among them is left out.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, without pairs whose drug no report names. expected_ratio is that of
        two shares, ``(expected_a / n_exposed) / (expected_c / n_background)``, NaN
        where the background expects no event.

    Examples
    --------
    >>> row = {"scene": "s", "drug": "d", "event": "e", "from_quarter": "2020q1",
    ...        "comparator": "B", "true_ratio": 1.0, "n_exposed": 100, "n_planted": 3,
    ...        "expected_a": 2.0, "n_background": 1000, "expected_c": 5.0}
    >>> made = expected_ratios([row, row], [])
    >>> made["n_exposed"].item(), made["expected_ratio"].item()
    (200, 4.0)
    """
    planted = {(signal["drug"], signal["event"]): signal for signal in signals}
    found = []
    for row in rows:
        pair = (row["drug"], row["event"])
        if row["scene"] != PLANTED:
            found.append(row)
        elif pair in planted:
            signal = planted[pair]
            true = {"true_ratio": float(str(signal["ratio"]))}
            found.append({**row, **true, "from_quarter": signal["from_quarter"]})
    table = pd.DataFrame(found, columns=[*_KEY, *_COUNTS])
    made = table.groupby(_KEY, sort=False, as_index=False).sum()
    made = made[made["n_exposed"] > 0].reset_index(drop=True)
    share, background = (
        made[n] / made[of]
        for n, of in (("expected_a", "n_exposed"), ("expected_c", "n_background"))
    )
    made["expected_ratio"] = (share / background.where(background > 0)).round(4)
    made[["expected_a", "expected_c"]] = made[["expected_a", "expected_c"]].round(3)
    return made[COLUMNS]
