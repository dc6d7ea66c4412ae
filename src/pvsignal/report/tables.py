"""CSV files beside the page: the board, its cases, and the views of ``api``.

Views with one line a quarter or a report hold what stands behind the board, signals.csv
the primary variant; the whole is in the published file. Every file is ordered by all
its columns: equal inputs give equal bytes. NULL is empty, an empty text is ``""``;
``inf`` and ``nan`` stand as such. The last two columns of each say by which run and
code lists it was made, wherever the file is carried to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import duckdb

from pvsignal.warehouse import write_csv

_STATISTICS: Final = ("a", "expected", "ror", "ror_low", "ror_high", "evaluable")

_BOARD: Final = (
    "select v.*, "
    + ", ".join(
        f"{comparator.lower()}.{name} as {name}_in_{comparator.lower()}"
        for comparator in "ABC"
        for name in _STATISTICS
    )
    + ", a.a_new, a.a_hcp, a.a_serious, a.a_fatal, a.a_countries from api.verdicts as v"
    + "".join(
        f" left join api.signals as {comparator.lower()}"
        f" on {comparator.lower()}.variant = 'primary'"
        f" and {comparator.lower()}.comparator = '{comparator}'"
        f" and {comparator.lower()}.event_level = v.event_level"
        f" and {comparator.lower()}.drug = v.drug"
        f" and {comparator.lower()}.event = v.event"
        for comparator in "ABC"
    )
    + " where v.on_board"
)

_LISTING: Final = """
select listing.* exclude (drug_level, event_level)
from api.pair_cases as listing
semi join (select drug, event from api.verdicts where on_board) as v
    on listing.drug = v.drug and listing.event = v.event
"""

_OF_BOARD: Final = f"""
select t.* from api.{{}} as t
semi join (
    select caseid from ({_LISTING})
    union all
    select x.caseid from api.excluded_cases as x
    semi join (select drug, event from api.verdicts where on_board) as v
        on x.drug = v.drug and x.event = v.event
) as shown on t.caseid = shown.caseid
"""

_BOARD_PAIRS: Final = """
select h.* from api.{} as h
semi join (select drug, event_level, event from api.verdicts where on_board) as v
    on h.drug = v.drug and h.event_level = v.event_level and h.event = v.event
