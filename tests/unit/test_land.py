"""Landing, against folders and against a real server that misbehaves."""

import datetime as dt
import functools
import hashlib
import io
import random
import sys
import threading
import time
import zipfile
from dataclasses import dataclass, field
from http.server import (
    BaseHTTPRequestHandler,
    SimpleHTTPRequestHandler,
    ThreadingHTTPServer,
)
from pathlib import Path

import pytest

import pvsignal
from pvsignal.errors import SourceError, UsageError
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.sources.land import (
    HttpOptions,
    LandResult,
    land,
    origin_of,
    verify_archive,
)
from pvsignal.sources.listing import (
    Listed,
    Listing,
    list_fda,
    list_fda_or_recall,
    list_mirror,
    other_case,
)
from pvsignal.sources.manifest import read_manifest, read_origin

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "faers"
QUICK = HttpOptions(timeout_seconds=5, tries=3, wait_seconds=0)
NOW = dt.datetime(2026, 8, 1, 12, tzinfo=dt.UTC)
HTML = b"<!DOCTYPE html><html><body>Sorry</body></html>"
NAME = "faers_ascii_2024q1.zip"


def zip_bytes(text: str = "a$b", *, kilobytes: int = 0, member: str = "x.txt") -> bytes:
    """Zip of a text and of so many kilobytes that do not compress."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(member, text)
        archive.writestr("noise.bin", random.Random(7).randbytes(kilobytes * 1024))
    return out.getvalue()


def damaged_member(body: bytes) -> bytes:
    at = body.index(b"a$b")
    return body[:at] + b"A" + body[at + 1 :]


def land_now(data_dir: Path, listed, span: str | None = None, **more) -> LandResult:
    return land(
        data_dir,
        listed,
        http=QUICK,
        span=QuarterSpan.parse(span) if span else None,
        now=lambda: NOW,
        **more,
    )


def files_of(folder: Path) -> list[str]:
    return sorted(
        p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()
    )


def quarters(items) -> list[str]:
    return [str(item.quarter) for item in items]


# ---------------------------------------------------------------- the server


@dataclass
class Script:
    """Answers by path, in turn, the last one for good; and what was asked."""

    answers: dict[str, list] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    url: str = ""

    def on(self, path: str, *answers) -> None:
        self.answers[path] = list(answers)

    def headers(self, path: str) -> list[dict[str, str]]:
        return [headers for asked, headers in self.asked if asked == path]

    def listed(self, name: str = NAME, publisher: str = "fda") -> list[Listed]:
        quarter = Quarter.parse(name.split("_")[-1].removesuffix(".zip"))
        return [Listed(quarter, name, f"{self.url}/{name}", publisher)]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        script = self.server.script
        script.asked.append((self.path, dict(self.headers)))
        assert self.headers["Accept-Encoding"] == "identity"
        answers = script.answers.get(self.path, [status(404)])
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def log_message(self, *args):
        pass

    def answer(self, code, body, *, sent=None, length=True, **headers):
        self.send_response(code)
        if length:
            self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body if sent is None else body[:sent])
        if sent is not None or not length:
            self.wfile.flush()
            self.close_connection = True


class Server(ThreadingHTTPServer):
    """Server that keeps what fails in it, but for clients that hang up."""

    def handle_error(self, request, client_address):
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            self.script.errors.append(error)


def serve(body, *, sent=None, ranges=True, **headers):
    """Answer with a body, from the byte asked for; cut off after ``sent`` bytes."""

    def answer(handler):
        asked = handler.headers.get("Range", "")
        if ranges and asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            if int(first) >= len(body):
                handler.answer(416, b"")
                return
            rest = body[int(first) : int(last) + 1 if last else None]
            extent = f"bytes {first}-{int(first) + len(rest) - 1}/{len(body)}"
            handler.answer(206, rest, sent=sent, Content_Range=extent, **headers)
        else:
            handler.answer(200, body, sent=sent, **headers)

    return answer


def page(body=HTML, code=200):
    return lambda handler: handler.answer(code, body, Content_Type="text/html")


def status(code):
    return lambda handler: handler.answer(code, b"no", Content_Type="text/plain")


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server(("127.0.0.1", 0), Handler) as running:
        running.script = Script(url=f"http://127.0.0.1:{running.server_port}")
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running.script
        running.shutdown()
        thread.join()
    assert running.script.errors == []


@pytest.fixture
def data_dir(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def mirror(tmp_path):
    folder = tmp_path / "mirror"
    folder.mkdir()
    return folder


class Heard:
    """Progress that adds up what it hears."""

    def __init__(self):
        self.labels, self.totals, self.done, self.finished = [], [], 0, 0

    def start(self, label, total):
        self.labels.append(label)
        self.totals.append(total)

    def advance(self, n):
        self.done += n

    def finish(self):
        self.finished += 1


# ---------------------------------------------------------------- fetching


def test_archive_of_a_server_lands_under_its_hash(server, data_dir):
    body = zip_bytes()
    server.on(f"/{NAME}", serve(body))
    result = land_now(data_dir, server.listed())
    [archive] = result.archives
    sha256 = hashlib.sha256(body).hexdigest()
    assert (archive.sha256, archive.n_bytes) == (sha256, len(body))
    assert archive.url == f"{server.url}/{NAME}"
    assert archive.retrieved == "2026-08-01T12:00:00+00:00"
    assert (data_dir / archive.path).read_bytes() == body
    assert archive.path == Path("landing", sha256[:12], NAME)
    assert result.new == result.archives
    assert result.reissued == result.renamed == ()
    assert read_manifest(data_dir) == {archive.quarter: archive}
    assert read_origin(data_dir) == "fda"


def test_agent_is_honest_and_bytes_are_asked_for_as_they_are(server, data_dir):
    server.on(f"/{NAME}", serve(zip_bytes()))
    land_now(data_dir, server.listed())
    [headers] = server.headers(f"/{NAME}")
    assert headers["User-Agent"] == (
        f"Mozilla/5.0 (compatible; pvsignal/{pvsignal.__version__})"
    )
    assert headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ({"ETag": '"v1"'}, '"v1"'),
        ({"ETag": 'W/"v1"'}, None),
        ({"Last_Modified": "Wed, 29 Jul 2026 10:00:00 GMT"}, None),
        ({}, None),
    ],
)
def test_cut_connection_goes_on_where_it_was_cut(server, data_dir, given, condition):
    body = zip_bytes(kilobytes=400)
    server.on(
        f"/{NAME}", serve(body, sent=250_000, **given), serve(body, sent=None, **given)
    )
    [archive] = land_now(data_dir, server.listed()).archives
    assert (data_dir / archive.path).read_bytes() == body
    first, second = server.headers(f"/{NAME}")
    assert "Range" not in first
    start = int(second["Range"].removeprefix("bytes=").removesuffix("-"))
    assert 150_000 < start <= 250_000
    condition = given.get("Last_Modified", condition)
    assert second.get("If-Range") == condition


def test_progress_of_a_cut_connection_adds_up_to_the_size(server, data_dir):
    body, heard = zip_bytes(kilobytes=400), Heard()
    server.on(
        f"/{NAME}", serve(body, sent=250_000), serve(body, ranges=False, ETag='"2"')
    )
    land_now(data_dir, server.listed(), progress=heard)
    assert (heard.labels, heard.totals) == ([NAME], [len(body)])
    assert (heard.done, heard.finished) == (len(body), 1)


def test_server_that_ignores_range_starts_anew(server, data_dir):
    body = zip_bytes(kilobytes=400)
    server.on(
        f"/{NAME}",
        serve(body, sent=250_000, ranges=False),
        serve(body, ranges=False),
    )
    [archive] = land_now(data_dir, server.listed()).archives
    assert "Range" in server.headers(f"/{NAME}")[1]
    assert (data_dir / archive.path).read_bytes() == body


@pytest.mark.parametrize("tag", [{}, {"ETag": '"old"'}])
def test_file_changed_between_tries_starts_anew(server, data_dir, tag):
    old, new = zip_bytes(kilobytes=400), zip_bytes("new", kilobytes=401)
    other = {"ETag": '"new"'} if tag else {}
    server.on(f"/{NAME}", serve(old, sent=250_000, **tag), serve(new, **other))
    [archive] = land_now(data_dir, server.listed()).archives
    assert (data_dir / archive.path).read_bytes() == new


def test_file_that_shrank_between_tries_starts_anew(server, data_dir):
    old, new = zip_bytes(kilobytes=400), zip_bytes("new")
    server.on(f"/{NAME}", serve(old, sent=250_000), serve(new))
    [archive] = land_now(data_dir, server.listed()).archives
    assert (data_dir / archive.path).read_bytes() == new


def test_cuts_that_each_bring_a_megabyte_do_not_use_up_the_tries(server, data_dir):
    body = zip_bytes(kilobytes=9 * 1024)
    server.on(f"/{NAME}", serve(body, sent=1_400_000))
    [archive] = land_now(data_dir, server.listed()).archives
    assert (data_dir / archive.path).read_bytes() == body
    assert len(server.headers(f"/{NAME}")) > QUICK.tries


def test_cuts_with_range_ignored_end_after_the_tries(server, data_dir):
    body = zip_bytes(kilobytes=3 * 1024)
    server.on(f"/{NAME}", serve(body, sent=2_000_000, ranges=False))
    with pytest.raises(SourceError, match="cut") as caught:
        land_now(data_dir, server.listed())
    assert caught.value.transient
    assert len(server.headers(f"/{NAME}")) <= QUICK.tries + 1
    assert files_of(data_dir) == []


def test_server_that_falls_silent_counts_as_cut(server, data_dir):
    body = zip_bytes()
    server.on(f"/{NAME}", lambda handler: time.sleep(0.5), serve(body))
    result = land(
        data_dir,
        server.listed(),
        http=HttpOptions(timeout_seconds=0.1, tries=2, wait_seconds=0),
        span=None,
        now=lambda: NOW,
    )
    assert len(result.new) == 1


def test_refused_connection_is_transient(data_dir, server):
    listed = [Listed(Quarter(2024, 1), NAME, f"http://127.0.0.1:9/{NAME}", "fda")]
    with pytest.raises(SourceError, match=r"refused.*\(tries: 3\)") as caught:
        land_now(data_dir, listed)
    assert caught.value.transient


def test_status_500_with_a_page_on_all_tries_says_what_the_fda_means(server, data_dir):
    server.on(f"/{NAME}", page(code=500))
    with pytest.raises(SourceError, match="status 500 and an HTML page") as caught:
        land_now(data_dir, server.listed())
    assert caught.value.transient
    assert "not (yet) there" in str(caught.value)
    assert "(tries: 3)" in str(caught.value)
    assert len(server.headers(f"/{NAME}")) == 3
    assert files_of(data_dir) == []
    assert read_origin(data_dir) is None


@pytest.mark.parametrize("code", [500, 503, 429])
def test_two_failures_then_success(server, data_dir, code):
    server.on(f"/{NAME}", status(code), status(code), serve(zip_bytes()))
    assert len(land_now(data_dir, server.listed()).new) == 1
    assert len(server.headers(f"/{NAME}")) == 3


@pytest.mark.parametrize("code", [404, 403])
def test_missing_file_is_not_asked_for_again(server, data_dir, code):
    server.on(f"/{NAME}", status(code))
    with pytest.raises(SourceError, match=f"status {code}") as caught:
        land_now(data_dir, server.listed())
    assert not caught.value.transient
    assert len(server.headers(f"/{NAME}")) == 1


@pytest.mark.parametrize("answer", [status(404), page(code=500), page()])
def test_other_case_of_the_q_is_tried_on_failure(server, data_dir, answer):
    server.on("/faers_ascii_2022Q4.zip", answer)
    server.on("/faers_ascii_2022q4.zip", serve(zip_bytes()))
    listed = server.listed("faers_ascii_2022Q4.zip")
    [archive] = land_now(data_dir, listed).archives
    assert archive.url.endswith("/faers_ascii_2022q4.zip")
    assert land_now(data_dir, listed).new == ()


def test_page_with_status_200_named_zip_is_refused(server, data_dir):
    server.on(f"/{NAME}", page())
    with pytest.raises(SourceError, match=r"is an HTML page named \.zip") as caught:
        land_now(data_dir, server.listed())
    assert not caught.value.transient
    assert len(server.headers(f"/{NAME}")) == 1
    assert files_of(data_dir) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (zip_bytes(kilobytes=20)[:-30], "is truncated"),
        (zip_bytes(kilobytes=20)[:9000], "is truncated"),
        (damaged_member(zip_bytes()), r"its member x\.txt fails its CRC"),
        (b"", "is empty"),
        (b"\x1f\x8b\x08gzip", "begins with"),
    ],
)
def test_body_that_is_no_whole_zip_leaves_nothing(server, data_dir, body, said):
    server.on(f"/{NAME}", serve(body))
    with pytest.raises(SourceError, match=said) as caught:
        land_now(data_dir, server.listed())
    assert not caught.value.transient
    assert files_of(data_dir) == []
    assert len(server.headers(f"/{NAME}")) == 1


def test_cut_that_no_length_betrays_is_found_in_the_zip(server, data_dir):
    body = zip_bytes(kilobytes=100)[:50_000]
    server.on(f"/{NAME}", lambda handler: handler.answer(200, body, length=False))
    with pytest.raises(SourceError, match="is truncated"):
        land_now(data_dir, server.listed())
    assert files_of(data_dir) == []


def test_compressed_answer_is_refused(server, data_dir):
    server.on(f"/{NAME}", serve(zip_bytes(), Content_Encoding="gzip"))
    with pytest.raises(SourceError, match="sent compressed"):
        land_now(data_dir, server.listed())
    assert files_of(data_dir) == []


def test_first_archive_stays_landed_when_the_second_fails(server, data_dir):
    good = server.listed("faers_ascii_2023q4.zip")
    server.on("/faers_ascii_2023q4.zip", serve(zip_bytes()))
    with pytest.raises(SourceError, match="2024q1"):
        land_now(data_dir, good + server.listed())
    assert quarters(read_manifest(data_dir).values()) == ["2023q4"]


def test_held_archive_of_the_same_size_is_not_fetched_again(server, data_dir):
    server.on(f"/{NAME}", serve(zip_bytes(kilobytes=100)))
    land_now(data_dir, server.listed())
    server.asked.clear()
    again = land_now(data_dir, server.listed())
    assert (len(again.archives), again.new) == (1, ())
    assert [h["Range"] for h in server.headers(f"/{NAME}")] == ["bytes=0-0"]


def test_archive_of_another_size_is_fetched_and_reported_as_reissued(server, data_dir):
    old, new = zip_bytes("old"), zip_bytes("newer")
    server.on(f"/{NAME}", serve(old))
    [first] = land_now(data_dir, server.listed()).archives
    server.on(f"/{NAME}", serve(new))
    again = land_now(data_dir, server.listed())
    [current] = again.archives
    assert again.new == again.reissued == (current,)
    assert read_manifest(data_dir)[current.quarter] == current
    assert (data_dir / first.path).read_bytes() == old
    assert (data_dir / current.path).read_bytes() == new


def test_server_that_tells_no_size_is_fetched_again_and_compared(server, data_dir):
    body = zip_bytes()
    server.on(f"/{NAME}", lambda handler: handler.answer(200, body, length=False))
    land_now(data_dir, server.listed())
    assert land_now(data_dir, server.listed()).new == ()
    assert len(files_of(data_dir / "landing")) == 2


def test_landed_file_that_was_removed_is_fetched_again(server, data_dir):
    server.on(f"/{NAME}", serve(zip_bytes()))
    [archive] = land_now(data_dir, server.listed()).archives
    (data_dir / archive.path).unlink()
    again = land_now(data_dir, server.listed())
    assert (len(again.new), again.reissued) == (1, ())
    assert (data_dir / archive.path).exists()


# ---------------------------------------------------------------- listings

FDA_PAGE = """<!DOCTYPE html><html><body><div id="accordion">
<div class="panel"><h4 class="panel-title"><a href="#collapse2022">2022</a></h4>
<div id="collapse2022"><table><tbody>
<tr><td>October - December 2022<br>posted on 25-Jan-2023</td><td>
 <a href="{base}/faers_ascii_2022Q4.zip">ASCII(ZIP - 63.1MB)</a>
 <a href="{base}/faers_xml_2022Q4.zip">XML(ZIP - 120MB)</a></td></tr>
