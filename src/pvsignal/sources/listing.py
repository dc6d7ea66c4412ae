"""Which archives the FDA, or a mirror of it, offers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from bs4 import BeautifulSoup

from pvsignal.errors import SourceError
from pvsignal.quarter import Quarter
from pvsignal.sources.http import HttpOptions, Page, get_page, open_session

USUAL_PREFIXES = ("aers", "faers")

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
    """

    quarter: Quarter
    name: str
    location: str
    publisher: str


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


def list_fda(listing_url: str, http: HttpOptions | None = None) -> tuple[Listed, ...]:
    """ASCII archives linked on the FDA's page of quarterly extracts.

    The links are taken as they stand; nothing is guessed where the page fails.

    Returns
    -------
    tuple of Listed
        One per quarter, in quarter order.

    Raises
    ------
    SourceError
        If the page does not come, links no archive, or two of one quarter.
    """
    page = _page(listing_url, http or HttpOptions())
    return _one_per_quarter(_linked(page, "fda"), listing_url)


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
    for link in BeautifulSoup(page.content, "html.parser").find_all("a", href=True):
        url = urljoin(page.url, str(link["href"]).strip())
        if is_url(url):
            path = unquote(urlsplit(url).path)
            yield _listed(path, location=url, publisher=publisher)


def _listed(path: str, *, location: str, publisher: str) -> Listed | None:
    found = _ASCII_ARCHIVE.search(path)
    if found is None:
        return None
    quarter = Quarter(int(found[2]), int(found[3]))
    return Listed(quarter, found[0][1:], location, publisher)


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
        raise SourceError(
            f"{where} offers no archive named like faers_ascii_2024q1.zip; "
            "check the address, or give a folder of archives by --mirror"
        )
    return tuple(by_quarter[quarter] for quarter in sorted(by_quarter))
