"""Events that are judged in one sex."""

from __future__ import annotations

import pandas as pd

from pvsignal.codelists.markers import LEVEL, marker_catalogue
from pvsignal.codelists.names import supergroup_event
from pvsignal.codelists.schema import Codelists
from pvsignal.codelists.terms import event_catalogue


def sexes_of_events(lists: Codelists) -> pd.DataFrame:
    """Sex in which an event is judged, of the events that have one.

    A name of the list means the group in all behaviours and the supergroup of that
    name; a marker is held beside its event, so both count the same population.

    Returns
    -------
    pandas.DataFrame
        ``event_level`` (``group``, ``supergroup``, ``marker``), ``event``, ``sex``
        (``female`` or ``male``); sorted.
    """
    listed = lists["sex_specific_events"].table
    listed = listed[listed["sex"] != "both"]
    sexes = dict(zip(listed["event"], listed["sex"], strict=True))
    of_supergroup = {supergroup_event(name): sex for name, sex in sexes.items()}
    found: dict[tuple[str, str], str] = {}
    for row in event_catalogue(lists).to_dict("records"):
        is_group = row["event_level"] == "group"
        sex = (
            sexes.get(row["group_id"]) if is_group else of_supergroup.get(row["event"])
        )
        if sex:
            found[row["event_level"], row["event"]] = sex
    sex_of = {event: sex for (_, event), sex in found.items()}
    for row in marker_catalogue(lists).to_dict("records"):
        if row["watched_event"] in sex_of:
            found[LEVEL, row["event"]] = sex_of[row["watched_event"]]
    return pd.DataFrame(
        [(*key, sex) for key, sex in sorted(found.items())],
        columns=["event_level", "event", "sex"],
        dtype=str,
    )
