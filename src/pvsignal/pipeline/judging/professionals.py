"""Check ``professionals``: the pair stands above 1 in their reports alone."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.pipeline.judging.check_rows import (
    board_rows,
    checked,
    counted,
    figure,
)
from pvsignal.pipeline.judging.running import RunningCounts
from pvsignal.signals.unexplained import holds_among_professionals
from pvsignal.stats import ror

_STEPS: Final = """
    select
        measure, drug, event_level, event, litigation_set, quarter_no,
        reporter as stratum, cast(sum(step) as bigint) as step
    from counts.trait_step
    where reporter = 'professional'
    group by all
"""


def check_professionals(con: warehouse.Connection) -> pa.Table:
    """Say of each row of the board whether it holds in reports of professionals.

    Returns
    -------
    pyarrow.Table
        Columns of ``signals.pair_check``: ``value`` the reporting odds ratio of
        comparator A in reports of health professionals, ``of_n`` their reports of the
        pair. A pair that none of them reported fails.
    """
    board = board_rows(con)
    counts = RunningCounts(
        warehouse.query_frame(con, _STEPS), board, strata=("professional",)
    )
    cells = [cell[:, 0] for cell in counts.cells(np.arange(len(board)))]
    a, point = cells[0], ror(*cells).point
    return checked(
        board,
        "professionals",
        outcome=holds_among_professionals(point, a),
        value=np.where(a > 0, point, np.nan),
        of_n=a,
        words=[_words(n, value) for n, value in zip(a, point, strict=True)],
    )


def _words(n: int, value: float) -> str:
    if n == 0:
        return "no report of the pair by a health professional"
    by_whom = f"{counted(n)} of the pair by health professionals"
    if np.isnan(value):
        return f"{by_whom}; there are no others to compare with"
    return f"{by_whom}: reporting odds ratio {figure(value)} among theirs"
