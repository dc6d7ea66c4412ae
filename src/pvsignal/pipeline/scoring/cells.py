"""Statistics and flags of every 2x2 table."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pvsignal import warehouse
from pvsignal.analysis import Analysis
from pvsignal.pipeline.scoring.columns import defined
from pvsignal.pipeline.scoring.ebgm import NO_PRIORS, Priors, ebgm_columns
from pvsignal.signals import rules
from pvsignal.stats import detectable_ratio, information_component, twobytwo


def score_cells(
    con: warehouse.Connection, analysis: Analysis, *, priors: Priors = NO_PRIORS
) -> int:
    """Store the statistics of every cell table as ``signals.statistic``.

    Parameters
    ----------
    con
        Warehouse with the cell tables.
    analysis
        Gives the thresholds.
    priors
        Priors of EBGM, by event level; without one it is NULL.

    Returns
    -------
    int
        Number of tables.
    """
    cells = warehouse.query_arrow(
        con,
        "select cell.*, held_quarter.quarter, "
        "cell.quarter_no = max(cell.quarter_no) over () as is_latest "
        "from counts.cell as cell inner join cases.held_quarter as held_quarter "
        "on cell.quarter_no = held_quarter.quarter_no",
    )
    table = _statistics(cells, analysis, priors=priors)
    warehouse.load_arrow(con, "signals.statistic", table)
    return len(table)


def _statistics(cells: pa.Table, analysis: Analysis, *, priors: Priors) -> pa.Table:
    a, n_drug, n_event, n = (
        cells[name].to_numpy() for name in ("a", "n_drug", "n_event", "n")
    )
    b, c = n_drug - a, n_event - a
    d = n - n_drug - n_event + a
    expected = twobytwo.expected(a, b, c, d)
    prr, ror = twobytwo.prr(a, b, c, d), twobytwo.ror(a, b, c, d)
    chi2_yates = twobytwo.chi2_yates(a, b, c, d)
    ic = information_component(a, expected)
    limits = analysis.thresholds
    by_ror = rules.sdr_ror(a, ror.low, limits=limits)
    by_ic = rules.sdr_ic(ic.ic025, limits=limits)
    in_a = pc.equal(cells["comparator"], "A").to_numpy()
    columns = {
        "b": b,
        "c": c,
        "d": d,
        "expected": expected,
        "prr": prr.point,
        "prr_low": prr.low,
        "prr_high": prr.high,
        "ror": ror.point,
        "ror_low": ror.low,
        "ror_high": ror.high,
        "is_exact": ror.is_exact,
        "chi2": twobytwo.chi2(a, b, c, d),
        "chi2_yates": chi2_yates,
        "ic": ic.ic,
        "ic025": ic.ic025,
        "ic975": ic.ic975,
        "sdr_evans": rules.sdr_evans(a, prr.point, chi2=chi2_yates, limits=limits),
        "sdr_ror": by_ror,
        "sdr_ic": by_ic,
        "sdr_screen": rules.sdr_screen(by_ror, by_ic),
        "evaluable": rules.evaluable(
            in_a, a, c=c, expected=expected, limits=analysis.evaluable
        ),
        "detectable_ratio": detectable_ratio(expected, min_reports=limits.min_reports),
    }
    shrunk = ebgm_columns(cells, expected, priors=priors, limits=limits)
    for name, values in columns.items():
        cells = cells.append_column(name, defined(values))
    for name, column in shrunk.items():
        cells = cells.append_column(name, column)
    return cells
