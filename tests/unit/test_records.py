"""Bytes to records: what is plain, what is repaired, what is refused."""

import dataclasses
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pvsignal import layout
from pvsignal.errors import LayoutError
from pvsignal.quarter import Quarter
from pvsignal.sources import records
from pvsignal.sources.records import (
    Form,
    physical_lines,
    read_blocks,
    read_records,
)


def form(table: str, era: str, quarter: str = "2011q2") -> Form:
    return Form(
        len(layout.header(table, era)),
        layout.record_start(table, era),
        tuple(
            (known.primaryid.encode(), known.text.encode())
            for known in layout.corrections(table, Quarter.parse(quarter))
        ),
    )


def read(body: bytes, shape: Form) -> records.Records:
    """Records of a member as one block."""
    lines = physical_lines(body, first=2)
    is_terminated = records._lead(lines, shape, 0) > 0
    return read_records(lines, shape, is_terminated=is_terminated)


def all_records(found: records.Records) -> list[tuple[int, tuple[bytes, ...]]]:
    """(line, fields) of plain and repaired records in file order."""
    n_fields = found.n_plain_fields
    plain = [
        (int(number), tuple(line.rstrip(b"\r\n").split(b"$"))[:n_fields])
        for number, line in zip(
            found.plain_line, found.plain.splitlines(keepends=True), strict=True
        )
    ]
    repaired = [(one.line, one.fields) for one in found.repaired]
    return sorted(plain + repaired, key=lambda pair: pair[0])


def balance(found: records.Records) -> int:
    """Lines less what they gave; 0 where all are accounted for."""
    lines = len(found.lines) - found.n_blank + found.n_splits - found.n_joins
    return lines - len(found.plain_line) - len(found.repaired) - len(found.refused)


def drug(isr: int, sequence: int, name: str, end: str = "$") -> bytes:
    """A legacy DRUG record."""
    return f"{isr}${sequence}$SS${name}$1$ORAL$$U$U$$$021487{end}".encode()


DRUG = form("drug", "b")


# ------------------------------------------------------------------- physical lines


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        (b"", []),
        (b"\n", [b""]),
        (b"a", [b"a"]),
        (b"a\n", [b"a"]),
        (b"a\nb", [b"a", b"b"]),
        (b"a\r\nb\nc\r\n", [b"a", b"b", b"c"]),
        (b"a\n\n\nb", [b"a", b"", b"", b"b"]),
        (b"a\rb\nc", [b"a\rb", b"c"]),
    ],
)
def test_line_ends_at_a_line_feed_and_the_last_may_lack_it(data, texts):
    lines = physical_lines(data)
    assert [lines.raw(number) for number in range(len(lines))] == texts


def test_delimiters_are_counted_across_blocks(monkeypatch):
    monkeypatch.setattr(records, "_PIECE_BYTES", 7)
    lines = physical_lines(b"a$b$c\n\n$$$$$$$$$$\nx\ry$\nlast$")
    assert lines.n_delimiters.tolist() == [2, 0, 10, 1, 1]
    assert lines.is_unclean.tolist() == [False, False, False, True, False]


@given(st.binary(max_size=60).map(lambda b: b.translate(None, bytes(range(5, 9)))))
@example(b"\r\n\r\r\n$\x7f\n")
def test_lines_are_those_of_a_plain_split(data):
    lines = physical_lines(data)
    expected = data.split(b"\n")
    if not expected[-1]:
        expected.pop()
    assert len(lines) == len(expected)
    assert lines.n_delimiters.tolist() == [line.count(b"$") for line in expected]
    control = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
    ended = [line[: -line.endswith(b"\r") or None] for line in expected]
    if data and not data.endswith(b"\n"):
        ended[-1] = expected[-1]
    assert lines.is_unclean.tolist() == [bool(control.search(line)) for line in ended]


def test_header_is_stripped_lower_case_and_without_bom():
    source = io.BytesIO(b"\xef\xbb\xbfPRIMARYID$ rept_dt$\r\n1$2\r\n")
    assert records.read_header(source) == ("primaryid", "rept_dt")
    assert source.read() == b"1$2\r\n"
    assert records.read_header(io.BytesIO(b"")) == ()


# ----------------------------------------------------------------------- plain lines


def test_plain_lines_are_passed_on_as_they_are():
    found = read(b"7475791$A\r\n7475792$B\r\n", form("reac", "a"))
    assert found.plain == b"7475791$A\r\n7475792$B\r\n"
    assert found.plain_line.tolist() == [2, 3]
    assert (found.n_plain_fields, found.repaired, found.refused) == (2, (), ())


