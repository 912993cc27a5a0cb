"""The part of GitHub's API that the comment needs, on this machine."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "of-this-test"


@dataclass
class GitHub:
    """A repository `anna/tweets` with pull requests and their comments, by number."""

    address: str = ""
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def open(self, number: int, head: str, sha: str) -> None:
        """A pull request of the branch `head`, owner:name."""
        self.pulls[number] = {"number": number, "head": {"label": head, "sha": sha}}
        self.comments[number] = []

    def say(self, number: int, body: str, kind: str = "User") -> None:
        """A comment of somebody, or of a `Bot`."""
        ids = [one["id"] for of in self.comments.values() for one in of]
        comment = {"id": max(ids, default=100) + 1, "body": body, "user": {"type": kind}}
        self.comments[number].append(comment)


@contextmanager
def serve() -> Iterator[GitHub]:
    """Until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    hub = GitHub(f"http://127.0.0.1:{server.server_address[1]}")
    server.hub = hub  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self) -> None:
        hub: GitHub = self.server.hub  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        hub.requests.append(f"{self.command} {parts.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        answer = (
            _told(hub, self.command, parts.path, parse_qs(parts.query), body) if known else None
        )
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _told(hub: GitHub, method: str, path: str, query: dict[str, list[str]], body: bytes) -> Any:
    rest = path.removeprefix("/repos/anna/tweets/")
    if rest == "pulls":
        return [one for one in hub.pulls.values() if one["head"]["label"] == query["head"][0]]
    if found := re.fullmatch(r"issues/(\d+)/comments", rest):
        number = int(found[1])
        if method == "POST":
            hub.say(number, json.loads(body)["body"], "Bot")
            return hub.comments[number][-1]
        start = (int(query["page"][0]) - 1) * int(query["per_page"][0])
        return hub.comments[number][start : start + int(query["per_page"][0])]
    found = re.fullmatch(r"issues/comments/(\d+)", rest)
    assert found is not None
    for of_pull in hub.comments.values():
        for one in list(of_pull):
            if one["id"] == int(found[1]):
                if method == "DELETE":
                    of_pull.remove(one)
                    return None
                one["body"] = json.loads(body)["body"]
    return {}
