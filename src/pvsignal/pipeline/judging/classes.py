"""Whether a class crosses by more than one of its members."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.analysis import Analysis
from pvsignal.pipeline.judging.recount import (
    YearMargins,
    board_rows,
    recount,
    without_drug_side,
)
from pvsignal.pipeline.scoring.columns import defined
from pvsignal.signals import classes

# Members of each class with their reports of the pair in A.
_MEMBERS: Final = """
    select
        screened.drug, screened.event_level, screened.event, screened.quarter_no,
        statistic.drug as member, statistic.a
    from signals.screened as screened
    inner join codelists.drug_member as drug_member
        on screened.drug = drug_member.drug
    inner join signals.statistic as statistic
        on drug_member.therapy = statistic.drug
        and statistic.variant = 'primary' and statistic.comparator = 'A'
        and statistic.drug_level = 'substance'
        and screened.event_level = statistic.event_level
        and screened.event = statistic.event
        and screened.quarter_no = statistic.quarter_no
    where screened.is_screened and screened.drug_level = 'class'
"""
_KEY: Final = ["drug", "event_level", "event", "quarter_no"]


def judge_classes(con: warehouse.Connection, analysis: Analysis) -> None:
    """Store which classes cross without their largest member.

    The table ``signals.class_check`` has a row of each board row of a class.

    Parameters
    ----------
    con
        Warehouse with statistics and ``signals.screened``.
    analysis
        Gives the thresholds.
    """
    warehouse.run_models(con, ["classes"], values={})
    limits = analysis.thresholds
    board = board_rows(con)
    rows = board[board["drug_level"] == "class"]
    members = warehouse.query_frame(con, _MEMBERS)
    rows = rows.merge(
        classes.members_of(members, min_reports=limits.min_reports),
        on=_KEY,
        how="left",
        validate="one_to_one",
    )
    rows["member"] = rows["member"].fillna("")
    rows["n_members"] = rows["n_members"].fillna(0).astype(np.int64)
    steps = warehouse.query_frame(con, "select * from signals.sole_member_step")
    margins = YearMargins(con)
    changes = without_drug_side(steps, rows, margins.years, also=["member"])
    found = recount(rows, changes, margins)
    crosses = rows["crosses"].to_numpy(bool)
    crosses_without = found.crosses(limits)
    n_members = rows["n_members"].to_numpy(np.int64)
    n_drug_left = _left(rows["n_drug_a"], changes["A"].n_drug)
    columns = {
        **{name: pa.array(rows[name]) for name in ("drug", "event_level", "event")},
        "quarter_no": pa.array(rows["quarter_no"].to_numpy(np.int16)),
        "quarter": pa.array(rows["quarter"]),
        "is_latest": pa.array(rows["is_latest"].to_numpy(bool)),
        "crosses": pa.array(crosses),
        "n_members": pa.array(n_members),
        "largest_member": pa.array(rows["member"].replace("", None)),
        "a": pa.array(rows["a_a"].to_numpy(np.int64)),
        "n_drug": pa.array(rows["n_drug_a"].to_numpy(np.int64)),
        "a_without": pa.array(_left(rows["a_a"], changes["A"].a)),
        "n_drug_without": pa.array(n_drug_left),
        "ic025_year": defined(rows["ic025_year"].to_numpy(np.float64)),
        # With no report of the drug left the limit would be that of the prior.
        "ic025_year_without": defined(found.ic025_year, n_drug_left > 0),
        "ror_low_b": defined(rows["ror_low_b"].to_numpy(np.float64)),
        "ror_low_without_b": defined(found.ror_low_b),
        "ror_low_c": defined(rows["ror_low_c"].to_numpy(np.float64)),
        "ror_low_without_c": defined(found.ror_low_c),
        "crosses_without": pa.array(crosses_without),
        "holds": pa.array(classes.holds(crosses, n_members, crosses_without)),
    }
    warehouse.load_arrow(con, "signals.class_check", pa.table(columns))


def _left(whole: pd.Series, change: np.ndarray) -> np.ndarray:
    """Reports that are left in A after a change by year of receipt."""
    left: np.ndarray = whole.to_numpy(np.int64) + change.sum(axis=1)
    return left
