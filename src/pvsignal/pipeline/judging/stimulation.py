"""Stimulated reporting of the pairs on the board, and the verdict without it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.analysis import Analysis
from pvsignal.signals import rules, stimulation
from pvsignal.stats import expected, information_component, ror

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_COMPARATORS: Final = ("A", "B", "C")

_SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("drug", "event", "trait", "value")),
        ("place", pa.int64()),
        ("a", pa.int64()),
        ("share_of_a", pa.float64()),
        ("n_other", pa.int64()),
        ("share_of_other", pa.float64()),
        ("expected", pa.float64()),
        ("p_burst", pa.float64()),
        ("is_burst", pa.bool_()),
        *(
            (f"{figure}_{comparator}_without", kind)
            for comparator in ("a", "b", "c")
            for figure, kind in (
                ("a", pa.int64()),
                ("ror", pa.float64()),
                ("ror_low", pa.float64()),
                ("ic", pa.float64()),
                ("ic025", pa.float64()),
            )
        ),
        ("flagged_in", pa.string()),
        ("flagged_in_without", pa.string()),
        ("holds_without", pa.bool_()),
    ]
)

_VALUES: Final = """
from signals.stimulated_value
order by drug, event, trait, place
"""

_CELLS: Final = """
select
    statistic.drug, statistic.event, statistic.comparator, statistic.a,
    statistic.n_drug, statistic.n_event, statistic.n, statistic.sdr_screen
from signals.statistic as statistic
semi join signals.grid_pair as pair
    on statistic.drug = pair.drug and statistic.event = pair.event
where statistic.is_latest and statistic.variant = 'primary'
"""

# Articles are compared by letters and digits; shown as the first report writes them.
_ARTICLES: Final = """
select source.literature as value, min(review.literature) as citation
from signals.report_source as source
inner join counts.review_case as review
    on
        source.quarter_no = review.quarter_no
        and source.primaryid = review.primaryid
        and source.caseid = review.caseid
where source.literature is not null
group by source.literature
"""


def judge_concentration_detail(con: warehouse.Connection, analysis: Analysis) -> int:
    """Store what bundles the cases of each pair on the board at the latest quarter.

    Makes ``signals.stimulation``: per pair and trait the three values that most cases
    have, and every quarter of entry that is a burst, each with the verdict when the
    drug's reports of that value leave all cells.

    Parameters
    ----------
    con
        Warehouse with the groups ``sources`` and ``grid`` of the models.
    analysis
        Gives the thresholds.

    Returns
    -------
    int
        Number of rows.
    """
    warehouse.run_models(con, ["stimulation"], values={})
    values = warehouse.query_frame(con, _VALUES)
    cells = warehouse.query_frame(con, _CELLS)
    table = _with_shares(values, cells)
    is_shown = (table["place"] <= stimulation.TOP_VALUES) | table["is_burst"].eq(True)
    table = _with_verdicts(
        table[is_shown].reset_index(drop=True), cells, analysis=analysis
    )
    table["value"] = _cited(con, table)
    columns = table.reindex(columns=_SCHEMA.names)
    warehouse.load_arrow(
        con,
        "signals.stimulation",
        pa.Table.from_pandas(columns, schema=_SCHEMA, preserve_index=False),
    )
    return len(columns)


def _cited(con: warehouse.Connection, table: pd.DataFrame) -> pd.Series:
    """Values, articles as citations."""
    articles = warehouse.query_frame(con, _ARTICLES)
    citation = dict(zip(articles["value"], articles["citation"], strict=True))
    is_article = table["trait"] == "literature"
    return table["value"].where(
        ~is_article, table["value"].map(citation).fillna(table["value"])
    )


def _with_shares(values: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Rows with their shares of the pair and of the drug's other reports."""
    in_a = cells[cells["comparator"] == "A"][["drug", "event", "a", "n_drug"]]
    table = values.merge(in_a, on=["drug", "event"], how="left", validate="m:1")
    cases, of_drug = table["a_a"], table["n_drug_a"]
    n_others = table["n_drug"] - table["a"]
    table["share_of_a"] = cases / table["a"]
    table["n_other"] = of_drug - cases
    table["share_of_other"] = (table["n_other"] / n_others).where(n_others > 0)
    is_quarter = (table["trait"] == stimulation.BURST_TRAIT).to_numpy()
    mean = stimulation.expected_cases(
        *(_floats(table[name]) for name in ("a", "n_drug_a", "n_drug"))
    )
    p = stimulation.p_burst(_floats(cases), mean, _floats(table["n_values"]))
    table["expected"] = np.where(is_quarter, mean, np.nan)
    table["p_burst"] = np.where(is_quarter, p, np.nan)
    burst = pd.Series(stimulation.is_burst(_floats(cases), p), dtype="boolean")
    table["is_burst"] = burst.where(pd.Series(is_quarter))
    return table


