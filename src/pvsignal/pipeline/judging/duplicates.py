"""Whether a crossing holds with a looser duplicate threshold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.analysis import Analysis
from pvsignal.pipeline.judging.recount import (
    YearMargins,
    board_rows,
    checked,
    recount,
    without_drug_side,
)
from pvsignal.signals.hinges import NOT_CROSSING, Recount, judge_duplicates


def check_duplicates(con: warehouse.Connection, analysis: Analysis) -> pa.Table:
    """Check of every board row that it crosses without loosely linked reports.

    Reports with the drug that fall short of a link to a current smaller case, but reach
    the looser threshold, leave a and b. Those without the drug stay in c and d.

    Parameters
    ----------
    con
        Warehouse with statistics and ``signals.screened``.
    analysis
        Gives the thresholds.

    Returns
    -------
    pyarrow.Table
        One row a board row, with ``check_id`` ``duplicates`` and the columns of
        `pvsignal.pipeline.judging.recount.checked`.
    """
    looser = analysis.checks.looser_match_weight
    warehouse.load_frame(
        con, "analysis.looser_threshold", pd.DataFrame({"match_weight": [looser]})
    )
    warehouse.run_models(con, ["looser"], values={})
    limits = analysis.thresholds
    rows = board_rows(con)
    crossing = rows[rows["crosses"]]
    steps = warehouse.query_frame(con, "select * from signals.looser_step")
    margins = YearMargins(con)
    changes = without_drug_side(steps, crossing, margins.years)
    found = recount(crossing, changes, margins)
    a = crossing["a_a"].to_numpy(np.int64)
    left = a + changes["A"].a.sum(axis=1)
    judgements = [NOT_CROSSING] * len(rows)
    limit = zip(
        found.crosses(limits).tolist(),
        found.clearance(limits).tolist(),
        found.ic025_year.tolist(),
        found.ror_low_b.tolist(),
        found.ror_low_c.tolist(),
        strict=True,
    )
    for at, (place, figures) in enumerate(zip(crossing.index, limit, strict=True)):
        judgements[place] = judge_duplicates(
            int(a[at]), int(left[at]), Recount("", *figures), looser=looser
        )
    return checked(rows, judgements, check_id="duplicates")