def test_trailing_delimiter_of_legacy_lines_is_one_empty_field_more():
    found = read(b"7475791$A$\n7475792$B$\n", form("reac", "a"))
    assert found.n_plain_fields == 3
    assert found.plain_line.tolist() == [2, 3]


def test_line_without_the_trailing_delimiter_of_the_others_is_read_all_the_same():
    found = read(b"7475791$A$\n7475792$B\n7475793$C$\n", form("reac", "a"))
    assert [fields[:2] for _, fields in all_records(found)] == [
        (b"7475791", b"A"),
        (b"7475792", b"B"),
        (b"7475793", b"C"),
    ]
    assert balance(found) == 0


def test_one_field_more_that_is_not_empty_is_refused():
    found = read(b"7475791$A\n7475792$B$C\n", form("reac", "a"))
    assert [(one.line, one.reason) for one in found.refused] == [
        (3, "3 fields where 2 are expected")
    ]
    assert found.refused[0].raw == b"7475792$B$C"


def test_blank_lines_are_counted_and_line_numbers_stay_physical():
    found = read(b"\n7475791$A\n \r\n\x1a\n7475792$B\n\n", form("reac", "a"))
    assert found.n_blank == 4
    assert found.plain_line.tolist() == [3, 6]
    assert (found.refused, balance(found)) == ((), 0)


def test_mixed_line_ends_give_the_same_records():
    found = read(b"7475791$A\r\n7475792$B\n7475793$C", form("reac", "a"))
    assert found.plain_line.tolist() == [2, 3, 4]
    assert all_records(found)[2][1] == (b"7475793", b"C")


# --------------------------------------------------------------------- control bytes


@pytest.mark.parametrize("control", [b"\x00", b"\x08", b"\x1a", b"\x7f"])
def test_control_byte_in_a_value_is_dropped(control):
    found = read(b"7475791$MOR" + control + b"PHINE\n7475792$B\n", form("reac", "a"))
    assert found.repaired[0].fields == (b"7475791", b"MORPHINE")
    assert found.repaired[0].raw == b"7475791$MOR" + control + b"PHINE"


def test_lone_carriage_return_in_a_value_is_a_blank():
    found = read(b"7475791$HEAD\rACHE\r\r\n7475792$B\r\n", form("reac", "a"))
    assert all_records(found) == [
        (2, (b"7475791", b"HEAD ACHE")),
        (3, (b"7475792", b"B")),
    ]


def test_tab_in_a_value_is_kept():
    found = read(b"7475791$A\tB\n", form("reac", "a"))
    assert all_records(found) == [(2, (b"7475791", b"A\tB"))]


# -------------------------------------------------------------------- glued records


@pytest.mark.parametrize("n_glued", [2, 3])
def test_glued_records_are_cut_before_each_isr(n_glued):
    """As in DRUG of 2011q2 to 2011q4."""
    ids = [(7475791 + n, 1016572490 + n) for n in range(n_glued)]
    glued = b"".join(drug(*pair, "DOXORUBICIN") for pair in ids)
    found = read(drug(1234567, 1000000000, "A") + b"\n" + glued + b"\n", DRUG)
    assert found.n_splits == n_glued - 1
    assert [one.line for one in found.repaired] == [3] * n_glued
    assert [one.fields[1] for one in found.repaired] == [b"%d" % s for _, s in ids]
    assert balance(found) == 0


def test_glued_records_of_one_report_are_cut():
    """As ISR 6750381 in DRUG of 2010q2: the same ISR twice, other sequence numbers."""
    glued = drug(6750381, 1013798159, "MORPHINE") + drug(6750381, 1013798165, "KADIAN")
    found = read(glued + b"\n", DRUG)
    assert [one.fields[3] for one in found.repaired] == [b"MORPHINE", b"KADIAN"]


def test_glued_records_of_the_current_era_are_cut():
    one = b"1001157331$100115733$1$20120407$20120409$63$DAY"
    two = b"1002130537$10021305$37$20210415$20220928$1$DAY"
    found = read(one + b"$" + two + b"\n", form("ther", "d"))
    assert [r.fields[2] for r in found.repaired] == [b"1", b"37"]
    assert found.n_splits == 1


def test_glued_records_that_do_not_come_out_even_are_refused_whole():
    short = drug(7475792, 1016572486, "PROCARBAZINE").replace(b"$1$ORAL", b"")
    glued = drug(7475791, 1016572490, "DOXORUBICIN") + short
    found = read(glued + b"\n", DRUG)
    assert found.repaired == ()
    assert [one.raw for one in found.refused] == [glued]
    assert balance(found) == 0


