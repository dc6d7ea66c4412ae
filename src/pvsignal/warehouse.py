"""The only caller of ``duckdb.connect``: models in order, checks, published files.

Reading `MODELS` is reading the pipeline. One file under ``sql/`` is one table, view or
macro; its path is its name. Everything but the ledger is rebuilt whole from the staged
Parquet and the code lists, so the order in which quarters arrived cannot matter.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pvsignal import layout
from pvsignal.errors import CheckFailed, ModelError

Connection = duckdb.DuckDBPyConnection
Work = Callable[[Connection], object]

_HERE = Path(__file__).parent
SQL_DIR: Final = _HERE / "sql" if (_HERE / "sql").is_dir() else _HERE.parents[1] / "sql"

STORAGE_VERSION: Final = "v1.5.0"

MODELS: Final[Mapping[str, tuple[str, ...]]] = {
    "macros": (
        "0_macros/normal_term",
        "0_macros/last_day_of",
        "0_macros/partial_date",
        "0_macros/normal_name",
        "0_macros/key_text",
    ),
    "staged": (
        "1_staged/term_spelling",
        "1_staged/demo",
        "1_staged/drug",
        "1_staged/reac",
        "1_staged/ther",
        "1_staged/indi",
        "1_staged/outc",
        "1_staged/rpsr",
        "1_staged/deleted",
        "1_staged/rejected",
        "1_staged/accounting",
        "1_staged/profile",
        "1_staged/code_value",
    ),
    "cases": (
        "2_cases/held_quarter",
        "2_cases/sighting",
        "2_cases/deletion",
        "2_cases/version",
        "2_cases/received",
        "2_cases/link",
        "2_cases/looser_link",
        "2_cases/counted",
        "2_cases/suspected_duplicate",
    ),
    "gates": (
        "4_counts/neighbour",
        "4_counts/table_quarter",
        "4_counts/column_quarter",
        "4_counts/code_quarter",
        "4_counts/orphan",
        "4_counts/childless",
        "4_counts/term_quarter",
        "4_counts/term_change",
    ),
    "cohort": (
        "3_cohort/drug_name",
        "3_cohort/name_ingredient",
        "3_cohort/name_substance",
        "3_cohort/indication",
        "3_cohort/ms_indication",
        "3_cohort/product_status",
        "3_cohort/therapy_record",
        "3_cohort/ms_report",
        "3_cohort/report",
        "3_cohort/stated_country",
        "3_cohort/counted_report",
        "3_cohort/exposure",
        "3_cohort/reference_exposure",
        "3_cohort/event_reaction",
        "3_cohort/event_record",
        "3_cohort/same_indication",
        "3_cohort/outcome_verdict",
        "3_cohort/event_member",
        "3_cohort/reported_term",
        "3_cohort/event",
        "3_cohort/litigated_record",
        "3_cohort/litigated_report",
        "3_cohort/reported_event",
        "3_cohort/outcome",
        "3_cohort/drug_start",
        "3_cohort/comparator_c",
        "3_cohort/current_report",
        "3_cohort/substance",
        "3_cohort/suspect_substance",
        "3_cohort/own_substance",
    ),
    "strata": (
        "3_cohort/report_statement",
        "3_cohort/report_trait",
        "3_cohort/stratum",
        "3_cohort/stratum_covariate",
        "3_cohort/report_stratum",
        "3_cohort/population_stratum",
        "3_cohort/role_exposure",
        "3_cohort/variant_reference",
        "3_cohort/reference_pattern",
        "3_cohort/pattern_reference",
        "3_cohort/group_member",
        "4_counts/stratum_count",
        "4_counts/selected_count",
        "4_counts/selected_reference",
        "4_counts/variant_margin",
        "4_counts/covariate_count",
        "4_counts/covariate_margin",
    ),
    "counts": (
        "4_counts/population_member",
        "4_counts/exposed_member",
        "4_counts/pair_member",
        "4_counts/interval",
        "4_counts/cumulative",
        "4_counts/margin",
        "4_counts/cell",
        "4_counts/control",
        "4_counts/unbroken_quarter",
        "4_counts/year_step",
        "4_counts/trait_interval",
        "4_counts/trait_step",
        "4_counts/recent_step",
        "4_counts/older_step",
        "4_counts/aged",
        "4_counts/aged_cell",
        "4_counts/contrast_cell",
        "4_counts/entry_cell",
        "4_counts/crude_substance",
        "4_counts/substance_member",
        "4_counts/substance_margin",
        "4_counts/contributor",
        "4_counts/pair_contributor",
        "4_counts/shared_report",
        "4_counts/masked_pair",
        "4_counts/co_suspect",
        "4_counts/co_suspect_event",
        "4_counts/co_suspect_count",
        "4_counts/attrition",
        "4_counts/row_fate",
        "4_counts/litigated_year",
        "4_counts/unmatched_name",
        "4_counts/name_share",
        "4_counts/review_term",
        "4_counts/quarter",
        "4_counts/reject",
    ),
    "pairs": (
        "3_cohort/crude_event",
        "3_cohort/crude_reaction",
        "3_cohort/crude_outcome",
        "4_counts/crude_event",
        "4_counts/crude_pair",
    ),
    "review": (
        "4_counts/review_report",
        "4_counts/review_member",
        "4_counts/review_case",
        "4_counts/review_drug",
        "4_counts/exposure_window",
        "4_counts/therapy_start",
        "4_counts/onset_span",
        "4_counts/pair_onset",
        "4_counts/listed_case",
        "4_counts/review_event",
        "4_counts/pair_case",
        "4_counts/review_indication",
        "4_counts/review_version",
        "4_counts/review_source_row",
        "4_counts/duplicate",
        "4_counts/pair_profile",
        "4_counts/excluded_case",
        "4_counts/lead",
    ),
}

# What is compared of each sighting; run on one quarter, in a database of its own.
LINKAGE: Final = (
    *MODELS["macros"],
    "1_staged/term_spelling",
    "1_staged/demo",
    "1_staged/drug",
    "1_staged/reac",
    "1_staged/accounting",
    "2_cases/sighting",
    "1_linkage/drug_name",
    "1_linkage/drug_set",
    "1_linkage/term",
    "1_linkage/term_set",
    "1_linkage/feature",
)

API: Final = (
    "5_api/signals",
    "5_api/adjusted",
    "5_api/variants",
    "5_api/verdicts",
    "5_api/states",
    "5_api/pair_checks",
    "5_api/classes",
    "5_api/signal_history",
    "5_api/year_history",
    "5_api/contrasts",
    "5_api/surveillance",
    "5_api/surveillance_looks",
    "5_api/masking",
    "5_api/masked_pairs",
    "5_api/onset",
    "5_api/grid",
    "5_api/grid_summary",
    "5_api/grid_choices",
    "5_api/grid_flips",
    "5_api/stimulation",
    "5_api/interactions",
    "5_api/multiplicity",
    "5_api/drug_tests",
    "5_api/controls",
    "5_api/control_performance",
    "5_api/error_budget",
    "5_api/pair_chance",
    "5_api/pairs",
    "5_api/own_substances",
    "5_api/priors",
    "5_api/cases",
    "5_api/leads",
    "5_api/case_drugs",
    "5_api/exposure_windows",
    "5_api/case_events",
    "5_api/case_indications",
    "5_api/duplicates",
    "5_api/excluded_cases",
    "5_api/attrition",
    "5_api/row_fates",
    "5_api/litigated",
    "5_api/unmatched_names",
    "5_api/drug_names",
    "5_api/name_shares",
    "5_api/review_terms",
    "5_api/quarters",
    "5_api/checks",
    "5_api/check_rows",
    "5_api/rejects",
    "5_api/codelists",
    "5_api/labels",
    "5_api/label_texts",
    "5_api/label_differences",
    "5_api/notoriety",
    "5_api/marks",
    "5_api/runs",
    "5_api/ledger",
    "5_api/reviews",
    "5_api/two_by_two",
    "5_api/pair_cases",
    "5_api/case_listing",
    "5_api/timeline",
    "5_api/timeline_marks",
    "5_api/source_rows",
    "5_api/change_run",
    "5_api/changes",
    "5_api/changed_cases",
)

# Run on statistics; the path's folder is their place, the group when they run.
SIGNALS: Final[Mapping[str, tuple[str, ...]]] = {
    "screened": ("4_signals/screened",),
    "sources": (
        "4_signals/board_pair",
        "4_signals/pair_entry",
        "4_signals/report_source",
        "4_signals/source_step",
        "4_signals/drug_sender_step",
    ),
    "classes": (
        "4_signals/sole_member",
        "4_signals/sole_member_step",
    ),
    "notoriety": ("4_signals/recent_step",),
    "budget": (
        "4_signals/dealt_report",
        "4_signals/dealt_event",
        "4_signals/dealt_exposure",
        "4_signals/dealt_comparator",
        "4_signals/dealt_margin",
    ),
    "changes": (
        "4_signals/moved_member",
        "4_signals/moved_case",
        "4_signals/moved_count",
        "4_signals/revised_case",
        "4_signals/cell_change",
        "4_signals/change",
        "4_signals/changed_case",
    ),
    "hinges": (
        "4_signals/sole_reference",
        "4_signals/sole_reference_step",
        "4_signals/sole_litigated",
        "4_signals/sole_litigated_step",
    ),
    "grid": (
        "4_signals/grid_pair",
        "4_signals/grid_stratum",
        "4_signals/grid_count",
        "4_signals/grid_reference",
        "4_signals/grid_margin",
    ),
    "stimulation": (
        "4_signals/stimulated_report",
        "4_signals/stimulated_trait",
        "4_signals/stimulated_count",
        "4_signals/stimulated_value",
    ),
    "looser": (
        "4_signals/looser_cover",
        "4_signals/looser_step",
    ),
}

# Run on staged quarters or on openFDA's reports, in a database that is thrown away.
WATCH: Final[Mapping[str, tuple[str, ...]]] = {
    "words": (
        "6_watch/name",
        "6_watch/term",
    ),
    "watch": (
        "6_watch/received_case",
        "6_watch/exposure",
        "6_watch/incident_event",
        "6_watch/pair_count",
    ),
}

_HEADER = re.compile(r"^--\s?(.*)$")
_PARAMETER = re.compile(r"\$([a-z_]+)")
_MACRO = re.compile(r"^(macro|scalar)\s*\((.*)\)$", re.DOTALL)
_COLUMN = re.compile(r"^  (\w+): (.+)$")


@dataclass(frozen=True)
class Model:
    """One file of ``sql/``: a single SELECT and what its header says of it.

    Attributes
    ----------
    name
        ``schema.relation``, from the path.
    kind
        ``table``, ``view``, ``macro`` (a table macro) or ``scalar`` (a scalar macro).
    parameters
        Text between the parentheses of a macro, empty otherwise.
    title, grain
        First lines of the comment that a published view carries.
    columns
        Column to description, for views and macros of the schema ``api``.
    select
        The statement without comments and without a final semicolon.
    """

    name: str
    kind: str
    parameters: str
    title: str
    grain: str
    columns: Mapping[str, str]
    select: str
    file: Path


def read_model(path: str, sql_dir: Path = SQL_DIR) -> Model:
    """Model of a path such as ``2_cases/version``.

    Raises
    ------
    ModelError
        If the file is missing or its header does not start with its kind.
    """
    file = sql_dir / f"{path}.sql"
    if not file.is_file():
        raise ModelError(f"no model file {file}; MODELS names it", file=str(file))
    header: list[str] = []
    body: list[str] = []
    for line in file.read_text("utf-8").splitlines():
        comment = _HEADER.match(line)
        if comment and not body:
            header.append(comment[1])
        elif not line.lstrip().startswith("--"):
            body.append(line)
    fields = _header_fields(header)
    kind = fields.get("Kind", "")
    macro = _MACRO.match(kind)
    if not macro and kind not in ("table", "view"):
        raise ModelError(f"{file}: the header must start with -- Kind", file=str(file))
    folder, _, relation = path.partition("/")
    schema = folder.partition("_")[2]
    return Model(
        name=f"{schema}.{relation}",
        kind=macro[1] if macro else kind,
        parameters=macro[2].strip() if macro else "",
        title=fields.get("Title", ""),
        grain=fields.get("Grain", ""),
        columns={found[1]: found[2] for found in map(_COLUMN.match, header) if found},
        select="\n".join(body).strip().rstrip(";"),
        file=file,
    )


def _header_fields(lines: Sequence[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    last = ""
    for line in lines:
        key, colon, value = line.partition(": ")
        if colon and key in ("Kind", "Title", "Grain", "Reads", "Source"):
            fields[key], last = value.strip(), key
        elif last and line.startswith("  ") and not _COLUMN.match(line):
            fields[last] += " " + line.strip()
        else:
            last = ""
    return fields


def make_schema(con: Connection, schema: str) -> None:
    """Make a schema that is not there."""
    con.execute(f"create schema if not exists {schema}")


def run_model(
    con: Connection, model: Model, *, values: Mapping[str, Any] | None = None
) -> None:
    """Create or replace one relation.

    Raises
    ------
    ModelError
        If DuckDB refuses it; the message names the file, the error carries the SQL.
    """
    schema = model.name.split(".")[0]
    found = sorted(set(_PARAMETER.findall(model.select)))
    head = {
        "table": f"create or replace table {model.name} as\n",
        "view": f"create or replace view {model.name} as\n",
        "macro": f"create or replace macro {model.name}({model.parameters}) as table\n",
        "scalar": f"create or replace macro {model.name}({model.parameters}) as\n",
    }[model.kind]
    # A scalar macro is an expression; its file is a SELECT of it so that it lints.
    sql = head + (
        model.select.removeprefix("select") if model.kind == "scalar" else model.select
    )
    try:
        make_schema(con, schema)
        con.execute(sql, {name: (values or {})[name] for name in found} or None)
        con.fetchall()
    except (duckdb.Error, KeyError) as error:
        raise ModelError(
            f"model {model.name} ({model.file.name}) failed: {error}",
            file=str(model.file),
            sql=sql,
        ) from error


def run_models(
    con: Connection,
    groups: Sequence[str],
    *,
    values: Mapping[str, Any],
    on_model: Callable[[str], None] = lambda name: None,
) -> None:
    """Run groups of `MODELS`, `SIGNALS` or `WATCH` in order."""
    for group in groups:
        for path in {**MODELS, **SIGNALS, **WATCH}[group]:
            model = read_model(path)
            on_model(model.name)
            run_model(con, model, values=values)


def comment_on_api(con: Connection, models: Sequence[Model]) -> None:
    """Attach title, grain and column descriptions of the headers as COMMENTs."""
    for model in models:
        text = f"{model.title}. Grain: {model.grain}." if model.grain else model.title
        if model.kind == "macro":
            columns = "; ".join(f"{k}: {v}" for k, v in model.columns.items())
            _comment(con, f"macro table {model.name}", f"{text} Columns: {columns}")
            continue
        _comment(con, f"view {model.name}", text)
        for column, description in model.columns.items():
            _comment(con, f"column {model.name}.{column}", description)


def _comment(con: Connection, target: str, text: str) -> None:
    quoted = text.replace("'", "''")
    con.execute(f"comment on {target} is '{quoted}'")


@contextmanager
def connect(
    path: Path, *, threads: int | None = None, memory_limit: str | None = None
) -> Iterator[Connection]:
    """Writable connection to a DuckDB file; spills go beside the warehouse."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _connected(str(path), threads=threads, memory_limit=memory_limit) as con:
        yield con


