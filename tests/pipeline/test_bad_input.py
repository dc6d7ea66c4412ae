"""Bad input: one clear line, the right exit code, the former run untouched."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from filelock import FileLock

from pvsignal import pipeline
from pvsignal.analysis import load_analysis
from pvsignal.settings import Settings
from tests.archives import write_archive
from tests.pipeline.conftest import Published

ARCHIVE = "faers_ascii_2019q3.zip"


def _run(data_dir: Path, mirror: Path, *more: str) -> tuple[int, str]:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pvsignal",
            "run",
            "--data-dir",
            str(data_dir),
            "--mirror",
            str(mirror),
            *more,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stderr.strip()


def _rewrite(file: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """Write an archive anew with changed members; None leaves one out."""
    with zipfile.ZipFile(file) as old:
        members = {name: change(name, old.read(name)) for name in old.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in members.items():
            if data is not None:
                new.writestr(name, data)


def _without_reac(file: Path) -> None:
    _rewrite(file, lambda name, data: None if "REAC" in name else data)


def _unknown_header(file: Path) -> None:
    _rewrite(
        file,
        lambda name, data: (
            data.replace(b"drugname", b"medicine", 1) if "DRUG" in name else data
        ),
    )


def _empty_demo(file: Path) -> None:
    _rewrite(
        file,
        lambda name, data: data.split(b"\n", 1)[0] + b"\n" if "DEMO" in name else data,
    )


def _empty_reac(file: Path) -> None:
    _rewrite(
        file,
        lambda name, data: data.split(b"\n", 1)[0] + b"\n" if "REAC" in name else data,
    )


def _blank_terms(file: Path) -> None:
    def blank(name: str, data: bytes) -> bytes:
        if "REAC" not in name:
            return data
        head, *rows = data.decode().splitlines()
        keys = [row.split("$")[:2] for row in rows]
        return "\n".join([head, *("$".join([*key, " ", ""]) for key in keys)]).encode()

    _rewrite(file, blank)


def _truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _html(file: Path) -> None:
    file.write_bytes(b"<!DOCTYPE html><html><body>Server error</body></html>")


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (_without_reac, 4, ["REAC", "2019q3"]),
        (_unknown_header, 4, ["DRUG", "medicine"]),
        (_empty_demo, 6, ["DEMO"]),
        (_empty_reac, 6, ["reac", "2019q3"]),
        (_blank_terms, 6, ["blank_terms", "quarter=2019q3", "table_name=reac"]),
        (_truncated, 3, [ARCHIVE]),
        (_html, 3, [ARCHIVE, "HTML"]),
    ],
    ids=[
        "missing table",
        "unknown header",
        "empty DEMO",
        "empty REAC",
        "blank terms",
        "truncated",
        "HTML page",
    ],
)
def test_a_bad_archive_stops_the_run_and_leaves_what_was_published(
    published: Published,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    code: int,
    words: list[str],
) -> None:
    data_dir, mirror = tmp_path / "data", tmp_path / "mirror"
    shutil.copytree(published.settings.data_dir, data_dir, symlinks=True)
    mirror.mkdir()
    shutil.copy(published.archives / ARCHIVE, mirror)
    spoil(mirror / ARCHIVE)
    kept = [
        data_dir / file.relative_to(published.settings.data_dir)
        for folder in ("published", "reports", "ledger")
        for file in sorted((published.settings.data_dir / folder).rglob("*"))
        if file.is_file()
    ]
    before = [file.read_bytes() for file in kept]
    returned, message = _run(data_dir, mirror)
    assert returned == code, message
    assert len(message.splitlines()) == 1
    assert message.startswith("pvsignal: ")
    for word in words:
        assert word.lower() in message.lower()
    assert [file.read_bytes() for file in kept] == before
    assert not list((data_dir / "published").rglob(".tmp*"))
    assert not list((data_dir / "staged").rglob(".tmp*"))


def test_an_analysis_file_with_an_unknown_key_is_refused(
    published: Published, tmp_path: Path
) -> None:
    file = tmp_path / "analysis.toml"
    file.write_text('name = "x"\ntitle = "t"\ncomparators = ["A"]\n', "utf-8")
    code, message = _run(
        published.settings.data_dir, published.archives, "--analysis", str(file)
    )
    assert code == 5
    assert "comparators" in message
    assert len(message.splitlines()) == 1


def test_a_span_that_is_not_held_is_named_with_what_is(published: Published) -> None:
    settings = ["--data-dir", str(published.settings.data_dir)]
    done = subprocess.run(
        [sys.executable, "-m", "pvsignal", "stage", "--quarters", "2030q1", *settings],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    assert "2018q3..2019q3" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_span_that_the_mirror_does_not_offer_is_named(
    published: Published,
) -> None:
    code, message = _run(
        published.settings.data_dir, published.archives, "--quarters", "2030q1..2030q2"
    )
    assert code == 3
    assert "2030q1" in message
    assert len(message.splitlines()) == 1


def test_a_second_run_at_the_same_time_is_turned_away(published: Published) -> None:
    with FileLock(published.settings.lock_path):
        code, message = _run(published.settings.data_dir, published.archives)
    assert code == 8
    assert "another run holds" in message


def test_archives_of_another_origin_are_not_mixed_in(
    published: Published, tmp_path: Path
) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    shutil.copy(published.archives / ARCHIVE, mirror)
    _rewrite(mirror / ARCHIVE, lambda name, data: None if "SIMULATED" in name else data)
    data_dir = tmp_path / "data"
    shutil.copytree(published.settings.data_dir, data_dir, symlinks=True)
    code, message = _run(data_dir, mirror)
    assert code == 2
    assert "simulated" in message


def test_a_file_that_is_no_setting_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pvsignal.toml").write_text('data_directory = "x"\n', "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pvsignal", "status"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert "data_directory" in done.stderr


def test_asking_before_anything_was_run_says_what_to_do(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "none")
    with pytest.raises(Exception, match="pvsignal land"):
        pipeline.stage(settings)


HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>&\"'\x1b[31m"


def _report_with_markup(n: int) -> dict[str, dict[str, object]]:
    """A report of melanoma under ocrelizumab with markup in every free text."""
    key = {"primaryid": 100_000_001 + 10 * n, "caseid": 10_000_000 + n}
    is_exposed = n < 8
    return {
        "demo": {
            **key,
            "caseversion": 1,
            "init_fda_dt": "20240115",
            "mfr_sndr": HOSTILE,
            "mfr_num": HOSTILE,
            "lit_ref": HOSTILE,
            "reporter_country": HOSTILE,
            "occr_country": HOSTILE,
            "occp_cod": "MD",
            "age": f"{20 + n}",  # people apart, or they are suspected duplicates
            "age_cod": "YR",
            "sex": "F",
        },
        "drug": {
            **key,
            "drug_seq": 1,
            "role_cod": "PS",
            "drugname": "OCREVUS" if is_exposed else "ASPIRIN",
            "route": HOSTILE,
            "dose_vbm": HOSTILE,
        },
        "other": {**key, "drug_seq": 2, "role_cod": "SS", "drugname": HOSTILE},
        "reac": {**key, "pt": "Malignant melanoma" if is_exposed else HOSTILE},
        "indi": {**key, "indi_drug_seq": 2, "indi_pt": HOSTILE},
    }


def test_markup_in_the_archive_is_shown_and_not_run(tmp_path: Path) -> None:
    reports = [_report_with_markup(n) for n in range(60)]
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    tables = {t: [one[t] for one in reports] for t in ("demo", "drug", "reac", "indi")}
    tables["drug"] += [one["other"] for one in reports]
    write_archive(mirror, "2024q1", tables)
    settings = Settings(data_dir=tmp_path / "data", mirror=str(mirror))
    result = pipeline.run(settings, load_analysis())
    text = result.report.read_text("utf-8")
    page = BeautifulSoup(text, "html.parser")
    assert "<script>alert" not in text and "<img src=x" not in text
    assert len(page.find_all("script")) == 1
    assert not [tag for tag in page.find_all(True) if "onerror" in tag.attrs]
    # Upper-cased or not, the name of the other suspect is there for the reader.
    assert "<script>alert('x')</script>" in page.get_text().lower()
    assert "\x1b" not in text
