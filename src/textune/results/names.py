"""The names that results give the two rows around the classifier head, and how people read them.

The study's "baseline" row is the pretrained model with a new, *untrained* head. Here `baseline` is
the method that trains only this head, so the other one is called `untrained` everywhere.
"""

UNTRAINED = "untrained"
TRAINED_HEAD = "baseline"

# How people write the metrics that methods are compared by.
TITLES = {"accuracy": "accuracy", "macro_recall": "macro recall", "macro_f1": "macro F1"}

_ROW_NAMES = {
    UNTRAINED: "untrained head",
    TRAINED_HEAD: "trained head (baseline)",
    "lora": "LoRA",
    "lora_all_linear": "LoRA, all linear layers",
    "adapter": "adapters",
    "full": "full fine-tuning",
}


def row_name(method: str, trainable_parameters: int) -> str:
    """What tables and pictures call a method, or runs that `keep` calls <method>_<what is special>.

    Any other is called by its name.
    """
    if method == TRAINED_HEAD and trainable_parameters == 0:
        return "head left untrained (baseline)"  # params.yaml has `baseline.tune: none`
    if method in _ROW_NAMES:
        return _ROW_NAMES[method]
    known, _, special = method.partition("_")
    return f"{_ROW_NAMES[known]}, {special.replace('_', ' ')}" if known in _ROW_NAMES else method