# In a process without a main file DuckDB takes itself to be in a notebook; a cursor
# does not inherit the setting.
_NO_PROGRESS_BAR: Final = "set enable_progress_bar = false"


@contextmanager
def _connected(database: str, **settings: str | int | None) -> Iterator[Connection]:
    """Writable connection; settings that are None are DuckDB's own."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "preserve_insertion_order": True
    }
    config |= {name: value for name, value in settings.items() if value}
    con = duckdb.connect(database, config=config)
    try:
        con.execute(_NO_PROGRESS_BAR)
        yield con
    finally:
        con.close()


def n_threads(con: Connection) -> int:
    """Threads that DuckDB may use; permutations are dealt by as many."""
    ((n,),) = con.execute("select current_setting('threads')").fetchall()
    return int(n)


def side_by_side(con: Connection, *works: Work) -> None:
    """Do works that do not read each other's tables, each on a connection of its own.

    What Python does holds one processor; DuckDB and NumPy let others work meanwhile.
    A schema that several works write must be there: two that make one are in conflict.

    Raises
    ------
    Exception
        What a work raised; the queries of the others are interrupted then, and when
        the program is.
    """
    with ExitStack() as stack:
        cursors = [stack.enter_context(closing(con.cursor())) for _ in works]
        pool = stack.enter_context(ThreadPoolExecutor(len(works)))
        for own in cursors:
            own.execute(_NO_PROGRESS_BAR)
        futures = [
            pool.submit(work, own) for work, own in zip(works, cursors, strict=True)
        ]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            # Between two queries nothing is interrupted: ask until all have ended.
            while wait(futures, timeout=0.1).not_done:
                for own in cursors:
                    own.interrupt()
            raise


@contextmanager
def connect_memory() -> Iterator[Connection]:
    """Connection to a database that lives as long as it is open."""
    con = duckdb.connect(":memory:")
    try:
        yield con
    finally:
        con.close()


@contextmanager
def connect_scratch(
    folder: Path, *, threads: int | None = None, memory_limit: str | None = None
) -> Iterator[Connection]:
    """Connection to a database of its own under a folder; gone when it is closed.

    It lives in memory and spills into the folder. Meant for work whose tables nobody
    reads later, such as those of Splink.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=".tmp-scratch-", dir=folder) as scratch,
        _connected(
            ":memory:",
            threads=threads,
            memory_limit=memory_limit,
            temp_directory=scratch,
        ) as con,
    ):
        yield con


