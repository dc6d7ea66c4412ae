"""Archives to staged Parquet."""

import datetime as dt
import hashlib
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal import layout
from pvsignal.errors import CheckFailed, LayoutError, SourceError
from pvsignal.quarter import Quarter
from pvsignal.sources import records, stage
from pvsignal.sources.archive import find_members
from pvsignal.sources.members import StagedPart, stage_deletions
from pvsignal.sources.stage import stage_archive, staged_key, staging_version
from tests.archives import (
    member_bytes,
    member_name,
    record_line,
    stage_table,
    write_archive,
)

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "faers"
Q = Quarter(2024, 1)
DEMO = [{"primaryid": 100115731, "caseid": 10011573, "caseversion": 1}]
FILES = {
    *layout.TABLES,
    *("deleted", "rejected", "accounting", "profile", "code_value"),
}


def staged(folder: Path, archive: Path, quarter: Quarter | str = Q, **more):
    quarter = Quarter.parse(quarter) if isinstance(quarter, str) else quarter
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    return stage_archive(
        archive, quarter, sha256=digest, staged_dir=folder / "staged", **more
    )


def rows(result: stage.StagedQuarter, table: str) -> list[dict]:
    return pq.read_table(result.path / f"{table}.parquet").to_pylist()


def one_table(table: str, body: bytes, quarter: str = "2024q1") -> StagedPart:
    """Staged rows of a member with that body under its era's header."""
    known = Quarter.parse(quarter)
    head = member_bytes(table, known, [])
    return stage_table(table, head + body, known, where=("archive.zip", "member.txt"))


def reac(key: object, caseid: object = 1001157, pt: str = "Nausea") -> bytes:
    return f"{key}${caseid}${pt}$\n".encode()


# --------------------------------------------------------------------------- eras


@pytest.mark.parametrize("quarter", ["2004q1", "2005q3", "2012q4", "2013q1", "2014q3"])
def test_each_value_arrives_in_its_canonical_column_in_every_era(tmp_path, quarter):
    era = layout.era_of_quarter(Quarter.parse(quarter))
    given_rows = {}
    for table in layout.TABLES:
        given_rows[table] = [
            {
                column.name: 4263742 if column.is_number else f"{table}.{column.name}"
                for column in layout.canonical(table, era).values()
            }
        ]
    archive = write_archive(tmp_path, quarter, given_rows)
    result = staged(tmp_path, archive, quarter)
    assert {path.stem for path in result.path.iterdir()} == FILES
    for table in layout.TABLES:
        (row,) = rows(result, table)
        assert (row["quarter"], row["line"]) == (quarter, 2)
        assert row["quarter_no"] == Quarter.parse(quarter).ordinal
        for column in layout.columns(table):
            assert row[column.name] == given_rows[table][0].get(column.name)


def test_2012q4_has_its_own_dialect(tmp_path):
    tables = {
        "demo": [{"primaryid": 34483284, "caseid": 3448328, "rept_dt": "20121128"}],
        "drug": [{"primaryid": 34483284, "caseid": 3448328, "lot_num": "L1"}],
        "outc": [{"primaryid": 34483284, "caseid": 3448328, "outc_cod": "DE"}],
    }
    archive = write_archive(tmp_path, "2012q4", tables)
    with zipfile.ZipFile(archive) as file:
        assert b"$ rept_dt$" in file.read("ascii/demo12q4.txt")
        assert file.read("ascii/drug12q4.txt").startswith(b"\xef\xbb\xbfprimaryid")
        assert b"lot_nbr" in file.read("ascii/drug12q4.txt")
        assert b"outc_code" in file.read("ascii/outc12q4.txt")
    result = staged(tmp_path, archive, "2012q4")
    assert rows(result, "demo")[0]["rept_date"] == dt.date(2012, 11, 28)
    assert rows(result, "drug")[0]["lot_num"] == "L1"
    assert rows(result, "outc")[0]["outc_cod"] == "DE"


