"""params.yaml, read and checked.

Nothing here imports torch, so that a wrong parameter is told at once. The section of a method is
checked when it is asked for: a stage depends on its own method's file alone.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from textune.config.base import AUTO, UNTRAINED, Name, Section
from textune.config.explaining import explain, shown
from textune.config.sections import (
    DataParams,
    EvaluateParams,
    ModelParams,
    SearchParams,
    TrainParams,
    TuneParams,
)
from textune.errors import UserError
from textune.modeling.methods.base import EncoderMethod, Method
from textune.modeling.methods.registry import method_class
from textune.tasks.base import Task
from textune.tasks.registry import TASKS

# Of these a model may lack some; methods that are named otherwise must all run.
DEFAULT_METHODS = ("tfidf", "baseline", "lora", "adapter", "full")

_Schema = TypeVar("_Schema", bound=BaseModel)

# Keys that older versions had, and what they are called now.
_RENAMED = {
    "evaluate.confidence": "evaluate.confidence_level",
    "evaluate.margin": "evaluate.noninferiority_margin",
}


class Params(Section):
    """All of params.yaml; every key that is no field is the section of a method or a variant."""

    methods: list[Name] = Field(min_length=1)
    titles: dict[Name, str]
    data: DataParams
    model: ModelParams
    train: TrainParams
    tune: TuneParams
    evaluate: EvaluateParams
    search: SearchParams
    # By name, unchecked: `method` checks them.
    sections: dict[Name, dict[str, Any]] = Field(default_factory=dict, exclude=True)
    origin: str = Field(default="params.yaml", exclude=True)

    @field_validator("methods")
    @classmethod
    def _distinct_methods(cls, methods: list[str]) -> list[str]:
        if len(set(methods)) < len(methods):
            raise ValueError("it should have each method once")
        return methods

    @property
    def methods_by_default(self) -> bool:
        """Whether nobody chose the methods, so that those that the model lacks are left out."""
        return self.methods == list(DEFAULT_METHODS)

    @cached_property
    def task(self) -> Task:
        """The kind of label. There is one so far; a second makes it a key of `data`."""
        return TASKS["single_label"]

    def section(self, name: str) -> dict[str, Any]:
        """The section of a method, as it is written. Raises `UserError` if there is none."""
        if name not in self.sections:
            raise UserError(
                f"there is no method {name!r}; the methods in {self.origin} are"
                f" {', '.join(self.sections)}"
            )
        return self.sections[name]

    def method(self, name: str) -> Method:
        """The method of that name with its parameters.

        Raises `UserError` if params.yaml has no such section, or something is wrong in it.
        """
        section = self.section(name)
        kind = section.get("method")
        if not isinstance(kind, str):
            raise UserError(
                f"{self.origin}: {name}.method is {shown(kind)}, but it should be the name of a"
                " file in src/textune/modeling/methods"
            )
        schema = method_class(kind, f"{self.origin}: {name}.method")
        return _checked(schema, section, self.origin, (name,))

    def encoder_method(self, name: str) -> EncoderMethod:
        """The same for what must fine-tune an encoder. Raises `UserError` if it does not."""
        method = self.method(name)
        if not isinstance(method, EncoderMethod):
            raise UserError(f"{name} fine-tunes no encoder, so it has no part in this")
        return method

    def training(self, name: str) -> TrainParams:
        """How the method `name` is trained, for its own number of epochs if it has one.

        Raises `UserError` if there is no such method, or something of it is still to be tuned.
        """
        method = self.method(name)
        for key in method.to_tune(everything=False):
            raise UserError(f"{name}.{key} is {AUTO}: run `dvc repro tune_{name}`")
        epochs = getattr(method, "epochs", None)
        return self.train if epochs is None else self.train.model_copy(update={"epochs": epochs})

    def dump(self) -> dict[str, Any]:
        """The values as params.yaml has them."""
        return {**self.model_dump(), **self.sections}


def read_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check `path`. Raises `UserError` in one line that names every wrong key."""
    try:
        # The same YAML as DVC's: 1e-3 is a number.
        values = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run this where dvc.yaml lies") from None
    except (YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    return check_params(values, str(path))


def check_params(values: Any, origin: str) -> Params:
    """The checked form of `values`, the mapping in params.yaml. `origin` is named in errors."""
    if isinstance(values, Mapping):
        known = {key: value for key, value in values.items() if key in Params.model_fields}
        others = {key: value for key, value in values.items() if key not in known}
        # Whatever has a method is a section of one; the rest is a mistake, told below.
        sections = {k: v for k, v in others.items() if isinstance(v, dict) and "method" in v}
        mistaken = {key: value for key, value in others.items() if key not in sections}
        reserved = {key: value for key, value in known.items() if key not in ("sections", "origin")}
        values = {**reserved, **mistaken, "sections": sections, "origin": origin}
    params = _checked(Params, values, origin)
    missing = [name for name in params.methods if name not in params.sections]
    if missing:
        raise UserError(
            f"{origin}: methods names {', '.join(missing)}, but the methods with a section are"
            f" {', '.join(params.sections)}"
        )
    if UNTRAINED in params.sections:
        raise UserError(
            f"{origin}: {UNTRAINED} is the model before training; call the section something else"
        )
    return params


def changed(params: Params, key: str, value: Any) -> Params:
    """`params` with another value for `key`, `<section>.<name>`, checked.

    Raises `UserError`, which names the change, if there is no such key or it may not be that.
    """
    values = params.dump()
    *path, last = key.split(".")
    section = values
    for part in path:
        section[part] = dict(section[part])
        section = section[part]
    section[last] = value
    origin = assignment(key, value)
    checked = check_params(values, origin)
    if path[0] in checked.sections:
        checked.method(path[0])
    return checked


def assignment(key: str, value: Any) -> str:
    """`key=value`, with numbers as people write them."""
    return f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}"


def _checked(
    schema: type[_Schema], values: Any, origin: str, prefix: tuple[str, ...] = ()
) -> _Schema:
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        raise UserError(f"{origin}: {explain(error, schema, values, prefix, _RENAMED)}") from None
