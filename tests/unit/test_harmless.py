"""Archives made to do harm: refused when landed and when staged."""

import struct
import zipfile
from pathlib import Path

import pytest

from pvsignal.errors import LayoutError, SourceError
from pvsignal.quarter import Quarter
from pvsignal.sources import stage
from pvsignal.sources.archive import opened
from pvsignal.sources.land import origin_of, verify_archive
from pvsignal.sources.stage import stage_archive
from tests.archives import write_archive

Q = Quarter(2024, 1)
DEMO = [{"primaryid": 100115731, "caseid": 10011573, "caseversion": 1}]
DEMO_TXT = "ASCII/DEMO24Q1.txt"


def with_member(folder: Path, name: str, data: bytes = b"x") -> Path:
    return write_archive(folder, Q, {"demo": DEMO}, raw={name: data})


def patched(path: Path, name: str, *, offset: int, value: bytes) -> Path:
    """Archive with some bytes of a member's central directory entry replaced."""
    data = bytearray(path.read_bytes())
    at = data.rindex(name.encode()) - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    data[at + offset : at + offset + len(value)] = value
    path.write_bytes(data)
    return path


def refused_everywhere(path: Path, folder: Path, match: str) -> None:
    with pytest.raises(SourceError, match=match):
        verify_archive(path, path.name)
    with pytest.raises(SourceError, match=match):
        stage_archive(path, Q, sha256="0" * 64, staged_dir=folder / "staged")
    assert not list((folder / "staged").glob("*/*"))
    outside = [item for item in folder.parent.iterdir() if item != folder]
    assert outside == []


@pytest.fixture
def folder(tmp_path):
    """A folder whose parent holds nothing else, so that an escape is seen."""
    inner = tmp_path / "inner"
    inner.mkdir()
    return inner


@pytest.mark.parametrize(
    "name",
    [
        "../escaped.txt",
        "ASCII/../../escaped.txt",
        "/etc/escaped.txt",
        "C:/escaped.txt",
        "C:escaped.txt",
        "..\\escaped.txt",
        "\\\\host\\share\\escaped.txt",
    ],
)
def test_path_that_leaves_the_archive_is_refused(folder, name):
    path = with_member(folder, name)
    refused_everywhere(path, folder, "leaves the archive")


def test_two_dots_inside_a_name_are_no_path(folder):
    verify_archive(with_member(folder, "ASCII/notes..v2.txt"), "a.zip")


def test_ten_gigabytes_claimed_by_a_small_zip_are_refused_before_reading(folder):
    path = folder / "faers_ascii_2024q1.zip"
    with zipfile.ZipFile(path, "w") as file:
        info = zipfile.ZipInfo(DEMO_TXT)
        with file.open(info, "w", force_zip64=True) as member:
            member.write(b"primaryid\n")
    data = bytearray(path.read_bytes())
    # A zip64 entry: the sizes stand in the extra field behind the name.
    at = data.rindex(b"PK\x01\x02")
    name_length, extra_length = struct.unpack_from("<HH", data, at + 28)
    assert extra_length == 0
    extra = struct.pack("<HHQ", 1, 8, 10 * 1024**3)
    struct.pack_into("<I", data, at + 24, 0xFFFFFFFF)
    struct.pack_into("<H", data, at + 30, len(extra))
    place = at + 46 + name_length
    data[place:place] = extra
    end = data.rindex(b"PK\x05\x06")
    size = struct.unpack_from("<I", data, end + 12)[0]
    struct.pack_into("<I", data, end + 12, size + len(extra))
    path.write_bytes(data)
    refused_everywhere(path, folder, r"states 10,737,418,240 bytes")


def test_bomb_that_inflates_a_thousandfold_is_refused_before_reading(folder):
    path = with_member(folder, "ASCII/x.txt")
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("ASCII/bomb.txt", bytes(64 * 1024**2), zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    refused_everywhere(path, folder, r"states 67,108,864 bytes in")


def test_member_that_inflates_to_more_than_it_states_is_damaged(folder):
    body = b"primaryid\n" * 1000
    path = with_member(folder, "ASCII/more.txt", body)
    patched(path, "ASCII/more.txt", offset=24, value=struct.pack("<I", 100))
    with opened(path) as file:
        info = file.getinfo("ASCII/more.txt")
        assert info.file_size == 100
    with pytest.raises(SourceError, match="fails its CRC"):
        verify_archive(path, path.name)


def test_encrypted_member_is_refused(folder):
    path = with_member(folder, "ASCII/locked.txt")
    patched(path, "ASCII/locked.txt", offset=8, value=struct.pack("<H", 1))
    refused_everywhere(path, folder, "is encrypted")


def test_members_that_share_their_bytes_are_refused(folder):
    """Entries that all point at one kernel (Fifield 2019) state more than the file."""
    body = bytes(range(256)) * 4000
    path = folder / "faers_ascii_2024q1.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.writestr(DEMO_TXT, body)
    with zipfile.ZipFile(path, "a") as file:
        first = file.infolist()[0]
        for n in range(3):
            twin = zipfile.ZipInfo(f"ASCII/T{n}.txt")
            twin.header_offset = first.header_offset
            twin.CRC = first.CRC
            twin.compress_size = twin.file_size = first.file_size
            file.filelist.append(twin)
        file._didModify = True
    refused_everywhere(path, folder, "share bytes")


def test_more_members_than_any_archive_has_are_refused(folder):
    raw = {f"ASCII/n{n}.txt": b"" for n in range(1_001)}
    path = write_archive(folder, Q, {"demo": DEMO}, raw=raw)
    refused_everywhere(path, folder, r"1,009 members")


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_member_packed_otherwise_than_by_deflate_is_refused(folder, method):
    path = with_member(folder, "ASCII/x.txt")
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("ASCII/packed.txt", b"x" * 100, method)
    refused_everywhere(path, folder, "packed otherwise than by deflate")


def test_name_that_is_not_the_utf8_it_claims_to_be_is_damage(folder):
    path = with_member(folder, "ASCII/caf\u00e9.txt")
    data = path.read_bytes().replace("caf\u00e9".encode(), b"caf\xff\xfe")
    path.write_bytes(data)
    refused_everywhere(path, folder, "is damaged")
    with pytest.raises(SourceError, match="is damaged"):
        origin_of([path])


def test_deletion_list_larger_than_any_is_refused(folder, monkeypatch):
    monkeypatch.setattr(stage, "_LIST_BYTES_MAX", 20)
    path = write_archive(
        folder, Q, {"demo": DEMO}, deleted=range(10_000_000, 10_000_009)
    )
    with pytest.raises(LayoutError, match="larger than 20 bytes"):
        stage_archive(path, Q, sha256="0" * 64, staged_dir=folder / "staged")
