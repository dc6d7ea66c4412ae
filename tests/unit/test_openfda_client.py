"""Questions to openFDA: paging, counts, errors, limits, and a key that never shows."""

import base64
import datetime as dt
import logging
import multiprocessing
import re
from contextlib import contextmanager
from email.utils import format_datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from pvsignal.errors import SourceError, UsageError
from pvsignal.settings import Settings
from pvsignal.sources.http import HttpOptions
from pvsignal.sources.openfda import query
from pvsignal.sources.openfda.budget import Allowance, Budget, BudgetSpent
from pvsignal.sources.openfda.client import (
    NothingToCount,
    OpenFdaError,
    open_client,
)
from tests.openfda_server import OpenFda, Reply, failure, reply, running

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "openfda"
needs_recordings = pytest.mark.skipif(
    not SHARED.is_dir(),
    reason="the folder ../shared/data/openfda with recorded answers is absent",
)
KEY = "SECRETkey0123456789"
HTTP = HttpOptions(timeout_seconds=5, tries=3, wait_seconds=0)


class Clock:
    """Time that passes only while one sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 1_790_000_000.0, []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def fda(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running(OpenFda()) as play:
        yield play


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ask(fda, clock, tmp_path):
    @contextmanager
    def opened(key=None, **more):
        with open_client(
            fda.url,
            key=key,
            budget_file=tmp_path / "requests.sqlite",
            http=HTTP,
            clock=clock,
            sleep=clock.sleep,
            **more,
        ) as client:
            yield client

    return opened


def report(number: int, day: str = "20260701", product: str = "DRUG A"):
    return {
        "safetyreportid": str(number),
        "receivedate": day,
        "patient": {"drug": [{"medicinalproduct": product}]},
    }


def numbers(pages):
    return [r["safetyreportid"] for page in pages for r in page.records]


# ---------------------------------------------------------------- paging


def test_pages_follow_the_link_until_it_is_absent(fda, ask):
    fda.records["drug/event"] = [report(i, f"202607{i:02}") for i in range(1, 8)]
    search = query.received("receivedate", dt.date(2026, 7, 1), dt.date(2026, 7, 31))
    with ask() as client:
        pages = list(
            client.pages("drug/event", search, sort="receivedate:asc", limit=3)
        )
    assert numbers(pages) == [str(i) for i in range(1, 8)]
    assert [len(page.records) for page in pages] == [3, 3, 1]
    assert {(page.total, page.last_updated) for page in pages} == {(7, "2026-04-28")}
    assert len(fda.asked) == 3


def test_the_link_is_followed_verbatim_and_skip_is_never_added(fda, ask):
    fda.records["drug/event"] = [report(i) for i in range(5)]
    links = []

    def noting(target: str) -> Reply:
        answer = fda.serve(target)
        link = re.search(r"<(.*?)>", answer.headers.get("Link", ""))
        links.append(link and link[1].removeprefix(fda.url))
        return answer

    fda.script = [noting]
    with ask() as client:
        pages = client.pages("drug/event", None, sort="receivedate:asc", limit=3)
        next(pages)
        fda.script = [noting]
        list(pages)
    assert fda.asked[1] == links[0]
    assert "%3D20260701%3B1%3D3" in fda.asked[1]
    assert links[1] is None
    assert "skip" not in fda.params(0)
    # openFDA's own link states skip=0 beside search_after, which it accepts.
    assert fda.params(1)["skip"] == "0"


def test_a_full_last_page_ends_the_pages(fda, ask):
    fda.records["drug/event"] = [report(i) for i in range(4)]
    with ask() as client:
        assert len(numbers(client.pages("drug/event", None, limit=2))) == 4
    assert len(fda.asked) == 2


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("http://192.0.2.7/drug/event.json?search_after=0%3D1", "another host"),
        ("{url}/drug/event.json?skip=2&limit=1", "by skip"),
        ("{url}/drug/event.json?skip=1&search_after=0%3D1", "by skip"),
    ],
)
def test_a_link_elsewhere_or_by_skip_is_not_followed(fda, ask, link, said):
    body = {
        "meta": {"last_updated": "2026-04-28", "results": {"total": 3}},
        "results": [report(1)],
    }
    fda.script = [reply(200, body, Link=f'<{link.format(url=fda.url)}>; rel="next"')]
    with ask(KEY) as client, pytest.raises(SourceError, match=said):
        list(client.pages("drug/event", None, limit=1))
    assert len(fda.asked) == 1


@pytest.mark.parametrize("change", ["updated", "total", "vanished", "short"])
def test_an_endpoint_rebuilt_between_pages_is_transient(fda, ask, change):
    fda.records["drug/event"] = [report(i) for i in range(4)]
    with ask() as client:
        pages = client.pages("drug/event", None, limit=2)
        next(pages)
        if change == "updated":
            fda.last_updated = "2026-07-28"
        elif change == "total":
            fda.records["drug/event"].append(report(9))
        elif change == "vanished":
            fda.records["drug/event"] = []
        else:
            meta = {"last_updated": "2026-04-28", "results": {"total": 4}}
            fda.script = [reply(200, {"meta": meta, "results": [report(3)]})]
        with pytest.raises(SourceError, match="changed while it was read") as failed:
            list(pages)
    assert failed.value.transient


# ---------------------------------------------------------------- the question


def test_a_name_with_quotes_and_operators_cannot_change_the_query(fda, ask):
    fda.records["drug/event"] = [report(1), report(2, product='X" OR serious:1')]
    name = 'X" OR serious:1'
    search = query.phrase("patient.drug.medicinalproduct", name)
    with ask() as client:
        assert numbers(client.pages("drug/event", search)) == ["2"]
    assert fda.params(0)["search"].count('"') == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("CANNABIDIOL\\DRONABINOL", "CANNABIDIOL DRONABINOL"),
        ("A AND NOT (B) * ? ~ ^ [C TO D]", "A AND NOT B C TO D"),
        ("alpha+beta && x=y", "alpha beta x y"),
        ("<script>alert(1)</script>", "script alert 1 /script"),
        ("Stevens–Johnson", "Stevens Johnson"),
        ("BG-12", "BG-12"),
    ],
)
def test_a_phrase_holds_words_only(text, words):
    assert query.phrase("field.name", text) == f'field.name:"{words}"'


@pytest.mark.parametrize("text", ["", '"', " * "])
def test_a_text_without_a_word_is_refused(text):
    with pytest.raises(ValueError, match="no word"):
        query.phrase("field", text)


@pytest.mark.parametrize("field", ["", "a b", "a:b", 'a"', "a.", "search=a"])
def test_what_is_no_field_is_refused(field):
    with pytest.raises(ValueError, match="no field"):
        query.phrase(field, "x")


def test_a_blank_is_sent_as_one_plus_and_a_plus_encoded_once(fda, ask):
    fda.records["drug/event"] = [report(1)]
    search = query.all_of(
        [
            query.received("receivedate", dt.date(2026, 7, 1), dt.date(2026, 7, 2)),
            query.any_of([query.phrase("patient.drug.medicinalproduct", "DRUG A")]),
        ]
    )
    with ask() as client:
        client.first("drug/event", search)
    assert "%5B20260701+TO+20260702%5D+AND+" in fda.asked[0]
    assert "%2B" not in fda.asked[0]
    assert "search=receivedate:" in fda.asked[0]
    assert query.encoded("a+b c") == "a%2Bb+c"


def test_batches_stay_below_a_length():
    parts = [query.phrase("f", f"name{i}") for i in range(50)]
    batches = list(query.in_batches(parts, longest=200))
    assert [part for batch in batches for part in batch] == parts
    assert all(len(query.encoded(query.any_of(b))) < 220 for b in batches)
    assert len(batches) > 1


# ---------------------------------------------------------------- counts and index


def test_a_count_by_day_gives_each_day(fda, ask):
    fda.records["drug/event"] = [report(1), report(2), report(3, "20260703")]
    with ask() as client:
        counted = client.count("drug/event", None, field="receivedate")
    assert [(one.term, one.n) for one in counted] == [("20260701", 2), ("20260703", 1)]
    assert fda.params(0) == {"count": "receivedate", "limit": "1000"}


def test_a_count_of_terms_gives_each_term(fda, ask):
    fda.script = [reply(200, {"results": [{"term": "NAUSEA", "count": 7}]})]
    with ask() as client:
        (one,) = client.count("drug/event", None, field="patient.reaction.x")
    assert (one.term, one.n) == ("NAUSEA", 7)


def test_nothing_to_count_is_no_empty_result(fda, ask):
    fda.script = [failure(404, "NOT_FOUND", "Nothing to count")]
    with ask() as client, pytest.raises(NothingToCount):
        client.count("drug/event", None, field="patient")
    assert len(fda.asked) == 1


def test_no_match_is_an_empty_result(fda, ask):
    fda.records["drug/event"] = []
    with ask() as client:
        assert client.count("drug/event", None, field="receivedate") == ()
        assert client.first("drug/event", None).total == 0
        (page,) = client.pages("drug/event", None)
    assert (page.records, page.total, page.last_updated) == ((), 0, "")


@needs_recordings
def test_the_recorded_answer_is_one_page(fda, ask):
    body = (SHARED / "event_response.json").read_bytes()
    fda.script = [reply(200, body)]
    with ask() as client:
        (page,) = client.pages("drug/event", None)
    assert (len(page.records), page.total) == (152, 152)
    assert page.last_updated == "2026-04-28"


@needs_recordings
def test_the_recorded_index_states_sizes_as_text(fda, ask):
    fda.script = [reply(200, (SHARED / "download_2017.json").read_bytes())]
    with ask() as client:
        index = client.bulk_index("drug/event")
    assert fda.asked == ["/download.json"]
    assert (index.export_date, index.n_records) == ("2017-03-10", 7_109_078)
    assert index.partitions[0].size_mb == 31.95
    assert index.partitions[0].url.endswith(
        "all_other/drug-event-0001-of-0051.json.zip"
    )
    assert sum(one.n_records for one in index.partitions) > 7_000_000


def test_an_index_states_sizes_as_numbers_too(fda, ask):
    files = [{"display_name": "a", "file": "u", "size_mb": 3.5, "records": 12_000}]
    event = {"export_date": "2026-08-01", "total_records": 5, "partitions": files}
    fda.script = [reply(200, {"results": {"drug": {"event": event}}})]
    with ask() as client:
        assert client.bulk_index("drug/event").partitions[0].size_mb == 3.5
    fda.script = [reply(200, {"results": {"drug": {}}})]
    with ask() as client, pytest.raises(SourceError, match="not as documented"):
        client.bulk_index("drug/event")


# ---------------------------------------------------------------- errors

DETAILS = '[parse_exception] Encountered " <EOF> " at line 1'


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (failure(400, "BAD_REQUEST", "Invalid parameter: x"), "Invalid parameter: x"),
        (failure(403, "API_KEY_INVALID", "An invalid key"), "PVSIGNAL_OPENFDA_API_KEY"),
        (failure(403, "API_KEY_MISSING", "No key"), "PVSIGNAL_OPENFDA_API_KEY"),
        (failure(404, "NOT_FOUND", "Nothing to count"), "Nothing to count"),
        (failure(404, "NOT_FOUND", "Not there"), "Not there"),
        (
            failure(500, "SERVER_ERROR", "Check your request", details=DETAILS),
            "parse_exception",
        ),
        (
            failure(500, "SERVER_ERROR", "x", details={"reason": "token_mgr_error"}),
            "token_mgr_error",
        ),
        (failure(501, "", ""), "501"),
    ],
)
def test_an_error_that_stays_is_not_asked_again(fda, ask, answer, said):
    fda.script = [answer]
    with ask() as client, pytest.raises(OpenFdaError, match=re.escape(said)) as failed:
        client.first("drug/event", None)
    assert not failed.value.transient
    assert failed.value.status == answer.status
    assert len(fda.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        failure(429, "OVER_RATE_LIMIT", "You have exceeded your rate limit"),
        failure(500, "SERVER_ERROR", "Check your request and try again"),
        reply(502, b"<html><script>alert(1)</script>Bad gateway</html>"),
        reply(503, b""),
        reply(504, b"<html>timeout</html>"),
        reply(200, b"<html>sorry</html>"),
        reply(200, b'{"meta": {'),
        Reply(200, b'{"meta": {}}', sent=5),
    ],
)
def test_an_error_of_the_moment_is_asked_again(fda, ask, answer):
    fda.records["drug/event"] = [report(1)]
    fda.script = [answer, answer]
    with ask() as client:
        assert client.first("drug/event", None).total == 1
    assert len(fda.asked) == 3
    fda.script = [answer] * 3
    with ask() as client, pytest.raises(SourceError, match=r"tries: 3") as failed:
        client.first("drug/event", None)
    assert failed.value.transient
    assert "<" not in str(failed.value)
    assert len(fda.asked) == 6


def test_no_server_is_transient(tmp_path, monkeypatch, clock):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with (
        open_client(
            "http://127.0.0.1:9",
            key=KEY,
            budget_file=tmp_path / "r.sqlite",
            http=HTTP,
            sleep=clock.sleep,
        ) as client,
        pytest.raises(SourceError, match="no answer from openFDA") as failed,
    ):
        client.first("drug/event", None)
    assert failed.value.transient


SEARCHES = tuple(f"receivedate:[{day} TO {day}]" for day in (20260701, 20260801))


def test_pages_of_several_searches_are_of_one_state(fda, ask):
    fda.records["drug/event"] = [report(1)]
    with ask() as client:
        pages = list(client.pages_of("drug/event", SEARCHES, sort="receivedate:asc"))
    # The second search matches nothing, and so states no day of its own.
    found = [(len(page.records), page.last_updated) for page in pages]
    assert found == [(1, "2026-04-28"), (0, "2026-04-28")]


def test_a_rebuild_between_two_searches_is_transient(fda, ask):
    fda.records["drug/event"] = [report(1), report(2, day="20260801")]

    def rebuilt(target):
        fda.last_updated = "2026-07-28"
        return fda.serve(target)

    fda.script = [fda.serve, rebuilt]
    with (
        ask() as client,
        pytest.raises(SourceError, match="rebuilt between two questions") as failed,
    ):
        list(client.pages_of("drug/event", SEARCHES, sort="receivedate:asc"))
    assert failed.value.transient


@pytest.mark.parametrize("unit", ["seconds", "date"])
def test_retry_after_is_kept(fda, ask, clock, unit):
    fda.records["drug/event"] = [report(1)]
    later = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=100)
    asked = "100" if unit == "seconds" else format_datetime(later, usegmt=True)
    fda.script = [reply(429, {"error": {}}, Retry_After=asked)]
    with ask() as client:
        assert client.first("drug/event", None).total == 1
    assert len(clock.slept) == 1
    assert 97 <= clock.slept[0] <= 100


# str.isdigit() takes a superscript for a digit, float() does not.
@pytest.mark.parametrize("asked", ["\u00b2", "1\u00b3", "soon", "-5"])
def test_a_retry_after_that_is_no_number_is_passed_over(fda, ask, clock, asked):
    fda.records["drug/event"] = [report(1)]
    fda.script = [reply(429, {"error": {}}, Retry_After=asked)]
    with ask() as client:
        assert client.first("drug/event", None).total == 1
    assert sum(clock.slept) < 60


def test_a_long_retry_after_is_left_to_a_later_run(fda, ask, clock):
    fda.script = [reply(429, {"error": {}}, Retry_After="3600")]
    with ask() as client, pytest.raises(OpenFdaError) as failed:
        client.first("drug/event", None)
    assert failed.value.transient
    assert failed.value.retry_after == 3600
    assert clock.slept == []


@pytest.mark.parametrize(
    "body",
    [
        {"results": []},
        {"meta": {"last_updated": "x", "results": {"total": 1}}, "results": {}},
        {"meta": {"last_updated": "x", "results": {"total": 1}}, "results": ["x"]},
        {"meta": {"last_updated": "x", "results": {}}, "results": []},
    ],
)
def test_an_answer_of_another_shape_is_told(fda, ask, body):
    fda.script = [reply(200, body)]
    with ask() as client, pytest.raises(SourceError, match="not as documented"):
        client.first("drug/event", None)


# ---------------------------------------------------------------- limits


def test_the_minute_is_waited_for(fda, ask, clock):
    fda.records["drug/event"] = [report(1)]
    with ask(allowance=Allowance(per_minute=2, per_day=100)) as client:
        for _ in range(5):
            client.first("drug/event", None)
    assert [round(seconds) for seconds in clock.slept] == [60, 60]
    assert len(fda.asked) == 5


def test_the_day_ends_in_an_error_that_says_when_to_go_on(fda, ask, clock):
    fda.records["drug/event"] = [report(1)]
    allowance = Allowance(per_minute=2, per_day=3)
    with ask(allowance=allowance) as client:
        for _ in range(3):
            client.first("drug/event", None)
    # The next process finds what the first one spent.
    with ask(allowance=allowance) as client:
        with pytest.raises(
            BudgetSpent, match=r"after 2026-09-22 \d\d:\d\d UTC"
        ) as told:
            client.first("drug/event", None)
        assert told.value.transient
        assert "PVSIGNAL_OPENFDA_API_KEY" in str(told.value)
        clock.now += 86_401
        client.first("drug/event", None)
    assert len(fda.asked) == 4


def test_requests_with_a_key_are_counted_apart(tmp_path, clock):
    file = tmp_path / "requests.sqlite"
    one = Allowance(per_minute=1, per_day=2)
    for name in ("without_key", "with_key"):
        Budget(file, one, name=name, clock=clock, sleep=clock.sleep).spend()
    assert clock.slept == []


class _Full(Exception):
    pass


def _give_up(seconds: float) -> None:
    raise _Full


def _spend(file: str, n: int) -> int:
    budget = Budget(
        Path(file),
        Allowance(per_minute=20, per_day=1000),
        name="without_key",
        sleep=_give_up,
    )
    for done in range(n):
        try:
            budget.spend()
        except _Full:
            return done
    return n


def test_processes_at_the_same_time_share_what_is_allowed(tmp_path):
    file = str(tmp_path / "requests.sqlite")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        spent = pool.starmap(_spend, [(file, 15), (file, 15)])
    assert sum(spent) == 20


def test_each_try_is_counted(fda, ask):
    fda.script = [reply(503, b""), reply(503, b"")]
    with (
        ask(allowance=Allowance(per_minute=1, per_day=2)) as client,
        pytest.raises(BudgetSpent),
    ):
        client.first("drug/event", None)


def test_a_broken_count_of_requests_is_named(tmp_path):
    file = tmp_path / "requests.sqlite"
    file.write_text("no database, but long enough to be read as one" * 50)
    with pytest.raises(SourceError, match=r"requests\.sqlite.*remove it"):
        Budget(file, Allowance(), name="without_key")


# ---------------------------------------------------------------- the key


def test_the_key_goes_as_user_name_and_nowhere_else(fda, ask, caplog):
    caplog.set_level(logging.DEBUG)
    fda.records["drug/event"] = [report(i) for i in range(3)]
    with ask(KEY) as client:
        list(client.pages("drug/event", None, limit=2))
        assert KEY not in repr(client) + repr(vars(client).get("url"))
    sent = base64.b64encode(f"{KEY}:".encode()).decode()
    assert fda.keys == [f"Basic {sent}"] * 2
    assert not any(KEY in asked for asked in fda.asked)
    assert KEY not in caplog.text


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 502])
def test_a_key_that_openfda_repeats_is_not_shown(fda, ask, status, caplog):
    caplog.set_level(logging.DEBUG)
    error = {"code": KEY, "message": f"key {KEY} is bad", "details": f"<{KEY}>"}
    fda.script = [reply(status, {"error": error})] * 3
    with ask(KEY) as client, pytest.raises(SourceError) as failed:
        client.first("drug/event", query.phrase("field", KEY))
    chain: BaseException | None = failed.value
    while chain is not None:
        assert KEY not in str(chain)
        chain = chain.__cause__
    assert KEY not in caplog.text.replace(f"%22{KEY}%22", "")


def test_a_key_in_the_link_is_not_shown(fda, ask):
    meta = {"last_updated": "2026-04-28", "results": {"total": 2}}
    link = f"{fda.url}/drug/event.json?api_key={KEY}&search_after=0%3D1"
    fda.script = [
        reply(
            200, {"meta": meta, "results": [report(1)]}, Link=f'<{link}>; rel="next"'
        ),
        failure(400, "BAD_REQUEST", "no"),
    ]
    with ask() as client, pytest.raises(SourceError) as failed:
        list(client.pages("drug/event", None, limit=1))
    assert KEY not in str(failed.value)
    assert "api_key=***" in str(failed.value)


def test_a_key_is_not_sent_in_the_clear(tmp_path):
    with (
        pytest.raises(UsageError, match="https only"),
        open_client(
            "http://api.example.org", key=KEY, budget_file=tmp_path / "r", http=HTTP
        ),
    ):
        pass


@pytest.mark.parametrize("url", ["ftp://x", "api.fda.gov", ""])
def test_what_is_no_address_is_refused(tmp_path, url):
    with (
        pytest.raises(UsageError, match="openfda_url"),
        open_client(url, key=None, budget_file=tmp_path / "r", http=HTTP),
    ):
        pass


def test_settings_hide_the_key(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PVSIGNAL_OPENFDA_API_KEY", KEY)
    settings = Settings.read()
    assert settings.openfda_api_key == SecretStr(KEY)
    assert KEY not in repr(settings) + str(settings) + settings.model_dump_json()


def test_a_key_that_is_none_is_refused_without_being_shown(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PVSIGNAL_OPENFDA_API_KEY", f"{KEY} é")
    with pytest.raises(UsageError, match="openfda_api_key") as failed:
        Settings.read()
    chain: BaseException | None = failed.value
    while chain is not None:
        assert KEY not in str(chain)
        chain = chain.__cause__


def test_the_file_of_requests_holds_no_key(fda, ask, tmp_path):
    fda.records["drug/event"] = [report(1)]
    with ask(KEY) as client:
        client.first("drug/event", None)
    for file in tmp_path.iterdir():
        assert KEY.encode() not in file.read_bytes()