def test_too_many_fields_that_do_not_begin_like_a_record_are_refused():
    line = b"x$" * 24
    found = read(line + b"\n", DRUG)
    assert [one.reason for one in found.refused] == ["25 fields where 12 are expected"]


# -------------------------------------------------------------------- broken records


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        (drug(7475791, 1016572490, "DOXO\nRUBICIN"), b"DOXO RUBICIN"),
        (drug(7475791, 1016572490, "DOXO\r\nRUBICIN"), b"DOXO RUBICIN"),
        (drug(7475791, 1016572490, "DOXO\n\nRUBICIN"), b"DOXO RUBICIN"),
        (drug(7475791, 1016572490, "DOXORUBICIN\n"), b"DOXORUBICIN"),
        (drug(7475791, 1016572490, "\nDOXORUBICIN"), b"DOXORUBICIN"),
        (drug(7475791, 1016572490, "A\nB\nC"), b"A B C"),
    ],
)
def test_record_broken_over_lines_is_joined(broken, name):
    found = read(broken + b"\n" + drug(7475792, 1016572491, "NEXT") + b"\n", DRUG)
    assert [(one.line, one.fields[3]) for one in found.repaired] == [(2, name)]
    assert found.refused == ()
    assert balance(found) == 0


@pytest.mark.parametrize(
    ("table", "era", "record"),
    [
        ("demo", "b", b"8129732$8222222$I" + b"$" * 21),
        ("reac", "a", b"7475792$CARDIAC ARREST$"),
        ("reac", "d", b"1001157331$100115733$Nausea$"),
    ],
)
def test_record_broken_before_its_first_delimiter_is_joined(table, era, record):
    """The rest has as many delimiters as a whole record, but no key."""
    key = record.split(b"$")[0]
    lines = [record, record, key, record.removeprefix(key), record]
    found = read(b"\n".join(lines), form(table, era))
    shape = form(table, era)
    fields = tuple(record.split(b"$")[: shape.n_fields])
    assert [(line, got[: shape.n_fields]) for line, got in all_records(found)] == [
        (line, fields) for line in (2, 3, 4, 6)
    ]
    assert (found.n_joins, found.refused, balance(found)) == (1, (), 0)


def test_line_without_a_key_after_a_good_record_is_not_joined_to_it():
    found = read(b"7475791$A$\n$B$\n7475792$C$\n", form("reac", "a"))
    assert found.plain_line.tolist() == [2, 4]
    assert [(one.line, one.fields) for one in found.repaired] == [(3, (b"", b"B"))]


def test_record_broken_before_its_trailing_delimiter_is_joined():
    lines = [b"7475791$A$"] * 4 + [b"7475792$B", b"$", b"7475793$C$"]
    found = read(b"\n".join(lines), form("reac", "a"))
    assert [one.fields for one in found.repaired] == [(b"7475792", b"B")]
    assert (found.n_joins, found.refused, balance(found)) == (1, (), 0)


def test_record_broken_in_its_last_value_is_joined_where_lines_end_in_a_delimiter():
    lines = [b"7475791$A$"] * 4 + [b"7475792$CARDIAC", b"ARREST$", b"7475793$C$"]
    found = read(b"\n".join(lines), form("reac", "a"))
    assert found.repaired[0].fields == (b"7475792", b"CARDIAC ARREST")
    assert balance(found) == 0


def test_join_does_not_run_over_a_good_record():
    half = b"7475791$1016572490$SS$DOXO"
    good = drug(7475792, 1016572491, "NEXT\x08")
    found = read(half + b"\n" + good + b"\n" + b"RUBICIN$1$ORAL$$$$$$\n", DRUG)
    assert [one.fields[0] for one in found.repaired] == [b"7475792"]
    assert [(one.line, one.reason) for one in found.refused] == [
        (2, "4 fields where 12 are expected"),
        (4, "9 fields where 12 are expected"),
    ]


def test_join_does_not_run_over_the_begin_of_another_record():
    first = b"7475791$1016572490$SS$LOST"
    second, third = b"7475792$1016572491$SS$BRO", b"KEN$1$ORAL$$U$U$$$021487$"
    found = read(b"\n".join([first, second, third]), DRUG)
    assert [one.fields[3] for one in found.repaired] == [b"BRO KEN"]
    assert [one.line for one in found.refused] == [2]
    assert balance(found) == 0


def test_joined_lines_that_never_fit_are_refused_one_by_one():
    found = read(b"7475791$1016572490$SS$DOXO\nRUBICIN\n" + b"x$" * 14, DRUG)
    assert [one.line for one in found.refused] == [2, 3, 4]
    assert (found.n_joins, balance(found)) == (0, 0)


