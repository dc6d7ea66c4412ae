"""Each defect that is known of the FDA's files, in the shape in which it was seen.

The lines are invented; file, place and form are those of the facts. Each test states
the rows that are staged, the movements of lines and, where nothing can be repaired, the
reject with its bytes.
"""

import datetime as dt
import re
import zipfile
from pathlib import Path

import pytest

from pvsignal import layout, warehouse
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.simulate import DEFECTS
from pvsignal.sources.archive import find_members
from pvsignal.sources.listing import list_mirror
from pvsignal.sources.members import StagedPart, stage_deletions
from tests.archives import (
    archive_name,
    header_line,
    member_bytes,
    member_name,
    record_line,
    stage_table,
    write_archive,
)
from tests.staging import (
    is_balanced,
    movements,
    register_without_links,
    rows_of,
    staged_archive,
    staged_member,
)

ALL = QuarterSpan.parse("2004q1..2026q2")


def legacy_drug(isr: int, sequence: int, name: str, **more: object) -> bytes:
    row = {
        "primaryid": isr,
        "drug_seq": sequence,
        "role_cod": "SS",
        "drugname": name,
        "val_vbm": 1,
    }
    return record_line("drug", "b", row | more).encode()


def legacy_demo(isr: int, caseid: object = 7654321, **more: object) -> bytes:
    row = {
        "primaryid": isr,
        "caseid": caseid,
        "i_f_code": "I",
        "image": f"{isr}-X",
        "event_dt": "20110101",
        "fda_dt": "20110303",
        "rept_cod": "EXP",
        "mfr_num": "JP-CUBIST-E2B0000000181",
        "mfr_sndr": "CUBIST",
        "age": 44,
        "age_cod": "YR",
        "reporter_country": "JAPAN",
    }
    return record_line("demo", "b", row | more).encode()


