"""The schema of params.yaml: every knob, its range, its meaning.

The knobs of a method stand in its file below `textune.methods`; all others stand here. Nothing
here imports torch, so that a wrong parameter is told at once.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
)
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from textune.data.sources import SOURCE_NAMES
from textune.errors import UserError
from textune.methods import METHOD_NAMES, Method, method_class
from textune.section import LearningRate, Section

SplitSize = Annotated[int, Field(ge=1)] | Annotated[float, Field(gt=0, lt=1)]
BestMetric = Literal["accuracy", "macro_recall", "macro_f1", "weighted_f1", "loss"]
Metric = Literal["accuracy", "macro_recall", "macro_f1"]
Decision = Literal["most_probable", "balanced"]


class DataParams(Section):
    """Where the text comes from, how it is cleaned and split."""

    source: str
    path: str
    name: str | None
    config: str | None
    revision: str | None
    text_column: str = Field(min_length=1)
    label_column: str = Field(min_length=1)
    label_names: list[str] | None = Field(min_length=2)
    train_split: str = Field(min_length=1)
    validation_split: str = Field(min_length=1)
    test_split: str = Field(min_length=1)
    split_seed: int = Field(ge=0, lt=2**32)
    validation_size: SplitSize
    test_size: SplitSize
    max_train_examples: int | None = Field(ge=1)
    fix_encoding: bool
    mask_mentions: bool
    mask_links: bool
    copies: Literal["near", "exact", "keep"]
    min_confidence: float = Field(ge=0, le=1)

    @field_validator("source")
    @classmethod
    def _known_source(cls, source: str) -> str:
        if source not in SOURCE_NAMES:
            raise ValueError(f"it may be {', '.join(SOURCE_NAMES)}")
        return source

    @field_validator("label_column")
    @classmethod
    def _another_column(cls, column: str, info: ValidationInfo) -> str:
        if column == info.data.get("text_column"):
            raise ValueError("it should be another column than the text's")
        return column

    @field_validator("label_names")
    @classmethod
    def _distinct_names(cls, names: list[str] | None) -> list[str] | None:
        if names is not None and len(set(names)) < len(names):
            raise ValueError("each name may stand there once")
        return names


class ModelParams(Section):
    """The pretrained encoder."""

    name: str = Field(min_length=1)
    revision: str | None
    max_length: int = Field(ge=4, le=8192)


class TrainParams(Section):
    """How every method is trained. A step sees `batch_size` rows."""

    seeds: list[Annotated[int, Field(ge=0, lt=2**32)]] = Field(min_length=1)
    epochs: int = Field(ge=1, le=1000)
    batch_size: int = Field(ge=1, le=4096)
    eval_batch_size: int = Field(ge=1, le=4096)
    padding: Literal["longest", "max_length"]
    group_by_length: bool
    lr_scheduler: Literal["linear", "cosine", "constant", "constant_with_warmup"]
    warmup_ratio: float = Field(ge=0, lt=1)
    weight_decay: float = Field(ge=0, le=1)
    layer_decay: float = Field(gt=0, le=1)
    label_smoothing: float = Field(ge=0, lt=1)
    class_weight: Literal["none", "balanced"]
    ema_decay: float = Field(ge=0, lt=1)
    metric_for_best_model: BestMetric
    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["auto", "fp32", "bf16"]

    @field_validator("seeds")
    @classmethod
    def _distinct_seeds(cls, seeds: list[int]) -> list[int]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("each seed may stand there once")
        return seeds


class EvaluateParams(Section):
    """The statistics of the comparison."""

    confidence: float = Field(ge=0.5, lt=1)
    margin: float = Field(gt=0, lt=1)
    metric: Metric
    decision: Decision
    # With fewer, no permutation test could fire after the correction for many pairs.
    resamples: int = Field(ge=1_000, le=1_000_000)
    seed: int = Field(ge=0, lt=2**32)


class SearchParams(Section):
    """What `textune search` tries: the same number of learning rates for every method."""

    max_train_examples: int = Field(ge=1)
    learning_rates: dict[str, Annotated[list[LearningRate], Field(min_length=1)]]

    @field_validator("learning_rates")
    @classmethod
    def _equal_grids(cls, grids: dict[str, list[float]]) -> dict[str, list[float]]:
        if set(grids) != set(METHOD_NAMES):
            raise ValueError(f"it must have a list for each of {', '.join(METHOD_NAMES)}")
        if len({len(grid) for grid in grids.values()}) > 1:
            raise ValueError("it must have equally many for every method")
        return grids


class Params(Section):
    """All of params.yaml. The methods' sections are added by `read_params`, one per method file."""

    data: DataParams
    model: ModelParams
    train: TrainParams
    evaluate: EvaluateParams
    search: SearchParams

    def method(self, name: str) -> Method:
        """The method of that name with its parameters. Raises `UserError` for an unknown name."""
        if name not in METHOD_NAMES:
            raise UserError(
                f"there is no method {name!r}; the methods are {', '.join(METHOD_NAMES)}"
            )
        return cast(Method, getattr(self, name))


def read_params(path: Path = Path("params.yaml")) -> Params:
    """Read and check `path`. Raises `UserError` in one line that names every wrong key."""
    try:
        # The same YAML as DVC's: 1e-3 is a number.
        values = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run this where dvc.yaml lies") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None
    return check_params(values, str(path))


def check_params(values: Any, origin: str) -> Params:
    """The checked form of `values`, the mapping in params.yaml. `origin` is named in errors."""
    schema = _schema()
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        raise UserError(f"{origin}: {_explain(error, schema)}") from None


def changed(params: Params, key: str, value: Any) -> Params:
    """`params` with another value for `key`, `<section>.<name>`, checked.

    Raises `UserError`, which names the change, if there is no such key or it may not be that.
    """
    section, _, name = key.partition(".")
    values = params.model_dump()
    values[section][name] = value
    return check_params(values, assignment(key, value))


def assignment(key: str, value: Any) -> str:
    """`key=value`, with numbers as people write them."""
    return f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}"


def _schema() -> type[Params]:
    sections: dict[str, Any] = {name: (method_class(name), ...) for name in METHOD_NAMES}
    return create_model("Params", __base__=Params, **sections)


def _explain(error: ValidationError, schema: type[BaseModel]) -> str:
    """Every wrong key with what it was and what it may be, in one line."""
    lines: dict[str, str] = {}
    for problem in error.errors():
        # Behind the key, pydantic names the branch of a union (constrained-int, list[str] …).
        location = [
            part for part in problem["loc"] if not re.search(r"\W|^(int|float)$", str(part))
        ]
        key = ".".join(map(str, location)) or "the file"
        lines[key] = f"{lines[key]}, or {_may(problem)}" if key in lines else _told(key, problem)
        if problem["type"] == "extra_forbidden":
            lines[key] += f"; known here: {', '.join(_known(location[:-1], schema))}"
    return "; ".join(lines.values())


def _told(key: str, problem: Any) -> str:
    if problem["type"] == "extra_forbidden":
        return f"{key} is no parameter"
    if problem["type"] == "missing":
        return f"{key} is missing"
    return f"{key} is {problem['input']!r}, but {_may(problem)}"


def _may(problem: Any) -> str:
    message = problem["msg"].removeprefix("Value error, ")
    return message.replace("Input should be", "it should be")


def _known(location: list[Any], schema: type[BaseModel]) -> list[str]:
    for part in location:
        annotation = schema.model_fields[part].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        schema = annotation
    return list(schema.model_fields)
