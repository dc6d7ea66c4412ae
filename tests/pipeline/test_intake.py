"""Archives that come again, late, or not at all: what a run says of its source."""

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

from pvsignal import pipeline
from pvsignal.analysis import load_analysis
from pvsignal.errors import UsageError
from pvsignal.pipeline.intake import staleness
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings
from pvsignal.sources import manifest
from pvsignal.status import read_status
from tests.archives import Rows, write_archive

NOW = dt.datetime(2024, 9, 1, 6, tzinfo=dt.UTC)


def report(n: int, pt: str = "Nausea", version: int = 1) -> dict[str, Rows]:
    key = {"primaryid": 10_000_000 + 10 * n + version, "caseid": 1_000_000 + n}
    demo = {**key, "caseversion": version, "init_fda_dt": "20240115"}
    drug = {**key, "drug_seq": 1, "role_cod": "PS", "drugname": "OCREVUS"}
    return {"demo": [demo], "drug": [drug], "reac": [{**key, "pt": pt}]}


def mirror_with(folder: Path, *reports: dict[str, Rows]) -> Path:
    folder.mkdir(exist_ok=True)
    tables = {
        table: [row for one in reports for row in one[table]]
        for table in ("demo", "drug", "reac")
    }
    write_archive(folder, "2024q1", tables)
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", mirror=str(tmp_path / "mirror"))


def land_and_stage(settings: Settings) -> pipeline.Staged:
    pipeline.land(settings, now=lambda: NOW)
    return pipeline.stage(settings)


def test_reissued_archive_is_staged_beside_the_old_and_its_changes_are_told(
    settings, tmp_path
):
    mirror_with(tmp_path / "mirror", *map(report, range(5)))
    first = land_and_stage(settings)
    assert first.reissues == ()
    # One report is gone, one has another reaction, one is new; the others have
    # moved to other lines.
    changed = [report(9), report(0), report(1), report(2, "Melanoma"), report(3)]
    mirror_with(tmp_path / "mirror", *changed)
    landed = pipeline.land(settings, now=lambda: NOW)
    assert any("was re-issued" in note for note in landed.notes)
    again = pipeline.stage(settings)
    (reissue,) = again.reissues
    assert dict(reissue.changes) == {"demo": [1, 1], "drug": [1, 1], "reac": [2, 2]}
    assert reissue.n_reports == 3
    assert (reissue.replaced_sha256, reissue.archive_sha256) == (
        first.archives[0].sha256,
        again.archives[0].sha256,
    )
    held = {path.name for path in (settings.staged_dir / "2024q1").iterdir()}
    assert held == {first.keys[0], again.keys[0]}
    assert len(list((settings.data_dir / "landing").glob("*/*.zip"))) == 2
    text = str(reissue)
    assert text.startswith("2024q1 was re-issued: ")
    assert "demo +1 -1, drug +1 -1, reac +2 -2; 3 reports differ" in text


def test_run_and_status_say_what_a_reissue_changed(settings, tmp_path):
    mirror_with(tmp_path / "mirror", *map(report, range(5)))
    before = pipeline.run(settings, load_analysis(), now=lambda: NOW)
    mirror_with(tmp_path / "mirror", *map(report, range(6)))
    after = pipeline.run(settings, load_analysis(), now=lambda: NOW)
    assert after.is_new and after.run != before.run
    (line,) = [line for line in after.findings if "re-issued" in line]
    assert "demo +1 -0" in line
    state = read_status(settings, load_analysis(), today=NOW.date())
    assert [note for note in state.notes if "re-issued" in note] == [line]
    stamp = json.loads((after.report.parent / "manifest.json").read_text("utf-8"))
    assert line in stamp["findings"]
    again = pipeline.run(settings, load_analysis(), now=lambda: NOW)
    assert not again.is_new


def test_reissue_whose_earlier_staging_was_removed_says_that_it_knows_no_change(
    settings, tmp_path
):
    mirror_with(tmp_path / "mirror", report(1))
    land_and_stage(settings)
    shutil.rmtree(settings.staged_dir / "2024q1")
    mirror_with(tmp_path / "mirror", report(1), report(2))
    (reissue,) = land_and_stage(settings).reissues
    assert (reissue.changes, reissue.n_reports) == (None, None)
    assert str(reissue).endswith("not known, the earlier staging was removed")


def test_going_back_to_the_old_archive_is_a_reissue_too(settings, tmp_path):
    mirror_with(tmp_path / "mirror", report(1))
    land_and_stage(settings)
    mirror_with(tmp_path / "mirror", report(1), report(2))
    land_and_stage(settings)
    mirror_with(tmp_path / "mirror", report(1))
    staged = land_and_stage(settings)
    assert [r.changes["demo"] for r in staged.reissues] == [[1, 0], [0, 1]]


def test_reissue_that_is_landed_and_not_staged_is_not_built(settings, tmp_path):
    """Else the counts of the old archive would carry the hash of the new one."""
    mirror_with(tmp_path / "mirror", report(1))
    land_and_stage(settings)
    mirror_with(tmp_path / "mirror", report(1), report(2))
    pipeline.land(settings, now=lambda: NOW)
    with pytest.raises(UsageError, match=r"2024q1 .* is staged from another archive"):
        pipeline.staged_before(settings)
    assert read_status(settings, load_analysis(), today=NOW.date()).staged == (
        "2024q1",
    )
    pipeline.stage(settings)
    assert len(pipeline.staged_before(settings).archives) == 1


def test_the_newest_quarter_is_stale_seven_weeks_after_the_end_of_the_next(
    settings, tmp_path
):
    mirror_with(tmp_path / "mirror", report(1))
    pipeline.land(settings, now=lambda: NOW)
    # 2024q2 ended on June 30; seven weeks later it is August 18.
    assert staleness(settings, today=dt.date(2024, 8, 17)) == ()
    (note,) = staleness(settings, today=dt.date(2024, 8, 18))
    assert note.startswith("stale: the newest held quarter is 2024q1; 2024q2 should")
    assert read_status(settings, load_analysis(), today=dt.date(2024, 8, 18)).is_stale
    assert note in pipeline.land(settings, now=lambda: NOW).notes
    late = NOW.replace(month=8, day=1)
    assert pipeline.land(settings, now=lambda: late).notes == ()


def test_nothing_held_and_simulated_archives_are_not_stale(settings, tmp_path):
    assert staleness(settings, today=NOW.date()) == ()
    mirror_with(tmp_path / "mirror", report(1))
    pipeline.land(settings, now=lambda: NOW)
    manifest.write_json(settings.data_dir / "origin.json", {"origin": "simulated"})
    assert staleness(settings, today=NOW.date()) == ()


def test_stagings_that_were_killed_are_swept(settings, tmp_path):
    mirror_with(tmp_path / "mirror", report(1))
    pipeline.land(settings, now=lambda: NOW)
    left = settings.staged_dir / "2023q4" / ".tmp-0123456789ab"
    left.mkdir(parents=True)
    (left / "demo.parquet").write_bytes(b"PAR1")
    pipeline.stage(settings)
    assert not left.exists()


def test_notes_of_a_run_name_what_is_stale(settings, tmp_path):
    mirror_with(tmp_path / "mirror", report(1))
    published = pipeline.run(
        settings, load_analysis(), span=QuarterSpan.parse("2024q1"), now=lambda: NOW
    )
    assert any(note.startswith("stale: ") for note in published.notes)
