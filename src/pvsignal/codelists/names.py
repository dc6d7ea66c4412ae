"""How terms and events are named."""

from __future__ import annotations

import re


def normalise_term(text: str) -> str:
    """Term as it is joined: upper case, trimmed, single blanks, ``^`` as ``'``.

    Examples
    --------
    >>> normalise_term(" Hodgkin^s  disease ")
    "HODGKIN'S DISEASE"
    """
    return re.sub(r"\s+", " ", text.replace("^", "'"), flags=re.ASCII).strip().upper()


def supergroup_event(supergroup: str) -> str:
    """Event name of a supergroup: ``any_*`` as it is, all others with ``all_``."""
    return supergroup if supergroup.startswith("any_") else f"all_{supergroup}"


def split(value: str) -> tuple[str, ...]:
    """Parts of a cell that holds several names."""
    return tuple(part for part in value.split("|") if part)
