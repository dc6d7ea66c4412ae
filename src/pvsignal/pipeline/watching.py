"""What openFDA has received since the last held quarter, beside what to expect."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pvsignal import codelists, warehouse
from pvsignal.codelists import Codelists
from pvsignal.errors import SourceError, UsageError
from pvsignal.layout.openfda import SUSPECT_ROLE
from pvsignal.pipeline.intake import Clock, Staged, staged_before, utc_now
from pvsignal.progress import NoProgress, Progress
from pvsignal.quarter import Quarter
from pvsignal.settings import Settings
from pvsignal.sources import manifest, values
from pvsignal.sources.http import HttpOptions
from pvsignal.sources.openfda import query
from pvsignal.sources.openfda.client import Client, open_client
from pvsignal.sources.openfda.reports import ENDPOINT, LandedReports, land_reports
from pvsignal.stats.prediction import poisson_prediction

ALL_REPORTS, ALL_EVENTS = "all reports", "all events"
BASE_QUARTERS = 4
LEVEL = 0.95

CANNOT_SAY = (
    "no signal is decided from this: it says where to look when the quarter arrives",
    "openFDA keeps retracted cases and one version of a case, so both sides do here",
    "a case of the held quarters is read as it stood at the end of the quarter of its "
    "first receipt, one since then as openFDA holds it: where openFDA covers more than "
    "a quarter its first cases had longer for further versions, where it covers less "
    "all had shorter; a case that the archive published in a later quarter than that "
    "of its first receipt is not expected",
    "openFDA does not tell primary from secondary suspects: both count",
    "therapies by name and events by term alone, without the product and indication "
    "rules: cancer treated with the same substance is counted",
    "openFDA lags and its last weeks fill up later: a low count is no reassurance",
    "reports are taken to arrive one by one; they come in batches, so more rows leave "
    "their interval by chance than the one in twenty that it states",
    "a name that is in no list and not coded by the FDA is not found in openFDA",
)

_NAME_FIELDS = (
    "patient.drug.medicinalproduct",
    "patient.drug.activesubstance.activesubstancename",
)

_Key = tuple[str, str, str]
_Counts = Mapping[_Key, Mapping[int, int]]


@dataclass(frozen=True)
class WatchRow:
    """One therapy and event (or all) since the last held quarter.

    Attributes
    ----------
    drug, event_level, event, label
        Therapy and group; ``all events`` of a therapy; ``all reports`` of openFDA.
    n_by_quarter
        Cases first received in each base quarter, as they stood at its end; oldest
        first.
    observed
        Cases first received since, in openFDA.
    expected, low, high
        Mean per day of the base quarters times the days covered, with the limits of
        its 95 % prediction interval.
    ratio
        Observed by expected, None where nothing is expected.
    ratio_corrected
        Ratio by that of all events of the therapy (for these, by that of all reports),
        so that a change of volume does not look like one of the pair.
    position
        ``above``, ``within`` or ``below`` the interval.
    """

    drug: str
    event_level: str
    event: str
    label: str
    n_by_quarter: tuple[int, ...]
    observed: int
    expected: float
    low: int
    high: int
    ratio: float | None
    ratio_corrected: float | None
    position: str


@dataclass(frozen=True)
class Watched:
    """What openFDA says of the time after the newest held quarter.

    Attributes
    ----------
    last_quarter, base_quarters
        Newest held quarter; the last held ones, from which is expected.
    base_days, covered_days
        Days of the base quarters; days from ``covered_from`` to ``covered_until``, 0
        where openFDA holds nothing after the newest held quarter.
    newest_received, last_updated
        Newest first receipt in openFDA, and when it was last rebuilt.
    n_reports, n_rejected
        Reports that name a therapy in any role; records that could not be placed and
        stand with reason in ``rejected.parquet`` of the folder ``reports``.
    statement
        The finding in one sentence.
    rows
        None of them where nothing is covered.
    """

    last_quarter: str
    base_quarters: tuple[str, ...]
    base_days: int
    covered_from: str
    covered_until: str
    covered_days: int
    newest_received: str
    last_updated: str
    retrieved: str
    reports: str
    n_reports: int
    n_rejected: int
    statement: str
    cannot_say: tuple[str, ...]
    rows: tuple[WatchRow, ...]
    file: Path


def watch(
    settings: Settings, *, now: Clock = utc_now, progress: Progress | None = None
) -> Watched:
    """Compare openFDA since the newest held quarter with what the archive expects.

    The result is also written to ``<data_dir>/openfda/watch/<date>.json``. Nothing of
    it enters the warehouse.

    Raises
    ------
    UsageError
        If no quarter is staged, the archives are simulated, or the base quarters hold
        no first receipt.
    SourceError
        As the client of openFDA.
    """
    listener = progress or NoProgress()
    staged = _real(settings, staged_before(settings))
    lists = codelists.load_codelists()
    last, retrieved = staged.quarters[-1], now()
    first_day = last.last_day + dt.timedelta(days=1)
    with opened(settings) as client:
        newest, updated = _state(client)
        until = min(newest, updated)
        landed = None
        if until >= first_day:
            listener.start("openFDA", None)
            searches = _searches(lists, first_day, until)
            landed = land_reports(
                client,
                searches,
                folder=settings.openfda_dir / "reports",
                retrieved=retrieved,
            )
            listener.finish()
            n_all = _volume(client, first_day, until)
            _require_same(landed, updated)
    rows: tuple[WatchRow, ...] = ()
    if landed is not None:
        listener.start("expectation", None)
        rows = _compare(
            settings, staged, lists, landed=landed, until=until, n_all=n_all
        )
        listener.finish()
    return _written(
        settings,
        staged,
        rows=rows,
        landed=landed,
        newest=newest,
        updated=updated,
        retrieved=retrieved,
    )


@contextmanager
def opened(settings: Settings) -> Iterator[Client]:
    """Client of openFDA with the key, patience and request count of the settings."""
    key = settings.openfda_api_key
    with open_client(
        settings.openfda_url,
        key=key.get_secret_value() if key else None,
        budget_file=settings.openfda_dir / "requests.sqlite",
        http=HttpOptions(
            timeout_seconds=settings.http_timeout_seconds,
            tries=settings.http_tries,
            wait_seconds=settings.http_wait_seconds,
        ),
    ) as client:
        yield client


def _real(settings: Settings, staged: Staged) -> Staged:
    if manifest.read_origin(settings.data_dir) == "simulated":
        raise UsageError(
            f"the archives in {settings.data_dir} are simulated and openFDA's reports "
            "are real; the two are not compared: give another --data-dir"
        )
    return staged


def _state(client: Client) -> tuple[dt.date, dt.date]:
    """Newest first receipt in openFDA, and the day of its last rebuild."""
    page = client.first(ENDPOINT, None, sort="receivedate:desc")
    texts = (
        str(page.records[0].get("receivedate")) if page.records else "",
        page.last_updated.replace("-", ""),
    )
    newest, updated = (values.date_of(text) for text in texts)
    if newest is None or updated is None:
        raise SourceError(
            f"openFDA at {client.url} does not say how far it goes (newest receipt and "
            f"last update: {texts}); the API may have changed"
        )
    return newest[0], updated[0]


def _searches(lists: Codelists, first: dt.date, last: dt.date) -> tuple[str, ...]:
    names = sorted(set(codelists.search_names(lists)["name"]))
    parts = [query.phrase(field, name) for name in names for field in _NAME_FIELDS]
    days = query.received("receivedate", first, last)
    return tuple(
        query.all_of([days, query.any_of(batch)])
        for batch in query.in_batches(parts, longest=query.LONGEST_SEARCH)
    )


def _volume(client: Client, first: dt.date, last: dt.date) -> int:
    days = query.received("receivedate", first, last)
    return sum(one.n for one in client.count(ENDPOINT, days, field="receivedate"))


def _require_same(landed: LandedReports, updated: dt.date) -> None:
    if landed.last_updated not in ("", updated.isoformat()):
        raise SourceError(
            f"openFDA was rebuilt while it was read ({updated}, {landed.last_updated});"
            " try again",
            transient=True,
        )


# ------------------------------------------------------------------ both sides


def _compare(
    settings: Settings,
    staged: Staged,
    lists: Codelists,
    *,
    landed: LandedReports,
    until: dt.date,
    n_all: int,
) -> tuple[WatchRow, ...]:
    base = staged.quarters[-BASE_QUARTERS:]
    first_day = base[-1].last_day + dt.timedelta(days=1)
    folders = [
        settings.staged_dir / str(archive.quarter) / key
        for archive, key in zip(staged.archives, staged.keys, strict=True)
    ]
    windows = {q.ordinal: (q.first_day, q.last_day) for q in base}
    before = _count(settings, folders[-BASE_QUARTERS:], windows, lists)
    total: _Key = (ALL_REPORTS, "all", ALL_EVENTS)
    if total not in before:
        raise UsageError(
            f"no case of the held quarters {base[0]} to {base[-1]} states its first "
            "receipt, as before 2012q4; land newer quarters"
        )
    since = _count(settings, [landed.path], {0: (first_day, until)}, lists)
    observed = {key: n[0] for key, n in since.items()} | {total: n_all}
    labels = _labels(lists)
    return _rows(
        before,
        observed,
        labels=labels,
        base=base,
        covered_days=(until - first_day).days + 1,
    )


def _count(
    settings: Settings,
    folders: Sequence[Path],
    windows: Mapping[int, tuple[dt.date, dt.date]],
    lists: Codelists,
) -> _Counts:
    """Cases by (drug, event level, event) and window, by the crude definition."""
    incident = codelists.event_catalogue(lists)
    with (
        tempfile.TemporaryDirectory(dir=settings.openfda_dir, prefix=".tmp-") as place,
        warehouse.connect(
            Path(place) / "both_sides.duckdb",
            threads=settings.threads,
            memory_limit=settings.memory_limit,
        ) as con,
    ):
        warehouse.register_staged(con, folders)
        frames = {
            "analysis.receipt_window": _window_frame(windows),
            "analysis.suspect_role": pd.DataFrame(
                {"role_cod": ["PS", "SS", SUSPECT_ROLE]}
            ),
            "analysis.incident": incident[
                (incident["behaviour"] == "malignant")
                | (incident["event"] == "any_malignancy")
            ][["event_level", "event"]],
            "codelists.drug_member": codelists.drug_members(lists),
        }
        for name, frame in frames.items():
            warehouse.load_frame(con, name, frame)
        as_of = {"as_of": max(windows)}
        warehouse.run_models(con, ["macros", "staged", "words"], values=as_of)
        names = warehouse.query_frame(con, "select text from watch.name")["text"]
        terms = warehouse.query_frame(con, "select term from watch.term")["term"]
        matched = codelists.match_names(list(names), lists)
        classified = codelists.classify_terms(list(terms), lists)
        warehouse.load_frame(con, "codelists.name_match", matched)
        warehouse.load_frame(
            con,
            "codelists.event_term",
            codelists.events_of_terms(classified, lists),
        )
        warehouse.run_models(con, ["watch"], values=as_of)
        counted: dict[_Key, dict[int, int]] = {}
        for row in warehouse.query_rows(con, "from watch.pair_count"):
            key = (row["drug"], row["event_level"], row["event"])
            counted.setdefault(key, {})[row["window_no"]] = row["n_cases"]
    return counted


def _window_frame(windows: Mapping[int, tuple[dt.date, dt.date]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "window_no": list(windows),
            "first_date": pd.to_datetime([first for first, _ in windows.values()]),
            "last_date": pd.to_datetime([last for _, last in windows.values()]),
        }
    )


def _labels(lists: Codelists) -> Mapping[str, str]:
    catalogue = codelists.event_catalogue(lists)
    labels = dict(zip(catalogue["event"], catalogue["label"], strict=True))
    return labels | {ALL_EVENTS: "All events"}


def _rows(
    before: _Counts,
    observed: Mapping[_Key, int],
    *,
    labels: Mapping[str, str],
    base: Sequence[Quarter],
    covered_days: int,
) -> tuple[WatchRow, ...]:
    """Every pair seen on either side, all reports first, then by therapy."""
    keys = sorted({*before, *observed}, key=_order)
    by_quarter = [
        tuple(before.get(key, {}).get(q.ordinal, 0) for q in base) for key in keys
    ]
    predicted = poisson_prediction(
        np.array([sum(counts) for counts in by_quarter]),
        days=days_of(base),
        ahead_days=covered_days,
        level=LEVEL,
    )
    seen = {key: observed.get(key, 0) for key in keys}
    expected = dict(zip(keys, predicted.expected.tolist(), strict=True))
    ratios = {key: seen[key] / expected[key] if expected[key] else None for key in keys}
    return tuple(
        WatchRow(
            *key,
            label=labels[key[2]],
            n_by_quarter=counts,
            observed=seen[key],
            expected=expected[key],
            low=int(low),
            high=int(high),
            ratio=ratios[key],
            ratio_corrected=_corrected(ratios, key),
            position="above"
            if seen[key] > high
            else "below"
            if seen[key] < low
            else "within",
        )
        for key, counts, low, high in zip(
            keys, by_quarter, predicted.low, predicted.high, strict=True
        )
    )


def _order(key: _Key) -> tuple[bool, str, int, str]:
    drug, level, event = key
    place = {"all": 0, "supergroup": 1}.get(level, 2)
    return drug != ALL_REPORTS, drug, place, event


def _corrected(ratios: Mapping[_Key, float | None], key: _Key) -> float | None:
    drug, level, _ = key
    if drug == ALL_REPORTS:
        return None
    whole = (ALL_REPORTS if level == "all" else drug, "all", ALL_EVENTS)
    ratio, by = ratios[key], ratios.get(whole)
    return ratio / by if ratio is not None and by else None


def days_of(quarters: Sequence[Quarter]) -> int:
    """Calendar days of quarters."""
    return sum((q.last_day - q.first_day).days + 1 for q in quarters)


# ------------------------------------------------------------------ the result


def _written(
    settings: Settings,
    staged: Staged,
    *,
    rows: tuple[WatchRow, ...],
    landed: LandedReports | None,
    newest: dt.date,
    updated: dt.date,
    retrieved: dt.datetime,
) -> Watched:
    base = staged.quarters[-BASE_QUARTERS:]
    last = base[-1]
    first_day, until = last.last_day + dt.timedelta(days=1), min(newest, updated)
    days = (until - first_day).days + 1 if landed else 0
    n_above = sum(row.position == "above" and row.event != ALL_EVENTS for row in rows)
    watched = Watched(
        last_quarter=str(last),
        base_quarters=tuple(map(str, base)),
        base_days=days_of(base),
        covered_from=first_day.isoformat() if landed else "",
        covered_until=until.isoformat() if landed else "",
        covered_days=days,
        newest_received=newest.isoformat(),
        last_updated=updated.isoformat(),
        retrieved=retrieved.isoformat(),
        reports=landed.path.name if landed else "",
        n_reports=landed.n_reports if landed else 0,
        n_rejected=landed.n_rejected if landed else 0,
        statement=(
            f"openFDA covers {days} days after {last}, {first_day} to {until}: "
            f"{n_above} pairs of a therapy and a neoplasm group lie above what "
            f"{base[0]} to {last} lead one to expect"
            if landed
            else f"openFDA holds no report first received after {last.last_day}, the "
            f"end of the newest held quarter {last}: nothing is compared (its newest "
            f"is of {newest}, it was last rebuilt on {updated})"
        ),
        cannot_say=CANNOT_SAY,
        rows=rows,
        file=settings.openfda_dir / "watch" / f"{retrieved:%Y-%m-%d}.json",
    )
    manifest.write_json(watched.file, as_json(watched))
    return watched


def as_json(watched: Watched) -> dict[str, Any]:
    """Content of the JSON file: the result without its own place."""
    content = asdict(watched)
    del content["file"]
    return content