@contextmanager
def connect_readonly(
    path: Path,
    *,
    temp_dir: Path,
    reachable: Sequence[Path] = (),
    memory_limit: str = "4GB",
) -> Iterator[Connection]:
    """Connection that cannot change the file, reach others or be widened.

    Parameters
    ----------
    path
        The DuckDB file.
    temp_dir
        Where a query may spill; never beside the published file.
    reachable
        Folders whose files a query may read or write: the staged Parquet that views of
        a warehouse read, the tables of a report.
    memory_limit
        As DuckDB writes it.
    """
    con = duckdb.connect(
        str(path),
        read_only=True,
        config={
            "temp_directory": str(temp_dir),
            "memory_limit": memory_limit,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    try:
        if reachable:
            con.execute(
                "set allowed_directories = ["
                + ", ".join(f"'{_quoted(folder)}/'" for folder in reachable)
                + "]"
            )
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
        yield con
    finally:
        con.close()


def _quoted(path: Path) -> str:
    return str(path.resolve()).replace("'", "''")


def staged_difference(
    before: Path, after: Path
) -> tuple[dict[str, tuple[int, int]], int] | None:
    """Compare two stagings of one quarter, row by row without line numbers.

    Parameters
    ----------
    before, after
        Folders ``staged/<quarter>/<key>``.

    Returns
    -------
    tuple of (mapping, int) or None
        Table to (rows only in ``after``, rows only in ``before``) of the tables that
        differ; and the number of reports (primaryid) with a row that differs. None
        where ``before`` is not there any more.
    """
    changes: dict[str, tuple[int, int]] = {}
    if not before.is_dir():
        return None
    with connect_memory() as con:
        con.execute("create table touched (primaryid bigint)")
        for table in (*layout.TABLES, "deleted"):
            ours, theirs = _compared(after, before, f"{table}.parquet")
            for name, rows in (
                ("added", f"{ours} except all {theirs}"),
                ("removed", f"{theirs} except all {ours}"),
            ):
                con.execute(f"create or replace temp table {name} as {rows}")
            n_added, n_removed = con.execute(
                "select (select count(*) from added), (select count(*) from removed)"
            ).fetchall()[0]
            if n_added or n_removed:
                changes[table] = (n_added, n_removed)
            if table != "deleted":
                con.execute(
                    "insert into touched select primaryid from added "
                    "union all select primaryid from removed"
                )
        (touched,) = query_rows(
            con, "select count(distinct primaryid) as n from touched"
        )
    return changes, int(touched["n"])


def _compared(after: Path, before: Path, name: str) -> tuple[str, str]:
    """Queries of two Parquet files for what a row is, not for where it stood."""
    paths = (after / name, before / name)
    known = [pq.read_schema(path).names for path in paths]
    shared = [c for c in known[0] if c in known[1] and c not in ("line", "member")]
    ours, theirs = (
        f"select {', '.join(shared)} from read_parquet('{_quoted(path)}')"
        for path in paths
    )
    return ours, theirs


def register_staged(con: Connection, folders: Sequence[Path]) -> None:
    """Make the Parquet files of the staged quarters in use the schema ``source``.

    Parameters
    ----------
    con
        Open warehouse.
    folders
        One ``staged/<quarter>/<key>`` folder a quarter, in quarter order.
    """
    make_schema(con, "source")
    for table in (*layout.TABLES, *layout.OTHER_TABLES):
        files = ", ".join(
            f"'{_quoted(folder / f'{table}.parquet')}'" for folder in folders
        )
        con.execute(
            f"create or replace view source.{table} as "
            f"select * from read_parquet([{files}], union_by_name = true)"
        )


def register_parquet(con: Connection, name: str, files: Sequence[Path]) -> None:
    """Make Parquet files of one schema the view ``schema.relation``."""
    make_schema(con, name.split(".")[0])
    listed = ", ".join(f"'{_quoted(file)}'" for file in files)
    con.execute(
        f"create or replace view {name} as select * from read_parquet([{listed}])"
    )


def load_frame(con: Connection, name: str, frame: pd.DataFrame) -> None:
    """Store a data frame as table ``schema.relation``; empty text becomes NULL."""
    schema = name.split(".")[0]
    make_schema(con, schema)
    con.register("incoming_frame", frame)
    columns = ", ".join(
        f"""nullif("{column}", '') as "{column}" """
        if pd.api.types.is_string_dtype(frame[column].dtype)
        or frame[column].dtype == object
        else f'"{column}"'
        for column in frame.columns
    )
    con.execute(
        f"create or replace table {name} as select {columns} from incoming_frame"
    )
    con.unregister("incoming_frame")


def load_arrow(con: Connection, name: str, table: pa.Table) -> None:
    """Store an Arrow table as table ``schema.relation``, as it is."""
    make_schema(con, name.split(".")[0])
    con.register("incoming_table", table)
    con.execute(f"create or replace table {name} as select * from incoming_table")
    con.unregister("incoming_table")


def query_arrow(con: Connection, sql: str) -> pa.Table:
    """Result of a query as an Arrow table."""
    return con.sql(sql).to_arrow_table()


def write_parquet(con: Connection, sql: str, file: Path) -> None:
    """Write the result of a query as a Parquet file."""
    con.execute(f"copy ({sql}) to '{_quoted(file)}' (format parquet, compression zstd)")


def write_csv(con: Connection, sql: str, file: Path) -> int:
    """Write the result of a query as a CSV file, and tell how many rows it has."""
    ((n_rows,),) = con.execute(
        f"copy ({sql}) to '{_quoted(file)}' (format csv, header)"
    ).fetchall()
    return int(n_rows)


def query_frame(
    con: Connection, sql: str, values: Sequence[Any] | Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """Result of a query as a data frame."""
    frame: pd.DataFrame = con.execute(sql, values).fetchdf()
    return frame


def query_rows(
    con: Connection, sql: str, values: Sequence[Any] | Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Result of a query as a list of mappings."""
    result = con.execute(sql, values)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


SEVERITIES: Final = ("block", "note", "block for fda")
ROWS_KEPT: Final = 20
BLOCKED_ROWS_KEPT: Final = 10_000
_ROWS_SHOWN = 3


@dataclass(frozen=True)
class CheckResult:
    """What a check of ``sql/checks`` found: no rows means passed.

    Attributes
    ----------
    name, severity, title
        File name and header.
    effect
        ``passed``, ``note`` or ``blocked``.
    n_rows
        Rows that it returned.
    rows
        The first of them in the order of their columns: at most 20, of a check that
        blocks at most 10,000.
    """

    name: str
    severity: str
    title: str
    effect: str
    n_rows: int
    rows: tuple[dict[str, object], ...]

    def __str__(self) -> str:
        shown = _rows_apart(self.rows)
        figures = "; ".join(
            ", ".join(f"{name}={value}" for name, value in row.items()) for row in shown
        )
        more = "; ..." if self.n_rows > len(shown) else ""
        return f"{self.name} ({self.title}): {self.n_rows} rows: {figures}{more}"


def _rows_apart(rows: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """First rows, of each quarter one; rows that are of no quarter all count."""
    first: dict[object, dict[str, object]] = {}
    for place, row in enumerate(rows):
        first.setdefault(row.get("quarter") or place, row)
    return list(first.values())[:_ROWS_SHOWN]


def check_table(results: Sequence[CheckResult]) -> pa.Table:
    """Results of the checks without their rows, a row a check."""
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("name", "severity", "effect", "title")),
            ("n_rows", pa.int64()),
        ]
    )
    return pa.Table.from_pylist([vars(result) for result in results], schema=schema)


def check_row_table(results: Sequence[CheckResult]) -> pa.Table:
    """First rows of each check, the figures of a row as JSON."""
    schema = pa.schema(
        [
            ("name", pa.string()),
            ("row_no", pa.int64()),
            ("quarter", pa.string()),
            ("figures", pa.string()),
        ]
    )
    rows = [
        {
            "name": result.name,
            "row_no": number,
            "quarter": row.get("quarter"),
            "figures": json.dumps(row, default=str, ensure_ascii=False),
        }
        for result in results
        for number, row in enumerate(result.rows, start=1)
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def has_table(con: Connection, relation: str) -> bool:
    """Whether a table ``schema.name`` exists."""
    schema, _, name = relation.partition(".")
    found = query_rows(
        con,
        "select 1 from information_schema.tables "
        "where table_schema = ? and table_name = ?",
        [schema, name],
    )
    return bool(found)


def run_checks(
    con: Connection, *, origin: str, sql_dir: Path = SQL_DIR
) -> tuple[CheckResult, ...]:
    """Run every check and say which of them block.

    Parameters
    ----------
    con
        Open warehouse, all models run.
    origin
        Origin of the archives. A check whose header says ``block for fda`` blocks
        those of the FDA's own site; for a mirror or simulated archives it is a note.
    sql_dir
        Folder with ``checks``.
    """
    return tuple(
        _run_check(con, file, origin=origin)
        for file in sorted((sql_dir / "checks").glob("*.sql"))
    )


def require_passed(results: Sequence[CheckResult], *, rows_at: str) -> None:
    """Raise if any check blocks.

    Parameters
    ----------
    results
        What `run_checks` found.
    rows_at
        Where all rows of the checks can be read, the end of the message.

    Raises
    ------
    CheckFailed
        If checks block; names all of them with their first rows, and carries the rows.
    """
    blocked = [result for result in results if result.effect == "blocked"]
    if not blocked:
        return
    counted = "1 check" if len(blocked) == 1 else f"{len(blocked)} checks"
    said = " | ".join(map(str, blocked))
    raise CheckFailed(
        f"{counted} failed, nothing was published: {said} | "
        f"{rows_kept_of(result.n_rows for result in blocked)}: {rows_at}",
        rows=[
            {"check": result.name, **row} for result in blocked for row in result.rows
        ],
    )


def rows_kept_of(n_rows: Iterable[int]) -> str:
    """How many of the rows of checks that block are kept, in words."""
    if max(n_rows) <= BLOCKED_ROWS_KEPT:
        return "all their rows"
    return f"their rows, the first {BLOCKED_ROWS_KEPT:,} of each check"


def _blocks(severity: str, origin: str) -> bool:
    return severity == "block" or (severity == "block for fda" and origin == "fda")


def describe_checks(sql_dir: Path = SQL_DIR) -> tuple[tuple[str, str, str], ...]:
    """Name, severity and title of every check, by name."""
    headers = {
        file.stem: _check_header(file.read_text("utf-8"))
        for file in sorted((sql_dir / "checks").glob("*.sql"))
    }
    return tuple((name, h["Severity"], h["Title"]) for name, h in headers.items())


def _check_header(text: str) -> dict[str, str]:
    return dict(
        line[3:].split(": ", 1)
        for line in text.splitlines()
        if line.startswith("-- ") and ": " in line
    )


def _run_check(con: Connection, file: Path, *, origin: str) -> CheckResult:
    text = file.read_text("utf-8")
    header = _check_header(text)
    severity = header.get("Severity", "")
    if severity not in SEVERITIES:
        raise ModelError(
            f"check {file.stem}: the header must state a severity, one of "
            f"{', '.join(SEVERITIES)}",
            file=str(file),
            sql=text,
        )
    is_blocking = _blocks(severity, origin)
    kept = BLOCKED_ROWS_KEPT if is_blocking else ROWS_KEPT
    try:
        counted = query_rows(con, f"select count(*) as n from ({text}\n)")
        n_rows = int(counted[0]["n"])
        rows = (
            query_rows(con, f"select * from ({text}\n) order by all limit {kept}")
            if n_rows
            else []
        )
    except duckdb.Error as error:
        raise ModelError(
            f"check {file.stem} failed: {error}", file=str(file), sql=text
        ) from error
    effect = "blocked" if is_blocking else "note"
    return CheckResult(
        name=file.stem,
        severity=severity,
        title=header["Title"],
        effect=effect if n_rows else "passed",
        n_rows=n_rows,
        rows=tuple(rows),
    )


def copy_tables(con: Connection, file: Path, relations: Sequence[str]) -> None:
    """Copy relations of an open warehouse to tables of a file for DuckDB 1.5 and later.

    Rows are ordered by the first columns, which hold the key of most tables: a file
    that is read by key stays small and quick. What is only published is a view of the
    warehouse, so that its rows are written once.
    """
    file.unlink(missing_ok=True)
    con.execute(
        f"attach '{_quoted(file)}' as published (storage_version '{STORAGE_VERSION}')"
    )
    for relation in relations:
        schema = relation.split(".")[0]
        make_schema(con, f"published.{schema}")
        columns = [row[0] for row in con.execute(f"describe {relation}").fetchall()]
        # Of a version of a case there are few rows: version and line are order enough.
        n_keys = 4 if columns[0] == "caseid" else 6
        keys = ", ".join(str(place + 1) for place in range(len(columns[:n_keys])))
        con.execute(
            f"create table published.{relation} as "
            f"select * from {relation} order by {keys}"
        )
    con.execute("detach published")


def build_api(con: Connection) -> None:
    """Create the views and macros of the schema ``api`` with their comments."""
    models = [read_model(path) for path in API]
    for model in models:
        run_model(con, model)
    comment_on_api(con, models)


def content_hash(con: Connection, relation: str) -> str:
    """Hash of the rows of a relation that does not depend on their order.

    The number of rows and the sum of DuckDB's 64-bit row hashes, which are stable for
    one version of DuckDB; ``constraints.txt`` names it.
    """
    rows = con.execute(
        f"select count(*), coalesce(sum(hash(t)::hugeint), 0) from {relation} as t"
    ).fetchall()
    count, total = rows[0]
    return f"{count}:{int(total):x}"
