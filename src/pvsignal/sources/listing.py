"""Which archives the FDA, or a mirror of it, offers."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from bs4 import BeautifulSoup

from pvsignal.errors import SourceError
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.sources.http import HttpOptions, NotServed, Page, get_page, open_session
from pvsignal.sources.manifest import write_json

USUAL_PREFIXES = ("aers", "faers")
FIRST_QUARTER = Quarter(2004, 1)
FIRST_FAERS = Quarter(2012, 4)
# Observed from the end of a quarter to its posting: 3.5 to 7 weeks.
POSTED_WITHIN = dt.timedelta(weeks=7)

# An archive may be called otherwise one day; what looks like one is told.
_LIKE_ARCHIVE = re.compile(r"/([^/]*ascii[^/]*\.zip|[^/]*\d{4}q[1-4][^/]*\.zip)$", re.I)
_NOT_ASCII = re.compile(r"_(xml|sgml)_", re.IGNORECASE)
_ASCII_ARCHIVE = re.compile(r"/([a-z]+)_ascii_(\d{4})q([1-4])\.zip$", re.IGNORECASE)


@dataclass(frozen=True)
class Listed:
    """An archive that is offered.

    Attributes
    ----------
    quarter
        Quarter that the name states.
    name
        File name as listed.
    location
        Absolute address as listed, or path of a file.
    publisher
        ``fda`` for the FDA's listing, ``mirror`` for a folder or its index page.
    is_guess
        True where no listing names it and its usual address is tried.
    """

    quarter: Quarter
    name: str
    location: str
    publisher: str
    is_guess: bool = False


@dataclass(frozen=True)
class Listing:
    """What is offered, and what a person should know of the listing itself.

    Attributes
    ----------
    items
        One archive a quarter, in quarter order.
    notes
        Lines: the page moved, it did not come, it links what no rule knows.
    """

    items: tuple[Listed, ...]
    notes: tuple[str, ...] = ()


class NothingOffered(SourceError):
    """A page or folder came but names no archive."""


def newest_expected(today: dt.date) -> Quarter:
    """Latest quarter that the FDA should have posted, seven weeks after its end.

    Examples
    --------
    >>> str(newest_expected(dt.date(2026, 8, 17)))
    '2026q1'
    >>> str(newest_expected(dt.date(2026, 8, 18)))
    '2026q2'
    """
    quarter = Quarter(today.year, (today.month - 1) // 3 + 1)
    while quarter.last_day + POSTED_WITHIN > today:
        quarter = Quarter.from_ordinal(quarter.ordinal - 1)
    return quarter


def is_url(location: str) -> bool:
    """Whether a location is an http(s) address and not a path."""
    return location.lower().startswith(("http://", "https://"))


def has_usual_prefix(name: str) -> bool:
    """Whether an archive is called ``aers_...`` or ``faers_...`` as up to 2026q2."""
    return name.lower().startswith(tuple(f"{p}_" for p in USUAL_PREFIXES))


def list_mirror(mirror: str, http: HttpOptions | None = None) -> tuple[Listed, ...]:
    """ASCII archives in a folder, or linked on the index page of an http(s) folder.

    Parameters
    ----------
    mirror
        Path, or address of a folder; files have the FDA's own names in any case.
    http
        Patience with the server of an address.

    Returns
    -------
    tuple of Listed
        One per quarter, in quarter order.

    Raises
    ------
    SourceError
        If the mirror cannot be read, holds no archive, or two of one quarter.
    """
    if is_url(mirror):
        page = _page(_folder_url(mirror), http or HttpOptions())
        return _one_per_quarter(_linked(page, "mirror"), mirror)
    folder = Path(mirror).expanduser()
    if not folder.is_dir():
        raise SourceError(f"the mirror {folder} is not a folder; give one, or a URL")
    files = sorted(path for path in folder.iterdir() if path.is_file())
    found = (_listed(f"/{p.name}", location=str(p), publisher="mirror") for p in files)
    return _one_per_quarter(found, str(folder))


def list_fda(listing_url: str, http: HttpOptions | None = None) -> Listing:
    """ASCII archives linked on the FDA's page of quarterly extracts.

    Raises
    ------
    NotServed
        If the server answers with anything but the page.
    NothingOffered
        If the page links no archive.
    SourceError
        If no answer comes.
    """
    page = _page(listing_url, http or HttpOptions())
    items, notes = _preferred(_linked(page, "fda"), listing_url)
    if page.url != listing_url:
        notes.append(f"the listing moved from {listing_url} to {page.url}")
    notes += [
        f"the listing links {url}, which is named like no archive so far"
        for url in _unknown_links(page)
    ]
    return Listing(items, tuple(notes))


def list_fda_or_recall(
    listing_url: str,
    *,
    archive_url: str,
    memory: Path,
    today: dt.date,
    http: HttpOptions | None = None,
) -> Listing:
    """Archives on the FDA's page; where it fails, those of the last page that came.

    The page was missing for a while in June 2024 while the archives were there. Then
    the last good listing holds, and quarters that it lacks are tried at their usual
    address. A server that does not answer at all is no case for that.

    Parameters
    ----------
    listing_url
        Address of the page.
    archive_url
        Folder of the archives on the FDA's server.
    memory
        File of the last good listing; written anew when the page came.
    today
        Tells which quarters the FDA should have posted.
    http
        Patience with the server.

    Raises
    ------
    SourceError
        If no answer comes.
    """
    recalled = _recalled(memory)
    try:
        listing = list_fda(listing_url, http)
    except (NotServed, NothingOffered) as error:
        span = QuarterSpan(FIRST_QUARTER, newest_expected(today).next())
        known = {item.quarter for item in recalled}
        guessed = [_usual(q, archive_url) for q in span if q not in known]
        items = sorted([*recalled, *guessed], key=lambda item: item.quarter)
        note = (
            f"{error}; taken instead: {len(recalled)} archives of the last listing "
            f"that came, and the usual addresses of {len(guessed)} other quarters"
        )
        return Listing(tuple(items), (note,))
    offered = {item.quarter for item in listing.items}
    gone = [item for item in recalled if item.quarter not in offered]
    # A page that came shortened would else take the known addresses with it.
    _remember(memory, [*gone, *listing.items])
    notes = [f"{item.name} was listed before and is not any more" for item in gone]
    return replace(listing, notes=(*listing.notes, *notes))


def _usual(quarter: Quarter, archive_url: str) -> Listed:
    """Archive under the name that its quarter usually has."""
    name = _usual_name(quarter)
    return Listed(quarter, name, urljoin(archive_url, name), "fda", is_guess=True)


def _usual_name(quarter: Quarter) -> str:
    """Lower-case name that the archive of a quarter usually has."""
    return f"{USUAL_PREFIXES[quarter >= FIRST_FAERS]}_ascii_{quarter}.zip"


def _remember(memory: Path, items: Sequence[Listed]) -> None:
    write_json(
        memory, [{"name": item.name, "location": item.location} for item in items]
    )


def _recalled(memory: Path) -> tuple[Listed, ...]:
    """Archives of the last good listing; none if there is no such file."""
    if not memory.exists():
        return ()
    try:
        entries = json.loads(memory.read_bytes())
        found = [
            _listed(f"/{entry['name']}", location=entry["location"], publisher="fda")
            for entry in entries
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise SourceError(
            f"{memory} is no listing of archives ({error!r}); remove it"
        ) from error
    return tuple(item for item in found if item is not None)


def other_case(url: str) -> str:
    """Give the same address with the ``q`` of the quarter in its other case.

    The FDA prints 18 of its links with a capital Q.

    Examples
    --------
    >>> other_case("https://host/faers_ascii_2022Q4.zip")
    'https://host/faers_ascii_2022q4.zip'
    """
    parts = urlsplit(url)
    found = _ASCII_ARCHIVE.search(parts.path)
    if found is None:
        return url
    at = found.start(3) - 1
    path = parts.path[:at] + parts.path[at].swapcase() + parts.path[at + 1 :]
    return urlunsplit(parts._replace(path=path))


def _page(url: str, http: HttpOptions) -> Page:
    with open_session() as session:
        return get_page(session, url, http=http)


def _folder_url(url: str) -> str:
    """Address with the final slash that relative links are resolved against."""
    parts = urlsplit(url)
    if parts.path.endswith(("/", ".html", ".htm")):
        return url
    return urlunsplit(parts._replace(path=parts.path + "/"))


def _linked(page: Page, publisher: str) -> Iterable[Listed | None]:
    for url, path in _links(page):
        yield _listed(path, location=url, publisher=publisher)


def _links(page: Page) -> Iterable[tuple[str, str]]:
    """Absolute address and path of each link."""
    for link in BeautifulSoup(page.content, "html.parser").find_all("a", href=True):
        url = _absolute(page.url, str(link["href"]))
        if url is not None and is_url(url):
            yield url, unquote(urlsplit(url).path)


def _absolute(base: str, href: str) -> str | None:
    """Address that a link means, None where it is none."""
    try:
        return urlsplit(urljoin(base, href.strip())).geturl()
    except ValueError:
        return None


def _unknown_links(page: Page) -> tuple[str, ...]:
    """Links to zips that look like quarterly archives and have no known name."""
    return tuple(
        url
        for url, path in _links(page)
        if _LIKE_ARCHIVE.search(path)
        and not _NOT_ASCII.search(path)
        and not _ASCII_ARCHIVE.search(path)
    )


def _listed(path: str, *, location: str, publisher: str) -> Listed | None:
    found = _ASCII_ARCHIVE.search(path)
    if found is None:
        return None
    quarter = Quarter(int(found[2]), int(found[3]))
    return Listed(quarter, found[0][1:], location, publisher)


def _preferred(
    found: Iterable[Listed | None], where: str
) -> tuple[tuple[Listed, ...], list[str]]:
    """Archives of a page that nobody here can mend, one a quarter, and notes.

    Of two links to a quarter the one with the prefix that its era has is taken, else
    the first; case is insignificant.
    """
    by_quarter: dict[Quarter, list[Listed]] = {}
    for item in found:
        if item is not None and item not in by_quarter.setdefault(item.quarter, []):
            by_quarter[item.quarter].append(item)
    chosen, notes = [], []
    for quarter, items in by_quarter.items():
        usual = [item for item in items if item.name.lower() == _usual_name(quarter)]
        first = (usual or items)[0]
        chosen.append(first)
        notes += [
            f"{where} has two archives of {quarter}: {first.location} is taken and "
            f"{item.location} is not"
            for item in items
            if item is not first
        ]
    return _one_per_quarter(chosen, where), notes


def _one_per_quarter(found: Iterable[Listed | None], where: str) -> tuple[Listed, ...]:
    by_quarter: dict[Quarter, Listed] = {}
    for item in found:
        if item is None:
            continue
        first = by_quarter.setdefault(item.quarter, item)
        if first.location != item.location:
            raise SourceError(
                f"{where} has two archives of {item.quarter}: {first.name} and "
                f"{item.name} ({first.location}, {item.location}); leave one of them"
            )
    if not by_quarter:
        raise NothingOffered(
            f"{where} offers no archive named like faers_ascii_2024q1.zip; "
            "check the address, or give a folder of archives by --mirror"
        )
    return tuple(by_quarter[quarter] for quarter in sorted(by_quarter))