<tr><td>April - June 2022posted on 29-Jul-2022</td><td>
 <a href="{base}/faers_ascii_2022q2.zip">ASCII(ZIP - 60MB)</a>
 <a href="{base}/faers_xml_2022q2.zip">XML(ZIP - 118MB)</a></td></tr>
</tbody></table></div></div>
<div class="panel"><h4 class="panel-title"><a href="#collapse2004">2004</a></h4>
<div id="collapse2004"><table><tbody>
<tr><td>January - March 2004posted on 01-Apr-2004</td><td>
 <a href=" exports/aers_ascii_2004q1.zip?x=1 ">ASCII(ZIP - 12MB)</a>
 <a href="exports/aers_sgml_2004q1.zip">SGML</a></td></tr>
</tbody></table></div></div></div></body></html>"""


def test_listing_in_the_shape_of_the_fda(server):
    base = "https://fis.fda.gov/content/Exports"
    server.on("/ext/list.html", page(FDA_PAGE.format(base=base).encode()))
    listed = list_fda(f"{server.url}/ext/list.html", QUICK).items
    assert quarters(listed) == ["2004q1", "2022q2", "2022q4"]
    assert [item.location for item in listed] == [
        f"{server.url}/ext/exports/aers_ascii_2004q1.zip?x=1",
        f"{base}/faers_ascii_2022q2.zip",
        f"{base}/faers_ascii_2022Q4.zip",
    ]
    assert listed[2].name == "faers_ascii_2022Q4.zip"
    assert {item.publisher for item in listed} == {"fda"}


def test_listing_without_any_archive(server):
    server.on("/list.html", page())
    with pytest.raises(SourceError, match=r"list\.html offers no archive") as caught:
        list_fda(f"{server.url}/list.html", QUICK)
    assert not caught.value.transient


@pytest.mark.parametrize(("answer", "n_asked"), [(status(404), 1), (status(503), 3)])
def test_listing_that_does_not_come(server, answer, n_asked):
    server.on("/list.html", answer)
    with pytest.raises(SourceError, match=r"list\.html was answered with") as caught:
        list_fda(f"{server.url}/list.html", QUICK)
    assert caught.value.transient == (n_asked > 1)
    assert len(server.headers("/list.html")) == n_asked


def test_renamed_prefix_is_accepted_and_noticed(server, data_dir):
    name = "aems_ascii_2026q3.zip"
    server.on("/list.html", page(f'<a href="/x/{name}">ASCII</a>'.encode()))
    server.on(f"/x/{name}", serve(zip_bytes()))
    result = land_now(data_dir, list_fda(f"{server.url}/list.html", QUICK).items)
    assert [archive.name for archive in result.renamed] == [name]


def test_of_two_links_to_one_quarter_the_usual_name_is_taken_and_the_other_told(
    server,
):
    link = '<a href="/faers_ascii_2024q1.zip">ASCII</a>'
    server.on("/list.html", page((link * 2).encode()))
    assert len(list_fda(f"{server.url}/list.html", QUICK).items) == 1
    server.on("/list.html", page((link + link.replace("faers", "aems")).encode()))
    listing = list_fda(f"{server.url}/list.html", QUICK)
    assert [item.name for item in listing.items] == ["faers_ascii_2024q1.zip"]
    (note,) = listing.notes
    assert "two archives of 2024q1" in note
    assert "/aems_ascii_2024q1.zip is not" in note
    server.on("/list.html", page((link + link.replace("q1", "Q1")).encode()))
    listing = list_fda(f"{server.url}/list.html", QUICK)
    assert (len(listing.items), len(listing.notes)) == (1, 1)


def test_link_that_is_no_address_is_no_archive(server):
    links = '<a href="http://[bad/faers_ascii_2024q2.zip">ASCII</a>'
    link = '<a href="/faers_ascii_2024q1.zip">ASCII</a>'
    server.on("/list.html", page((links + link).encode()))
    assert quarters(list_fda(f"{server.url}/list.html", QUICK).items) == ["2024q1"]


def links(*names: str) -> bytes:
    return "".join(f'<a href="/x/{name}">ASCII</a>' for name in names).encode()


def recall(server, data_dir: Path, today: dt.date | None = None) -> Listing:
    return list_fda_or_recall(
        f"{server.url}/list.html",
        archive_url=f"{server.url}/x/",
        memory=data_dir / "landing" / "listing.json",
        today=today or NOW.date(),
        http=QUICK,
    )


def test_listing_that_moved_is_followed_and_noticed(server, data_dir):
    to = f"{server.url}/aems/list.html"
    server.on("/list.html", lambda handler: handler.answer(302, b"", Location=to))
    server.on("/aems/list.html", page(links(NAME)))
    listing = recall(server, data_dir)
    assert [item.location for item in listing.items] == [f"{server.url}/x/{NAME}"]
    assert listing.notes == (f"the listing moved from {server.url}/list.html to {to}",)


@pytest.mark.parametrize(
    "name", ["aems_2026q3.zip", "aems-ascii-2026-3.zip", "faers_ascii_2026q3_new.zip"]
)
def test_link_named_like_no_archive_so_far_is_noticed(server, data_dir, name):
    usual = [NAME, NAME.replace("ascii", "xml"), "readme.zip"]
    server.on("/list.html", page(links(*usual, name)))
    listing = recall(server, data_dir)
    assert quarters(listing.items) == ["2024q1"]
    (note,) = listing.notes
    assert f"/x/{name}, which is named like no archive" in note


def test_archive_that_was_listed_and_is_not_any_more_is_noticed(server, data_dir):
    server.on("/list.html", page(links(NAME, "faers_ascii_2024q2.zip")))
    assert recall(server, data_dir).notes == ()
    server.on("/list.html", page(links(NAME)))
    gone = "faers_ascii_2024q2.zip was listed before and is not any more"
    assert recall(server, data_dir).notes == (gone,)
    assert recall(server, data_dir).notes == (gone,)
    server.on("/list.html", status(404))
    by_quarter = {str(item.quarter): item for item in recall(server, data_dir).items}
    assert not by_quarter["2024q2"].is_guess


@pytest.mark.parametrize("answer", [status(404), page(b"<html>Sorry</html>")])
def test_page_that_fails_is_replaced_by_the_last_one_that_came(
    server, data_dir, answer
):
    """As in June 2024, when the page was missing and the archives were there."""
    known, new = "aems_ascii_2026q1.zip", "faers_ascii_2026q2.zip"
    server.on("/list.html", page(links(known)))
    server.on(f"/x/{known}", serve(zip_bytes("known")))
    land_now(data_dir, recall(server, data_dir).items)
    server.on("/list.html", answer)
    server.on(f"/x/{new}", serve(zip_bytes("new")))
    listing = recall(server, data_dir, dt.date(2026, 8, 20))
    assert "taken instead: 1 archives of the last listing" in listing.notes[0]
    by_quarter = {str(item.quarter): item for item in listing.items}
    assert [min(by_quarter), max(by_quarter)] == ["2004q1", "2026q3"]
    assert by_quarter["2012q3"].name == "aers_ascii_2012q3.zip"
    assert by_quarter["2012q4"].name == "faers_ascii_2012q4.zip"
    assert (by_quarter["2026q1"].name, by_quarter["2026q1"].is_guess) == (known, False)
    landed = land_now(data_dir, listing.items, "2026q1..2026q3")
    assert quarters(landed.archives) == ["2026q1", "2026q2"]
    assert quarters(landed.new) == ["2026q2"]
    assert quarters(landed.absent) == ["2026q3"]
    assert "faers_ascii_2026q3.zip is not (yet) on the server" in landed.notes()


def test_nothing_is_held_where_neither_page_nor_usual_address_serves(server, data_dir):
    server.on("/list.html", status(404))
    listing = recall(server, data_dir)
    with pytest.raises(SourceError, match="was answered with status 404"):
        land_now(data_dir, listing.items, "2024q1..2024q2")
    assert not read_manifest(data_dir)


def test_server_that_is_away_is_no_reason_to_guess(data_dir):
    with pytest.raises(SourceError, match="failed or was cut") as caught:
        list_fda_or_recall(
            "http://127.0.0.1:9/list.html",
            archive_url="http://127.0.0.1:9/x/",
            memory=data_dir / "landing" / "listing.json",
            today=NOW.date(),
            http=QUICK,
        )
    assert caught.value.transient


def test_listed_archive_that_is_not_served_is_an_error_and_no_note(server, data_dir):
    with pytest.raises(SourceError, match="status 404"):
        land_now(data_dir, server.listed())


def test_remembered_listing_that_is_no_json_says_so(server, data_dir):
    memory = data_dir / "landing" / "listing.json"
    memory.parent.mkdir(parents=True)
    memory.write_text("{", "utf-8")
    server.on("/list.html", page(links(NAME)))
    with pytest.raises(SourceError, match=r"listing\.json is no listing of archives"):
        recall(server, data_dir)


def test_recheck_finds_a_reissue_of_the_same_size(server, data_dir):
    server.on(f"/{NAME}", serve(zip_bytes("old")))
    land_now(data_dir, server.listed())
    server.on(f"/{NAME}", serve(zip_bytes("new")))
    assert land_now(data_dir, server.listed()).new == ()
    again = land_now(data_dir, server.listed(), recheck=True)
    assert quarters(again.reissued) == ["2024q1"]
    assert "was re-issued: it now has SHA-256" in again.notes()[0]
    assert land_now(data_dir, server.listed(), recheck=True).new == ()


def test_leavings_of_a_landing_that_was_killed_are_swept(server, data_dir):
    landing = data_dir / "landing"
    landing.mkdir(parents=True)
    (landing / ".faers_ascii_2023q4.zip.part").write_bytes(b"PK")
    server.on(f"/{NAME}", serve(zip_bytes()))
    land_now(data_dir, server.listed())
    assert not list(landing.glob(".*"))


def test_address_without_a_q_has_no_other_case():
    assert other_case("https://host/x.zip") == "https://host/x.zip"


@pytest.fixture
def folder_server(mirror, monkeypatch):
    """Serve the mirror folder with the index page of Python's own server."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    serving = functools.partial(Quiet, directory=str(mirror.parent))
    with Server(("127.0.0.1", 0), serving) as running:
        running.script = Script()
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/{mirror.name}"
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("slash", ["", "/"])
def test_mirror_by_url_reads_the_index_page(folder_server, mirror, data_dir, slash):
    (mirror / "faers_ascii_2022Q4.zip").write_bytes(zip_bytes("one"))
    (mirror / "AERS_ASCII_2004q1.ZIP").write_bytes(zip_bytes("two"))
    (mirror / "faers_xml_2022Q4.zip").write_bytes(b"twin")
    listed = list_mirror(folder_server + slash, QUICK)
    result = land_now(data_dir, listed)
    assert quarters(result.new) == ["2004q1", "2022q4"]
    assert read_origin(data_dir) == "mirror"
    assert land_now(data_dir, listed).new == ()


