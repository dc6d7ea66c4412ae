"""Control pairs: drugs and events without a plausible link, and with a known one."""

from __future__ import annotations

import pandas as pd

from pvsignal.codelists.markers import event_of_name
from pvsignal.codelists.names import normalise_term, supergroup_event
from pvsignal.codelists.schema import Codelists


def control_pairs(lists: Codelists) -> pd.DataFrame:
    """Control pairs under the names by which drugs and events are counted.

    Returns
    -------
    pandas.DataFrame
        One row per row of ``negative_controls``, in its order: ``control_type``
        (``negative`` or ``positive``), ``drug``, ``event_level``, ``event``,
        ``label_date`` (as text, may be a year or a month), ``reason``, ``certainty``.
        A group means its incident terms or, where it has none, its remaining
        behaviour. A group that is no event of the analysis keeps its bare name.
    """
    events = event_of_name(lists)
    controls = lists["negative_controls"].table
    names = [
        _event(level, name, events)
        for level, name in zip(controls["event_level"], controls["event"], strict=True)
    ]
    frame = controls.assign(drug=controls["ingredient"], event=names)
    columns = ["control_type", "drug", "event_level", "event"]
    return frame[[*columns, "label_date", "reason", "certainty"]].astype(str)


def _event(level: str, name: str, events: dict[str, str]) -> str:
    if level == "pt":
        return normalise_term(name)
    if level == "supergroup":
        return supergroup_event(name)
    return events.get(name, name)