def test_parquet_files_have_the_schema_of_the_layout(tmp_path):
    result = staged(tmp_path, write_archive(tmp_path, Q, {"demo": DEMO}))
    for name in FILES:
        schema = pq.read_schema(result.path / f"{name}.parquet")
        assert schema.equals(layout.staged_schema(name)), name


def test_header_of_a_neighbouring_era_is_read_by_its_own_columns():
    data = b"primaryid$caseid$pt\n1001157$100115$Nausea\n"
    one = stage_table("reac", data, Quarter(2014, 3), where=("a", "m"))
    assert one.account.era in ("c0", "c")
    assert one.rows["pt"].to_pylist() == ["Nausea"]
    assert one.rows["drug_rec_act"].to_pylist() == [None]


def test_header_that_several_eras_share_counts_as_that_of_the_quarter():
    assert one_table("rpsr", b"").account.era == "d"
    assert one_table("rpsr", b"", "2013q1").account.era == "c"


def test_unknown_header_is_refused_with_what_was_expected(tmp_path):
    raw = {"ASCII/REAC24Q1.txt": b"primaryid$caseid$term\n"}
    archive = write_archive(tmp_path, Q, {"demo": DEMO}, raw=raw)
    with pytest.raises(LayoutError) as caught:
        staged(tmp_path, archive)
    message = str(caught.value)
    assert "faers_ascii_2024q1.zip" in message
    assert "REAC24Q1.txt" in message
    assert "'primaryid$caseid$term'" in message
    assert "'primaryid$caseid$pt$drug_rec_act'" in message


# -------------------------------------------------------------------------- values


def test_typed_columns_stand_beside_the_raw_text(tmp_path):
    demo = DEMO[0] | {
        "caseversion": "12",
        "event_dt": "201503",
        "fda_dt": "20150231",
        "age": "7",
        "age_cod": "DEC",
        "wt": "100",
        "wt_cod": "LBS",
    }
    ther = {"primaryid": 100115731, "dsg_drug_seq": 1, "dur": "2", "dur_cod": "WK"}
    drug = {"primaryid": 100115731, "drug_seq": 1, "dose_amt": "2-3"}
    tables = {"demo": [demo], "ther": [ther], "drug": [drug]}
    result = staged(tmp_path, write_archive(tmp_path, Q, tables))
    (row,) = rows(result, "demo")
    assert (row["caseversion"], row["caseversion_no"]) == ("12", 12)
    assert (row["event_dt"], row["event_date"]) == ("201503", dt.date(2015, 3, 1))
    assert row["event_date_precision"] == "month"
    assert (row["fda_dt"], row["fda_date"]) == ("20150231", None)
    assert row["fda_date_precision"] is None
    assert (row["age"], row["age_years"]) == ("7", 70)
    assert (row["wt"], row["wt_kg"]) == ("100", pytest.approx(45.359237))
    assert rows(result, "ther")[0]["dur_days"] == 14
    (row,) = rows(result, "drug")
    assert (row["dose_amt"], row["dose_amount"]) == ("2-3", None)


def test_namibia_and_other_words_for_missing_stay_text():
    demo = {"primaryid": 1001, "caseid": 100, "reporter_country": "NA"}
    line = record_line("demo", "d", demo | {"sex": "NULL", "occr_country": "nan"})
    (row,) = one_table("demo", line.encode()).rows.to_pylist()
    assert (row["reporter_country"], row["sex"]) == ("NA", "NULL")
    assert (row["occr_country"], row["event_dt"]) == ("nan", None)


def test_text_is_neither_trimmed_nor_unquoted():
    pt = " \"Parkinson^s\" #1, \\n 'x' "
    (row,) = one_table("reac", reac(1001157, pt=pt)).rows.to_pylist()
    assert row["pt"] == pt