def test_simulated_mirror_by_url_is_known_by_its_archives(
    folder_server, mirror, data_dir
):
    for quarter in ("2024q1", "2024q2"):
        body = zip_bytes(quarter, member="SIMULATED.txt")
        (mirror / f"faers_ascii_{quarter}.zip").write_bytes(body)
    land_now(data_dir, list_mirror(folder_server, QUICK))
    assert read_origin(data_dir) == "simulated"
    assert land_now(data_dir, list_mirror(folder_server, QUICK)).new == ()


def test_mirror_by_url_of_both_kinds_is_refused(folder_server, mirror, data_dir):
    (mirror / "faers_ascii_2024q1.zip").write_bytes(zip_bytes())
    (mirror / "faers_ascii_2024q2.zip").write_bytes(zip_bytes(member="SIMULATED.txt"))
    with pytest.raises(UsageError, match="holds only one kind"):
        land_now(data_dir, list_mirror(folder_server, QUICK))
    assert quarters(read_manifest(data_dir).values()) == ["2024q1"]


# ---------------------------------------------------------------- folders


def test_folder_lands_and_a_second_time_nothing_is_copied(mirror, data_dir):
    (mirror / NAME).write_bytes(zip_bytes("one"))
    (mirror / "aers_ascii_2004Q1.zip").write_bytes(zip_bytes("two"))
    (mirror / "README.txt").write_text("no archive")
    first = land_now(data_dir, list_mirror(str(mirror)))
    assert quarters(first.new) == ["2004q1", "2024q1"]
    before = {name: (data_dir / name).stat().st_mtime_ns for name in files_of(data_dir)}
    again = land_now(data_dir, list_mirror(str(mirror)))
    assert (again.archives, again.new) == (first.archives, ())
    after = {name: (data_dir / name).stat().st_mtime_ns for name in files_of(data_dir)}
    assert after == before


