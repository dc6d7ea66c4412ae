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
from typing import Final

import numpy as np
import numpy.typing as npt

from pvsignal.signals.states import OVERLAYS, Overlay

Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]


PASSES: Final = "passes"
FAILS: Final = "fails"
NOT_APPLICABLE: Final = "not applicable"

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
    holds = {
        Overlay.LABELLED_SPECIFIC: novelty == "labelled_specific",
        Overlay.ARTEFACT: fails_artefact,
        Overlay.EXPLAINED: fails_other,
        Overlay.LABELLED_BROAD: novelty == "labelled_broad",
        Overlay.CLASS_LABELLED: novelty == "class_labelled",
        Overlay.PROVISIONAL: is_provisional,
    }
    standing: Texts = evidence_state.copy()
    provisional = OVERLAYS[Overlay.PROVISIONAL]
    covered = np.isin(standing.astype(str), provisional.over)
    standing[covered & is_provisional] = str(Overlay.PROVISIONAL)
    state: Texts = standing.copy()
    # The first that holds decides, so it is written last.
    for overlay, cover in reversed(tuple(OVERLAYS.items())):
        covered = np.isin(standing.astype(str), cover.over)
        state[covered & holds[overlay]] = str(overlay)
    return state