def test_key_beyond_32_bits_and_blank_caseid(tmp_path):
    body = reac("123456789012345678") + reac(1001157, caseid="")
    found = one_table("reac", body).rows.to_pylist()
    assert [row["primaryid"] for row in found] == [123456789012345678, 1001157]
    assert [row["caseid"] for row in found] == [1001157, None]


def test_utf8_file_is_read_as_utf8():
    body = reac(1001157, pt="Ménière’s disease")
    assert one_table("reac", body).rows["pt"].to_pylist() == ["Ménière’s disease"]


def test_file_with_one_byte_that_is_no_utf8_is_latin1_throughout():
    body = reac(1001157, pt="Ménière") + b"1001158$100115$M\xe9ni\x08\xe8re$\n"
    found = one_table("reac", body).rows["pt"].to_pylist()
    assert found == ["MÃ©niÃ¨re", "Ménière"]


@pytest.mark.parametrize(
    ("texts", "read_as"),
    [
        ([b"plain", "é".encode(), b"plain"], ["plain", "é", "plain"]),
        ([b"plain", b"caf\xe9", "é".encode()], ["plain", "café", "Ã©"]),
        (["é".encode(), b"plain", b"caf\xe9"], ["Ã©", "plain", "café"]),
    ],
)
def test_encoding_is_that_of_the_whole_file_though_blocks_differ(
    tmp_path, monkeypatch, texts, read_as
):
    """Latin-1 as soon as one value is no UTF-8, also for the blocks before it."""
    monkeypatch.setattr(records, "_BLOCK_BYTES", 30)
    lines = [b"1001157%d$1001157$%s$\n" % (n, text) for n, text in enumerate(texts)]
    raw = member_bytes("reac", Q, []) + b"".join(lines)
    path = {member_name("reac", Q): raw}
    archive = write_archive(tmp_path, Q, {"demo": DEMO}, raw=path)
    staged_rows = rows(staged(tmp_path, archive), "reac")
    assert [row["pt"] for row in staged_rows] == read_as
    assert [row["line"] for row in staged_rows] == [2, 3, 4]


def test_line_of_several_megabytes_is_a_row():
    text = "x" * 2_500_000
    found = one_table("reac", reac(1001157) + reac(1001158, pt=text)).rows
    assert found["pt"].to_pylist() == ["Nausea", text]


# ------------------------------------------------------------------------- rejects


@pytest.mark.parametrize(
    ("key", "caseid", "reason"),
    [
        ("", "100115", "primaryid is empty"),
        ("0100115", "100115", "primaryid is no number"),
        ("1" * 19, "100115", "primaryid is no number"),
        ("ABC", "100115", "primaryid is no number"),
        ("1001157", "10A", "caseid is no number"),
    ],
)
def test_record_whose_key_is_no_number_is_rejected(key, caseid, reason):
    body = reac(1) + reac(key, caseid) + reac(2)
    one = one_table("reac", body)
    (rejected,) = one.rejected
    assert (rejected.line, rejected.reason) == (3, reason)
    assert rejected.bytes == reac(key, caseid).rstrip(b"\n")
    assert one.rows["line"].to_pylist() == [2, 4]
    assert (one.account.staged, one.account.rejected) == (2, 1)


def test_drug_sequence_may_be_zero_or_blank_but_no_word():
    body = b"1001157$100115$0$A\n1001157$100115$$B\n1001157$100115$one$C\n"
    one = one_table("indi", body)
    assert one.rows["indi_drug_seq"].to_pylist() == [0, None]
    assert [r.reason for r in one.rejected] == ["indi_drug_seq is no number"]


def test_repaired_records_stand_in_file_order_with_their_physical_line():
    body = reac(1001157) + b"1001158$100115$Head\nache$\n" + reac(1001159)
    one = one_table("reac", body)
    assert one.rows["line"].to_pylist() == [2, 3, 5]
    assert one.rows["pt"].to_pylist() == ["Nausea", "Head ache", "Nausea"]
    assert (one.account.physical_lines, one.account.joins) == (5, 1)


