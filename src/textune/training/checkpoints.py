"""What a run that was ended goes on from, on disk: whole, verified, and outside of DVC's outs.

`<user's cache>/checkpoints/<key>/` has the state of one run. The key is a digest of all that
decides what the run learns, so experiments and copies of the workspace share it, and a run with
another parameter, other data or other code never finds it. A state is JSON, its tensors are in a
safetensors file beside it; nothing is pickled.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from textune.errors import UserError
from textune.io import user_cache

# JSON's values, and tensors among them.
State = Any

MOST_RUNS = 16
MOST_BYTES = 20 * 2**30
_STATE = "state.json"
_LOCK = "lock"
_DRAFT = ".draft"
_TENSOR = "tensor:"


@dataclass(frozen=True)
class Stored:
    """A checkpoint on disk. age: s since it was written; busy: whether a run is using it."""

    key: str
    about: Mapping[str, Any]
    bytes: int
    age: float
    busy: bool


class Checkpoint:
    """The checkpoint of one run. about: what is shown of it beside its key."""

    def __init__(self, key: str, about: Mapping[str, Any]) -> None:
        self.folder = _folder() / key
        self.about = about

    @contextlib.contextmanager
    def claimed(self, seconds: float = 1) -> Iterator[bool]:
        """Within, whether it is this process's alone: another may be training the same run.

        seconds: to wait for another, that may only be looking at it.
        """
        self.folder.mkdir(exist_ok=True)
        lock = FileLock(self.folder / _LOCK, timeout=seconds)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def write(self, state: State, **about: Any) -> None:
        """Keep `state` in the place of an earlier one. Raises OSError if there is no room.

        about: more of what is shown. An ended write leaves the earlier state.
        """
        tensors: dict[str, torch.Tensor] = {}
        content: dict[str, Any] = {"state": _taken_apart(state, "", tensors)}
        draft = self.folder / _DRAFT
        try:
            save_file(tensors, draft)
            digest = _digest(draft)
            _put(draft, self.folder / f"{digest}.safetensors")
            content |= {"tensors": digest, "about": {**self.about, **about}}
            content["digest"] = _json_digest(content)
            draft.write_text(json.dumps(content))
            _put(draft, self.folder / _STATE)
        except SafetensorError as error:
            raise OSError(str(error)) from None
        finally:
            draft.unlink(missing_ok=True)
        for old in self.folder.glob("*.safetensors"):
            if old.stem != digest:
                old.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            _make_room(self.folder.parent)

    def read(self) -> State | None:
        """What was written last, or None if there is nothing, or it is damaged, which is told."""
        if not (self.folder / _STATE).is_file():
            return None
        try:
            content = json.loads((self.folder / _STATE).read_text())
            path = self.folder / f"{content['tensors']}.safetensors"
            whole = content.pop("digest") == _json_digest(content)
            if whole and _digest(path) == content["tensors"]:
                return _put_together(content["state"], load_file(path))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError):
            pass
        print(f"the checkpoint {self.folder} is damaged: training starts anew", file=sys.stderr)
        return None

    def remove(self) -> None:
        """Remove it, if it is there."""
        shutil.rmtree(self.folder, ignore_errors=True)


def stored() -> list[Stored]:
    """All checkpoints, the latest first."""
    found = [_stored(path) for path in _folder().iterdir()]
    return sorted(filter(None, found), key=lambda one: one.age)


def remove_stored(key: str) -> None:
    """Remove the checkpoint with a key that begins so.

    Raises `UserError` if there is none or more than one, or if a run is using it.
    """
    match [one for one in stored() if key and one.key.startswith(key)]:
        case [one] if one.busy:
            raise UserError(f"a run is using the checkpoint {one.key}: end it first")
        case [one]:
            shutil.rmtree(_folder() / one.key)
        case []:
            raise UserError(f"there is no checkpoint {key!r}: see `textune checkpoints`")
        case many:
            raise UserError(f"{len(many)} checkpoints begin with {key!r}: give more of the key")


def _folder() -> Path:
    return user_cache("checkpoints")


def _stored(folder: Path) -> Stored | None:
    """What is in a folder, also what was left of a first write that was ended.

    None if its run removes it now.
    """
    try:
        about = json.loads((folder / _STATE).read_text())["about"]
    except (OSError, ValueError, KeyError, TypeError):
        about = {}
    try:
        files = {path: path.stat() for path in folder.iterdir()}
        # Looking at the lock touches it.
        times = [file.st_mtime for path, file in files.items() if path.name != _LOCK]
        age = max(0.0, time.time() - max(times or [folder.stat().st_mtime]))
    except OSError:
        return None
    busy = True
    if (folder / _LOCK).exists():
        with Checkpoint(folder.name, {}).claimed(seconds=0) as free:
            busy = not free
    size = sum(file.st_size for file in files.values())
    return Stored(folder.name, dict(about) if isinstance(about, dict) else {}, size, age, busy)


def _make_room(folder: Path) -> None:
    """Remove the oldest beyond the limits, but no run's that is using it, as this one is."""
    runs, total = 0, 0
    for one in stored():
        runs, total = runs + 1, total + one.bytes
        if (runs > MOST_RUNS or total > MOST_BYTES) and not one.busy:
            shutil.rmtree(folder / one.key, ignore_errors=True)


def _put(draft: Path, path: Path) -> None:
    """Rename, so that after a power failure `path` is the old file or the new one."""
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _json_digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _taken_apart(value: State, name: str, tensors: dict[str, torch.Tensor]) -> Any:
    """`value` with the names of tensors in their places."""

    def part(key: object, inner: State) -> Any:
        return _taken_apart(inner, f"{name}/{key}", tensors)

    if isinstance(value, torch.Tensor):
        tensors[name] = value.detach().cpu().contiguous()
        return _TENSOR + name
    if isinstance(value, Mapping):
        return {key: part(key, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [part(key, inner) for key, inner in enumerate(value)]
    return value


def _put_together(value: Any, tensors: Mapping[str, torch.Tensor]) -> State:
    if isinstance(value, str) and value.startswith(_TENSOR):
        return tensors[value.removeprefix(_TENSOR)]
    if isinstance(value, dict):
        return {key: _put_together(inner, tensors) for key, inner in value.items()}
    if isinstance(value, list):
        return [_put_together(inner, tensors) for inner in value]
    return value