def test_fragment_that_does_not_begin_a_record_is_not_joined_to_one():
    found = read(b"RUBICIN$1$ORAL\n$$U$U$$$021487$$$$\n", DRUG)
    assert found.repaired == ()
    assert [one.line for one in found.refused] == [2, 3]


@pytest.mark.parametrize("begins", [b"", b"7475791$1016572490$SS$LOST\n"])
def test_a_run_of_lines_that_are_no_records_is_read_once(monkeypatch, begins):
    """Each line was once tried with all that follow: 2,000 lines took half a minute."""
    n_cut = 0
    cut = Form.cut

    def counted(shape: Form, text: bytes) -> tuple[bytes, ...]:
        nonlocal n_cut
        n_cut += 1
        return cut(shape, text)

    monkeypatch.setattr(Form, "cut", counted)
    found = read(begins + b"a line of some narrative\n" * 3000, DRUG)
    assert len(found.refused) == 3000 + bool(begins)
    assert n_cut < 10_000
    assert balance(found) == 0


# ------------------------------------------------------------ delimiter inside a value


def cubist() -> bytes:
    """DEMO12Q1 line 105917 as facts describe it, other values invented."""
    fields = [b""] * 23
    fields[0], fields[1], fields[2] = b"8129732", b"8222222", b"I"
    fields[9], fields[22] = b"JP-CUBIST-$E2B0000000182", b"JAPAN"
    return b"$".join(fields) + b"$"


def test_delimiter_inside_a_value_is_kept_where_a_correction_knows_it():
    found = read(cubist() + b"\n", form("demo", "b", "2012q1"))
    (record,) = found.repaired
    assert record.fields[9] == b"JP-CUBIST-$E2B0000000182"
    assert record.fields[22] == b"JAPAN"
    assert len(record.fields) == 23


def test_delimiter_inside_a_value_is_refused_where_no_correction_knows_it():
    found = read(cubist() + b"\n", form("demo", "b", "2012q2"))
    assert [one.reason for one in found.refused] == ["25 fields where 23 are expected"]
    other = cubist().replace(b"8129732", b"8129733")
    assert read(other, form("demo", "b", "2012q1")).repaired == ()


# --------------------------------------------------------------------------- at large

good = st.integers(1000000, 99999999).map(lambda isr: drug(isr, 1016572490, "GOOD"))
bare = good.map(lambda line: line[:-1])
glued = st.lists(good, min_size=2, max_size=3).map(b"".join)
broken = st.tuples(good, st.integers(1, 40)).map(
    lambda pair: pair[0][: pair[1]] + b"\n" + pair[0][pair[1] :]
)
junk = st.binary(max_size=12).map(lambda b: b.replace(b"\n", b"$"))
piece = st.one_of(good, bare, glued, broken, junk, st.just(b""), st.just(b" \r"))


@given(st.lists(piece, max_size=12), st.sampled_from([b"\n", b"\r\n"]), st.booleans())
def test_every_line_of_any_mixture_is_accounted_for(pieces, end, ends_whole):
    body = end.join(pieces) + (end if ends_whole else b"")
    found = read(body, DRUG)
    assert balance(found) == 0
    assert len(found.lines) == len(re.findall(rb"[^\n]*\n|[^\n]+$", body))
    assert found.plain.count(b"$") == len(found.plain_line) * (found.n_plain_fields - 1)
    assert all(len(one.fields) == 12 for one in found.repaired)
    numbers = [one.line for one in found.repaired]
    assert numbers == sorted(numbers)


@given(st.lists(st.one_of(good, glued, st.just(b"")), max_size=12))
def test_records_that_are_whole_are_never_refused(pieces):
    found = read(b"\n".join(pieces), DRUG)
    expected = [line for line in b"".join(pieces).split(b"021487$") if line]
    assert found.refused == ()
    assert len(found.plain_line) + len(found.repaired) == len(expected)


# ----------------------------------------------------------------------------- blocks

terminated = st.one_of(good, glued, broken, st.just(b""), st.just(b" \r"))


def told(blocks: list[records.Records]) -> tuple[list, list, int, int, int]:
    """Records, refused lines and counts of all blocks."""
    return (
        [
            (line, fields[:12])
            for block in blocks
            for line, fields in all_records(block)
        ],
        [one for block in blocks for one in block.refused],
        sum(block.n_blank for block in blocks),
        sum(block.n_splits for block in blocks),
        sum(block.n_joins for block in blocks),
    )