def test_part_of_a_glued_line_with_a_bad_key_is_rejected_alone():
    one = one_table("reac", b"4263742$NAUSEA$0263743$RASH$\r\n", "2004q1")
    assert one.rows["primaryid"].to_pylist() == [4263742]
    (rejected,) = one.rejected
    assert (rejected.line, rejected.bytes) == (2, b"0263743$RASH$")
    assert (one.account.splits, one.account.expected) == (1, 2)


def test_rejects_of_all_members_are_written_with_their_bytes(tmp_path):
    body = member_bytes("reac", Q, []) + reac(1) + b"broken\x08 line\n"
    raw = {member_name("reac", Q): body, "Deleted/DELETE24Q1.txt": b" \n12\nx1\n"}
    archive = write_archive(tmp_path, Q, {"demo": DEMO}, raw=raw)
    result = staged(tmp_path, archive)
    found = rows(result, "rejected")
    assert [(r["table_name"], r["line"], r["bytes"]) for r in found] == [
        ("reac", 3, b"broken\x08 line"),
        ("deleted", 3, b"x1"),
    ]
    assert found[0]["member"] == "ASCII/REAC24Q1.txt"
    assert {r["quarter"] for r in found} == {"2024q1"}


def test_more_than_ten_and_a_hundredth_of_a_percent_rejects_fail(tmp_path):
    head = member_bytes("reac", Q, [])
    raw = {member_name("reac", Q): head + reac(1) * 500 + b"broken\n" * 11}
    archive = write_archive(tmp_path, Q, {"demo": DEMO}, raw=raw)
    with pytest.raises(CheckFailed, match=r"REAC24Q1.txt has 11 lines of 511") as error:
        staged(tmp_path, archive)
    assert "line 502: 1 fields where 4 are expected" in str(error.value)
    assert error.value.rows[0]["line"] == 502


def test_ten_rejects_are_let_pass(tmp_path):
    head = member_bytes("reac", Q, [])
    raw = {member_name("reac", Q): head + reac(1) + b"broken\n" * 10}
    archive = write_archive(tmp_path, Q, {"demo": DEMO}, raw=raw)
    assert len(rows(staged(tmp_path, archive), "rejected")) == 10


# ---------------------------------------------------------------------- accounting


def test_accounting_has_a_row_for_each_member(tmp_path):
    archive = write_archive(
        tmp_path, "2019q1", {"demo": DEMO}, [7], raw={"Deleted/AllDeleted.txt": b"8\n"}
    )
    found = rows(staged(tmp_path, archive, "2019q1"), "accounting")
    assert [row["table_name"] for row in found] == [
        *layout.TABLES,
        "deleted",
        "deleted",
    ]
    demo = found[0]
    assert (demo["era"], demo["header_lines"], demo["staged"]) == ("d", 1, 1)
    lists = found[-2:]
    assert [row["physical_lines"] for row in lists] == [1, 2]
    assert [(row["era"], row["blank_lines"]) for row in lists] == [(None, 0), (None, 1)]


def test_unaccounted_line_fails_the_quarter(tmp_path, monkeypatch):
    archive = write_archive(tmp_path, Q, {"demo": DEMO})
    monkeypatch.setattr(stage.Account, "expected", property(lambda account: -1))
    with pytest.raises(CheckFailed, match="this is a defect of pvsignal"):
        staged(tmp_path, archive)


key_text = st.sampled_from(["1001157", "", "x", "007", "1" * 18])
row_text = st.tuples(
    key_text,
    st.sampled_from(["100115", "", "y"]),
    st.text("ab é\x08\t\r\"'", max_size=6),
).map("$".join)
line_text = st.one_of(
    row_text.map(lambda text: text + "$"),
    row_text.map(lambda text: text + "$$"),
    row_text,
    st.tuples(row_text, row_text).map(lambda two: two[0] + "$$" + two[1] + "$"),
    st.sampled_from(["", " ", "$", "$$$$$$$", "1001157$100115$Nausea\n$"]),
)