def test_reissue_of_the_same_size_in_a_folder_is_seen_by_its_hash(mirror, data_dir):
    (mirror / NAME).write_bytes(zip_bytes("old"))
    land_now(data_dir, list_mirror(str(mirror)))
    (mirror / NAME).write_bytes(zip_bytes("new"))
    again = land_now(data_dir, list_mirror(str(mirror)))
    assert quarters(again.reissued) == ["2024q1"]
    assert len(files_of(data_dir / "landing")) == 3


def test_same_bytes_under_another_spelling_are_held(mirror, data_dir):
    (mirror / NAME).write_bytes(zip_bytes())
    land_now(data_dir, list_mirror(str(mirror)))
    (mirror / NAME).rename(mirror / NAME.replace("q", "Q"))
    assert land_now(data_dir, list_mirror(str(mirror))).new == ()


def test_span_limits_what_is_landed_and_reported(mirror, data_dir):
    for quarter in ("2023q4", "2024q1", "2024q2"):
        (mirror / f"faers_ascii_{quarter}.zip").write_bytes(zip_bytes(quarter))
    listed = list_mirror(str(mirror))
    land_now(data_dir, listed, "2023q4")
    result = land_now(data_dir, listed, "2024q1..2024q2")
    assert quarters(result.archives) == ["2024q1", "2024q2"]
    assert len(read_manifest(data_dir)) == 3


