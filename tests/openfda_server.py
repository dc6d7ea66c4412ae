"""A server on loopback that answers as openFDA does, from records that a test gives.

It refuses what openFDA refuses: other parameters, characters that its query language
lacks, skip together with search_after. Answers may also be scripted one by one.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

PARAMETERS = {"search", "sort", "count", "limit", "skip", "search_after"}
SUPPORTED = re.compile(r"^[0-9a-zA-Z@%/',._:()\"\[\]{}+><= -]+$")
RANGE = re.compile(r"(\w+):\[(\d{8}) TO (\d{8})\]")
PHRASE = re.compile(r'([\w.]+):"([^"]*)"')
NO_MATCHES = {"error": {"code": "NOT_FOUND", "message": "No matches found!"}}


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: int | None = None


def reply(status: int, content: object, **headers: str) -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    kind = "text/html" if body.startswith(b"<") else "application/json"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, body, {"Content-Type": kind} | named)


def failure(status: int, code: str, message: str, **more: object) -> Reply:
    return reply(status, {"error": {"code": code, "message": message, **more}})


@dataclass
class OpenFda:
    """Records by endpoint, scripted answers before them, and what was asked."""

    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    last_updated: str = "2026-04-28"
    script: list[Reply | Callable[[str], Reply]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    errors: list[BaseException | None] = field(default_factory=list)
    url: str = ""

    def params(self, place: int) -> dict[str, str]:
        query = parse_qs(urlsplit(self.asked[place]).query, strict_parsing=True)
        return {name: values[0] for name, values in query.items()}

    def answer(self, target: str) -> Reply:
        if self.script:
            scripted = self.script.pop(0)
            return scripted if isinstance(scripted, Reply) else scripted(target)
        return self.serve(target)

    def serve(self, target: str) -> Reply:
        """What the records answer, whatever is scripted."""
        parts = urlsplit(target)
        params = {name: values[0] for name, values in parse_qs(parts.query).items()}
        endpoint = parts.path.strip("/").removesuffix(".json")
        if endpoint not in self.records:
            return failure(404, "NOT_FOUND", "No such endpoint")
        wrong = _refused(params)
        if wrong:
            return failure(400, "BAD_REQUEST", wrong)
        found = [r for r in self.records[endpoint] if _matches(r, params)]
        if not found:
            return reply(404, NO_MATCHES)
        if "count" in params:
            return self._counted(found, params["count"])
        return self._paged(found, parts.path, params)

    def _counted(self, found: Sequence[dict[str, Any]], name: str) -> Reply:
        values = sorted(str(r[name]) for r in found)
        rows = [{"time": v, "count": values.count(v)} for v in dict.fromkeys(values)]
        return reply(200, {"meta": self._meta(), "results": rows})

    def _paged(
        self, found: list[dict[str, Any]], path: str, params: dict[str, str]
    ) -> Reply:
        name, _, order = params.get("sort", ":").partition(":")
        found = sorted(
            found, key=lambda r: str(r.get(name, "")), reverse=order == "desc"
        )
        limit = int(params.get("limit", "1"))
        after = params.get("search_after", "0=0").rpartition("=")[2]
        first = int(after)
        page = found[first : first + limit]
        meta = self._meta() | {
            "results": {"skip": 0, "limit": limit, "total": len(found)}
        }
        headers = {}
        if first + limit < len(found):
            sort_value = page[-1].get(name, "")
            more = params | {
                "skip": "0",
                "search_after": f"0={sort_value};1={first + limit}",
            }
            headers["Link"] = f'<{self.url}{path}?{urlencode(more)}>; rel="next"'
        return reply(200, {"meta": meta, "results": page}, **headers)

    def _meta(self) -> dict[str, Any]:
        return {"disclaimer": "-", "last_updated": self.last_updated}


def _refused(params: Mapping[str, str]) -> str:
    for name in params:
        if name not in PARAMETERS:
            return f"Invalid parameter: {name}"
    if int(params.get("limit", "1")) > 1000:
        return "Limit cannot exceed 1000 results for search requests."
    if int(params.get("skip", "0")) and "search_after" in params:
        return "The skip parameter is not supported when using search_after."
    if not SUPPORTED.match(params.get("search", "-")):
        return f"Search not supported: {params['search']}"
    if len(params.get("search", "")) > 8000:
        return "too long"
    return ""


def _matches(record: Mapping[str, Any], params: Mapping[str, str]) -> bool:
    search = params.get("search", "")
    for name, first, last in RANGE.findall(search):
        if not first <= str(record.get(name, "")) <= last:
            return False
    phrases = PHRASE.findall(search)
    return not phrases or any(
        _words(words) in text
        for path, words in phrases
        for text in map(_words, _texts(record, path.split(".")))
    )


def _words(text: str) -> str:
    return " " + " ".join(re.findall(r"[a-z0-9]+", text.lower())) + " "


def _texts(value: Any, path: Sequence[str]) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _texts(one, path)
    elif not path:
        yield str(value)
    elif isinstance(value, dict) and path[0] in value:
        yield from _texts(value[path[0]], path[1:])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        play = self.server.play
        play.asked.append(self.path)
        play.keys.append(self.headers.get("Authorization"))
        answer = play.answer(self.path)
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: answer.sent])
        if answer.sent is not None:
            self.wfile.flush()
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    play: OpenFda

    def handle_error(self, request: object, client_address: object) -> None:
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            self.play.errors.append(error)


@contextmanager
def running(play: OpenFda) -> Iterator[OpenFda]:
    """Serve until the block ends; what failed in the server fails the test."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.play = play
        play.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield play
        finally:
            server.shutdown()
            thread.join()
    assert play.errors == []