@given(
    st.lists(line_text, max_size=15),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "latin-1"]),
)
def test_staged_and_rejected_rows_are_the_input_for_any_mixture(lines, end, encoding):
    body = end.join(lines).encode(encoding)
    one = one_table("reac", body)
    account = one.account
    assert account.expected == account.staged + account.rejected
    assert (account.staged, account.rejected) == (one.rows.num_rows, len(one.rejected))
    physical = body.split(b"\n")
    assert account.physical_lines == 1 + len(physical) - (not physical[-1])
    seen = {*one.rows["line"].to_pylist(), *(r.line for r in one.rejected)}
    assert seen <= set(range(2, account.physical_lines + 1))
    if not account.joins:
        filled = {n for n, text in enumerate(physical, 2) if text.strip(b"\x08 \t\r")}
        assert seen == filled
    for row in one.rejected:
        assert row.bytes in body or row.bytes.rstrip(b"$") in body


any_text = st.text(
    st.characters(exclude_characters="$\n", exclude_categories=["Cs"]), max_size=8
)


@given(st.lists(any_text, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_any_text_arrives_as_it_was_but_for_control_bytes(texts, end):
    body = "".join(f"1001157$100115${text}$x{end}" for text in texts).encode()
    found = one_table("reac", body).rows["pt"].to_pylist()
    control = dict.fromkeys([*range(9), *range(11, 32), 127]) | {13: " "}
    assert found == [text.translate(control) or None for text in texts]


# ---------------------------------------------------------------- members, deletions


def test_members_are_found_whatever_their_case_folder_and_suffix():
    names = [
        "ascii/",
        "ascii/DEMO18Q1_new.txt",
        "ascii/DEMO18Q1.pdf",
        "ASCII/drug18q1.TXT",
        "Reac18Q1.txt",
        "old/x/REAC18Q1.txt",
        *(f"ascii/{t}18q1.txt" for t in ("OUTC", "RPSR", "THER", "INDI")),
        "__MACOSX/._DEMO18Q1.txt",
        "ASCII/Thumbs.db",
        "Readme.txt",
    ]
    found = find_members(names, Quarter(2018, 1), archive="a.zip")
    assert found.tables["demo"] == "ascii/DEMO18Q1_new.txt"
    assert found.tables["drug"] == "ASCII/drug18q1.TXT"
    assert found.tables["reac"] == "Reac18Q1.txt"
    assert found.deleted == ()


@pytest.mark.parametrize(
    "name",
    [
        "deleted/ADR19Q2DeletedCases.txt",
        "DELETED/ADR20Q1DeletedCases.txt",
        "Deleted/20Q4DeletedCases.txt",
        "Deleted/DELETE21Q4.txt",
        "ASCII/deletions.TXT",
    ],
)
def test_deletion_list_is_known_by_its_path(name):
    names = [f"a/{table}19q2.txt" for table in layout.TABLES]
    others = ["Deleted/readme.pdf", "__MACOSX/Deleted/._x.txt"]
    members = find_members([*names, name, *others], Quarter(2019, 2), archive="a.zip")
    assert members.deleted == (name,)


def test_folder_with_deleted_in_its_name_does_not_hide_the_tables():
    names = [f"with_deleted/{table}19q2.txt" for table in layout.TABLES]
    members = find_members(names, Quarter(2019, 2), archive="a.zip")
    assert (len(members.tables), members.deleted) == (7, ())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n: n[1:], "a.zip: no member is named DEMO19Q2.txt"),
        (lambda n: [*n, "b/DEMO19Q2_new.txt"], "a/demo19q2.txt and b/DEMO19Q2_new.txt"),
        (lambda n: [*n, n[0]], "both hold DEMO"),
        (lambda n: ["a/demo19q1.txt", *n[1:]], "a/demo19q1.txt is of another quarter"),
        (lambda n: [*n, "deleted/x.txt", "deleted/x.txt"], "stands twice"),
    ],
)
def test_missing_double_or_strange_member_is_a_layout_error(change, message):
    names = change([f"a/{table}19q2.txt" for table in layout.TABLES])
    with pytest.raises(LayoutError, match=message):
        find_members(names, Quarter(2019, 2), archive="a.zip")


