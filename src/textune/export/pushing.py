"""An exported folder as a model repository of the hub."""

import re
from pathlib import Path

from textune.errors import FailedError, UserError


def require_repository(name: str) -> None:
    """Raise `UserError` unless the hub could have a repository `owner/name`."""
    part = r"[A-Za-z0-9](?:[\w.-]{0,94}\w)?"
    if not re.fullmatch(f"{part}/{part}", name) or ".." in name or "--" in name:
        raise UserError(f"--push is {name!r}, but it should be a repository, as owner/name")


def push(folder: Path, name: str, public: bool) -> str:
    """Upload all of the folder as the model `name`; the address of the commit.

    A repository that is not there yet is made, and is private unless `public` is set. Raises
    `UserError` if it is there, is public, and `public` is not set, and `FailedError` if the hub
    cannot be reached or refuses.
    """
    from huggingface_hub import HfApi, errors
    from requests import exceptions as requests_errors

    hub = HfApi()
    try:
        hub.create_repo(name, private=not public, exist_ok=True)
        if not public and not hub.model_info(name).private:
            raise UserError(
                f"--push: {name} is there and is public; add --public if that is meant, or name"
                f" another. {folder} is written"
            )
        done = hub.upload_folder(
            repo_id=name, folder_path=folder, commit_message="Model exported by textune"
        )
    except (
        errors.HfHubHTTPError,
        errors.LocalTokenNotFoundError,
        requests_errors.RequestException,
        ConnectionError,
    ) as error:
        raise FailedError(
            f"--push: {name} cannot be written ({_reason(error)}); {folder} is written: push it"
            f" with `hf upload {name} {folder} .{'' if public else ' --private'}`"
        ) from None
    return str(done.commit_url)


def _reason(error: Exception) -> str:
    from huggingface_hub.errors import LocalTokenNotFoundError

    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, LocalTokenNotFoundError) or status in (401, 403):
        return "log in with `hf auth login`, with a token that may write"
    return "no connection" if status is None else f"the hub answers {status}"