def test_nothing_listed_in_the_span_says_what_is(mirror, data_dir):
    for quarter in ("2023q4", "2024q1"):
        (mirror / f"faers_ascii_{quarter}.zip").write_bytes(zip_bytes(quarter))
    with pytest.raises(SourceError, match=r"2027q1.*2 quarters from 2023q4 to 2024q1"):
        land_now(data_dir, list_mirror(str(mirror)), "2027q1..2027q2")
    assert not data_dir.exists()


def test_two_archives_of_one_quarter_in_a_folder(mirror):
    (mirror / "faers_ascii_2024q1.zip").write_bytes(zip_bytes("one"))
    (mirror / "aems_ascii_2024q1.zip").write_bytes(zip_bytes("two"))
    with pytest.raises(SourceError, match=r"two archives of 2024q1.*aems.*faers"):
        list_mirror(str(mirror))


def test_folder_that_is_not_there_or_empty(mirror):
    with pytest.raises(SourceError, match="is not a folder"):
        list_mirror(str(mirror / "nowhere"))
    with pytest.raises(SourceError, match="offers no archive"):
        list_mirror(str(mirror))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (HTML, r"is an HTML page named \.zip"),
        (zip_bytes(kilobytes=20)[:9000], "is truncated"),
        (damaged_member(zip_bytes()), "fails its CRC"),
    ],
)
def test_bad_archive_in_a_folder_leaves_nothing(mirror, data_dir, body, said):
    (mirror / NAME).write_bytes(body)
    with pytest.raises(SourceError, match=f"{NAME} .*{said}"):
        land_now(data_dir, list_mirror(str(mirror)))
    assert files_of(data_dir) == []