def test_deletion_list_may_begin_with_a_blank_a_space_or_a_case():
    for first in (b"", b"\n", b" \n", b" \r\n", b"\xef\xbb\xbf"):
        one = stage_deletions(first + b"10153291\n10796583", Q, member="d.txt")
        assert one.rows["caseid"].to_pylist() == [10153291, 10796583]
        assert one.rejected == ()
        assert one.account.blank_lines == (1 if b"\n" in first else 0)


def test_deleted_case_that_repeats_is_kept_twice_with_its_lines():
    one = stage_deletions(b"7\n\n8\n7\n", Q, member="d.txt")
    assert one.rows["caseid"].to_pylist() == [7, 8, 7]
    assert one.rows["line"].to_pylist() == [1, 3, 4]
    assert one.rows["member"].to_pylist() == ["d.txt"] * 3


def test_deletion_that_is_no_number_is_rejected():
    one = stage_deletions(b"7\ncaseid\n8a\n0\n", Q, member="d.txt")
    assert [(r.line, r.bytes) for r in one.rejected] == [
        (2, b"caseid"),
        (3, b"8a"),
        (4, b"0"),
    ]


def test_quarter_without_deletion_list_has_an_empty_table(tmp_path):
    archive = write_archive(tmp_path, "2017q2", {"demo": DEMO})
    assert rows(staged(tmp_path, archive, "2017q2"), "deleted") == []


# ------------------------------------------------------------------ whole archives


def test_empty_rpsr_is_fine_and_empty_demo_fails(tmp_path):
    result = staged(tmp_path, write_archive(tmp_path, Q, {"demo": DEMO}))
    assert rows(result, "rpsr") == []
    empty = write_archive(tmp_path / "empty.zip", Q, {})
    with pytest.raises(CheckFailed, match=r"DEMO24Q1.txt holds no report"):
        staged(tmp_path, empty)


def test_damaged_member_is_a_source_error(tmp_path):
    archive = tmp_path / "stored.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for table in layout.TABLES:
            file.writestr(member_name(table, Q), member_bytes(table, Q, []))
    body = archive.read_bytes()
    archive.write_bytes(body.replace(b"$drug_rec_act\n", b"$drug_rec_acd\n"))
    with pytest.raises(SourceError, match=r"stored.zip is damaged"):
        staged(tmp_path, archive)


def test_file_that_is_no_zip_is_a_source_error(tmp_path):
    (tmp_path / "page.zip").write_text("<html>")
    with pytest.raises(SourceError, match=r"page.zip is damaged"):
        staged(tmp_path, tmp_path / "page.zip")


def test_failure_leaves_no_folder_behind(tmp_path):
    archive = write_archive(tmp_path, Q, {})
    with pytest.raises(CheckFailed):
        staged(tmp_path, archive)
    assert list((tmp_path / "staged").rglob("*.parquet")) == []
    assert list((tmp_path / "staged" / "2024q1").iterdir()) == []


def test_what_a_killed_run_left_is_replaced(tmp_path):
    archive = write_archive(tmp_path, Q, {"demo": DEMO})
    key = staged_key(hashlib.sha256(archive.read_bytes()).hexdigest())
    left = tmp_path / "staged" / "2024q1" / f".tmp-{key}"
    left.mkdir(parents=True)
    (left / "stray.parquet").touch()
    result = staged(tmp_path, archive)
    assert {path.stem for path in result.path.iterdir()} == FILES
    assert not left.exists()


