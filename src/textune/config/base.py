"""What every section of params.yaml has in common."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A section of params.yaml: unknown keys and wrong types are errors, values never change."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


LearningRate = Annotated[float, Field(gt=0, lt=1)]
Epochs = Annotated[int, Field(ge=1, le=1000)]
# The value of a parameter that is searched on validation.
AUTO = "auto"
Auto = Literal["auto"]
# What a method, or a variant of one, may be called: a key of params.yaml and a folder's name.
Name = Annotated[str, Field(pattern=r"^[A-Za-z]\w*$")]

# The row of the pretrained model with the new head that all methods start from; no method's name.
UNTRAINED = "untrained"