def in_blocks(body: bytes, size: int) -> list[records.Records]:
    source = io.BytesIO(body)
    return list(read_blocks(source, DRUG, where="a: m", block_bytes=size))


@given(
    st.lists(terminated, max_size=12),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
    st.integers(80, 300),
)
def test_records_are_the_same_wherever_blocks_end(pieces, end, ends_whole, size):
    pieces = [drug(7475791, 1016572490, "FIRST"), *pieces]
    body = end.join(pieces) + (end if ends_whole else b"")
    whole = told([read(body, DRUG)])
    assert told(in_blocks(body, size)) == whole
    n_lines = sum(len(block.lines) for block in in_blocks(body, size))
    assert n_lines == len(read(body, DRUG).lines)


def test_lines_that_wait_for_the_next_block_are_counted_once():
    """Parts of broken records look like lines of a file that ends them otherwise."""
    broken = b"7475792$CARDIAC\nARREST$\n" * 4
    body = b"7475791$A$\n" * 10 + broken + b"7475794$B$\n"
    source = io.BytesIO(body)
    blocks = list(read_blocks(source, form("reac", "a"), where="a: m", block_bytes=16))
    assert {block.n_plain_fields for block in blocks} == {3}
    fields = [one.fields for block in blocks for one in block.repaired]
    assert fields == [(b"7475792", b"CARDIAC ARREST")] * 4
    assert [one for block in blocks for one in block.refused] == []


def test_member_without_lines_is_one_empty_block():
    (block,) = in_blocks(b"", 10)
    assert (len(block.lines), len(block.plain_line), block.refused) == (0, 0, ())


def test_member_of_another_kind_stops_before_it_fills_the_memory(monkeypatch):
    monkeypatch.setattr(records, "_ODD_BYTES_MAX", 1000)
    body = drug(7475791, 1016572490, "GOOD") + b"\n" + b"x" * 5000
    with pytest.raises(LayoutError, match=r"a: m: from line 1?2 on .* bytes hold no"):
        in_blocks(body, 100)


@pytest.mark.parametrize("line", [b"x\n", b"\n", b" \r\n"])
def test_member_of_short_lines_stops_before_it_fills_the_memory(monkeypatch, line):
    monkeypatch.setattr(records, "_ODD_LINES_MAX", 50)
    body = drug(7475791, 1016572490, "GOOD") + b"\n" + line * 5000
    with pytest.raises(LayoutError, match="hold no record"):
        in_blocks(body, 200)


def test_block_that_would_be_repaired_for_most_of_it_is_refused(monkeypatch):
    monkeypatch.setattr(records, "_REPAIR_LINES_MAX", 10)
    good_line = drug(7475791, 1016572490, "GOOD") + b"\n"
    body = (good_line + b"x\n") * 12 + good_line
    with pytest.raises(LayoutError, match="11 of 22 lines are no record of 12 fields"):
        in_blocks(body, 10**6)
    assert len(in_blocks((good_line + b"\n") * 50 + good_line, 10**6)) == 2


# ------------------------------------------------------- a delimiter or the line's end?


def faers_drug(dose: str, *, frequency: str = "QD", end: str = "") -> bytes:
    """A DRUG record of era D."""
    fields = "1001157311$10011573$1$PS$OCREVUS$OCRELIZUMAB$1$Intravenous$"
    return (
        f"{fields}{dose}$$$Y$D$$$761053$300$MG$Solution${frequency}{end}\n"
    ).encode()


FAERS_DRUG = dataclasses.replace(form("drug", "d"), looks=layout.looks("drug", "d"))
PLAIN = faers_drug("300 MG") * 3


def test_lone_line_that_ends_in_a_delimiter_is_a_record():
    found = read(PLAIN + faers_drug("300 MG", end="$"), FAERS_DRUG)
    (record,) = found.repaired
    assert (record.fields[8], record.fields[19]) == (b"300 MG", b"QD")


def test_delimiter_inside_a_value_before_an_empty_last_one_is_refused():
    """The values behind it would stand one place too far right."""
    found = read(PLAIN + faers_drug("10 $MG", frequency=""), FAERS_DRUG)
    assert found.repaired == ()
    (line,) = found.refused
    assert (line.line, line.reason) == (5, "21 fields where 20 are expected")
    assert balance(found) == 0


def test_file_whose_lines_all_end_in_a_delimiter_needs_no_look():
    lines = b"".join(faers_drug("AS NEEDED", end="$") for _ in range(3))
    found = read(lines, FAERS_DRUG)
    assert (len(found.plain_line), found.n_plain_fields) == (3, 21)
