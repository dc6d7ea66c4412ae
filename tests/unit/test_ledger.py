"""Whatever happens to a ledger behind our back is found and named at its record."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal.errors import CheckFailed
from pvsignal.signals import ledger


def _drafts(*runs: str) -> list[ledger.Draft]:
    return [ledger.Draft("run", run, "2024q1", {"n": 1}) for run in runs]


def _state(drug: str, event: str, to: str) -> ledger.Draft:
    body = {"drug": drug, "event": event, "from": "none", "to": to, "a": 4, "x": 1.5}
    return ledger.Draft("state", "r1", "2024q1", body)


RECORDS = ledger.chain(
    (),
    [
        *_drafts("r1"),
        _state("fingolimod", "skin_bcc", "new"),
        _state("class:s1p_modulator", "skin_bcc", "emerging"),
        ledger.Draft(
            "review",
            "r1",
            "2024q1",
            {"drug": "fingolimod", "event": "skin_bcc", "by": "Åsa Öberg"},
        ),
    ],
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger" / "a.jsonl"
    ledger.append(path, RECORDS)
    return path


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def _refused(path: Path) -> str:
    with pytest.raises(CheckFailed) as found:
        ledger.read_ledger(path)
    message = str(found.value)
    assert "\n" not in message
    assert str(path) in message
    assert "restore the ledger" in message
    assert found.value.exit_code == 6
    return message


def test_records_come_back_as_they_were_written(path: Path) -> None:
    assert ledger.read_ledger(path) == RECORDS
    assert ledger.head(RECORDS) == RECORDS[-1].hash


def test_a_ledger_that_was_never_written_is_empty(tmp_path: Path) -> None:
    assert ledger.read_ledger(tmp_path / "a.jsonl") == ()


def test_appending_the_same_records_again_changes_nothing(path: Path) -> None:
    files = (path, ledger.head_path(path))
    before = [(file.read_bytes(), file.stat().st_mtime_ns) for file in files]
    ledger.append(path, RECORDS)
    assert [(f.read_bytes(), f.stat().st_mtime_ns) for f in files] == before


def test_a_run_that_built_on_an_older_head_is_refused(path: Path) -> None:
    with pytest.raises(CheckFailed, match="moved on"):
        ledger.append(path, ledger.chain((), _drafts("y")))


def test_a_kind_that_is_not_known_is_no_record() -> None:
    with pytest.raises(ValueError, match="run, state, review"):
        ledger.Draft("crossing", "r1", "2024q1", {})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_cannot_hold_is_no_record(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        ledger.chain((), [ledger.Draft("run", "r1", "2024q1", {"n": value})])


# Each takes the lines of the ledger and gives what somebody made of them.
TAMPERED: dict[str, tuple[Callable[[list[bytes]], bytes], str]] = {
    "edited": (
        lambda x: b"".join(x).replace(b'"to": "new"', b'"to": "old"'),
        "line 2, record 2 (state, fingolimod and skin_bcc): it was changed",
    ),
    "last edited": (
        lambda x: b"".join(x).replace(b"sa ", b"so "),
        "line 4, record 4 (review, fingolimod and skin_bcc): it was changed",
    ),
    "reordered": (
        lambda x: b"".join([x[0], x[2], x[1], x[3]]),
        "line 2, record 3 (state, class:s1p_modulator and skin_bcc): the hash chain",
    ),
    "first removed": (lambda x: b"".join(x[1:]), "line 1, record 2 (state, fingolimod"),
    "one removed": (
        lambda x: b"".join([*x[:2], x[3]]),
        "line 3, record 4 (review, fingolimod and skin_bcc): the hash chain",
    ),
    "doubled": (lambda x: b"".join([*x[:2], *x[1:]]), "line 3, record 2 (state, fing"),
    "last removed": (lambda x: b"".join(x[:-1]), "record 4 at the end is gone"),
    "two last removed": (
        lambda x: b"".join(x[:-2]),
        "record 3 to 4 at the end is gone",
    ),
    "all removed": (lambda x: b"", "record 1 to 4 at the end is gone"),
    "blank line": (lambda x: b"".join([x[0], b"\n", *x[1:]]), "line 2 is no record"),
    "cut off": (lambda x: b"".join(x)[:-5], "line 4 is cut off"),
    "no line end": (lambda x: b"".join(x)[:-1], "line 4 is cut off"),
    "something behind": (lambda x: b"".join(x) + b"x", "line 5 is cut off"),
    "no JSON": (lambda x: b"".join([b"{oops\n", *x[1:]]), "line 1 is no record"),
    "no mapping": (lambda x: b"".join([b"[1]\n", *x[1:]]), "line 1 is no record"),
    "no text": (lambda x: b"".join([b"\xff\xfe\n", *x[1:]]), "line 1 is no record"),
    "deep": (lambda x: b"[" * 100_000 + b"\n" + x[1], "line 1 is no record"),
    "mark of byte order": (
        lambda x: b"\xef\xbb\xbf" + b"".join(x),
        "line 1",
    ),
    "carriage returns": (
        lambda x: b"".join(x).replace(b"\n", b"\r\n"),
        "line 1, record 1 (run): it is not written as pvsignal writes",
    ),
    "one carriage return": (
        lambda x: b"".join([*x[:2], x[2][:-1] + b"\r\n", x[3]]),
        "line 3, record 3 (state, class:s1p_modulator and skin_bcc): it is not written",
    ),
    "spaces": (
        lambda x: b"".join(x).replace(b'"n": 1', b'"n":  1'),
        "line 1, record 1 (run): it is not written",
    ),
    "key twice, same value": (
        lambda x: b"".join(x).replace(b'"n": 1', b'"n": 1, "n": 1'),
        "line 1, record 1 (run): it is not written",
    ),
    "key twice, other value first": (
        lambda x: b"".join(x).replace(b'"n": 1', b'"n": 2, "n": 1'),
        "line 1, record 1 (run): it is not written",
    ),
    "number written otherwise": (
        lambda x: b"".join(x).replace(b'"x": 1.5', b'"x": 1.50', 1),
        "line 2, record 2 (state, fingolimod and skin_bcc): it is not written",
    ),
    "letters unescaped": (
        lambda x: b"".join(x).replace(b"\\u00c5sa", "Åsa".encode()),
        "line 4, record 4 (review, fingolimod and skin_bcc): it is not written",
    ),
    "NaN": (
        lambda x: b"".join(x).replace(b'"x": 1.5', b'"x": NaN', 1),
        "line 2, record 2 (state, fingolimod and skin_bcc): it is not written",
    ),
    "field put in": (
        lambda x: b"".join(x).replace(b'"kind": "run"', b'"kind": "run", "m": 1'),
        "line 1, record 1 (run): fields",
    ),
    "place as text": (
        lambda x: b"".join(x).replace(b'"seq": 1}', b'"seq": "1"}'),
        "line 1, record 1 (run): fields",
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_is_found_and_named_at_its_record(path: Path, name: str) -> None:
    tamper, said = TAMPERED[name]
    before = path.read_bytes()
    path.write_bytes(tamper(_lines(path)))
    assert path.read_bytes() != before
    assert said in _refused(path)


def test_every_flipped_bit_of_ledger_and_head_is_found(path: Path) -> None:
    for file in (path, ledger.head_path(path)):
        whole = file.read_bytes()
        for place in range(len(whole)):
            flipped = bytearray(whole)
            flipped[place] ^= 1 << (place % 8)
            file.write_bytes(flipped)
            with pytest.raises(CheckFailed):
                ledger.read_ledger(path)
        file.write_bytes(whole)
    assert ledger.read_ledger(path) == RECORDS


@given(data=st.data())
def test_any_other_byte_anywhere_is_found(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "a.jsonl"
    ledger.append(path, RECORDS)
    whole = path.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 3)))
    new = whole[:start] + data.draw(st.binary(max_size=3)) + whole[end:]
    path.write_bytes(new)
    if new == whole:
        assert ledger.read_ledger(path) == RECORDS
    else:
        with pytest.raises(CheckFailed):
            ledger.read_ledger(path)


def _rechained(records: tuple[ledger.Record, ...]) -> tuple[ledger.Record, ...]:
    return ledger.chain((), [ledger.Draft(*_content(x)) for x in records])


def _content(record: ledger.Record) -> tuple[str, str, str, dict[str, object]]:
    return record.kind, record.run, record.as_of, dict(record.body)


def _write(path: Path, records: tuple[ledger.Record, ...]) -> None:
    other = path.with_name("forged.jsonl")
    ledger.append(other, records)
    other.replace(path)


def test_a_chain_computed_anew_does_not_end_where_the_head_says(path: Path) -> None:
    _write(path, _rechained((*RECORDS[:1], *RECORDS[2:], RECORDS[1])))
    assert "record 4 (state, fingolimod and skin_bcc) is not the one" in _refused(path)


def test_a_well_made_record_put_in_at_the_end_is_found(path: Path) -> None:
    _write(path, ledger.chain(RECORDS, [_state("cladribine", "melanoma", "new")]))
    assert "record 5 (state, cladribine and melanoma) was put in" in _refused(path)


def test_a_chain_and_head_made_anew_do_not_fit_what_was_published(path: Path) -> None:
    forged = _rechained((*RECORDS[:1], *RECORDS[2:]))
    with pytest.raises(CheckFailed, match=r"record 2 \(state, class:s1p_modulator"):
        ledger.require_start(path, forged, known=RECORDS, source="stamp.json")
    with pytest.raises(CheckFailed, match=r"record 4 \(review, fingolimod .* gone"):
        ledger.require_start(path, RECORDS[:3], known=RECORDS, source="stamp.json")
    ledger.require_start(path, RECORDS, known=RECORDS[:2], source="stamp.json")


def test_a_ledger_without_its_head_is_refused(path: Path) -> None:
    ledger.head_path(path).unlink()
    assert "head file a.head.json is gone" in _refused(path)


def test_a_head_without_its_ledger_is_refused(path: Path) -> None:
    path.unlink()
    assert "record 1 to 4 at the end is gone" in _refused(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]\n", b"{}", b"[{}]\n", b'[{"seq": 4}]\n', b"\xff", b'[{"seq": "x"}]'],
)
def test_a_head_that_says_nothing_is_refused(path: Path, content: bytes) -> None:
    ledger.head_path(path).write_bytes(content)
    assert "head file a.head.json" in _refused(path)


def test_a_head_that_names_an_earlier_end_is_refused(path: Path) -> None:
    ledger.head_path(path).write_text(
        json.dumps([{"hash": RECORDS[1].hash, "seq": 2}]) + "\n", "utf-8"
    )
    assert "record 3 (state, class:s1p_modulator and skin_bcc)" in _refused(path)


@pytest.mark.parametrize("n_held", [0, 1, 3])
@pytest.mark.parametrize("crash_at", [1, 2, 3])
def test_a_crash_between_two_writes_leaves_all_records_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_held: int, crash_at: int
) -> None:
    path = tmp_path / "a.jsonl"
    if n_held:
        ledger.append(path, RECORDS[:n_held])
    replace, calls = ledger._replace, []

    def crashing(file: Path, content: bytes) -> None:
        calls.append(file)
        if len(calls) == crash_at:
            raise KeyboardInterrupt
        replace(file, content)

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "_replace", crashing)
        with pytest.raises(KeyboardInterrupt):
            ledger.append(path, RECORDS)
    found = ledger.read_ledger(path)
    assert found == (RECORDS if crash_at == 3 else RECORDS[:n_held])
    ledger.append(path, RECORDS)
    assert ledger.read_ledger(path) == RECORDS
    assert ledger.head_path(path).read_bytes().count(b"seq") == 1
