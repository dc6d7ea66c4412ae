"""Links of simulated archives beside the pairs that were planted in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from pvsignal import codelists, duplicates, pipeline
from pvsignal.quarter import Quarter
from pvsignal.settings import Settings

Pair = tuple[int, int]


def staged_folders(settings: Settings) -> dict[Quarter, Path]:
    """Staged folder of each landed quarter, staged now where it is not."""
    pipeline.land(settings)
    staged = pipeline.stage(settings)
    return {
        quarter: settings.staged_dir / str(quarter) / key
        for quarter, key in zip(staged.quarters, staged.keys, strict=True)
    }


def linked(
    settings: Settings, model: duplicates.LinkageModel | None = None
) -> duplicates.Linked:
    """Links of all landed quarters."""
    return duplicates.link_quarters(
        settings.duplicates_dir,
        staged_folders(settings),
        countries=codelists.load_codelists()["countries"].table,
        model=model,
        threads=settings.threads,
        memory_limit=settings.memory_limit,
    )


def pairs(files: Iterable[Path]) -> set[Pair]:
    """Pairs of cases with a link, the smaller number first."""
    table = pd.concat([pq.read_table(file).to_pandas() for file in files])
    return set(zip(table["kept_caseid"], table["caseid"], strict=True))


@dataclass(frozen=True)
class Judged:
    """Found pairs against planted ones."""

    recall: float
    precision: float
    by_kind: pd.DataFrame
    n_near_misses: int

    def __str__(self) -> str:
        return (
            f"recall {self.recall:.3f}, precision {self.precision:.3f}, near misses "
            f"linked {self.n_near_misses}\n{self.by_kind.to_string()}"
        )


def judge(found: set[Pair], truth: Path) -> Judged:
    """Recall over the planted duplicates, precision over all pairs found."""
    table = pd.read_csv(truth / "duplicates.csv")
    ends = table[["caseid", "other_caseid"]]
    table["is_found"] = [
        (low, high) in found
        for low, high in zip(ends.min(axis=1), ends.max(axis=1), strict=True)
    ]
    true = table[table["is_duplicate"]]
    by_kind = table.groupby(["is_duplicate", "kind"])["is_found"].agg(["sum", "size"])
    return Judged(
        recall=float(true["is_found"].mean()),
        precision=float(true["is_found"].sum() / max(1, len(found))),
        by_kind=by_kind,
        n_near_misses=int(table.loc[~table["is_duplicate"], "is_found"].sum()),
    )
