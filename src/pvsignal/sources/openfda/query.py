"""Search texts of the openFDA API, built so that a name can never change the query.

Only parts made here are joined: a field is checked, a text is reduced to the words that
openFDA compares, and a part always has the form ``field:value`` (``field=value`` is
accepted by openFDA and matches everything).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote_plus

# Longer addresses than some 8,000 characters are refused by servers on the way.
LONGEST_SEARCH = 3_500

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")

# The API refuses a query with any character beyond a short list, the backslash and so
# every escape included (openFDA, api/faers/elasticsearch_query.js). It compares words,
# not punctuation, so a blank in its place finds the same.
_NO_WORD = re.compile(r"[^A-Za-z0-9.'/-]+")


def phrase(field: str, text: str) -> str:
    """Part that asks for the words of a text, one after another, in a field.

    Raises
    ------
    ValueError
        If the field is no field name or the text holds no letter or digit.

    Examples
    --------
    >>> phrase("patient.drug.medicinalproduct", 'X" OR serious:1')
    'patient.drug.medicinalproduct:"X OR serious 1"'
    """
    words = _NO_WORD.sub(" ", text).strip()
    if not re.search(r"[A-Za-z0-9]", words):
        raise ValueError(f"'{text}' holds no word to ask for")
    return f'{_checked(field)}:"{words}"'


def received(field: str, first: dt.date, last: dt.date) -> str:
    """Part that asks for the days from first to last, both included.

    Examples
    --------
    >>> received("receivedate", dt.date(2026, 7, 1), dt.date(2026, 8, 1))
    'receivedate:[20260701 TO 20260801]'
    """
    return f"{_checked(field)}:[{first:%Y%m%d} TO {last:%Y%m%d}]"


def all_of(parts: Sequence[str]) -> str:
    """Join parts of which each must hold."""
    return " AND ".join(parts)


def any_of(parts: Sequence[str]) -> str:
    """Join parts of which one must hold: a blank between parts is openFDA's OR."""
    return f"({' '.join(parts)})"


def encoded(search: str) -> str:
    """Search text as it stands in the address: a blank is ``+``, a plus ``%2B``."""
    return quote_plus(search, safe=":")


def in_batches(parts: Iterable[str], *, longest: int) -> Iterator[tuple[str, ...]]:
    """Batches of parts that stay below a length in the address.

    Parameters
    ----------
    parts
        Parts to be joined by `any_of`.
    longest
        Characters of one batch, encoded.
    """
    batch: list[str] = []
    length = 0
    for part in parts:
        size = len(encoded(part)) + 1
        if batch and length + size > longest:
            yield tuple(batch)
            batch, length = [], 0
        batch.append(part)
        length += size
    if batch:
        yield tuple(batch)


def _checked(field: str) -> str:
    if not _FIELD.fullmatch(field):
        raise ValueError(f"'{field}' is no field of openFDA")
    return field
