"""What the methods of the package peft have in common."""

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textune.errors import UserError
from textune.modeling.methods.base import EncoderMethod

if TYPE_CHECKING:
    from peft import PeftConfig
    from torch import nn
    from transformers import PreTrainedModel

    from textune.modeling.pretrained import Classifier

# As peft calls its file.
WEIGHTS = "adapter_model.safetensors"


class PeftMethod(EncoderMethod):
    """A method that peft wraps around a model, saved in peft's own form."""

    native: ClassVar[Literal["peft", "adapters"] | None] = "peft"

    @abstractmethod
    def config(self, classifier: "Classifier") -> "PeftConfig":
        """What peft is told, without the head. Raises `UserError` as `attach` does."""

    def attach(self, classifier: "Classifier") -> "nn.Module":
        from peft import TaskType, get_peft_model

        config: Any = self.config(classifier)
        config.task_type = TaskType.SEQ_CLS
        config.modules_to_save = classifier.head_modules()
        model = get_peft_model(classifier.model, config)
        layers: list[Any] = [m for m in model.modules() if hasattr(m, "cast_input_dtype_enabled")]
        for layer in layers:
            # All weights are of one type, or autocast sees to it: a cast to fp32 would be undone.
            layer.cast_input_dtype_enabled = False
        # peft notes the folder of this machine; the name is what others can resolve.
        config.base_model_name_or_path = classifier.name
        return model

    def save(self, model: "nn.Module", classifier: "Classifier", folder: Path) -> None:
        saver: Any = model
        config = saver.peft_config["default"]
        for key, value in vars(config).items():
            # The order of a set would be another in each process.
            if isinstance(value, set):
                setattr(config, key, sorted(value))
        saver.save_pretrained(str(folder), safe_serialization=True, save_embedding_layers=False)

    def merged(self, model: "nn.Module", classifier: "Classifier") -> "PreTrainedModel":
        from peft.utils import ModulesToSaveWrapper

        wrapped: Any = model
        plain: PreTrainedModel = wrapped.get_base_model()
        for name, module in list(plain.named_modules()):
            if isinstance(module, ModulesToSaveWrapper):
                # IA³ of peft 0.21 fails at a head of several layers.
                plain.set_submodule(name, module.modules_to_save["default"])
        wrapped.merge_and_unload()
        return plain

    def load(self, classifier: "Classifier", folder: Path) -> "nn.Module":
        from peft import get_peft_model_state_dict, set_peft_model_state_dict
        from safetensors.torch import load_file

        # As `attach` makes it: adapter_config.json, which can name code, is for others to read.
        model: Any = self.attach(classifier)
        saved = load_file(folder / WEIGHTS)
        if saved.keys() != get_peft_model_state_dict(model, save_embedding_layers=False).keys():
            raise UserError(f"{folder} holds what was trained of another model; run `dvc repro`")
        set_peft_model_state_dict(model, saved)
        return model