def faers(table: str, era: str, primaryid: int = 100115731, **more: object) -> bytes:
    row = {"primaryid": primaryid, "caseid": primaryid // 10}
    return record_line(table, era, row | more).encode()


def values(one: StagedPart, columns: str) -> list[tuple]:
    """The named columns of all rows, and the line."""
    return [
        tuple(row[name] for name in ("line", *columns.split()))
        for row in one.rows.to_pylist()
    ]


def rejects(one: StagedPart) -> list[tuple[int, str, bytes]]:
    return [(reject.line, reject.reason, reject.bytes) for reject in one.rejected]


def file_of(*lines: bytes, end: bytes = b"\r\n") -> bytes:
    return b"".join(line + end for line in lines)


# ------------------------------------------------------------ the delimiter at the end


@pytest.mark.parametrize("quarter", ["2004q1", "2005q3", "2012q3"])
@pytest.mark.parametrize("table", layout.TABLES)
def test_legacy_data_lines_close_with_a_delimiter_that_the_header_lacks(table, quarter):
    era = layout.era_of_quarter(Quarter.parse(quarter))
    placed = layout.canonical(table, era).values()
    row = {c.name: 1004263742 if c.is_number else c.name for c in placed}
    line = record_line(table, era, row).removesuffix("$").encode() + b"$"
    one = staged_member(table, file_of(line, line), quarter)
    assert header_line(table, era).count("$") == line.count(b"$") - 1
    assert [one.rows[name].to_pylist() for name in row] == [
        [value, value] for value in row.values()
    ]
    assert movements(one) == {}


@pytest.mark.parametrize("quarter", ["2012q4", "2013q1", "2014q3", "2026q2"])
@pytest.mark.parametrize("closes", [b"", b"$"])
def test_faers_lines_may_have_one_empty_field_more(quarter, closes):
    era = layout.era_of_quarter(Quarter.parse(quarter))
    line = faers(
        "drug", era, drug_seq=1, role_cod="PS", drugname="AVONEX", route="Oral"
    )
    one = staged_member("drug", file_of(line + closes, line + closes), quarter)
    assert values(one, "drugname route dose_freq") == [
        (2, "AVONEX", "Oral", None),
        (3, "AVONEX", "Oral", None),
    ]
    assert movements(one) == {}


def test_faers_file_in_which_only_some_lines_close_with_a_delimiter():
    line = faers("reac", "d", pt="Nausea")
    body = file_of(line, line + b"$", line, line, line + b"$")
    one = staged_member("reac", body, "2016q1")
    assert values(one, "pt drug_rec_act") == [
        (number, "Nausea", None) for number in range(2, 7)
    ]
    assert movements(one) == {}


# -------------------------------------------------------------------- glued records

GLUED = {
    # Where, then the records of the line: ISR, DRUG_SEQ, DRUGNAME, NDA_NUM.
    "2011q2": [
        (7475791, 1016572490, "DOXORUBICIN", ""),
        (7475791, 1016572486, "PROCARBAZINE", ""),
    ],
    "2011q3": [
        (7652730, 1017255397, "BEVACIZUMAB", ""),
        (7652731, 1017185840, "DYSPORT", ""),
    ],
    "2011q4": [
        (7941354, 1018188213, "MEMANTINE", "021487"),
        (7941355, 1018142414, "DROSPIRENONE", ""),
    ],
    "2010q2": [
        (6750381, 1013798159, "MORPHINE SULFATE", ""),
        (6750381, 1013798165, "KADIAN", ""),
    ],
}


def glued(quarter: str, *more: tuple[int, int, str, str]) -> list[tuple]:
    return [*GLUED[quarter], *more]


def line_of(records: list[tuple]) -> bytes:
    return b"".join(
        legacy_drug(isr, sequence, name, nda_num=nda)
        for isr, sequence, name, nda in records
    )


GOOD = [legacy_drug(7000000 + n, 1016000000 + n, f"DRUG {n}") for n in range(4)]


def staged_between(line: bytes, quarter: str) -> StagedPart:
    """A line of DRUG between good ones; it is line 4."""
    return staged_member("drug", file_of(*GOOD[:2], line, *GOOD[2:]), quarter)


def good_rows(first_after: int = 5) -> list[tuple]:
    lines = (2, 3, first_after, first_after + 1)
    return [
        (line, 7000000 + n, 1016000000 + n, f"DRUG {n}") for n, line in enumerate(lines)
    ]


@pytest.mark.parametrize("quarter", GLUED)
def test_two_records_glued_in_drug_of_2010_and_2011_are_two_rows(quarter):
    one = staged_between(line_of(GLUED[quarter]), quarter)
    rows = good_rows()
    expected = [(4, isr, sequence, name) for isr, sequence, name, _ in GLUED[quarter]]
    assert values(one, "primaryid drug_seq drugname") == [
        *rows[:2],
        *expected,
        *rows[2:],
    ]
    numbers = one.rows["nda_num"].to_pylist()
    assert numbers[2:4] == [nda or None for *_, nda in GLUED[quarter]]
    assert one.rows["role_cod"].to_pylist() == ["SS"] * 6
    assert one.rejected == ()
    assert movements(one) == {"splits": 1}


@pytest.mark.parametrize("quarter", ["2011q2", "2011q3", "2011q4"])
def test_three_records_glued_in_drug_of_2011_are_three_rows(quarter):
    records = glued(quarter, (7941356, 1018142499, "ACETAMINOPHEN", "999999"))
    one = staged_between(line_of(records), quarter)
    assert values(one, "primaryid drug_seq drugname nda_num")[2:5] == [
        (4, isr, sequence, name, nda or None) for isr, sequence, name, nda in records
    ]
    assert one.rows.num_rows == 7
    assert movements(one) == {"splits": 2}


def test_record_without_its_closing_delimiter_does_not_swallow_the_next():
    """As DRUG10Q2 may be: joined by a count of fields, both would be one line."""
    (isr, first, morphine, _), (_, second, kadian, _) = GLUED["2010q2"]
    open_line = legacy_drug(isr, first, morphine).removesuffix(b"$")
    body = file_of(*GOOD[:2], open_line, legacy_drug(isr, second, kadian), *GOOD[2:])
    one = staged_member("drug", body, "2010q2")
    assert values(one, "primaryid drug_seq drugname")[2:4] == [
        (4, 6750381, 1013798159, "MORPHINE SULFATE"),
        (5, 6750381, 1013798165, "KADIAN"),
    ]
    assert movements(one) == {}


def test_rest_of_a_broken_record_that_is_glued_to_the_next_is_cut_from_it():
    """As DRUG10Q2 may be too: joined by a count of fields, then one line too long."""
    torn = legacy_drug(6750381, 1013798159, "MORPHINE\r\nSULFATE")
    one = staged_between(torn + legacy_drug(6750381, 1013798165, "KADIAN"), "2010q2")
    rows = good_rows(first_after=6)
    assert values(one, "primaryid drug_seq drugname") == [
        *rows[:2],
        (4, 6750381, 1013798159, "MORPHINE SULFATE"),
        (5, 6750381, 1013798165, "KADIAN"),
        *rows[2:],
    ]
    assert movements(one) == {"splits": 1, "joins": 1}


def test_last_of_glued_records_may_be_broken():
    torn = legacy_drug(6750381, 1013798165, "KADIAN\r\nCAPSULES")
    line = legacy_drug(6750381, 1013798159, "MORPHINE") + torn
    one = staged_between(line, "2010q2")
    assert values(one, "primaryid drug_seq drugname")[2:4] == [
        (4, 6750381, 1013798159, "MORPHINE"),
        (4, 6750381, 1013798165, "KADIAN CAPSULES"),
    ]
    assert movements(one) == {"splits": 1, "joins": 1}


# ------------------------------------------------------------------- broken records


@pytest.mark.parametrize(
    ("name", "staged_name"),
    [
        ("MORPHINE\nSULFATE", "MORPHINE SULFATE"),
        ("MORPHINE\r\nSULFATE", "MORPHINE SULFATE"),
        ("MORPHINE SULFATE\n", "MORPHINE SULFATE"),
        ("\nMORPHINE SULFATE", "MORPHINE SULFATE"),
    ],
)
@pytest.mark.parametrize("quarter", ["2004q1", "2008q4", "2012q3"])
def test_drug_record_broken_inside_its_name_is_one_row(quarter, name, staged_name):
    """Seen all over the legacy era; four places in DRUG08Q4 alone."""
    one = staged_between(legacy_drug(6000381, 1013798159, name, route="ORAL"), quarter)
    assert values(one, "primaryid drug_seq drugname route")[2] == (
        4,
        6000381,
        1013798159,
        staged_name,
        "ORAL",
    )
    assert [row[:4] for row in values(one, "primaryid drug_seq drugname")] == [
        *good_rows()[:2],
        (4, 6000381, 1013798159, staged_name),
        *good_rows(first_after=6)[2:],
    ]
    assert movements(one) == {"joins": 1}


def test_four_broken_records_of_one_file_are_four_rows():
    """DRUG08Q4 of the 2009 edition: near lines 537, 258909, 281285 and 408948."""
    torn = [
        legacy_drug(6000000 + n, 1013000000 + n, "A\nB", dose_vbm="1 DF\nDAILY")
        for n in range(4)
    ]
    one = staged_member(
        "drug",
        file_of(*GOOD[:2], torn[0], GOOD[2], torn[1], torn[2], GOOD[3], torn[3]),
        "2008q4",
    )
    found = [row for row in one.rows.to_pylist() if row["drugname"] == "A B"]
    assert [row["line"] for row in found] == [4, 8, 11, 15]
    assert {row["dose_vbm"] for row in found} == {"1 DF DAILY"}
    assert movements(one) == {"joins": 8}
    assert one.rejected == ()


@pytest.mark.parametrize("at", [1, 3, 10, 22, 23])
def test_demo_record_broken_before_a_delimiter_is_one_row(at):
    """A line of DEMO that begins with a delimiter belongs to the line before."""
    cells = legacy_demo(8129731).split(b"$")
    torn = b"$".join(cells[:at]) + b"\r\n$" + b"$".join(cells[at:])
    one = staged_member(
        "demo", file_of(legacy_demo(8129730), torn, legacy_demo(8129732)), "2012q2"
    )
    assert values(one, "primaryid caseid mfr_num age_years reporter_country") == [
        (2, 8129730, 7654321, "JP-CUBIST-E2B0000000181", 44, "JAPAN"),
        (3, 8129731, 7654321, "JP-CUBIST-E2B0000000181", 44, "JAPAN"),
        (5, 8129732, 7654321, "JP-CUBIST-E2B0000000181", 44, "JAPAN"),
    ]
    assert movements(one) == {"joins": 1}


def test_demo_record_broken_inside_its_sender_is_one_row():
    torn = legacy_demo(8129731, mfr_sndr="FENWICK\r\nAND LOWE")
    one = staged_member("demo", file_of(legacy_demo(8129730), torn), "2005q3")
    assert values(one, "primaryid mfr_sndr reporter_country") == [
        (2, 8129730, "CUBIST", "JAPAN"),
        (3, 8129731, "FENWICK AND LOWE", "JAPAN"),
    ]
    assert movements(one) == {"joins": 1}


@pytest.mark.parametrize(
    ("quarter", "control"), [("2011q4", b"\x7f"), ("2009q3", b"\x08")]
)
def test_control_byte_in_a_drug_name_is_stripped(quarter, control):
    """DRUG11Q4 line 729342 holds 0x7F; other legacy files 0x08."""
    line = legacy_drug(7941400, 1018190000, "MEM*ANTINE").replace(b"*", control)
    one = staged_between(line, quarter)
    assert values(one, "primaryid drugname")[2] == (4, 7941400, "MEMANTINE")
    assert (one.rejected, movements(one)) == ((), {})


# --------------------------------------------------------- a delimiter inside a value


CUBIST = legacy_demo(8129732, mfr_num="JP-CUBIST-$E2B0000000182")


def test_delimiter_in_the_number_of_isr_8129732_of_demo12q1_is_part_of_it():
    one = staged_member("demo", file_of(legacy_demo(8129731), CUBIST), "2012q1")
    assert values(one, "primaryid mfr_num mfr_sndr age reporter_country") == [
        (2, 8129731, "JP-CUBIST-E2B0000000181", "CUBIST", "44", "JAPAN"),
        (3, 8129732, "JP-CUBIST-$E2B0000000182", "CUBIST", "44", "JAPAN"),
    ]
    assert (one.rejected, movements(one)) == ((), {})


@pytest.mark.parametrize(
    ("quarter", "line"),
    [
        ("2012q2", CUBIST),
        ("2012q1", CUBIST.replace(b"8129732", b"8129733")),
        ("2012q1", CUBIST.replace(b"E2B0000000182", b"E2B0000000183")),
    ],
)
def test_delimiter_in_a_number_that_no_correction_knows_is_rejected(quarter, line):
    body = file_of(legacy_demo(8129731), line, legacy_demo(8129734))
    one = staged_member("demo", body, quarter)
    assert one.rows["primaryid"].to_pylist() == [8129731, 8129734]
    assert rejects(one) == [(3, "25 fields where 23 are expected", line)]
    assert movements(one) == {"rejected": 1}


# ------------------------------------------------------------- the quarters 2012q4 on


def test_names_in_quotes_and_drugs_without_a_name_in_2012q4_are_rows():
    named = {"role_cod": "C", "val_vbm": "2"}
    body = file_of(
        faers("drug", "c0", 73348571, drug_seq=1, role_cod="PS", drugname="AVONEX"),
        faers("drug", "c0", 73348571, drug_seq=2, drugname='"VITAMINS" (NOS)', **named),
        faers("drug", "c0", 73348571, drug_seq=3, drugname='"OPEN', **named),
        faers("drug", "c0", 87910471, drug_seq=1, role_cod="PS"),
        faers("drug", "c0", 93000331, drug_seq=1, role_cod="PS", lot_num="L'1#"),
    )
    one = staged_member("drug", body, "2012q4")
    assert values(one, "caseid drug_seq drugname lot_num") == [
        (2, 7334857, 1, "AVONEX", None),
        (3, 7334857, 2, '"VITAMINS" (NOS)', None),
        (4, 7334857, 3, '"OPEN', None),
        (5, 8791047, 1, None, None),
        (6, 9300033, 1, None, "L'1#"),
    ]
    assert (one.rejected, movements(one)) == ((), {})


REPEATED = (86164432, 86344932, 87894352, 86320702)


def test_primaryids_that_2012q4_demo_holds_twice_are_staged_twice_and_the_last_counts(
    tmp_path,
):
    def demo(primaryid: int, age: int) -> dict:
        caseid, version = divmod(primaryid, 10)
        return {"primaryid": primaryid, "caseid": caseid, "age": age} | {
            "caseversion": version,
            "age_cod": "YR",
            "fda_dt": "20121101",
        }

    first = [demo(primaryid, 40) for primaryid in REPEATED]
    last = [demo(primaryid, 60) for primaryid in reversed(REPEATED)]
    archive = write_archive(tmp_path, "2012q4", {"demo": [*first, *last]})
    staged = staged_archive(archive, tmp_path / "staged")
    rows = rows_of(staged, "demo")
    assert [row["age_years"] for row in rows] == [40] * 4 + [60] * 4
    with warehouse.connect_memory() as con:
        register_without_links(con, [staged.path])
        warehouse.run_models(
            con, ["macros", "staged", "cases"], values={"as_of": 32767}
        )
        counted = con.execute(
            "select demo.primaryid, demo.age_years from cases.version as version "
            "join cases.sighting as sighting using (quarter_no, primaryid, caseid) "
            "join staged.demo as demo using (quarter_no, primaryid, line) "
            "where version.known_until is null order by all"
        ).fetchall()
    assert counted == [(primaryid, 60) for primaryid in sorted(REPEATED)]


def test_no_value_outside_the_keys_rejects_a_row_of_2013q1():
    """Strict types once lost 9,346 rows of this quarter."""
    drug = {"drug_seq": 1, "role_cod": "PS", "drugname": "AVONEX"}
    body = file_of(
        faers("drug", "c", **drug, dose_amt="ONE TABLET", dose_unit="DF"),
        faers("drug", "c", **drug, dose_amt="1-2", exp_dt="UNKNOWN"),
        faers("drug", "c", **drug, dose_amt="2.5", exp_dt="20139999"),
        faers("drug", "c", **drug, dose_amt="2,5", exp_dt="0"),
    )
    one = staged_member("drug", body, "2013q1")
    assert values(one, "dose_amt dose_amount exp_dt") == [
        (2, "ONE TABLET", None, None),
        (3, "1-2", None, "UNKNOWN"),
        (4, "2.5", 2.5, "20139999"),
        (5, "2,5", None, "0"),
    ]
    assert one.rejected == ()


def test_no_value_outside_the_keys_rejects_a_report_so_none_of_its_rows_is_an_orphan():
    odd = {
        "caseversion": "one",
        "i_f_code": "?",
        "event_dt": "00010101",
        "mfr_dt": "UNK",
        "init_fda_dt": "91990101",
        "fda_dt": "20130231",
        "age": "163/6",
        "age_cod": "YR",
        "wt": "80505",
        "wt_cod": "KG",
        "rept_dt": "2013",
        "occp_cod": "??",
    }
    one = staged_member("demo", file_of(faers("demo", "c", **odd)), "2013q1")
    (row,) = one.rows.to_pylist()
    assert {name: row[name] for name in odd} == odd
    assert {
        name: row[name]
        for name in ("caseversion_no", "event_date", "mfr_date", "init_fda_date")
    } == dict.fromkeys(("caseversion_no", "event_date", "mfr_date", "init_fda_date"))
    assert (row["fda_date"], row["age_years"], row["wt_kg"]) == (None, None, None)
    assert (row["rept_date"], row["rept_date_precision"]) == (
        dt.date(2013, 1, 1),
        "year",
    )
    assert one.rejected == ()


# --------------------------------------------------------------------- ends of lines


@pytest.mark.parametrize(
    ("quarter", "ends"),
    [
        ("2017q3", [b"\r\n"] * 4),
        ("2017q4", [b"\n"] * 4),
        ("2026q2", [b"\r\n", b"\n", b"\n", b"\r\n"]),
        ("2026q2", [b"\n", b"\n", b"\r\n", b""]),
    ],
)
def test_lines_end_in_crlf_or_lf_within_one_file(quarter, ends):
    lines = [
        header_line("reac", "d").encode(),
        faers("reac", "d", pt="Nausea", drug_rec_act="Rash"),
        faers("reac", "d", pt="Rash"),
        faers("reac", "d", pt="Fall", drug_rec_act="Fall"),
    ]
    data = b"".join(line + end for line, end in zip(lines, ends, strict=True))
    one = stage_table("reac", data, Quarter.parse(quarter), where=("a.zip", "m.txt"))
    assert values(one, "pt drug_rec_act") == [
        (2, "Nausea", "Rash"),
        (3, "Rash", None),
        (4, "Fall", "Fall"),
    ]
    assert (one.rejected, movements(one)) == ((), {})
    assert one.account.physical_lines == 4


# ------------------------------------------------------------------------ encodings


def test_cp1252_bytes_of_2004q1_arrive_as_latin1():
    line = record_line(
        "drug", "a", {"primaryid": 4263742, "drugname": "CHILDREN*S TYLENOL"}
    )
    other = line.replace("CHILDREN*S TYLENOL", "MÉNIÈRE")
    body = line.encode().replace(b"*", b"\x92") + b"\r\n" + other.encode("latin-1")
    one = staged_member("drug", body, "2004q1")
    assert one.rows["drugname"].to_pylist() == ["CHILDREN\x92S TYLENOL", "MÉNIÈRE"]
    assert (one.rejected, movements(one)) == ((), {})


def test_multi_byte_text_of_drug13q1_arrives_as_utf8():
    row = {"drug_seq": 1, "role_cod": "PS", "drugname": "SOLUCIÓN “NOS” – 葛根湯"}
    one = staged_member("drug", file_of(faers("drug", "c", **row)), "2013q1")
    assert one.rows["drugname"].to_pylist() == ["SOLUCIÓN “NOS” – 葛根湯"]


def test_what_the_fda_put_for_other_signs_is_kept_as_text():
    """It writes ^ for an apostrophe and ? for what it cannot print."""
    drug = faers(
        "drug", "d", drug_seq=1, role_cod="PS", drugname="X", prod_ai="SOLUCI?N\\X"
    )
    indi = faers("indi", "d", indi_drug_seq=1, indi_pt="Parkinson^s disease")
    demo = faers("demo", "d", lit_ref="O^NEIL A. J INVENT MED ?; 'X'")
    staged = {
        table: staged_member(table, file_of(line), "2016q1").rows.to_pylist()[0]
        for table, line in (("drug", drug), ("indi", indi), ("demo", demo))
    }
    assert staged["drug"]["prod_ai"] == "SOLUCI?N\\X"
    assert staged["indi"]["indi_pt"] == "Parkinson^s disease"
    assert staged["demo"]["lit_ref"] == "O^NEIL A. J INVENT MED ?; 'X'"


# -------------------------------------------------------------------------- headers


@pytest.mark.parametrize(
    ("table", "header", "row", "column"),
    [
        (
            "drug",
            b"\xef\xbb\xbf" + header_line("drug", "c0").encode(),
            faers("drug", "c0", drug_seq=1, role_cod="PS", lot_num="L1"),
            "lot_num",
        ),
        (
            "demo",
            header_line("demo", "c0").encode(),
            faers("demo", "c0", rept_dt="L1"),
            "rept_dt",
        ),
        (
            "outc",
            header_line("outc", "c0").encode(),
            faers("outc", "c0", outc_cod="L1"),
            "outc_cod",
        ),
    ],
)
def test_header_of_2012q4_is_stripped_and_its_columns_get_their_later_names(
    table, header, row, column
):
    known = {"drug": b"$lot_nbr$", "demo": b"$ rept_dt$", "outc": b"$outc_code"}
    assert known[table] in header
    data = file_of(header, row)
    one = stage_table(table, data, Quarter(2012, 4), where=("a.zip", "m.txt"))
    assert one.account.era == "c0"
    assert values(one, f"primaryid {column}") == [(2, 100115731, "L1")]


# ------------------------------------------------------------------- codes and words


@pytest.mark.parametrize("country", ["NA", "EU", "COUNTRY NOT SPECIFIED", "US"])
def test_country_is_the_text_of_the_file(country):
    line = faers("demo", "d", reporter_country=country, occr_country=country[:2])
    one = staged_member("demo", file_of(line), "2026q1")
    assert values(one, "reporter_country occr_country") == [(2, country, country[:2])]


def test_legacy_country_is_its_english_name():
    line = legacy_demo(8129731, reporter_country="KOREA, REPUBLIC OF")
    one = staged_member("demo", file_of(line), "2011q1")
    assert one.rows["reporter_country"].to_pylist() == ["KOREA, REPUBLIC OF"]


@pytest.mark.parametrize("follow_up", ["", "1", "#", "#1", "C-", "1A"])
def test_number_of_a_legacy_follow_up_may_be_blank_or_no_number(follow_up):
    line = legacy_demo(4265290, foll_seq=follow_up)
    one = staged_member("demo", file_of(line), "2005q3")
    assert values(one, "primaryid foll_seq") == [(2, 4265290, follow_up or None)]
    assert one.rejected == ()


NULL_CASES = (4265290, 4274589, 4276661, 4281791, 4283275, 4297346, 4322505)


def test_seven_legacy_reports_without_a_case_number_are_staged_and_are_no_case(
    tmp_path,
):
    demo = [{"primaryid": isr, "fda_dt": "20040202"} for isr in NULL_CASES]
    known = {"primaryid": 4263742, "caseid": 4000000, "fda_dt": "20040202"}
    archive = write_archive(tmp_path, "2004q1", {"demo": [known, *demo]})
    staged = staged_archive(archive, tmp_path / "staged")
    rows = rows_of(staged, "demo")
    assert [(row["primaryid"], row["caseid"]) for row in rows] == [
        (4263742, 4000000),
        *((isr, None) for isr in NULL_CASES),
    ]
    assert rows_of(staged, "rejected") == []
    with warehouse.connect_memory() as con:
        register_without_links(con, [staged.path])
        warehouse.run_models(
            con, ["macros", "staged", "cases"], values={"as_of": 32767}
        )
        cases = con.execute("select primaryid from cases.version").fetchall()
    assert cases == [(4263742,)]


@pytest.mark.parametrize(("quarter", "role"), [("2024q4", "DN"), ("2026q2", "XX")])
def test_role_that_is_new_or_never_documented_is_a_row(quarter, role):
    line = faers("drug", "d", drug_seq=1, role_cod=role, drugname="AVONEX")
    one = staged_member("drug", file_of(line), quarter)
    assert values(one, "role_cod drugname") == [(2, role, "AVONEX")]


@pytest.mark.parametrize(
    ("given", "date", "precision"),
    [
        ("19000101", dt.date(1900, 1, 1), "day"),
        ("00010101", None, None),
        ("91990101", None, None),
        ("20150231", None, None),
        ("201502", dt.date(2015, 2, 1), "month"),
        ("2015", dt.date(2015, 1, 1), "year"),
    ],
)
def test_placeholder_or_impossible_date_keeps_its_text(given, date, precision):
    line = faers("demo", "d", event_dt=given)
    one = staged_member("demo", file_of(line), "2016q1")
    assert values(one, "event_dt event_date event_date_precision") == [
        (2, given, date, precision)
    ]


@pytest.mark.parametrize(
    ("age", "unit", "years"),
    [("23", "DEC", None), ("126", "YR", None), ("U", "YR", None), ("8", "DEC", 80)],
)
def test_age_in_a_wrong_unit_keeps_its_text(age, unit, years):
    line = faers("demo", "d", age=age, age_cod=unit)
    one = staged_member("demo", file_of(line), "2016q1")
    assert values(one, "age age_cod age_years") == [(2, age, unit, years)]


# ------------------------------------------------------------ archives and members


def fda_members(quarter: Quarter) -> dict[str, str]:
    """Path of each table as the FDA wrote it in that quarter."""
    tag = f"{quarter.year % 100:02}Q{quarter.number}"
    if quarter < Quarter(2012, 4):
        return {t: f"ascii/{t.upper()}{tag}.TXT" for t in layout.TABLES}
    if quarter == Quarter(2012, 4):
        return {t: f"ascii/{t}{tag.lower()}.txt" for t in layout.TABLES}
    folder = "ascii" if quarter < Quarter(2016, 1) else "ASCII"
    names = {t: f"{folder}/{t.upper()}{tag}.txt" for t in layout.TABLES}
    if quarter == Quarter(2018, 1):
        names["demo"] = f"{folder}/DEMO18Q1_new.txt"
    return names


def fda_lists(quarter: Quarter) -> list[str]:
    """Paths of the lists of deleted cases in that quarter."""
    tag = f"{quarter.year % 100:02}Q{quarter.number}"
    if quarter < Quarter(2019, 1):
        return []
    if quarter.year == 2019:
        more = ["deleted/AllDeletedCases.txt"] if quarter.number == 1 else []
        return sorted([f"deleted/ADR{tag}DeletedCases.txt", *more])
    if quarter == Quarter(2020, 1):
        return [f"DELETED/ADR{tag}DeletedCases.txt"]
    if quarter == Quarter(2020, 2):
        return [f"DELETED/ADR{tag}DeletedCases.txt"]
    if quarter == Quarter(2020, 3):
        return [f"Deleted/ADR{tag}DeletedCases.txt"]
    if quarter < Quarter(2021, 4):
        return [f"Deleted/{tag}DeletedCases.txt"]
    return [f"Deleted/DELETE{tag}.txt"]


def stray_members(quarter: Quarter) -> list[str]:
    """Members beside the tables that are no data, of this era and of others."""
    tag = f"{quarter.year % 100:02}Q{quarter.number}"
    names = fda_members(quarter).values()
    return [
        "ascii/",
        "Asc_nts.doc",
        "ASCII/ASC_NTS.pdf",
        "Readme.pdf",
        "FAQs.pdf",
        f"ascii/STAT{tag}.TXT",
        f"ascii/SIZE{tag}.TXT",
        *(f"ASCII/{table.upper()}{tag}.pdf" for table in layout.TABLES),
        "ASCII/Thumbs.db",
        *(
            f"__MACOSX/{name.rpartition('/')[0]}/._{name.rpartition('/')[2]}"
            for name in names
        ),
        "__MACOSX/Deleted/._DELETE.txt",
        # A second copy deeper in the archive is not the table.
        *(f"old/{name}" for name in names),
    ]


@pytest.mark.parametrize("quarter", ALL, ids=str)
def test_members_of_every_quarter_are_found_among_all_that_is_no_data(quarter):
    tables, lists = fda_members(quarter), fda_lists(quarter)
    names = [*stray_members(quarter), *tables.values(), *lists]
    found = find_members(names, quarter, archive="a.zip")
    assert found.tables == tables
    assert list(found.deleted) == lists


def test_list_of_2020q2_is_found_in_a_folder_of_either_case():
    quarter = Quarter(2020, 2)
    for folder in ("DELETED", "Deleted"):
        name = f"{folder}/ADR20Q2DeletedCases.txt"
        names = [*fda_members(quarter).values(), name]
        assert find_members(names, quarter, archive="a.zip").deleted == (name,)


def test_demographics_of_2018q1_are_read_from_the_member_called_new(tmp_path):
    quarter = Quarter(2018, 1)
    demo = [{"primaryid": 100115731, "caseid": 10011573, "caseversion": 1}]
    names = fda_members(quarter)
    raw = {name: member_bytes(table, quarter, []) for table, name in names.items()}
    raw[names["demo"]] = member_bytes("demo", quarter, demo)
    raw["ASCII/Thumbs.db"] = b"\xd0\xcf\x11\xe0" * 4
    raw["ASCII/DEMO18Q1.pdf"] = b"%PDF-1.4 $ $ $"
    raw["ASCII/old/DEMO18Q1.txt"] = b"not$a$header\n1$2$3\n"
    archive = tmp_path / archive_name(quarter)
    with zipfile.ZipFile(archive, "w") as file:
        for name, data in raw.items():
            file.writestr(name, data)
    staged = staged_archive(archive, tmp_path / "staged")
    assert [row["caseid"] for row in rows_of(staged, "demo")] == [10011573]
    accounts = rows_of(staged, "accounting")
    assert [row["member"] for row in accounts] == list(names.values())


CAPITAL_Q = (
    *(
        f"faers_ascii_{year}Q{n}.zip"
        for year in (2019, 2020, 2021)
        for n in range(1, 5)
    ),
    "faers_ascii_2022Q3.zip",
    "faers_ascii_2022Q4.zip",
    "faers_ascii_2023Q3.zip",
    "faers_ascii_2023Q4.zip",
    "faers_ascii_2024Q4.zip",
    "faers_ascii_2025Q4.zip",
)


def test_archives_of_all_quarters_are_known_by_the_names_that_the_fda_lists(tmp_path):
    capital = {name.lower(): name for name in CAPITAL_Q}
    assert len(capital) == 18
    names = [archive_name(quarter) for quarter in ALL]
    for name in names:
        (tmp_path / capital.get(name, name)).touch()
    for twin in ("aers_sgml_2004q1.zip", "faers_xml_2022Q4.zip", "readme.zip"):
        (tmp_path / twin).touch()
    listed = list_mirror(str(tmp_path))
    assert [one.quarter for one in listed] == list(ALL)
    assert [one.name for one in listed] == [capital.get(name, name) for name in names]


def test_archive_under_a_new_prefix_is_known(tmp_path):
    (tmp_path / "aems_ascii_2026q3.zip").touch()
    (one,) = list_mirror(str(tmp_path))
    assert (one.quarter, one.name) == (Quarter(2026, 3), "aems_ascii_2026q3.zip")


# ------------------------------------------------------------------- deletion lists


@pytest.mark.parametrize(
    ("first", "blank"), [(b"", 0), (b"\n", 1), (b" \n", 1), (b" \r\n", 1)]
)
@pytest.mark.parametrize("last", [b"", b"\n", b"\n\n"])
def test_first_line_of_a_deletion_list_is_read_like_any_other(first, blank, last):
    data = first + b"10153291\n10796583" + last
    one = stage_deletions(data, Quarter(2021, 4), member="Deleted/DELETE21Q4.txt")
    assert one.rows["caseid"].to_pylist() == [10153291, 10796583]
    assert one.rows["line"].to_pylist() == [1 + blank, 2 + blank]
    n_blank = blank + (last == b"\n\n")
    assert movements(one) == ({"blank": n_blank} if n_blank else {})
    assert is_balanced(one)


def test_both_lists_of_2019q1_and_the_overlap_with_2019q2_are_one_deletion_a_quarter(
    tmp_path,
):
    demo = [{"primaryid": 100115731, "caseid": 10011573, "caseversion": 1}]
    own, all_ = fda_lists(Quarter(2019, 1))
    raw = {own: b" \n7\n8\n", all_: b"7\n9\n9\n"}
    paths = [write_archive(tmp_path, "2019q1", {"demo": demo}, raw=raw)]
    raw = {fda_lists(Quarter(2019, 2))[0]: b"\n8\n10\n"}
    paths.append(write_archive(tmp_path, "2019q2", {"demo": demo}, raw=raw))
    staged = [staged_archive(path, tmp_path / "staged") for path in paths]
    lines = [
        (row["member"], row["line"], row["caseid"])
        for one in staged
        for row in rows_of(one, "deleted")
    ]
    assert lines == [
        (own, 2, 7),
        (own, 3, 8),
        (all_, 1, 7),
        (all_, 2, 9),
        (all_, 3, 9),
        ("deleted/ADR19Q2DeletedCases.txt", 2, 8),
        ("deleted/ADR19Q2DeletedCases.txt", 3, 10),
    ]
    with warehouse.connect_memory() as con:
        register_without_links(con, [one.path for one in staged])
        warehouse.run_models(
            con, ["macros", "staged", "cases"], values={"as_of": 32767}
        )
        deletions = con.execute(
            "select caseid, quarter_no from cases.deletion order by all"
        ).fetchall()
    first, second = Quarter(2019, 1).ordinal, Quarter(2019, 2).ordinal
    assert deletions == [(7, first), (8, first), (8, second), (9, first), (10, second)]


def test_member_names_that_tests_write_are_the_fdas():
    for quarter in ALL:
        if quarter != Quarter(2018, 1):
            for table, name in fda_members(quarter).items():
                assert member_name(table, quarter).lower() == name.lower()


# ------------------------------------------------------------------------- the page


def test_page_of_defects_names_tests_and_simulated_defects_that_exist():
    root = Path(__file__).parents[2]
    page = (root / "docs" / "defects.md").read_text("utf-8")
    rows = [line.split("|")[1:-1] for line in page.splitlines() if line[:2] == "| "]
    rows = [row for row in rows if row[0].strip() != "defect"]
    simulated: set[str] = set()
    for row in rows:
        *file, test = re.findall(r"`([^`]+)`", row[3])
        path = file[0] if file else "tests/unit/test_known_defects.py"
        assert f"def {test}(" in (root / path).read_text("utf-8"), test
        simulated |= set(re.findall(r"`([^`]+)`", row[4]))
    assert simulated == set(DEFECTS)
