"""A decision enters the ledger under the lock, and the next run publishes it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pvsignal import cli, pipeline, warehouse
from pvsignal.analysis import load_analysis
from pvsignal.pipeline import judging, reviewing
from pvsignal.quarter import Quarter
from pvsignal.query import run_query
from pvsignal.settings import Settings
from pvsignal.signals import ledger, lifecycle
from tests.pipeline.conftest import Published

NAME = load_analysis().name
REASON = "Four of five cases come from one sender."
DECIDE = ("--decision", "close", "--reason", REASON, "--by", "A. Reviewer")


def _cli(
    data: Settings, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str, str]:
    code = cli._exit_code([*words, "--data-dir", str(data.data_dir)])
    return code, *capsys.readouterr()


def _ask(file: Path, question: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = run_query(
        file, question, timeout_seconds=60
    ).to_pylist()
    return rows


def _pair(data: Settings) -> tuple[str, str]:
    """A pair that is open: one that has crossed in the latest quarters."""
    found = pipeline.reviewable(data, load_analysis()).listed
    assert not found.empty
    return str(found.iloc[0]["drug"]), str(found.iloc[0]["event"])


def test_a_decision_makes_the_next_run_publish_and_the_one_after_do_nothing(
    data: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    drug, event = _pair(data)
    before = ledger.read_ledger(data.ledger_path(NAME))
    code, out, err = _cli(
        data, capsys, "review", drug, event, *DECIDE, "--date", "2024-05-06"
    )
    assert (code, out) == (0, "")
    assert f"record {len(before) + 1} of the ledger: close {drug} {event}" in err
    made = pipeline.run(data, load_analysis())
    assert made.is_new
    (row,) = _ask(made.database, "from api.reviews")
    assert (row["drug"], row["event"], row["decision"]) == (drug, event, "close")
    assert (row["reason"], row["decided_by"]) == (REASON, "A. Reviewer")
    assert str(row["decided_on"]) == "2024-05-06"
    assert (row["status"], row["why_reopened"], row["as_of"]) == (
        *("standing", None),
        made.as_of,
    )
    records = ledger.read_ledger(data.ledger_path(NAME))
    kinds = [record.kind for record in records[len(before) :]]
    assert kinds == ["review", "run"]
    shown = _ask(made.database, "select seq, kind, hash from api.ledger order by seq")
    assert [row["hash"] for row in shown] == [record.hash for record in records]
    again = pipeline.run(data, load_analysis())
    assert (again.is_new, again.run) == (False, made.run)
    assert ledger.read_ledger(data.ledger_path(NAME)) == records


def test_a_decision_keeps_the_evidence_as_published(
    data: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    drug, event = _pair(data)
    code, out, _ = _cli(data, capsys, "review", drug, event, *DECIDE, "--format=json")
    assert code == 0
    record = json.loads(out)
    current = data.published_dir(NAME) / "current.duckdb"
    (pair,) = _ask(
        current.resolve(),
        "select a_a, flagged_in, first_crossing from api.verdicts"
        f" where drug = '{drug}' and event = '{event}'",
    )
    stamp = json.loads((data.published_dir(NAME) / "current.json").read_text("utf-8"))
    assert (record["run"], record["as_of"]) == (stamp["run"], stamp["as_of"])
    evidence = record["body"]["evidence"]
    assert evidence["a"] == pair["a_a"]
    assert evidence["flagged_in"] == pair["flagged_in"]
    assert evidence["first_crossing"] == pair["first_crossing"]
    told = lifecycle.replayed(ledger.read_ledger(data.ledger_path(NAME)))
    assert evidence["state"] == told[drug, event]["to"]
    assert evidence["since"] <= stamp["as_of"]


def test_the_ledger_tells_the_states_that_the_file_shows(data: Settings) -> None:
    found = pipeline.reviewable(data, load_analysis()).pairs
    told = lifecycle.replayed(ledger.read_ledger(data.ledger_path(NAME)))
    shown = {
        (row["drug"], row["event"]): row["state"]
        for row in found.to_dict("records")
        if row["state"] != "none"
    }
    assert shown
    assert {pair: body["to"] for pair, body in told.items()} == shown
    assert all(found.loc[found["state"] != "none", "since"].notna())


def test_quarters_that_land_at_once_are_recorded_each_as_the_file_shows_it(
    data: Settings,
) -> None:
    staged = pipeline.stage(data)
    inputs = pipeline.identify(data, load_analysis(), staged=staged)
    first = str(inputs.quarters[0])
    before = ledger.chain((), [ledger.Draft("run", "r0", first, {})])
    ask = "select drug, event, quarter, state from signals.pair_state"
    with warehouse.connect(data.warehouse_path) as con:
        earlier = judging._earlier(con, inputs, before)
        board = "select drug, event, on_board, robust from signals.verdict"
        evidence = judging._evidence(con, warehouse.query_frame(con, board))
        states = warehouse.query_frame(con, ask + " where state <> 'none'")
    drafts = judging._drafts(inputs, "r1", evidence, earlier=earlier, before=before)
    records = ledger.chain(before, drafts)
    assert {"state", "run"} == {draft.kind for draft in drafts}
    held = [str(quarter) for quarter in inputs.quarters[1:]]
    for quarter in held:
        known = [record for record in records if record.as_of <= quarter]
        told = {x: body["to"] for x, body in lifecycle.replayed(known).items()}
        shown = states[states["quarter"] == quarter]
        assert {x: to for x, to in told.items() if to != "none"} == {
            (row["drug"], row["event"]): row["state"]
            for row in shown.to_dict("records")
        }
    assert [draft.as_of for draft in drafts[1:]] == sorted(x.as_of for x in drafts[1:])


def test_a_settled_signal_leaves_the_list_and_an_escalated_one_stays(
    data: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    drug, event = _pair(data)

    def listed() -> list[dict[str, Any]]:
        code, out, _ = _cli(data, capsys, "review", "--format", "json")
        assert code == 0
        signals: list[dict[str, Any]] = json.loads(out)["signals"]
        return [x for x in signals if (x["drug"], x["event"]) == (drug, event)]

    (row,) = listed()
    assert row["decision"] is None
    assert {"state", "since", "a"} <= row.keys()
    assert _cli(data, capsys, "review", drug, event, *DECIDE)[0] == 0
    assert listed() == []
    words = ("--decision", "escalate", *DECIDE[2:])
    assert _cli(data, capsys, "review", drug, event, *words)[0] == 0
    (row,) = listed()
    assert (row["decision"], row["status"]) == ("escalate", "standing")
    code, out, err = _cli(data, capsys, "review")
    assert code == 0
    assert "escalate" in out
    assert "2 decisions in the ledger" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fingolimd", "any_malignancy", *DECIDE), "near: fingolimod"),
        (("fingolimod", "any_malignanc", *DECIDE), "near: any_malignancy"),
        (("xyzzy", "any_malignancy", *DECIDE), "no drug 'xyzzy'; names"),
        (("fingolimod",), "give DRUG and EVENT"),
        (("fingolimod", "any_malignancy"), "--decision, --reason, --by"),
        (("--by", "A. Reviewer"), "--by without a signal"),
        (("--date", "2024-01-01"), "--date without a signal"),
        (("fingolimod", "any_malignancy", "--decision", "ignore"), "ignore"),
        (("fingolimod", "any_malignancy", *DECIDE, "--date", "6 May"), "YYYY-MM-DD"),
        (("fingolimod", "any_malignancy", *DECIDE, "--date", "20240506"), "YYYY-MM-DD"),
        (("fingolimod", "any_malignancy", *DECIDE, "--date", "9024-05-06"), "future"),
        (
            ("fingolimod", "any_malignancy", *DECIDE[:3], "", *DECIDE[4:]),
            "the reason is empty",
        ),
        (
            ("fingolimod", "any_malignancy", *DECIDE[:3], "a\nb", *DECIDE[4:]),
            "not one line",
        ),
        (
            ("fingolimod", "any_malignancy", *DECIDE[:3], "High risk.", *DECIDE[4:]),
            "“risk” in “High risk.”: say 'signal of disproportionate reporting'",
        ),
        (("fingolimod", "any_malignancy", *DECIDE[:5], " "), "the name is empty"),
    ],
)
def test_what_cannot_be_recorded_is_one_line_and_changes_nothing(
    published: Published,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
) -> None:
    path = published.settings.ledger_path(NAME)
    before = path.read_bytes()
    code, out, err = _cli(published.settings, capsys, "review", *words)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert said in err
    assert path.read_bytes() == before


def test_nothing_can_be_reviewed_before_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = Settings(data_dir=tmp_path / "data")
    code, _, err = _cli(empty, capsys, "review")
    assert code == 2
    assert "run 'pvsignal run' first" in err


def test_a_run_as_of_an_earlier_quarter_knows_no_later_decision(
    data: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    drug, event = _pair(data)
    assert _cli(data, capsys, "review", drug, event, *DECIDE)[0] == 0
    records = ledger.read_ledger(data.ledger_path(NAME))
    with warehouse.connect(data.warehouse_path) as con:
        found = {}
        for quarter in ("2019q2", "2019q3"):
            reviewing.store_reviews(
                con, records, analysis=load_analysis(), as_of=Quarter.parse(quarter)
            )
            found[quarter] = len(warehouse.query_rows(con, "from signals.review"))
    assert found == {"2019q2": 0, "2019q3": 1}


def test_a_ledger_that_was_changed_stops_run_and_review_and_status_says_where(
    data: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    drug, event = _pair(data)
    code, out, _ = _cli(data, capsys, "status", "--format", "json")
    state = json.loads(out)["ledger"]
    path = data.ledger_path(NAME)
    records = ledger.read_ledger(path)
    assert state == {
        "n_records": len(records),
        "n_reviews": 0,
        "head": ledger.head(records),
        "verdict": "whole",
    }
    record = next(x for x in records if x.kind == "state" and x.body["drug"] == drug)
    lines = path.read_bytes().splitlines(keepends=True)
    at = record.seq - 1
    lines[at] = lines[at].replace(b'"from": "none"', b'"from": "new"')
    path.write_bytes(b"".join(lines))
    name = f"record {record.seq} (state, {drug} and {record.body['event']})"
    for words in (("run",), ("review",), ("review", drug, event, *DECIDE)):
        code, _, err = _cli(data, capsys, *words)
        assert code == 6
        assert len(err.splitlines()) == 1
        assert name in err
    code, out, _ = _cli(data, capsys, "status", "--format", "json")
    assert code == 0
    assert name in json.loads(out)["ledger"]["verdict"]
    assert "NOT WHOLE" in _cli(data, capsys, "status")[1]


def test_a_ledger_made_anew_with_its_head_does_not_fit_what_was_published(
    data: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    path = data.ledger_path(NAME)
    first, second, *rest = ledger.read_ledger(path)
    for file in path.parent.iterdir():
        file.unlink()
    drafts = [
        ledger.Draft(x.kind, x.run, x.as_of, body)
        for x, body in (
            (first, first.body),
            (second, {**second.body, "from": "resolved"}),
            *((x, x.body) for x in rest),
        )
    ]
    ledger.append(path, ledger.chain((), drafts))
    code, _, err = _cli(data, capsys, "run")
    assert code == 6
    assert f"record 2 (state, {second.body['drug']}" in err
    for file in path.parent.iterdir():
        file.unlink()
    code, _, err = _cli(data, capsys, "run")
    assert code == 6
    assert "record 1 (run) is gone" in err
    assert second.kind == "state"


HOLDER = """
import sys
from pathlib import Path
from pvsignal.pipeline import hold
from pvsignal.settings import Settings
with hold(Settings(data_dir=Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_while_another_process_holds_the_directory_nobody_writes(
    data: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    drug, event = _pair(data)
    before = data.ledger_path(NAME).read_bytes()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data.data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        for words in (("run",), ("review", drug, event, *DECIDE)):
            code, _, err = _cli(data, capsys, *words)
            assert code == 8
            assert "another run holds" in err
        assert _cli(data, capsys, "review")[0] == 0
        holder.communicate()
    assert data.ledger_path(NAME).read_bytes() == before
    assert _cli(data, capsys, "review", drug, event, *DECIDE)[0] == 0


def test_of_several_reviewers_at_once_each_is_recorded_or_refused(
    data: Settings,
) -> None:
    drug, event = _pair(data)
    command = [sys.executable, "-m", "pvsignal", "review", drug, event, *DECIDE]
    command += ["--data-dir", str(data.data_dir)]
    n_before = len(ledger.read_ledger(data.ledger_path(NAME)))
    started = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    said = [process.communicate()[1] for process in started]
    codes = [process.returncode for process in started]
    assert set(codes) <= {0, 8}, said
    records = ledger.read_ledger(data.ledger_path(NAME))
    assert len(records) - n_before == codes.count(0) >= 1
