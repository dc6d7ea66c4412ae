"""What an analyst reads of a pair at a quarter: its state with all that stands over it.

The state that evidence alone gives (`pvsignal.signals.states`) is overlaid, in this
order, by a label that names the event, by a check that shows an artefact, by a check
that explains the signal, and by broad or class labelling.

References
----------
docs/signals.md, "What is shown".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from pvsignal.signals.states import State

Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]


class Shown(StrEnum):
    """States that stand over that of the evidence."""

    PROVISIONAL = "provisional_only"
    LABELLED_SPECIFIC = "labelled_specific"
    LABELLED_BROAD = "labelled_broad"
    CLASS_LABELLED = "class_labelled"
    ARTEFACT = "flagged_artefact"
    EXPLAINED = "explained"


OVERLAYS: Final[Mapping[Shown, str]] = {
    Shown.LABELLED_SPECIFIC: "new, emerging, monitored or persistent, and a label "
    "names the event",
    Shown.ARTEFACT: "new, emerging or persistent, and a check of the kind artefact "
    "fails",
    Shown.EXPLAINED: "new, emerging or persistent, and another check fails",
    Shown.LABELLED_BROAD: "new, emerging or persistent, and a label speaks of "
    "malignancies or of a part of the event",
    Shown.CLASS_LABELLED: "new, emerging or persistent, and a label of the same class "
    "names the event",
    Shown.PROVISIONAL: "none or resolved, and A gives its part while neither B nor C "
    "can be judged",
}
"""What stands over a state of the evidence, in the order in which it is looked at."""

ARTEFACT_CHECKS: Final = ("duplicates", "concentration", "age_sex", "hinges")
EXPLAINING_CHECKS: Final = ("professionals", "notoriety", "onset", "markers")
CHECKS: Final[Mapping[str, str]] = {
    "duplicates": "holds with a looser threshold for duplicates",
    "professionals": "holds in reports of health professionals",
    "concentration": "no sender, article, or country in one quarter holds most",
    "notoriety": "is not a burst after a notoriety date",
    "age_sex": "holds within age band and sex",
    "onset": "onsets are not mostly within 90 days",
    "markers": "markers of closer looking do not rise as much",
    "hinges": "does not hinge on one litigated drug or one reference member",
}
"""Checks of a crossing pair and what passing one means, as (a) to (h)."""

_OPEN: Final = (State.NEW, State.EMERGING, State.MONITORED, State.PERSISTENT)
_CROSSING: Final = (State.NEW, State.EMERGING, State.PERSISTENT)


def shown(
    evidence_state: Texts,
    *,
    novelty: Texts,
    fails_artefact: Flags,
    fails_other: Flags,
    is_provisional: Flags,
) -> Texts:
    """State to show of each pair and quarter.

    Parameters
    ----------
    evidence_state
        State of the evidence, as text.
    novelty
        ``unlabelled``, ``labelled_specific``, ``labelled_broad``, ``class_labelled``.
    fails_artefact, fails_other
        Whether a check of `ARTEFACT_CHECKS`, of `EXPLAINING_CHECKS` fails.
    is_provisional
        Whether A gives its part and neither B nor C can be judged.

    Examples
    --------
    >>> one = np.array([True])
    >>> shown(
    ...     np.array(["emerging"], dtype=object),
    ...     novelty=np.array(["labelled_broad"], dtype=object),
    ...     fails_artefact=~one,
    ...     fails_other=~one,
    ...     is_provisional=~one,
    ... ).tolist()
    ['labelled_broad']
    """
    is_open = np.isin(evidence_state.astype(str), _OPEN)
    crossing = np.isin(evidence_state.astype(str), _CROSSING)
    rules = (
        (is_open & (novelty == "labelled_specific"), Shown.LABELLED_SPECIFIC),
        (crossing & fails_artefact, Shown.ARTEFACT),
        (crossing & fails_other, Shown.EXPLAINED),
        (crossing & (novelty == "labelled_broad"), Shown.LABELLED_BROAD),
        (crossing & (novelty == "class_labelled"), Shown.CLASS_LABELLED),
        (~is_open & is_provisional, Shown.PROVISIONAL),
    )
    state: Texts = evidence_state.copy()
    for condition, overlay in reversed(rules):
        state[condition] = str(overlay)
    return state
