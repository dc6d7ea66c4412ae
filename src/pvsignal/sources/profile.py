"""What a staged table looks like: blanks per column, rows per code.

A profile of some rows and one of the next add up to that of both, so a table can be
profiled in pieces while it is staged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pvsignal import layout
from pvsignal.quarter import Quarter

# A coded column that holds free text is shown by its most frequent values.
VALUES_KEPT = 200
OTHER_VALUES = "(all other values)"

_STAMP = ("quarter", "quarter_no", "line")


@dataclass(frozen=True)
class Profile:
    """Blanks and codes of some rows of one table.

    Attributes
    ----------
    table
        Canonical name.
    n_rows
        Rows profiled.
    n_blank
        Column to rows without a value: NULL, or white space only.
    n_value
        (coded column, value) to rows; blank is no value.
    """

    table: str
    n_rows: int
    n_blank: Mapping[str, int]
    n_value: Mapping[tuple[str, str], int]


def profile_rows(table: str, rows: pa.Table) -> Profile:
    """Profile of staged rows, all of a table or a piece of it.

    Parameters
    ----------
    table
        Canonical name.
    rows
        Rows in the staged schema of the table.

    Examples
    --------
    >>> rows = pa.table({"outc_cod": ["DE", "DE", " ", None]})
    >>> found = profile_rows("outc", rows)
    >>> found.n_blank["outc_cod"], found.n_value["outc_cod", "DE"]
    (2, 2)
    """
    columns = [name for name in rows.column_names if name not in _STAMP]
    return Profile(
        table,
        rows.num_rows,
        {name: _n_blank(rows[name]) for name in columns},
        {
            (name, value): n
            for name in layout.coded_columns(table)
            if name in rows.column_names
            for value, n in _value_counts(rows[name])
        },
    )


def _n_blank(column: pa.ChunkedArray) -> int:
    n_null = int(column.null_count)
    if not pa.types.is_string(column.type):
        return n_null
    is_space = pc.or_(pc.utf8_is_space(column), pc.equal(column, ""))
    return n_null + (pc.sum(is_space).as_py() or 0)


def _value_counts(column: pa.ChunkedArray) -> Iterable[tuple[str, int]]:
    for pair in pc.value_counts(column).to_pylist():
        value = pair["values"]
        if value is not None and value.strip():
            yield value, pair["counts"]


def added(profiles: Sequence[Profile]) -> Profile:
    """Profile of all pieces of one table together.

    Raises
    ------
    ValueError
        If there is none, or they are of several tables.
    """
    tables = {one.table for one in profiles}
    if len(tables) != 1:
        raise ValueError(f"profiles of {sorted(tables)} do not add up to one table")
    n_blank: Counter[str] = Counter()
    n_value: Counter[tuple[str, str]] = Counter()
    for one in profiles:
        n_blank.update(one.n_blank)
        n_value.update(one.n_value)
    return Profile(
        tables.pop(), sum(one.n_rows for one in profiles), dict(n_blank), dict(n_value)
    )


def profile_table(profiles: Iterable[Profile], quarter: Quarter) -> pa.Table:
    """Rows of ``profile``: one per table and column, tables and columns in order."""
    rows = [
        (one.table, column, one.n_rows, n_blank)
        for one in profiles
        for column, n_blank in one.n_blank.items()
    ]
    return _stamped("profile", rows, quarter)


def code_value_table(profiles: Iterable[Profile], quarter: Quarter) -> pa.Table:
    """Rows of ``code_value``: one per table, coded column and value, sorted.

    Of each column the 200 most frequent values stand, the rest as one row.
    """
    rows = [
        (one.table, column, value, n)
        for one in profiles
        for column in layout.coded_columns(one.table)
        for value, n in _most_frequent(one, column)
    ]
    return _stamped("code_value", rows, quarter)


def _most_frequent(profile: Profile, column: str) -> list[tuple[str, int]]:
    found = [
        (value, n) for (name, value), n in profile.n_value.items() if name == column
    ]
    found.sort(key=lambda one: (-one[1], one[0]))
    kept, rest = found[:VALUES_KEPT], found[VALUES_KEPT:]
    n_rest = sum(n for _, n in rest)
    return sorted(kept) + ([(OTHER_VALUES, n_rest)] if rest else [])


def _stamped(
    name: str, rows: Sequence[tuple[str | int, ...]], quarter: Quarter
) -> pa.Table:
    schema = layout.staged_schema(name)
    stamp = (str(quarter), quarter.ordinal)
    named = [dict(zip(schema.names, (*stamp, *row), strict=True)) for row in rows]
    return pa.Table.from_pylist(named, schema=schema)