def test_quarter_staged_already_is_not_read_again(tmp_path):
    archive = write_archive(tmp_path, Q, {"demo": DEMO})
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    first = staged(tmp_path, archive)
    archive.unlink()
    again = stage_archive(archive, Q, sha256=digest, staged_dir=tmp_path / "staged")
    assert again == first
    assert first.path == tmp_path / "staged" / "2024q1" / first.key


def test_same_archive_gives_the_same_bytes(tmp_path):
    tables = {"demo": DEMO * 3, "reac": [{"primaryid": 100115731, "pt": "Nausea"}]}
    archive = write_archive(tmp_path, Q, tables, [1, 2])
    contents = []
    for name in ("one", "two"):
        result = staged(tmp_path / name, archive)
        contents.append({p.name: p.read_bytes() for p in result.path.iterdir()})
    assert contents[0] == contents[1]


def test_key_depends_on_archive_and_staging_version(monkeypatch):
    first = staged_key("a" * 64)
    assert len(first) == len(staging_version()) == 12
    assert staged_key("b" * 64) != first
    monkeypatch.setattr(stage, "staging_version", lambda: "0" * 12)
    assert staged_key("a" * 64) != first


class Heard:
    """Progress that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def start(self, label: str, total: int | None) -> None:
        self.told = [label, total, 0, "running"]

    def advance(self, n: int) -> None:
        self.told[2] += n

    def finish(self) -> None:
        self.told[3] = "finished"


def test_progress_counts_the_bytes_of_all_members(tmp_path):
    heard = Heard()
    archive = write_archive(tmp_path, Q, {"demo": DEMO}, [5])
    staged(tmp_path, archive, progress=heard)
    with zipfile.ZipFile(archive) as file:
        n_bytes = sum(member.file_size for member in file.infolist())
    assert heard.told == ["stage 2024q1", n_bytes, n_bytes, "finished"]


# --------------------------------------------------------------------- real pieces

REAL = [
    ("aers_ascii_2004q1.zip", (100, 386, 416, 145, 124, 93, 119, 0)),
    ("faers_ascii_2012q4.zip", (9, 10, 10, 10, 10, 10, 10, 0)),
    ("faers_ascii_2017q2.zip", (100, 328, 286, 142, 232, 75, 2, 0)),
    ("faers_ascii_2022Q4.zip", (886, 15276, 11782, 5683, 7698, 1187, 0, 3624)),
    ("faers_ascii_2025Q4.zip", (1000, 6291, 4275, 1504, 4019, 1312, 31, 4497)),
]


@pytest.mark.parametrize(("name", "counts"), REAL)
def test_real_archive_has_its_known_row_counts_and_no_reject(tmp_path, name, counts):
    if not (SHARED / name).exists():
        pytest.skip(f"the folder of real archives is not there: {SHARED}")
    result = staged(tmp_path, SHARED / name, Path(name).stem[-6:])
    tables = ("demo", "drug", "reac", "ther", "indi", "outc", "rpsr", "deleted")
    found = (pq.read_metadata(result.path / f"{t}.parquet").num_rows for t in tables)
    assert tuple(found) == counts
    assert rows(result, "rejected") == []


def test_real_dates_and_ages_are_typed_wherever_they_can_be(tmp_path):
    name = "faers_ascii_2025Q4.zip"
    if not (SHARED / name).exists():
        pytest.skip(f"the folder of real archives is not there: {SHARED}")
    demo = rows(staged(tmp_path, SHARED / name, "2025q4"), "demo")
    assert all(row["fda_date"] is not None for row in demo)
    assert all(row["caseversion_no"] >= 1 for row in demo)
    aged = [row for row in demo if row["age"] is not None]
    assert aged
    assert all(row["age_years"] is not None for row in aged)
