"""Tables drawn in ASCII, in and out of one model.

A header cell may carry a type (``known_until:int``); without one it is text. ``-`` is
NULL. ``run`` makes the given tables, runs the model and returns its rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pvsignal import warehouse

TYPES = {
    "int": "bigint",
    "date": "date",
    "bool": "boolean",
    "float": "double",
    "text": "varchar",
}


def parse(drawing: str) -> tuple[list[str], list[str], list[list[str | None]]]:
    """Names, types and rows of a drawing."""
    lines = [line.strip() for line in drawing.strip().splitlines() if line.strip()]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    names, types = [], []
    for head in cells[0]:
        name, _, kind = head.partition(":")
        names.append(name)
        types.append(TYPES[kind or "text"])
    rows = [[None if cell == "-" else cell for cell in row] for row in cells[1:]]
    return names, types, rows


def create(con: warehouse.Connection, relation: str, drawing: str) -> None:
    """Make a table of a drawing."""
    names, types, rows = parse(drawing)
    con.execute(f"create schema if not exists {relation.split('.')[0]}")
    columns = ", ".join(f"{n} {t}" for n, t in zip(names, types, strict=True))
    con.execute(f"create table {relation} ({columns})")
    for row in rows:
        con.execute(f"insert into {relation} values ({', '.join('?' * len(row))})", row)


def run(
    path: str,
    given: Mapping[str, str],
    *,
    columns: str,
    as_of: int = 32767,
    before: tuple[str, ...] = (),
) -> list[tuple[Any, ...]]:
    """Rows of a model as sorted text, for the columns named.

    Parameters
    ----------
    path
        Model, such as ``2_cases/version``.
    given
        Relation to drawing.
    columns
        Columns wanted, separated by blanks.
    as_of
        Value of the parameter.
    before
        Models that run first.
    """
    with warehouse.connect_memory() as con:
        for macro in warehouse.MODELS["macros"]:
            warehouse.run_model(con, warehouse.read_model(macro))
        for relation, drawing in given.items():
            create(con, relation, drawing)
        for name in (*before, path):
            model = warehouse.read_model(name)
            warehouse.run_model(con, model, values={"as_of": as_of})
        rows = con.execute(
            f"select {', '.join(columns.split())} from {model.name}"
        ).fetchall()
    return sorted(
        tuple(
            "-" if v is None else str(v).lower() if isinstance(v, bool) else str(v)
            for v in row
        )
        for row in rows
    )


def drawn(drawing: str) -> list[tuple[str, ...]]:
    """Rows of a drawing as `run` returns them."""
    _, _, rows = parse(drawing)
    return sorted(tuple("-" if v is None else v for v in row) for row in rows)