"""

_SHOWN_CASES: Final = "reports listed for the board, counted or left out"


@dataclass(frozen=True)
class Table:
    """One CSV file: its query, what it holds and how much of it."""

    query: str
    title: str
    scope: str = "whole view"


def _view(name: str, title: str) -> Table:
    return Table(f"select * from api.{name}", title)


TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {
        "board": Table(_BOARD, "Signal board with its three comparators", "the board"),
        "case_listing": Table(
            _LISTING, "Reports behind each count of the board", "all reports"
        ),
        "signals": Table(
            "select s.* from api.signals as s where s.variant = 'primary'",
            "Every pair in each comparator",
            "the primary variant",
        ),
        "verdicts": _view("verdicts", "What the comparators say together of each pair"),
        "states": _view("states", "State of each pair as of every quarter"),
        "pair_checks": Table(
            "select c.* from api.pair_checks as c "
            "where c.quarter = (select run.as_of from api.runs as run)",
            "Checks of the pairs of the board",
            "the latest quarter",
        ),
        "leads": _view("leads", "Review leads of sentinel events"),
        "error_budget": _view("error_budget", "Pairs that chance alone would flag"),
        "classes": Table(
            "select c.* from api.classes as c where c.is_latest",
            "Classes without their largest member",
            "the latest quarter",
        ),
        "stimulation": _view("stimulation", "What bundles the cases of each pair"),
        "grid": _view("grid", "Every specification of the grid"),
        "grid_summary": _view("grid_summary", "What the grid leaves of each pair"),
        "labels": _view("labels", "Dated wording of labels"),
        "label_texts": _view("label_texts", "Sentences of today's US labels"),
        "label_differences": _view(
            "label_differences", "Where label texts and dated list differ"
        ),
        "notoriety": _view("notoriety", "Dates of notoriety"),
        "changes": _view("changes", "Why counts changed since the run before"),
        "changed_cases": _view("changed_cases", "Cases gained or lost since then"),
        "signal_history": Table(
            _BOARD_PAIRS.format("signal_history"),
            "Statistics as of every held quarter",
            "pairs of the board",
        ),
        "adjusted": _view("adjusted", "Statistics adjusted for what reports state"),
        "multiplicity": _view("multiplicity", "Pairs among all that were tested"),
        "drug_tests": _view("drug_tests", "One likelihood ratio test per drug"),
        "controls": _view("controls", "Control pairs in each comparator"),
        "control_performance": _view("control_performance", "What the controls say"),
        "priors": _view("priors", "Priors of EBGM"),
        "contrasts": Table(
            _BOARD_PAIRS.format("contrasts"),
            "Last eight quarters against the time before, at every quarter",
            "pairs of the board",
        ),
        "surveillance": _view("surveillance", "Sequential test of each pair"),
        "onset": _view("onset", "Time from start to event"),
        "interactions": _view("interactions", "Events with two suspects together"),
        "cases": Table(_OF_BOARD.format("cases"), "Case headers", _SHOWN_CASES),
        "case_drugs": Table(
            _OF_BOARD.format("case_drugs"), "Drug records", _SHOWN_CASES
        ),
        "case_events": Table(
            _OF_BOARD.format("case_events"), "Reactions", _SHOWN_CASES
        ),
        "case_indications": Table(
            _OF_BOARD.format("case_indications"), "Indications", _SHOWN_CASES
        ),
        "duplicates": Table(
            f"with shown as ({_OF_BOARD.format('cases')}) "
            "select d.* from api.duplicates as d "
            "where d.caseid in (select caseid from shown) "
            "or d.linked_caseid in (select caseid from shown)",
            "Links between suspected duplicates, with what each field weighs",
            _SHOWN_CASES,
        ),
        "excluded_cases": _view("excluded_cases", "Reports left out, with the reason"),
        "attrition": _view("attrition", "How many are left after each step"),
        "row_fates": _view("row_fates", "What became of each quarter's DEMO rows"),
        "litigated": _view("litigated", "Reports per litigated ingredient and year"),
        "unmatched_names": _view(
            "unmatched_names", "Names that match no therapy of the list"
        ),
        "review_terms": _view("review_terms", "Terms classified by rule alone"),
        "quarters": _view("quarters", "Accounting of every file of every archive"),
        "rejects": _view("rejects", "Rows that could not be read"),
        "checks": _view("checks", "Checks of the run, passed or with a note"),
        "check_rows": _view("check_rows", "First rows of each check with a note"),
        "codelists": _view("codelists", "Code lists in use"),
        # The clock time of a run differs between runs with equal results.
        "runs": Table("select * exclude (started) from api.runs", "Run stamp"),
        "ledger": _view("ledger", "Append-only record of the analysis"),
        "reviews": _view("reviews", "Decisions on signals, and what became of them"),
    }
)


@dataclass(frozen=True)
class WrittenTable:
    """A CSV file that stands beside the page."""

    name: str
    title: str
    scope: str
    n_rows: int


def write_table(
    con: duckdb.DuckDBPyConnection, folder: Path, *, name: str
) -> WrittenTable:
    """Write one of `TABLES` as ``folder/<name>.csv`` and tell how long it is.

    Raises
    ------
    KeyError
        If there is no such table.
    """
    table = TABLES[name]
    # DuckDB writes the numbers: a data frame would turn whole numbers beside a NULL
    # into decimals, and takes ten times as long.
    n_rows = write_csv(
        con,
        "select content.*, stamp.run as made_by_run,"
        " stamp.codelists_sha256 as made_with_codelists"
        f" from ({table.query}) as content cross join api.runs as stamp order by all",
        folder / f"{name}.csv",
    )
    return WrittenTable(name, table.title, table.scope, n_rows)
