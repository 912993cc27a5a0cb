"""The files of a model's folder, read as plain data."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from textune.errors import UserError

_LARGEST_JSON = 50 * 2**20


@dataclass(frozen=True)
class SourceFolder:
    """The folder of the model that params.yaml calls `name`."""

    folder: Path
    name: str

    def refused(self, file: str, reason: str) -> UserError:
        """The error that says why a file of the model is not taken, in one printable line."""
        line = f"model.name: {file} of {self.name} {reason}"
        return UserError("".join(sign if sign.isprintable() else "?" for sign in line))

    def find(self, file: str) -> Path | None:
        """Where a file really lies; None if there is none.

        Raises `UserError` if it is no regular file, or a link that leads out of the folder to
        anywhere but the caches of the hub and of DVC: a download should not read other files.
        """
        path = self.folder / file
        try:
            if not (path.is_symlink() or path.exists()):
                return None
            found, home = path.resolve(strict=True), self.folder.resolve()
        except (OSError, RuntimeError):
            raise self.refused(file, "cannot be read") from None
        if not found.is_file():
            raise self.refused(file, "is no file")
        blobs = home.parents[1] / "blobs" if home.parent.name == "snapshots" else home
        in_dvc_cache = "/files/md5/" in found.as_posix()
        if not (found.is_relative_to(home) or found.is_relative_to(blobs) or in_dvc_cache):
            raise self.refused(
                file, f"is a link out of its folder, to {found}; copy the file there"
            )
        return found

    def json(self, file: str) -> dict[str, Any] | None:
        """An object, or None without the file. Raises `UserError` if it holds something else."""
        path = self.find(file)
        if path is None:
            return None
        if path.stat().st_size > _LARGEST_JSON:
            raise self.refused(file, "is larger than 50 MiB")
        try:
            content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
        except OSError:
            raise self.refused(file, "cannot be read") from None
        # Deep nesting exhausts the parser, too long a number the conversion.
        except (ValueError, RecursionError) as error:
            raise self.refused(file, f"is not valid JSON ({error})") from None
        if not isinstance(content, dict):
            raise self.refused(file, "holds no JSON object")
        return content

    def required_json(self, file: str) -> dict[str, Any]:
        """`json` of a file that every model has."""
        content = self.json(file)
        if content is None:
            raise UserError(
                f"model.name: {self.name} has no {file}; name a folder that save_pretrained wrote"
            )
        return content


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
