"""A small hub on 127.0.0.1 that serves folders as repositories to the real clients."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.hub.uploads import TOKEN, Uploads

_API = re.compile(
    r"/api/(?P<kind>models|datasets)/(?P<name>[^/]+/[^/]+)"
    r"(/(?P<verb>revision|tree|paths-info)/(?P<revision>[^/]+)(/(?P<path>.*))?)?"
)
_FILE = re.compile(
    r"(/(?P<kind>datasets))?/(?P<name>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)"
)


@dataclass
class Repository:
    """The files of `folder` at one commit; `main` stands for it too."""

    folder: Path
    commit: str
    gated: bool = False

    def files(self) -> list[str]:
        paths = (path for path in sorted(self.folder.rglob("*")) if path.is_file())
        return [path.relative_to(self.folder).as_posix() for path in paths]

    def tree(self, path: str) -> list[dict[str, object]]:
        """The files below the folder `path`, and the folders, each once."""
        inside = [name for name in self.files() if name.startswith(f"{path}/" if path else "")]
        folders = {name.rpartition("/")[0] for name in inside} - {"", path}
        return [
            *({"type": "directory", "path": name, "size": 0, "oid": "0"} for name in folders),
            *(self.entry(name) for name in inside),
        ]

    def entry(self, path: str) -> dict[str, object]:
        content = (self.folder / path).read_bytes()
        oid = hashlib.sha1(content).hexdigest()
        return {"type": "file", "path": path, "size": len(content), "oid": oid}


@dataclass
class Hub:
    """Repositories by `models/<owner>/<name>` or `datasets/<owner>/<name>`."""

    address: str
    repositories: dict[str, Repository] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    # Answers nothing but 503.
    broken: bool = False

    def __post_init__(self) -> None:
        self.uploads = Uploads(self.address)


@contextmanager
def serve() -> Iterator[Hub]:
    """A hub without repositories, until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    hub = Hub(f"http://127.0.0.1:{server.server_address[1]}")
    server.hub = hub  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(urlsplit(self.path).path)
        hub: Hub = self.server.hub  # type: ignore[attr-defined]
        hub.requests.append(f"{self.command} {path}")
        if hub.broken:
            return self._refuse(503, "Unavailable")
        if path == "/api/repos/create" and TOKEN not in (self.headers.get("Authorization", "")):
            return self._refuse(401, "Unauthorized")
        told = hub.uploads.answer(self.command, path, body)
        if told is not None:
            return self._send_json(told)
        found = _API.fullmatch(path) or _FILE.fullmatch(path)
        if found is None:
            return self._refuse(404, "EntryNotFound")
        asked = found.groupdict()
        repository = hub.repositories.get(f"{asked['kind'] or 'models'}/{asked['name']}")
        if repository is None:
            return self._refuse(401, "RepoNotFound")
        if asked["revision"] not in (None, "main", repository.commit):
            return self._refuse(404, "RevisionNotFound")
        if "verb" in asked:
            return self._tell(repository, asked["verb"], asked["path"] or "", body)
        if repository.gated:
            return self._refuse(403, "GatedRepo")
        if asked["path"] not in repository.files():
            return self._refuse(404, "EntryNotFound", repository.commit)
        return self._send_file(repository, asked["path"])

    def _tell(self, repository: Repository, verb: str | None, path: str, body: bytes) -> None:
        files = repository.files()
        if verb == "tree":
            return self._send_json(repository.tree(path))
        if verb == "paths-info":
            wanted = json.loads(body)["paths"]
            return self._send_json([repository.entry(name) for name in files if name in wanted])
        siblings = [{"rfilename": name} for name in files]
        name = repository.folder.name
        return self._send_json(
            {"_id": "1", "id": name, "sha": repository.commit, "siblings": siblings, "tags": []}
        )

    def _send_file(self, repository: Repository, path: str) -> None:
        content = (repository.folder / path).read_bytes()
        status, start = 200, 0
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or ""):
            status, start = 206, int(wanted[1])
            content = content[start : int(wanted[2]) + 1 if wanted[2] else None]
        self.send_response(status)
        self.send_header("X-Repo-Commit", repository.commit)
        self.send_header("ETag", f'"{repository.entry(path)["oid"]}"')
        if status == 206:
            total = (repository.folder / path).stat().st_size
            last = start + len(content) - 1
            self.send_header("Content-Range", f"bytes {start}-{last}/{total}")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _send_json(self, answer: object) -> None:
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _refuse(self, status: int, code: str, commit: str | None = None) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        if commit:
            self.send_header("X-Repo-Commit", commit)
        self.send_header("Content-Length", "0")
        self.end_headers()
