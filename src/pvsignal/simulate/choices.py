"""Names given on the command line, chosen from a table."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pvsignal.errors import UsageError

ALL = "all"


def chosen(
    text: str, known: Collection[str], *, option: str, what: str
) -> Sequence[str]:
    """Names of a text: ``all``, or names separated by commas.

    Parameters
    ----------
    text
        What was given.
    known
        Names that there are, in the order in which ``all`` gives them.
    option, what
        Words for the message: the option, and what one of the names stands for.

    Raises
    ------
    UsageError
        If a name is unknown or there is none.

    Examples
    --------
    >>> chosen("b, a", ("a", "b"), option="--letters", what="letter")
    ('b', 'a')
    """
    if text.strip() == ALL:
        return tuple(known)
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise UsageError(
            f"{option} {text} names no {what} ({', '.join(unknown) or 'empty'}); "
            f"there are all, {', '.join(known)}"
        )
    return names
