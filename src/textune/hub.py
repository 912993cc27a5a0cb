"""Model hub: pinned revisions, and its failures told in one line with the cure.

The address and offline mode are huggingface_hub's own (`HF_ENDPOINT`, `HF_HUB_OFFLINE`).
"""

import contextlib
import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from textune.errors import FailedError, UserError

_COMMIT = re.compile(r"[0-9a-f]{40}")
# A repository's own files: configuration, tokenizer and safetensors, no folders of other formats.
_WANTED = ["*.json", "*.txt", "*.model", "*.safetensors"]
_BUNDLED = {
    "model": "model.name: bundled:all-MiniLM-L6-v2 needs no hub",
    "dataset": "data.source: crowdflower needs no hub",
}


@dataclass(frozen=True)
class HubRepository:
    """A model or data set on the hub at one commit; `section` of params.yaml names it."""

    kind: Literal["model", "dataset"]
    section: Literal["model", "data"]
    name: str
    revision: str | None

    def require_commit(self) -> str:
        """The revision. Raises `UserError` if it is none or moves, with the commit it is now."""
        if self.revision is not None and _COMMIT.fullmatch(self.revision):
            return self.revision
        wanted = self.revision or "main"
        with self.clear_errors():
            from huggingface_hub import HfApi

            now = HfApi().repo_info(self.name, repo_type=self.kind, revision=wanted).sha
        raise UserError(
            f"{self.section}.revision is {self.revision or 'null'}, which moves; now"
            f" {wanted} of {self.name} is {now}: set {self.section}.revision to that"
        )

    @contextlib.contextmanager
    def clear_errors(self) -> Iterator[None]:
        """Turns what huggingface_hub and datasets raise about the hub into a `UserError`."""
        from datasets.exceptions import DatasetNotFoundError
        from huggingface_hub import errors
        from requests import exceptions as requests_errors

        # The clients' own lines about every retry would hide ours.
        loggers = [logging.getLogger(name) for name in ("huggingface_hub", "datasets")]
        levels = [logger.level for logger in loggers]
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        page = "datasets/" if self.kind == "dataset" else ""
        gated = (
            f"{self._what} is gated; accept its terms at"
            f" https://huggingface.co/{page}{self.name} and log in with `hf auth login`"
        )
        try:
            yield
        except errors.GatedRepoError:
            raise UserError(gated) from None
        except (
            errors.RepositoryNotFoundError,
            errors.HFValidationError,
            DatasetNotFoundError,
        ) as error:
            if isinstance(error, DatasetNotFoundError) and "gated" in str(error):
                raise UserError(gated) from None
            raise UserError(
                f"{self._key}: {self._no_folder}{self._kind} {self.name} is not on the hub, or is"
                f" private; mend {self._key}, or log in with `hf auth login`"
            ) from None
        except errors.RevisionNotFoundError:
            raise UserError(
                f"{self.section}.revision: {self._kind} {self.name} has no revision"
                f" {self.revision} (any more); set it to one of"
                f" https://huggingface.co/{page}{self.name}/commits/main, or HF_HUB_OFFLINE=1 if"
                " the cache has it"
            ) from None
        except (
            errors.HfHubHTTPError,
            errors.LocalEntryNotFoundError,
            requests_errors.RequestException,
            ConnectionError,
        ) as error:
            raise FailedError(self._unreachable(error)) from None
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)

    @property
    def _key(self) -> str:
        return f"{self.section}.name"

    @property
    def _what(self) -> str:
        return f"{self._key}: {self._kind} {self.name}"

    @property
    def _kind(self) -> str:
        return self.kind.replace("dataset", "data set")

    @property
    def _no_folder(self) -> str:
        """A model may have been meant as a folder."""
        return f"there is no folder {self.name}, and " if self.kind == "model" else ""

    def _unreachable(self, error: Exception) -> str:
        from huggingface_hub import constants

        if constants.HF_HUB_OFFLINE:
            reason = "HF_HUB_OFFLINE is set"
        else:
            status = getattr(getattr(error, "response", None), "status_code", None)
            reason = f"{constants.ENDPOINT} answers {status}" if status else "no connection"
        at = f" at {self.revision}" if self.revision else ""
        cache = os.environ.get("HF_HOME", constants.HF_HOME)
        return (
            f"{self._key}: {self._no_folder}{self._kind} {self.name}{at} is not in the cache, and"
            f" the hub cannot be reached ({reason}): copy {cache} from a machine that"
            f" has it, or set {_BUNDLED[self.kind]}"
        )


def download_model(name: str, revision: str | None) -> Path:
    """The folder in the hub's cache with the files of a model at a commit, downloaded if need be.

    Raises `UserError` if it cannot be had, its revision is no commit, or it has no safetensors.
    """
    repository = HubRepository("model", "model", name, revision)
    commit = repository.require_commit()
    with repository.clear_errors():
        from huggingface_hub import constants, snapshot_download

        folder = Path(
            snapshot_download(
                name, revision=commit, allow_patterns=_WANTED, ignore_patterns=["*/*"]
            )
        )
    cache = " in the cache, which may lack some of it," if constants.HF_HUB_OFFLINE else ""
    require_safetensors(folder, f"{name} at {commit}{cache}")
    return folder


def is_repository(name: str) -> bool:
    """Whether the hub could have a repository of that name, which looks like a path otherwise."""
    return re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name) is not None and not name.startswith(".")


def require_safetensors(folder: Path, name: str) -> None:
    """Raise `UserError` with the cure if the folder of the model `name` has no safetensors."""
    if not any(folder.glob("*.safetensors")):
        raise UserError(
            f"model.name: {name} has no safetensors; where you trust it, load model and tokenizer"
            " once with transformers, save both with save_pretrained(FOLDER), and set model.name to"
            " FOLDER"
        )
