"""Ratios that the plan implies: how far a crude ratio is from the true one.

What is written are counts, which add up over parts of an archive that are drawn apart;
the ratios are made of them in the end (`expected_ratios`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pvsignal.simulate.reports import Reports
from pvsignal.simulate.scenes.setting import (
    COMPARATORS,
    Populations,
    Setting,
    base_probability,
    with_event,
)
from pvsignal.simulate.vocabulary import Floats

PLANTED = "planted"
_KEY = ["scene", "drug", "event", "from_quarter", "comparator"]
_COUNTS = ["n_exposed", "n_planted", "expected_a", "n_background", "expected_c"]
COLUMNS = [*_KEY, "true_ratio", "expected_ratio", *_COUNTS]


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
        Drug or class to its therapies. A drug that no report names is left out.
    true_ratios
        Drug or class to its true reporting ratio, 1 where it is left out.
    """
    populations = Populations.read(setting, reports)
    reported = with_event(reports, setting.vocabulary.neoplasm(event))
    for drug, therapies in members.items():
        exposed = populations.exposed(setting, reports, therapies)
        for comparator in COMPARATORS:
            inside = populations.of[comparator]
            with_drug, without = exposed & inside, ~exposed & inside
            if not with_drug.any():
                continue
            setting.truth.expected.append(
                {
                    "scene": scene,
                    "drug": drug,
                    "event": event,
                    "from_quarter": str(setting.begin(therapies)),
                    "comparator": comparator,
                    "true_ratio": true_ratios.get(drug, 1.0),
                    "n_exposed": int(with_drug.sum()),
                    "n_planted": int((with_drug & reported).sum()),
                    "expected_a": float(probability[with_drug].sum()),
                    "n_background": int(without.sum()),
                    "expected_c": float(probability[without].sum()),
                }
            )


def note_planted(setting: Setting, reports: Reports) -> None:
    """Write down the same of the planted signals, whose number is fixed.

    A signal that begins late has a smaller ratio over all its reports than over those
    received from its onset on, which is the true one.
    """
    populations = Populations.read(setting, reports)
    signals = setting.truth.signals
    for signal in signals:
        therapies = str(signal["members"]).split("|")
        probability = base_probability(setting, reports, str(signal["event"]))
        exposed = populations.exposed(setting, reports, therapies)
        own = int(str(signal["n_planted"]))
        for comparator in COMPARATORS:
            inside = populations.of[comparator]
            with_drug, without = exposed & inside, ~exposed & inside
            share = with_drug.sum() / max(1, exposed.sum())
            others = sum(
                int(str(other["n_planted"]))
                for other in signals
                if other["event"] == signal["event"]
                and not set(therapies) & set(str(other["members"]).split("|"))
            )
            setting.truth.expected.append(
                {
                    "scene": PLANTED,
                    "drug": signal["drug"],
                    "event": signal["event"],
                    "from_quarter": signal["from_quarter"],
                    "comparator": comparator,
                    "true_ratio": float(str(signal["ratio"])),
                    "n_exposed": int(with_drug.sum()),
                    "n_planted": own,
                    "expected_a": float(probability[with_drug].sum() + own * share),
                    "n_background": int(without.sum()),
                    "expected_c": float(probability[without].sum() + others),
                }
            )


def expected_ratios(rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Table of expected ratios, rows of the same pair and comparator added up.

    Parameters
    ----------
    rows
        As `note_pairs` and `note_planted` write them, of one drawing or of several.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`; expected_ratio is that of two shares, ``(expected_a / n_exposed) /
        (expected_c / n_background)``, NaN where the background expects no event.

    Examples
    --------
    >>> row = {"scene": "s", "drug": "d", "event": "e", "from_quarter": "2020q1",
    ...        "comparator": "B", "true_ratio": 1.0, "n_exposed": 100, "n_planted": 3,
    ...        "expected_a": 2.0, "n_background": 1000, "expected_c": 5.0}
    >>> made = expected_ratios([row, row])
    >>> made["n_exposed"].item(), made["expected_ratio"].item()
    (200, 4.0)
    """
    table = pd.DataFrame(list(rows), columns=[*_KEY, "true_ratio", *_COUNTS])
    # Parts may have planted a signal in other proportions: their mean is the whole's.
    weighted = table.assign(true_ratio=table["true_ratio"] * table["n_exposed"])
    made = weighted.groupby(_KEY, sort=False, as_index=False).sum()
    made["true_ratio"] = (made["true_ratio"] / made["n_exposed"]).round(4)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (made["expected_a"] / made["n_exposed"]) / (
            made["expected_c"] / made["n_background"]
        )
    made["expected_ratio"] = ratio.replace([np.inf, -np.inf], np.nan).round(4)
    made[["expected_a", "expected_c"]] = made[["expected_a", "expected_c"]].round(3)
    return made[COLUMNS]
