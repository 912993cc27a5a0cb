"""The sections of params.yaml that do not belong to one method: every knob and its range.

What a knob means stands beside it in params.yaml. The knobs of a method stand in its own file below
`textune.modeling.methods`.
"""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from textune.config.base import Epochs, Section

SplitSize = Annotated[
    Annotated[int, Field(ge=1)] | Annotated[float, Field(gt=0, lt=1)],
    Field(description="a number of examples, or a share between 0 and 1"),
]
# Validation picks the epoch by one of these, and methods are compared by one of those.
BestMetric = Literal[
    "accuracy", "macro_recall", "macro_f1", "weighted_f1", "loss", "calibrated_loss"
]
ComparedMetric = Annotated[
    str,
    Field(
        pattern=r"^(accuracy|macro_recall|macro_f1|f1_of:.+|mean_f1_of:.+,.+)$",
        description="accuracy, macro_recall, macro_f1, f1_of:CLASS or mean_f1_of:CLASS,CLASS",
    ),
]
Decision = Literal["most_probable", "balanced"]
# What can count as the cost of a method.
CostName = Literal["parameters", "operations", "saved_bytes"]


class Cleaning(Section):
    """How texts are cleaned: what a model learned from, and what it is given to predict."""

    fix_encoding: bool
    mask_mentions: bool
    mask_links: bool


class DataParams(Cleaning):
    """Where the text comes from, how it is cleaned and split."""

    source: str
    path: str = Field(min_length=1)
    name: str | None
    config: str | None
    revision: str | None
    text_column: str = Field(min_length=1)
    label_column: str = Field(min_length=1)
    group_column: str | None = Field(min_length=1)
    label_names: list[str] | None = Field(min_length=2)
    train_split: str = Field(min_length=1)
    validation_split: str = Field(min_length=1)
    test_split: str = Field(min_length=1)
    split_seed: int = Field(ge=0, lt=2**32)
    validation_size: SplitSize
    test_size: SplitSize
    max_train_examples: int | None = Field(ge=1)
    copies: Literal["near", "exact", "keep"]
    min_confidence: float = Field(ge=0, le=1)

    @property
    def cleaning(self) -> Cleaning:
        """How texts are cleaned, alone."""
        return Cleaning(**self.model_dump(include=set(Cleaning.model_fields)))

    @field_validator("path")
    @classmethod
    def _one_line(cls, path: str) -> str:
        if any(ord(character) < 32 for character in path):
            raise ValueError("it should have no control characters")
        return path

    @field_validator("label_column")
    @classmethod
    def _another_column(cls, column: str, info: ValidationInfo) -> str:
        if column == info.data.get("text_column"):
            raise ValueError("it should be another column than the text's")
        return column

    @field_validator("group_column")
    @classmethod
    def _third_column(cls, column: str | None, info: ValidationInfo) -> str | None:
        taken = (info.data.get("text_column"), info.data.get("label_column"))
        if column is not None and column in taken:
            raise ValueError("it should be another column than those of text and label")
        return column

    @field_validator("label_names")
    @classmethod
    def _distinct_names(cls, names: list[str] | None) -> list[str] | None:
        if names is not None and len(set(names)) < len(names):
            raise ValueError("it should have each name once")
        return names


class ModelParams(Section):
    """The pretrained encoder."""

    name: str = Field(min_length=1)
    revision: str | None
    max_length: int = Field(ge=4, le=8192)


class FastParams(Section):
    """The pieces of the fast path, each of which can be turned off."""

    first_token: bool
    dropout: bool
    attention: bool
    frozen_bf16: bool
    cached_features: bool
    compiled: bool = False


class TrainParams(Section):
    """How every method is trained.

    A step sees `batch_size` examples or, with `batch_tokens`, as many as have so many tokens.
    """

    seeds: list[Annotated[int, Field(ge=0, lt=2**32)]] = Field(min_length=1)
    epochs: Epochs
    patience: int = Field(ge=0)
    batch_size: int = Field(ge=1, le=4096)
    batch_tokens: int | None = Field(default=None, ge=1)
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
    resample: bool
    metric_for_best_model: BestMetric
    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["auto", "fp32", "bf16"]
    checkpoint_minutes: float = Field(gt=0)
    fast: FastParams

    @field_validator("seeds")
    @classmethod
    def _distinct_seeds(cls, seeds: list[int]) -> list[int]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("it should have each seed once")
        return seeds

    @field_validator("group_by_length")
    @classmethod
    def _grouped_by_tokens(cls, grouped: bool, info: ValidationInfo) -> bool:
        if not grouped and info.data.get("batch_tokens") is not None:
            raise ValueError("it should be true, or train.batch_tokens null")
        return grouped


class EvaluateParams(Section):
    """The statistics of the comparison."""

    confidence_level: float = Field(ge=0.5, lt=1)
    noninferiority_margin: float = Field(gt=0, lt=1)
    level: float = Field(gt=0, le=0.5)
    planned_seeds: list[Annotated[int, Field(ge=1)]] | None = Field(
        min_length=1, description="null, or rising numbers of seeds such as [3, 5, 10]"
    )
    cost: (
        CostName | Annotated[dict[CostName, Annotated[float, Field(gt=0)]], Field(min_length=1)]
    ) = Field(
        description="parameters, operations, saved_bytes, or weights of these such as"
        " {parameters: 1, saved_bytes: 2}"
    )
    metric: ComparedMetric
    decision: Decision
    # With fewer, no permutation test could reach significance after correction for many pairs.
    resamples: int = Field(ge=1_000, le=1_000_000)
    seed: int = Field(ge=0, lt=2**32)

    @field_validator("planned_seeds")
    @classmethod
    def _rising(cls, planned: list[int] | None) -> list[int] | None:
        if planned is not None and planned != sorted(set(planned)):
            raise ValueError("it should rise, as in [3, 5, 10]")
        return planned


class TuneParams(Section):
    """How much is tried to tune a method: the same for every one."""

    all: bool
    max_epochs: Epochs
    trials: int = Field(ge=3, le=1000)
    seed: int = Field(ge=0, lt=2**32)


class SearchParams(Section):
    """What the trials of `textune search` train on."""

    max_train_examples: int = Field(ge=1)
