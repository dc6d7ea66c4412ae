"""Label texts that were landed from openFDA, as tables of a run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pvsignal import codelists
from pvsignal.codelists import Codelists
from pvsignal.errors import SourceError
from pvsignal.settings import Settings

_FILES: Final = ("label", "mention")
_TYPES: Final = {
    "label_date": pa.date32(),
    "sentence_no": pa.int32(),
    "is_other_product": pa.bool_(),
    "n_labels": pa.int32(),
    "n_sentences": pa.int32(),
}


@dataclass(frozen=True)
class LabelTexts:
    """The newest labels that were read from openFDA.

    Attributes
    ----------
    sha256
        Hash of the tables and of the day on which they were read.
    read_date
        That day, such as ``2026-09-01``.
    """

    folder: Path
    sha256: str
    read_date: str


def read_label_texts(settings: Settings) -> LabelTexts | None:
    """Newest labels under ``openfda/labels`` of the data directory; None without.

    Raises
    ------
    SourceError
        If the folder is not whole.
    """
    folders = sorted((settings.openfda_dir / "labels").glob("[0-9]*_*"))
    if not folders:
        return None
    folder = folders[-1]
    try:
        stated = json.loads((folder / "manifest.json").read_text("utf-8"))
        read_date = str(stated["retrieved"])[:10]
        content = hashlib.sha256(read_date.encode())
        for name in _FILES:
            content.update((folder / f"{name}.parquet").read_bytes())
    except (OSError, ValueError, KeyError) as error:
        raise SourceError(
            f"the labels in {folder} are not whole ({error}); remove that folder or"
            " run 'pvsignal labels' again"
        ) from error
    return LabelTexts(folder, content.hexdigest(), read_date)


def label_text_tables(
    found: LabelTexts | None, lists: Codelists
) -> dict[str, pa.Table]:
    """Tables ``codelists.label_text`` and ``label_difference``; empty without texts."""
    texts = pd.DataFrame(columns=list(codelists.TEXT_COLUMNS))
    differences = pd.DataFrame(columns=list(codelists.DIFFERENCE_COLUMNS))
    if found:
        labels, mentions = (
            pq.read_table(found.folder / f"{name}.parquet").to_pandas()
            for name in _FILES
        )
        texts = codelists.label_texts(
            labels, mentions, lists, read_date=found.read_date
        )
        differences = codelists.label_differences(texts, labels, lists)
        differences["read_date"] = found.read_date
    return {
        "codelists.label_text": _table(texts),
        "codelists.label_difference": _table(differences),
    }


def _table(frame: pd.DataFrame) -> pa.Table:
    schema = pa.schema([(c, _TYPES.get(c, pa.string())) for c in frame.columns])
    return pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
