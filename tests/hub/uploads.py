"""The part of a hub that takes models: repositories are made, and files come in two ways."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

TOKEN = "hf_of_this_test"
_ABOUT = re.compile(r"/api/models/(?P<name>[^/]+/[^/]+)(/(?P<verb>preupload|commit)/main)?")
_BATCH = re.compile(r"/(?P<name>[^/]+/[^/]+)\.git/info/lfs/objects/batch")


@dataclass
class Uploads:
    """What was made: by repository whether it is private, and its files by path.

    Files of 1,000 bytes and more come through large file storage, as those of weights do.
    """

    address: str
    private: dict[str, bool] = field(default_factory=dict)
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)

    def answer(self, method: str, path: str, body: bytes) -> object | None:
        """What is told as JSON, None if this is no request about uploads."""
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path == "/api/validate-yaml":
            return {"errors": [], "warnings": []}
        if method == "PUT":
            self.stored[path.rpartition("/")[2]] = body
            return {}
        if found := _BATCH.fullmatch(path):
            return self._batch(json.loads(body)["objects"])
        found = _ABOUT.fullmatch(path)
        if found is None or found["name"] not in self.private:
            return None
        if found["verb"] == "preupload":
            return {"files": [self._mode(one) for one in json.loads(body)["files"]]}
        if found["verb"] == "commit":
            return self._commit(found["name"], [json.loads(line) for line in body.splitlines()])
        return {"_id": "1", "id": found["name"], "private": self.private[found["name"]]}

    def _create(self, wanted: dict[str, str]) -> object:
        name = f"{wanted['organization']}/{wanted['name']}"
        self.private.setdefault(name, bool(wanted.get("private")))
        self.files.setdefault(name, {})
        return {"url": f"{self.address}/{name}", "id": name}

    def _mode(self, file: dict[str, int]) -> object:
        mode = "lfs" if file["size"] >= 1000 else "regular"
        return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}

    def _batch(self, objects: list[dict[str, str]]) -> object:
        told = [
            {**one, "actions": {"upload": {"href": f"{self.address}/store/{one['oid']}"}}}
            for one in objects
        ]
        return {"transfer": "basic", "objects": told}

    def _commit(self, name: str, lines: list[dict[str, Any]]) -> object:
        for line in lines:
            file = line["value"]
            if line["key"] == "file":
                self.files[name][file["path"]] = base64.b64decode(file["content"])
            elif line["key"] == "lfsFile":
                content = self.stored[file["oid"]]
                assert hashlib.sha256(content).hexdigest() == file["oid"]
                self.files[name][file["path"]] = content
        commit = "0123456789" * 4
        url = f"{self.address}/{name}/commit/{commit}"
        return {"success": True, "commitUrl": url, "commitOid": commit}