def test_simulated_folder_and_a_folder_of_both_kinds(mirror, data_dir):
    one, two = mirror / NAME, mirror / "faers_ascii_2024q2.zip"
    one.write_bytes(zip_bytes("one", member="SIMULATED.txt"))
    two.write_bytes(zip_bytes("two"))
    assert (origin_of([one]), origin_of([two])) == ("simulated", "mirror")
    with pytest.raises(SourceError, match=r"is simulated and .* is not"):
        land_now(data_dir, list_mirror(str(mirror)))
    assert files_of(data_dir) == []
    land_now(data_dir, list_mirror(str(mirror)), "2024q1")
    assert read_origin(data_dir) == "simulated"


def test_mirror_is_never_mixed_with_the_fda(server, mirror, data_dir):
    (mirror / NAME).write_bytes(zip_bytes())
    land_now(data_dir, list_mirror(str(mirror)))
    with pytest.raises(UsageError, match=r"'mirror'.*'fda'.*another --data-dir"):
        land_now(data_dir, server.listed("faers_ascii_2024q2.zip"))
    assert server.asked == []


def test_real_archives_never_join_simulated_ones(server, mirror, data_dir):
    (mirror / NAME).write_bytes(zip_bytes(member="SIMULATED.txt"))
    land_now(data_dir, list_mirror(str(mirror)))
    server.on("/faers_ascii_2024q2.zip", serve(zip_bytes()))
    with pytest.raises(UsageError, match=r"'simulated'.*'fda'"):
        land_now(data_dir, server.listed("faers_ascii_2024q2.zip"))
    assert len(read_manifest(data_dir)) == 1
    assert not any(name.endswith(".part") for name in files_of(data_dir))


def test_zip_with_a_damaged_stream_is_told_from_one_with_a_wrong_sum(tmp_path):
    path = tmp_path / NAME
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.txt", "abc" * 1000)
    body = bytearray(path.read_bytes())
    body[37:43] = b"\xff" * 6
    path.write_bytes(body)
    with pytest.raises(SourceError, match="is damaged"):
        verify_archive(path, NAME)


@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/data/faers beside this")
def test_real_archives_land_and_are_held(data_dir):
    first = land_now(data_dir, list_mirror(str(SHARED)))
    expected = ["2004q1", "2012q4", "2017q2", "2022q4", "2025q4"]
    assert quarters(first.new) == expected
    assert read_origin(data_dir) == "mirror"
    assert land_now(data_dir, list_mirror(str(SHARED))).new == ()
