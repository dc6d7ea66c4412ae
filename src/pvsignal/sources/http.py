"""Requests to servers that cut connections and send pages in place of files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar

import requests
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    wait_exponential,
    wait_random,
)

import pvsignal
from pvsignal.errors import SourceError
from pvsignal.progress import Progress

# A cut loses what has been read of the current chunk.
CHUNK_BYTES = 64 * 1024
# A try that brings this much more than any before it is not counted as failed.
GAIN_BYTES = 1024 * 1024
LONGEST_WAIT_SECONDS = 60.0

_CONTENT_RANGE = re.compile(r"^bytes (\d+)-\d+/(\d+|\*)$")

_T = TypeVar("_T")


@dataclass(frozen=True)
class HttpOptions:
    """Patience with a server.

    Attributes
    ----------
    timeout_seconds
        Time without a byte that counts as a cut connection.
    tries
        Failed tries in a row before a request is given up.
    wait_seconds
        Wait after the first failed try; it doubles up to a minute, with jitter.
    """

    timeout_seconds: float = 60.0
    tries: int = 5
    wait_seconds: float = 2.0


class NotServed(SourceError):
    """The server answered, but with an error or a page in place of the file."""


@dataclass(frozen=True)
class Page:
    """An HTML page and the address it came from after redirects."""

    url: str
    content: bytes


@dataclass(frozen=True)
class Body:
    """Hash and size of a body that was written to a file."""

    sha256: str
    n_bytes: int


def open_session() -> requests.Session:
    """Session that names pvsignal and asks for bytes as they are.

    fis.fda.gov hangs on negotiated gzip and turns away agents unlike a browser.
    """
    session = requests.Session()
    session.headers["User-Agent"] = (
        f"Mozilla/5.0 (compatible; pvsignal/{pvsignal.__version__})"
    )
    session.headers["Accept-Encoding"] = "identity"
    return session


def get_page(session: requests.Session, url: str, *, http: HttpOptions) -> Page:
    """Fetch a page whole.

    Raises
    ------
    SourceError
        If the page does not come; transient as for `download`.
    """

    def once() -> Page:
        with _asked(session, url, {}, http=http) as answer:
            _require_served(answer, url)
            return Page(answer.url, answer.content)

    return _retried(once, http=http)


def remote_size(
    session: requests.Session, url: str, *, http: HttpOptions
) -> int | None:
    """Size in bytes of a file on a server, None where the server does not tell.

    One byte is asked for: fis.fda.gov answers HEAD with a length of 0.

    Raises
    ------
    SourceError
        If no answer comes; transient as for `download`.
    """

    def once() -> int | None:
        with _asked(session, url, {"Range": "bytes=0-0"}, http=http) as answer:
            _require_served(answer, url)
            _, total = _extent(answer)
            return total

    return _retried(once, http=http)


def download(
    session: requests.Session,
    url: str,
    part: Path,
    *,
    http: HttpOptions,
    progress: Progress,
) -> Body:
    """Stream a file to ``part``; after a cut go on where it was cut.

    The rest is asked for by Range, with If-Range where the server gave a validator. A
    server that ignores Range, or whose file changed meanwhile, starts anew. ``part`` is
    the caller's to remove.

    Raises
    ------
    SourceError
        Transient where the connection failed, timed out or was cut, or the status was
        5xx or 429, on ``http.tries`` tries in a row.
    NotServed
        A SourceError where the server answered with another status than asked for.
    """
    with part.open("wb") as out:
        transfer = _Transfer(url, out, progress)
        try:
            _retried(
                lambda: transfer.attempt(session, http),
                http=http,
                failed=lambda: transfer.n_failed,
            )
        finally:
            transfer.finish()
    return Body(transfer.digest.hexdigest(), transfer.n_bytes)


@dataclass
class _Transfer:
    """A body on its way into a file."""

    url: str
    out: BinaryIO
    progress: Progress
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    n_bytes: int = 0
    most_bytes: int = 0
    n_failed: int = 0
    total: int | None = None
    validator: str = ""
    started: bool = False

    def attempt(self, session: requests.Session, http: HttpOptions) -> None:
        """Fetch the whole or what is missing of it."""
        try:
            with _asked(session, self.url, self._range(), http=http) as answer:
                self._accept(answer)
                for chunk in answer.iter_content(CHUNK_BYTES):
                    self._write(chunk)
            if self.total is not None and self.n_bytes != self.total:
                raise SourceError(
                    f"{self.url} was cut after {self.n_bytes} of {self.total} bytes",
                    transient=True,
                )
        except SourceError:
            # Measured against the most ever held, so that a server that ignores Range
            # and cuts each time does not keep the loop going.
            gained = self.n_bytes - self.most_bytes >= GAIN_BYTES
            self.n_failed = 1 if gained else self.n_failed + 1
            self.most_bytes = max(self.most_bytes, self.n_bytes)
            raise

    def finish(self) -> None:
        if self.started:
            self.progress.finish()

    def _range(self) -> dict[str, str]:
        if not self.n_bytes:
            return {}
        asked = {"Range": f"bytes={self.n_bytes}-"}
        return asked | ({"If-Range": self.validator} if self.validator else {})

    def _accept(self, answer: requests.Response) -> None:
        """Decide whether the answer begins the file or goes on with it."""
        if answer.status_code == 416 and self.n_bytes:
            self._changed()
        _require_served(answer, self.url)
        first, total = _extent(answer)
        if self.n_bytes and first == 0:
            self._restart()
        elif first != self.n_bytes or (self.n_bytes and not self._same(answer, total)):
            self._changed()
        if not self.n_bytes:
            self.total, self.validator = total, _validator(answer)
        if not self.started:
            self.progress.start(self.url.rsplit("/", 1)[-1], total)
            self.started = True

    def _same(self, answer: requests.Response, total: int | None) -> bool:
        known = [size for size in (self.total, total) if size is not None]
        names = {name for name in (self.validator, _validator(answer)) if name}
        return len(set(known)) <= 1 and len(names) <= 1

    def _changed(self) -> None:
        self._restart()
        raise SourceError(f"{self.url} changed while it was fetched", transient=True)

    def _restart(self) -> None:
        self.progress.advance(-self.n_bytes)
        self.most_bytes = max(self.most_bytes, self.n_bytes)
        self.out.seek(0)
        self.out.truncate()
        self.digest = hashlib.sha256()
        self.n_bytes, self.total, self.validator = 0, None, ""

    def _write(self, chunk: bytes) -> None:
        self.out.write(chunk)
        self.digest.update(chunk)
        self.n_bytes += len(chunk)
        self.progress.advance(len(chunk))


def _retried(
    once: Callable[[], _T],
    *,
    http: HttpOptions,
    failed: Callable[[], int] | None = None,
) -> _T:
    """Repeat what fails for now, and return what the first success gives."""

    def given_up(state: RetryCallState) -> bool:
        return (failed() if failed else state.attempt_number) >= http.tries

    retrying = Retrying(
        stop=given_up,
        wait=wait_exponential(http.wait_seconds, max=LONGEST_WAIT_SECONDS)
        + wait_random(0, http.wait_seconds),
        retry=retry_if_exception(_is_transient),
        reraise=True,
    )
    try:
        return retrying(once)
    except SourceError as error:
        if not error.transient:
            raise
        n_tries = retrying.statistics["attempt_number"]
        raise type(error)(f"{error} (tries: {n_tries})", transient=True) from error


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, SourceError) and error.transient


@contextmanager
def _asked(
    session: requests.Session, url: str, headers: dict[str, str], *, http: HttpOptions
) -> Iterator[requests.Response]:
    """Answer to a GET, its body not yet read; network failures as SourceError."""
    try:
        with session.get(
            url, headers=headers, stream=True, timeout=http.timeout_seconds
        ) as answer:
            yield answer
    except (
        requests.ConnectionError,
        requests.Timeout,
        requests.exceptions.ChunkedEncodingError,
    ) as error:
        raise SourceError(
            f"the connection to {url} failed or was cut: {root_cause(error)}; "
            "try again later",
            transient=True,
        ) from error
    except requests.RequestException as error:
        raise SourceError(f"{url} cannot be fetched: {error}") from error


def _require_served(answer: requests.Response, url: str) -> None:
    status = answer.status_code
    if status in (200, 206):
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise SourceError(
                f"{url} was sent compressed although it was asked for as it is; "
                "use a server or proxy that leaves archives alone"
            )
        return
    is_page = "html" in answer.headers.get("Content-Type", "").lower()
    transient = status >= 500 or status == 429
    # fis.fda.gov answers so for a quarter that is not there.
    advice = (
        "the FDA's server answers so where an archive is not (yet) there: "
        "check that the quarter is listed, or try again later"
        if status >= 500 and is_page
        else "try again later"
        if transient
        else "check the address"
    )
    raise NotServed(
        f"{url} was answered with status {status}"
        f"{' and an HTML page' if is_page else ''}; {advice}",
        transient=transient,
    )


def _extent(answer: requests.Response) -> tuple[int, int | None]:
    """First byte that the answer brings (-1 not told), and size of the whole."""
    if answer.status_code == 206:
        found = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
        if not found:
            return -1, None
        return int(found[1]), None if found[2] == "*" else int(found[2])
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _validator(answer: requests.Response) -> str:
    """Name of this version of the file for If-Range; a weak ETag may not be used."""
    etag = answer.headers.get("ETag", "")
    if etag and not etag.startswith("W/"):
        return etag
    return answer.headers.get("Last-Modified", "")


def root_cause(error: BaseException) -> BaseException:
    """Innermost cause; the outer ones speak of retries that were not made."""
    while error.__context__ is not None:
        error = error.__context__
    return error
