"""Sightings become links: features by SQL, pairs by Splink, one file a quarter."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from splink import DuckDBAPI, Linker, SettingsCreator

from pvsignal import warehouse
from pvsignal.duplicates.model import LinkageModel, linkage_version, load_model
from pvsignal.errors import CheckFailed
from pvsignal.progress import NoProgress, Progress
from pvsignal.quarter import Quarter

_TEMPORARY: Final = ".tmp-"
_FEATURES, _LINKS = "features.parquet", "links.parquet"
_LOOSER = "looser_links.parquet"

_FIELDS: Final = tuple(one.name for one in load_model().comparison)
LINK_SCHEMA: Final = pa.schema(
    [
        pa.field("quarter_no", pa.int16()),
        pa.field("primaryid", pa.int64()),
        pa.field("caseid", pa.int64()),
        pa.field("kept_quarter_no", pa.int16()),
        pa.field("kept_primaryid", pa.int64()),
        pa.field("kept_caseid", pa.int64()),
        pa.field("match_weight", pa.float64()),
        *(
            pa.field(f"{name}_{what}", kind)
            for name in _FIELDS
            for what, kind in (("level", pa.string()), ("weight", pa.float64()))
        ),
    ]
)
LOOSER_LINK_SCHEMA: Final = pa.schema(
    [LINK_SCHEMA.field(name) for name in LINK_SCHEMA.names[:7]]
)


@dataclass(frozen=True)
class Linked:
    """Links of all quarters, and how much of them this call made.

    Attributes
    ----------
    files
        One ``links.parquet`` a quarter, in quarter order.
    looser_files
        One ``looser_links.parquet`` a quarter: pairs below the threshold that suspects
        nobody, down to the least weight that is kept.
    new
        Quarters that were linked now; the others were there.
    n_pairs
        Pairs of each blocking rule that were estimated for them.
    """

    files: tuple[Path, ...]
    looser_files: tuple[Path, ...]
    new: tuple[Quarter, ...]
    n_pairs: Mapping[str, int]


def link_quarters(
    folder: Path,
    staged: Mapping[Quarter, Path],
    *,
    countries: pd.DataFrame,
    model: LinkageModel | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
    progress: Progress | None = None,
) -> Linked:
    """Links of the sightings of each quarter with those of it and of all before.

    A quarter whose links are there is left alone. The key of its folder is a hash of
    the model, the code, and the staged quarters up to it.

    Parameters
    ----------
    folder
        ``<data_dir>/duplicates``.
    staged
        Folder ``staged/<quarter>/<key>`` of each held quarter.
    countries
        Code list ``countries`` (text, iso2).
    model
        Model; None for the one that ships with pvsignal.
    threads, memory_limit, progress
        Of DuckDB, and the listener.

    Raises
    ------
    CheckFailed
        If the blocking rules give more pairs than the model allows; names the rule
        with the most.
    """
    used = model or load_model()
    listener = progress or NoProgress()
    keys = _keys(staged, countries, used)
    files = {q: folder / str(q) / keys[q].links / _LINKS for q in sorted(staged)}
    looser = tuple(file.with_name(_LOOSER) for file in files.values())
    new = tuple(q for q, file in files.items() if not file.exists())
    if not new:
        return Linked(tuple(files.values()), looser, (), {})
    sweep(folder)
    held = [q for q in files if q <= new[-1]]
    listener.start("link duplicates", len(held) + 1)
    features = {q: folder / str(q) / keys[q].features / _FEATURES for q in held}
    _make_features(
        features,
        staged,
        countries=countries,
        threads=threads or os.cpu_count() or 1,
        heard=lambda: listener.advance(1),
    )
    with warehouse.connect_scratch(
        folder, threads=threads, memory_limit=memory_limit
    ) as con:
        n_pairs = _select_candidates(con, tuple(features.values()), new, model=used)
        links = _links(con, used)
        for quarter in new:
            own = links.filter(pa.compute.field("later_no") == quarter.ordinal)
            suspected = own.filter(pa.compute.field("is_suspected"))
            below = own.filter(~pa.compute.field("is_suspected"))
            _write(
                files[quarter].parent,
                {
                    _LINKS: _as(suspected, LINK_SCHEMA),
                    _LOOSER: _as(below, LOOSER_LINK_SCHEMA),
                },
                _made_of(
                    staged,
                    quarter,
                    used,
                    n_links=suspected.num_rows,
                    n_looser=below.num_rows,
                ),
            )
    listener.finish()
    return Linked(tuple(files.values()), looser, new, n_pairs)


def _as(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    return rows.select(schema.names).cast(schema)


def sweep(folder: Path) -> None:
    """Remove what a linking that was killed left half done."""
    for temporary in (*folder.glob(f"*/{_TEMPORARY}*"), *folder.glob(f"{_TEMPORARY}*")):
        shutil.rmtree(temporary)


# --------------------------------------------------------------------------- keys


@dataclass(frozen=True)
class _Keys:
    features: str
    links: str


def _keys(
    staged: Mapping[Quarter, Path], countries: pd.DataFrame, model: LinkageModel
) -> dict[Quarter, _Keys]:
    """Keys of each quarter; those of its links hold all quarters up to it."""
    lists = pd.util.hash_pandas_object(countries, index=False).to_numpy().tobytes()
    base = hashlib.sha256(f"{linkage_version()} {_text(model)}".encode() + lists)
    keys = {}
    chain = base.copy()
    for quarter in sorted(staged):
        own = base.copy()
        own.update(f"{quarter} {staged[quarter].name}".encode())
        chain.update(own.digest())
        keys[quarter] = _Keys(own.hexdigest()[:12], "links-" + chain.hexdigest()[:12])
    return keys


def _text(model: LinkageModel) -> str:
    return json.dumps(model.model_dump(mode="json"), sort_keys=True)


def _made_of(
    staged: Mapping[Quarter, Path],
    quarter: Quarter,
    model: LinkageModel,
    *,
    n_links: int,
    n_looser: int,
) -> dict[str, Any]:
    return {
        "quarter": str(quarter),
        "linkage_version": linkage_version(),
        "model_sha256": hashlib.sha256(_text(model).encode()).hexdigest(),
        "staged": {str(q): staged[q].name for q in sorted(staged) if q <= quarter},
        "n_links": n_links,
        "n_looser_links": n_looser,
    }


# ----------------------------------------------------------------------- features


def _make_features(
    files: Mapping[Quarter, Path],
    staged: Mapping[Quarter, Path],
    *,
    countries: pd.DataFrame,
    threads: int,
    heard: Callable[[], None],
) -> None:
    """Make the features of quarters that lack them, one thread a quarter."""

    def made(quarter: Quarter) -> None:
        if not files[quarter].exists():
            _write_features(
                staged[quarter], quarter, countries=countries, file=files[quarter]
            )

    with ThreadPoolExecutor(threads) as pool:
        try:
            for _ in pool.map(made, files):
                heard()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _write_features(
    staged: Path, quarter: Quarter, *, countries: pd.DataFrame, file: Path
) -> None:
    """Features of the sightings of one quarter; they depend on its rows alone."""
    made_of = {"quarter": str(quarter), "staged": staged.name}
    with (
        _written_whole(file.parent, made_of) as temporary,
        warehouse.connect_memory(threads=1) as con,
    ):
        warehouse.load_frame(con, "codelists.country", countries)
        warehouse.register_staged(con, [staged])
        for path in warehouse.LINKAGE:
            warehouse.run_model(
                con, warehouse.read_model(path), values={"as_of": quarter.ordinal}
            )
        warehouse.write_parquet(
            con,
            "select * from linkage.feature order by sighting_id",
            temporary / file.name,
        )


def _write(
    folder: Path, tables: Mapping[str, pa.Table], made_of: Mapping[str, Any]
) -> None:
    """Write a folder of tables by file name and what it was made of."""
    with _written_whole(folder, made_of) as temporary:
        for name, rows in tables.items():
            pq.write_table(rows, temporary / name, compression="zstd")


@contextmanager
def _written_whole(folder: Path, made_of: Mapping[str, Any]) -> Iterator[Path]:
    """Temporary folder that becomes the folder, by one rename, when it is written."""
    temporary = folder.with_name(_TEMPORARY + folder.name)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    yield temporary
    text = json.dumps(made_of, indent=1, sort_keys=True)
    (temporary / "made_of.json").write_text(text + "\n", encoding="utf-8")
    for written in (*temporary.iterdir(), temporary):
        _sync(written)
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# -------------------------------------------------------------------------- pairs


def _select_candidates(
    con: warehouse.Connection,
    features: Sequence[Path],
    new: Sequence[Quarter],
    *,
    model: LinkageModel,
) -> dict[str, int]:
    """Make ``candidate``: sightings that share a rule's key with a new one.

    Returns the number of pairs that each rule gives, pairs of one case included.
    """
    warehouse.register_parquet(con, "linkage.known", features)
    numbers = ", ".join(str(quarter.ordinal) for quarter in new)
    is_new = f"known.quarter_no in ({numbers})"
    n_pairs: dict[str, int] = {}
    for number, rule in enumerate(model.blocking):
        columns = ", ".join(f"known.{column}" for column in rule.columns)
        present = " and ".join(f"known.{column} is not null" for column in rule.columns)
        con.execute(
            f"create or replace table linkage.block_{number} as "
            f"select {columns}, count(*) as n, "
            f"count(*) filter (where {is_new}) as n_new "
            f"from linkage.known as known where {present} group by all "
            "having count(*) > 1 and n_new > 0"
        )
        (row,) = warehouse.query_rows(
            con,
            "select coalesce(sum(n_new * (n_new - 1) // 2 + n_new * (n - n_new)), 0) "
            f"as n_pairs from linkage.block_{number}",
        )
        n_pairs[rule.name] = int(row["n_pairs"])
    _refuse_too_many(n_pairs, model.decision.max_pairs)
    shared = " or ".join(
        f"exists (select 1 from linkage.block_{number} as block where "
        + " and ".join(f"block.{column} = known.{column}" for column in rule.columns)
        + ")"
        for number, rule in enumerate(model.blocking)
    )
    con.execute(
        f"create or replace table candidate as select known.*, {is_new} as "
        f"is_new from linkage.known as known where {shared}"
    )
    return n_pairs


def _refuse_too_many(n_pairs: Mapping[str, int], most: int) -> None:
    total = sum(n_pairs.values())
    if total <= most:
        return
    rule = max(n_pairs, key=lambda name: n_pairs[name])
    raise CheckFailed(
        f"the blocking rules of the duplicate model give {total:,} pairs, more than "
        f"{most:,}; most come from the rule '{rule}' ({n_pairs[rule]:,}): tighten it "
        "in duplicates/model.toml; nothing was compared",
        rows=[{"rule": name, "n_pairs": n} for name, n in n_pairs.items()],
    )


def _links(con: warehouse.Connection, model: LinkageModel) -> pa.Table:
    """Compare the candidates; links that are kept, in the order of their keys."""
    api = DuckDBAPI(connection=con)
    candidates = api.register("candidate")
    linker = Linker(
        candidates, SettingsCreator(**model.settings()), log_level=logging.ERROR
    )
    scored = linker.inference.predict(
        threshold_match_weight=model.decision.kept_match_weight
    )
    columns = ",\n".join(_link_columns(model))
    return warehouse.query_arrow(
        con, f"select {columns} from {scored.physical_name} order by all"
    )


def _link_columns(model: LinkageModel) -> list[str]:
    """Columns of a link: the report with the smaller case number is kept."""
    sides = [
        f"case when caseid_l > caseid_r then {name}_{first} else {name}_{second} end "
        f"as {prefix}{name}"
        for prefix, first, second in (("", "l", "r"), ("kept_", "r", "l"))
        for name in ("quarter_no", "primaryid", "caseid")
    ]
    levels = []
    for one in model.comparison:
        # Splink numbers the levels downwards to 0; -1 is unknown.
        highest = len(one.level) - 1
        labels = " ".join(
            f"when {highest - place} then '{level.label}'"
            for place, level in enumerate(one.level)
        )
        levels += [
            f"case gamma_{one.name} {labels} else 'unknown' end as {one.name}_level",
            f"round(mw_{one.name}, 3) as {one.name}_weight",
        ]
    threshold = model.decision.threshold_match_weight
    return [
        *sides,
        "round(match_weight, 3) as match_weight",
        *levels,
        "greatest(quarter_no_l, quarter_no_r) as later_no",
        # Of the weight as it is: rounded up to the threshold it would suspect.
        f"match_weight >= {threshold} as is_suspected",
    ]
