"""Labels that were landed from openFDA beside a run: read, hashed, published."""

import datetime as dt
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pvsignal import codelists, pipeline, warehouse
from pvsignal.analysis import load_analysis
from pvsignal.errors import SourceError
from pvsignal.pipeline.intake import staged_before
from pvsignal.pipeline.label_texts import label_text_tables, read_label_texts
from pvsignal.settings import Settings
from tests.pipeline.conftest import Published

LABEL = {"therapy": "ozanimod", "set_id": "s1", "brand_name": "ZEPOSIA"}
MENTION = {
    "therapy": "ozanimod",
    "set_id": "s1",
    "version": "3",
    "effective_date": dt.date(2026, 1, 1),
    "section": "warnings",
    "sentence_no": 1,
    "words": "melanoma",
    "sentence": "Melanoma and renal cell carcinoma were reported.",
}


def land(settings: Settings, time: str = "20260901T120000Z") -> Path:
    """Write a folder of labels as `pvsignal labels` does."""
    folder = settings.openfda_dir / "labels" / f"{time}_0123456789ab"
    folder.mkdir(parents=True)
    for name, row in (("label", LABEL), ("mention", MENTION)):
        pq.write_table(pa.Table.from_pylist([row]), folder / f"{name}.parquet")
    retrieved = f"{time[:4]}-{time[4:6]}-{time[6:8]}T12:00:00+00:00"
    manifest = json.dumps({"retrieved": retrieved})
    (folder / "manifest.json").write_text(manifest, "utf-8")
    return folder


def test_the_newest_folder_is_read_and_its_day_is_part_of_its_hash(
    tmp_path: Path,
) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    assert read_label_texts(settings) is None
    land(settings)
    first = read_label_texts(settings)
    newest = land(settings, "20260908T120000Z")
    second = read_label_texts(settings)
    assert first and second
    assert (first.read_date, second.read_date) == ("2026-09-01", "2026-09-08")
    assert second.folder == newest
    assert first.sha256 != second.sha256


def test_a_folder_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    (land(settings) / "mention.parquet").unlink()
    with pytest.raises(SourceError, match="not whole"):
        read_label_texts(settings)


def test_sentences_and_differences_become_tables_that_the_views_read(
    tmp_path: Path,
) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    land(settings)
    tables = label_text_tables(read_label_texts(settings), codelists.load_codelists())
    with warehouse.connect_memory() as con:
        for name, table in tables.items():
            warehouse.load_arrow(con, name, table)
        for path in ("5_api/label_texts", "5_api/label_differences"):
            warehouse.run_model(con, warehouse.read_model(path))
        (text,) = warehouse.query_rows(con, "from api.label_texts")
        found = warehouse.query_rows(
            con, "select event, difference from api.label_differences order by all"
        )
    assert text["events"] == "all_melanoma|kidney"
    assert (text["label_date"], text["read_date"]) == (
        dt.date(2026, 1, 1),
        "2026-09-01",
    )
    assert [tuple(row.values()) for row in found] == [
        ("kidney", "text only"),
        ("skin_bcc", "list only"),
        ("skin_scc", "list only"),
    ]


@pytest.fixture
def landed(data: Settings) -> Settings:
    """Data directory of a run, with labels that were read after it."""
    land(data)
    return data


def test_labels_that_were_read_make_another_run_of_the_same_archives(
    published: Published, landed: Settings
) -> None:
    staged = staged_before(landed)
    with_texts = pipeline.identify(landed, load_analysis(), staged=staged)
    assert with_texts.label_texts
    shutil.move(landed.openfda_dir, landed.data_dir / "aside")
    without = pipeline.identify(landed, load_analysis(), staged=staged)
    assert without.label_texts is None
    assert with_texts.identity != without.identity
    with warehouse.connect_readonly(
        published.result.database, temp_dir=landed.data_dir / ".spill"
    ) as con:
        rows = warehouse.query_rows(
            con,
            "select (select count(*) from api.label_texts) as texts, (select count(*)"
            " from api.label_differences) as differences, (select count(*) from"
            " api.labels) as labels, (select count(*) from api.marks) as marks,"
            " (select inputs from api.runs) as inputs",
        )
    (counted,) = rows
    assert counted["inputs"] == without.identity
    assert (counted["texts"], counted["differences"]) == (0, 0)
    assert counted["labels"] > 0
    assert counted["marks"] > 0
