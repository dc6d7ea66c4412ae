"""Questions to the openFDA API: pages of records, counts, the index of bulk files.

What openFDA answers, and which errors are worth another try, stands in docs/openfda.md.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit, urlunsplit

import requests
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)

from pvsignal.errors import SourceError, UsageError
from pvsignal.sources.http import (
    LONGEST_WAIT_SECONDS,
    HttpOptions,
    open_session,
    root_cause,
)
from pvsignal.sources.openfda.budget import (
    WITH_KEY,
    WITHOUT_KEY,
    Allowance,
    Budget,
    BudgetSpent,
)
from pvsignal.sources.openfda.query import encoded

PAGE_RECORDS = 1000
COUNT_TERMS = 1000
# Who asks for more patience than this is asked again by the next run.
LONGEST_RETRY_AFTER_SECONDS = 300.0
_SHOWN = 300
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

_CUT = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


class OpenFdaError(SourceError):
    """An error that openFDA or its gateway stated.

    Attributes
    ----------
    status
        HTTP status, 0 where there is none.
    retry_after
        Seconds that the answer asks to wait, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        transient: bool = False,
        status: int = 0,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, transient=transient)
        self.status = status
        self.retry_after = retry_after


class NothingToCount(OpenFdaError):
    """The field cannot be counted, or no record that matches has a value in it."""


class _NoMatches(OpenFdaError):
    """No record matches: an empty result."""


@dataclass(frozen=True)
class Page:
    """Records of one answer.

    Attributes
    ----------
    records
        In the order asked for; at most 1,000.
    total
        Records that match over all pages.
    last_updated
        When openFDA last rebuilt the endpoint, ISO date; empty where nothing matches.
    """

    records: tuple[Mapping[str, Any], ...]
    total: int
    last_updated: str


@dataclass(frozen=True)
class Counted:
    """A value of a field (or a day, ``YYYYMMDD``) and the records that hold it."""

    term: str
    n: int


@dataclass(frozen=True)
class Partition:
    """One bulk file of the index."""

    name: str
    url: str
    size_mb: float
    n_records: int


@dataclass(frozen=True)
class BulkIndex:
    """Bulk files of one endpoint, all remade at each export."""

    export_date: str
    n_records: int
    partitions: tuple[Partition, ...]


@dataclass(frozen=True)
class _Answer:
    body: Mapping[str, Any]
    next_url: str | None