def _with_verdicts(
    table: pd.DataFrame, cells: pd.DataFrame, *, analysis: Analysis
) -> pd.DataFrame:
    """Rows with the statistics of the cells that the value's reports have left."""
    flagged, flagged_without = {}, {}
    found: dict[str, Any] = {}
    key = table[["drug", "event"]]
    for comparator in _COMPARATORS:
        own = cells[cells["comparator"] == comparator]
        whole = key.merge(own, on=["drug", "event"], how="left", validate="m:1")
        name = comparator.lower()
        taken_a, taken = _floats(table[f"a_{name}"]), _floats(table[f"n_drug_{name}"])
        # NaN where the drug has no such comparator.
        a = _floats(whole["a"]) - taken_a
        n_drug = _floats(whole["n_drug"]) - taken
        n_event = _floats(whole["n_event"]) - taken_a
        n = _floats(whole["n"]) - taken
        flagged[comparator] = whole["sdr_screen"].eq(True).to_numpy()
        statistics, flag = _statistics(a, n_drug, n_event, n, analysis=analysis)
        flagged_without[comparator] = flag
        for figure, values in statistics.items():
            found[f"{figure}_{name}_without"] = values
    result = table.drop(columns=["a", "a_b", "a_c"]).rename(columns={"a_a": "a"})
    result = result.assign(**found)
    result["a_a_without"] = _whole(result["a_a_without"])
    result["a_b_without"] = _whole(result["a_b_without"])
    result["a_c_without"] = _whole(result["a_c_without"])
    result["flagged_in"] = _joined(flagged)
    result["flagged_in_without"] = _joined(
        {name: flagged_without[name] & flagged[name] for name in _COMPARATORS}
    )
    result["holds_without"] = np.logical_and.reduce(
        [flagged_without[name] | ~flagged[name] for name in _COMPARATORS]
    )
    return result


def _statistics(
    a: Floats, n_drug: Floats, n_event: Floats, n: Floats, *, analysis: Analysis
) -> tuple[dict[str, Floats], Flags]:
    """Statistics of cells and their flag; NaN and no flag where a cell is NaN."""
    is_there = ~np.isnan(a)
    cells = (a, n_drug - a, n_event - a, n - n_drug - n_event + a)
    own = tuple(cell[is_there] for cell in cells)
    ratio = ror(*own)
    ic = information_component(own[0], expected(*own))
    by_ror = rules.sdr_ror(
        own[0].astype(np.int64), ratio.low, limits=analysis.thresholds
    )
    flag = np.zeros(a.size, dtype=np.bool_)
    flag[is_there] = rules.sdr_screen(
        by_ror, rules.sdr_ic(ic.ic025, limits=analysis.thresholds)
    )
    values = {
        "a": own[0],
        "ror": ratio.point,
        "ror_low": ratio.low,
        "ic": ic.ic,
        "ic025": ic.ic025,
    }
    spread = {}
    for name, part in values.items():
        column = np.full(a.size, np.nan)
        column[is_there] = part
        spread[name] = column
    return spread, flag


def _floats(values: pd.Series) -> Floats:
    found: Floats = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def _whole(values: pd.Series) -> pd.Series:
    return values.astype("Int64")


def _joined(flags: dict[str, Flags]) -> list[str | None]:
    """Comparators with a flag, such as ``A+C``."""
    rows = zip(*(flags[name] for name in _COMPARATORS), strict=True)
    return [
        "+".join(name for name, is_set in zip(_COMPARATORS, row, strict=True) if is_set)
        or None
        for row in rows
    ]
