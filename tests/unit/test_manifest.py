import json

import pytest

from pvsignal.errors import SourceError, UsageError
from pvsignal.quarter import Quarter
from pvsignal.sources.manifest import (
    Archive,
    claim_origin,
    read_manifest,
    read_origin,
    write_json,
    write_manifest,
)


def archive(quarter: str, sha256: str = "ab" * 32) -> Archive:
    name = f"faers_ascii_{quarter}.zip"
    return Archive(
        Quarter.parse(quarter),
        name,
        f"https://host/{name}",
        sha256,
        123,
        "2026-08-01T00:00:00+00:00",
    )


def test_nothing_is_held_before_the_first_land(tmp_path):
    assert read_manifest(tmp_path) == {}
    assert read_origin(tmp_path) is None


def test_what_is_written_is_read_back_in_quarter_order(tmp_path):
    later, earlier = archive("2024q1"), archive("2012q4")
    write_manifest(tmp_path, {later.quarter: later, earlier.quarter: earlier})
    assert list(read_manifest(tmp_path).values()) == [earlier, later]


def test_path_of_an_archive_starts_with_its_hash():
    assert archive("2024q1").path.as_posix() == (
        "landing/abababababab/faers_ascii_2024q1.zip"
    )


def test_json_is_sorted_and_leaves_no_temporary_file(tmp_path):
    write_json(tmp_path / "new" / "x.json", {"b": 1, "a": "é"})
    assert (tmp_path / "new" / "x.json").read_text(encoding="utf-8") == (
        '{\n  "a": "é",\n  "b": 1\n}\n'
    )
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["x.json"]


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", "3", '[{"name": "x"}]', '[{"quarter": "2024q9"}]']
)
def test_damaged_manifest_is_refused(tmp_path, content):
    path = tmp_path / "landing" / "manifest.json"
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(SourceError, match=r"manifest\.json .*land again"):
        read_manifest(tmp_path)


def test_same_origin_may_be_claimed_again(tmp_path):
    claim_origin(tmp_path, "mirror")
    claim_origin(tmp_path, "mirror")
    assert json.loads((tmp_path / "origin.json").read_text()) == {"origin": "mirror"}


def test_another_origin_is_refused_and_the_first_stays(tmp_path):
    claim_origin(tmp_path, "simulated")
    with pytest.raises(UsageError, match=r"'simulated'.*'fda'.*another --data-dir"):
        claim_origin(tmp_path, "fda")
    assert read_origin(tmp_path) == "simulated"


def test_unknown_origin_on_disk_is_refused(tmp_path):
    write_json(tmp_path / "origin.json", {"origin": "friend"})
    with pytest.raises(SourceError, match="does not state the origin"):
        read_origin(tmp_path)
