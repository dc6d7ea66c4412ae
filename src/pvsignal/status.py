"""What is held, published and stale."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from pvsignal.analysis import Analysis
from pvsignal.pipeline.building import blocked_before
from pvsignal.pipeline.intake import reissues_of, staged_manifest, staleness
from pvsignal.pipeline.reviewing import LedgerState, ledger_state
from pvsignal.quarter import Quarter
from pvsignal.settings import Settings
from pvsignal.sources import manifest
from pvsignal.sources.listing import newest_expected


@dataclass(frozen=True)
class Status:
    """State of a data directory.

    Attributes
    ----------
    held, staged
        Quarters landed and staged, ascending.
    missing
        Quarters between the first and the last held that are not held.
    newest_expected
        Latest quarter that the FDA should have posted by its habit.
    is_stale
        Something is held and the newest held quarter is older than that; simulated
        archives never are.
    notes
        What is unusual: staleness, a last build that was blocked and by which checks,
        re-issued archives.
    published
        Stamp of the current published run, without its records; None if there is none.
    ledger
        How long the ledger of the analysis is, and whether it is whole.
    """

    data_dir: str
    origin: str | None
    held: tuple[str, ...]
    staged: tuple[str, ...]
    missing: tuple[str, ...]
    newest_expected: str
    is_stale: bool
    notes: tuple[str, ...]
    published: dict[str, Any] | None
    ledger: LedgerState


def read_status(settings: Settings, analysis: Analysis, *, today: dt.date) -> Status:
    """State of the data directory of the settings."""
    held = sorted(manifest.read_manifest(settings.data_dir))
    staged = staged_manifest(settings)
    current = settings.published_dir(analysis.name) / "current.json"
    stale = staleness(settings, today=today)
    reissues = reissues_of(staged.values())
    missing = (
        [
            str(Quarter.from_ordinal(no))
            for no in range(held[0].ordinal, held[-1].ordinal)
            if Quarter.from_ordinal(no) not in held
        ]
        if held
        else []
    )
    return Status(
        data_dir=str(settings.data_dir),
        origin=manifest.read_origin(settings.data_dir),
        held=tuple(map(str, held)),
        staged=tuple(sorted(staged)),
        missing=tuple(missing),
        newest_expected=str(newest_expected(today)),
        is_stale=bool(stale),
        notes=(*stale, *blocked_before(settings), *map(str, reissues)),
        published=json.loads(current.read_text("utf-8")) if current.exists() else None,
        ledger=ledger_state(settings, analysis.name),
    )
