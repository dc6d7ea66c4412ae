"""What labels said of each pair of the board, as of every quarter."""

from __future__ import annotations

from typing import Final

import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.signals import novelty

SCHEMA: Final = pa.schema(
    [
        ("drug", pa.string()),
        ("event", pa.string()),
        ("quarter_no", pa.int16()),
        ("novelty", pa.string()),
        ("novelty_us", pa.string()),
        ("novelty_eu", pa.string()),
        ("novelty_words", pa.string()),
    ]
)

_LABELS: Final = """
    select
        label_no, ingredient, event, jurisdiction, known_from_no, date_text, certainty,
        coalesce(note, '') as note
    from codelists.label_date
"""
_ROWS: Final = """
    select
        screened.drug, screened.event, screened.quarter_no, screened.a,
        board_pair.drug is not null as is_asked
    from signals.screened as screened
    left join signals.board_pair as board_pair
        on screened.drug = board_pair.drug and screened.event = board_pair.event
    order by screened.drug, screened.event, screened.quarter_no
"""


def judge_novelty(con: warehouse.Connection) -> pa.Table:
    """Novelty of pairs that were ever on the board, as ``signals.novelty``.

    A label stands over a pair that has left the board too.

    Parameters
    ----------
    con
        Warehouse with ``signals.screened`` and ``signals.board_pair``.

    Returns
    -------
    pyarrow.Table
        Columns of `SCHEMA`, one row per quarter of each such pair.
    """
    labelling = read_labelling(con)
    judged = novelty.judge(warehouse.query_frame(con, _ROWS), labelling)
    table = pa.Table.from_pandas(judged, schema=SCHEMA, preserve_index=False)
    warehouse.load_arrow(con, "signals.novelty", table)
    return table


def novelty_of_all(con: warehouse.Connection) -> pd.DataFrame:
    """Novelty of every pair and quarter, on the board or not, without words.

    Returns
    -------
    pandas.DataFrame
        ``drug``, ``event``, ``quarter_no``, ``novelty``.
    """
    rows = warehouse.query_frame(con, _ROWS)
    found = novelty.novelty_of(rows, read_labelling(con))
    return rows[["drug", "event", "quarter_no"]].assign(novelty=found)


def read_labelling(con: warehouse.Connection) -> novelty.Labelling:
    """What labels say, of the code lists in the warehouse."""
    classes = warehouse.query_rows(con, "select drug from analysis.novelty_class")
    return novelty.Labelling(
        labels=warehouse.query_frame(con, _LABELS),
        covers=warehouse.query_frame(
            con,
            "select label_no, event, cover from codelists.label_cover order by all",
        ),
        members=warehouse.query_frame(
            con,
            "select drug_level, drug, therapy from codelists.drug_member order by all",
        ),
        groups=warehouse.query_frame(
            con,
            "select supergroup, event from codelists.supergroup_member order by all",
        ),
        classes=tuple(row["drug"] for row in classes),
    )