class Client:
    """Connection to openFDA. Made by `open_client`.

    The key is sent as the user name of basic authentication, so that it stands in no
    address; it is taken out of every message.
    """

    def __init__(
        self,
        session: requests.Session,
        url: str,
        *,
        key: str | None,
        budget: Budget,
        http: HttpOptions,
        sleep: Callable[[float], None],
    ) -> None:
        self._session, self._budget = session, budget
        self._http, self._sleep, self._key = http, sleep, key
        self.url = url

    def pages(
        self,
        endpoint: str,
        search: str | None,
        *,
        sort: str | None = None,
        limit: int = PAGE_RECORDS,
    ) -> Iterator[Page]:
        """Pages of the records that match, by the Link header of each answer.

        Parameters
        ----------
        endpoint
            Such as ``drug/event``.
        search
            Text of `pvsignal.sources.openfda.query`; None for all records.
        sort
            ``field:asc`` or ``field:desc``; the field is a date.
        limit
            Records a page, at most 1,000.

        Yields
        ------
        Page
            At least one; without records where nothing matches.

        Raises
        ------
        SourceError
            As `ask`; transient where openFDA was rebuilt between two pages, or the
            pages did not bring what the first one announced.
        """
        params = {"search": search, "sort": sort, "limit": str(limit)}
        url: str | None = self._address(f"{endpoint}.json", params)
        first: Page | None = None
        n_seen = 0
        while url is not None:
            answer = self._ask_or_none(url)
            if answer is None:
                if first is None:
                    yield Page((), 0, "")
                    return
                raise self._changed(endpoint, "a page was empty")
            page = _page(answer.body, self._shown(url))
            first = first or page
            if (page.last_updated, page.total) != (first.last_updated, first.total):
                raise self._changed(endpoint, "it was rebuilt")
            n_seen += len(page.records)
            yield page
            url = self._next(answer.next_url, n_seen=n_seen, total=first.total)
        if first is not None and n_seen != first.total:
            raise self._changed(endpoint, f"{n_seen} of {first.total} records came")

    def pages_of(
        self, endpoint: str, searches: Sequence[str], *, sort: str
    ) -> Iterator[Page]:
        """Pages of several searches, one search after another, of one state of openFDA.

        Yields
        ------
        Page
            As `pages`; where a search matches nothing, ``last_updated`` is that of the
            pages before it.

        Raises
        ------
        SourceError
            As `pages`; transient where openFDA was rebuilt between two searches.
        """
        updated = ""
        for search in searches:
            for page in self.pages(endpoint, search, sort=sort):
                stated = page.last_updated or updated
                if updated and stated != updated:
                    raise SourceError(
                        f"openFDA was rebuilt between two questions ({updated}, "
                        f"{stated}); try again",
                        transient=True,
                    )
                updated = stated
                yield replace(page, last_updated=updated)

    def first(
        self, endpoint: str, search: str | None, *, sort: str | None = None
    ) -> Page:
        """Page with the first record alone."""
        params = {"search": search, "sort": sort, "limit": "1"}
        url = self._address(f"{endpoint}.json", params)
        answer = self._ask_or_none(url)
        return _page(answer.body, self._shown(url)) if answer else Page((), 0, "")

    def count(
        self, endpoint: str, search: str | None, *, field: str
    ) -> tuple[Counted, ...]:
        """Values of a field with their numbers of records; empty where nothing matches.

        A date gives every day; any other field its 1,000 most frequent values.

        Raises
        ------
        NothingToCount
            If the field cannot be counted or holds no value.
        SourceError
            As `ask`.
        """
        params = {"search": search, "count": field, "limit": str(COUNT_TERMS)}
        url = self._address(f"{endpoint}.json", params)
        answer = self._ask_or_none(url)
        if answer is None:
            return ()
        try:
            return tuple(
                Counted(
                    str(row["time" if "time" in row else "term"]), int(row["count"])
                )
                for row in answer.body["results"]
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _unreadable(self._shown(url), error) from error

    def bulk_index(self, endpoint: str) -> BulkIndex:
        """Bulk files of an endpoint such as ``drug/event``.

        Sizes are numbers in newer and texts in older indexes. The newest reports may
        stand in ``all_other``, so the address listed is the one to use.

        Raises
        ------
        SourceError
            As `ask`, or if the index does not list the endpoint.
        """
        url = self._address("download.json", {})
        answer = self.ask(url)
        try:
            entry: Any = answer.body["results"]
            for part in endpoint.split("/"):
                entry = entry[part]
            return BulkIndex(
                export_date=str(entry["export_date"]),
                n_records=int(entry["total_records"]),
                partitions=tuple(
                    Partition(
                        str(one["display_name"]),
                        str(one["file"]),
                        float(one["size_mb"]),
                        int(one["records"]),
                    )
                    for one in entry["partitions"]
                ),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise _unreadable(self._shown(url), error) from error

    def ask(self, url: str) -> _Answer:
        """Answer to a GET, asked again where that may help.

        Raises
        ------
        OpenFdaError
            Transient for 429, 502, 503, 504, and 500 without details; for all else the
            message says what openFDA answered.
        SourceError
            Transient where no answer came or it was no JSON, and where the allowance
            of the day is used up.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self._http.tries),
            wait=self._wait,
            retry=retry_if_exception(_is_worth_a_try),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(lambda: self._once(url))
        except SourceError as error:
            n_tries = retrying.statistics["attempt_number"]
            if error.transient and n_tries > 1:
                error.args = (f"{error} (tries: {n_tries})",)
            raise

    def _ask_or_none(self, url: str) -> _Answer | None:
        try:
            return self.ask(url)
        except _NoMatches:
            return None

    def _once(self, url: str) -> _Answer:
        self._budget.spend()
        shown = self._shown(url)
        try:
            answer = self._session.get(
                url,
                auth=(self._key, "") if self._key else None,
                timeout=self._http.timeout_seconds,
            )
        except _CUT as error:
            raise SourceError(
                f"no answer from openFDA to {shown}: "
                f"{self._hidden(str(root_cause(error)))}; try again later",
                transient=True,
            ) from error
        except requests.RequestException as error:
            raise SourceError(
                f"openFDA cannot be asked for {shown}: {self._hidden(str(error))}"
            ) from error
        if answer.status_code != 200:
            raise self._failure(answer, shown)
        body = _json(answer)
        if not isinstance(body, dict):
            raise SourceError(
                f"openFDA's answer to {shown} is no JSON; try again later",
                transient=True,
            )
        return _Answer(body, answer.links.get("next", {}).get("url"))

    def _failure(self, answer: requests.Response, shown: str) -> OpenFdaError:
        status = answer.status_code
        body = _json(answer)
        stated = body.get("error") if isinstance(body, dict) else None
        error = stated if isinstance(stated, dict) else {}
        message = str(error.get("message") or "")
        details = error.get("details")
        kind = OpenFdaError
        if status == 404 and message.startswith("No matches found"):
            kind = _NoMatches
        elif status == 404 and message.startswith("Nothing to count"):
            kind = NothingToCount
        transient = status in (429, 502, 503, 504) or (status == 500 and not details)
        parts = [str(error.get("code") or ""), message, _text(details)]
        said = self._hidden(": ".join(filter(None, parts)))[:_SHOWN]
        advice = _advice(status, has_key=bool(self._key), transient=transient)
        return kind(
            f"openFDA answered {status} to {shown}{': ' if said else ''}{said}; "
            f"{advice}",
            transient=transient,
            status=status,
            retry_after=_retry_after(answer.headers.get("Retry-After")),
        )

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, OpenFdaError) else None
        if asked is not None:
            return asked
        wait = wait_exponential(self._http.wait_seconds, max=LONGEST_WAIT_SECONDS)
        return wait(state) + wait_random(0, self._http.wait_seconds)(state)

    def _address(self, path: str, params: Mapping[str, str | None]) -> str:
        query = "&".join(f"{k}={encoded(v)}" for k, v in params.items() if v)
        return f"{self.url}/{path}" + (f"?{query}" if query else "")

    def _next(self, link: str | None, *, n_seen: int, total: int) -> str | None:
        """Address of the next page as openFDA gave it, None on the last."""
        if link is None:
            return None
        base, found = urlsplit(self.url), urlsplit(urljoin(self.url + "/", link))
        asked = parse_qs(found.query)
        if found.netloc != base.netloc:
            raise SourceError(
                f"openFDA's link to the next page leads to another host "
                f"({found.hostname}); nothing was sent there"
            )
        if "search_after" not in asked or asked.get("skip", ["0"]) != ["0"]:
            raise SourceError(
                "openFDA's link to the next page goes by skip, which ends at 26,000 "
                "records; report this"
            )
        if n_seen >= total:
            return None
        # The key goes over the connection that was asked for, never a weaker one.
        return urlunsplit(found._replace(scheme=base.scheme))

    def _changed(self, endpoint: str, what: str) -> SourceError:
        return SourceError(
            f"openFDA's {endpoint} changed while it was read: {what}; try again",
            transient=True,
        )

    def _shown(self, url: str) -> str:
        """Address without what a person need not see, the key above all."""
        without = re.sub(r"([?&])api_key=[^&]*", r"\1api_key=***", url)
        text = self._hidden(without)
        return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."

    def _hidden(self, text: str) -> str:
        return text.replace(self._key, "***") if self._key else text


@contextmanager
def open_client(
    url: str,
    *,
    key: str | None,
    budget_file: Path,
    http: HttpOptions,
    allowance: Allowance | None = None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Client]:
    """Client that keeps to the limits of openFDA.

    Parameters
    ----------
    url
        Address of the API without a final slash.
    key
        API key, or None.
    budget_file
        Where requests are counted over processes.
    http
        Patience.
    allowance
        Limits; None for those that openFDA documents with or without a key.
    clock, sleep
        Seconds since 1970, and how to wait.

    Raises
    ------
    UsageError
        If a key would be sent over a connection that others can read.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"'{url}' is no address of openFDA; correct openfda_url")
    if key and parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise UsageError(
            f"the key of openFDA is sent over https only; correct openfda_url ({url})"
        )
    budget = Budget(
        budget_file,
        allowance or (WITH_KEY if key else WITHOUT_KEY),
        name="with_key" if key else "without_key",
        clock=clock,
        sleep=sleep,
    )
    with open_session() as session:
        # JSON shrinks to a tenth; archives, for which the session is made, do not.
        session.headers["Accept-Encoding"] = "gzip, deflate"
        try:
            yield Client(
                session,
                url.rstrip("/"),
                key=key,
                budget=budget,
                http=http,
                sleep=sleep,
            )
        finally:
            budget.close()


def _is_worth_a_try(error: BaseException) -> bool:
    if not (isinstance(error, SourceError) and error.transient):
        return False
    if isinstance(error, BudgetSpent):
        return False
    asked = error.retry_after if isinstance(error, OpenFdaError) else None
    return asked is None or asked <= LONGEST_RETRY_AFTER_SECONDS


def _page(body: Mapping[str, Any], shown: str) -> Page:
    try:
        meta, records = body["meta"], body["results"]
        total = int(meta["results"]["total"])
        updated = str(meta["last_updated"])
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(shown, error) from error
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise _unreadable(shown, "results is no list of records")
    return Page(tuple(records), total, updated)


def _unreadable(shown: str, reason: object) -> SourceError:
    return SourceError(
        f"openFDA's answer to {shown} is not as documented ({reason!r}); the API may "
        "have changed"
    )


def _json(answer: requests.Response) -> Any:
    try:
        return json.loads(answer.content)
    except ValueError:
        return None


def _text(details: object) -> str:
    if not details:
        return ""
    return details if isinstance(details, str) else json.dumps(details)


def _advice(status: int, *, has_key: bool, transient: bool) -> str:
    if status == 403:
        return (
            "check PVSIGNAL_OPENFDA_API_KEY"
            if has_key
            else "set PVSIGNAL_OPENFDA_API_KEY"
        )
    if status == 429:
        return "too many requests from here; try again later"
    if transient:
        return "try again later"
    return "the question was not understood; report this"


def _retry_after(text: str | None) -> float | None:
    """Seconds of a Retry-After header, which states seconds or a date."""
    if not text:
        return None
    if (number := text.strip()).isascii() and number.isdecimal():
        return float(number)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
