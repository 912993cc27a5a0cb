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


def row_name(method: str, trainable_parameters: int = 1) -> str:
    """What tables and pictures call a method, or runs that `keep` calls <method>_<what is special>.

    Any other is called by its name.
    """
    names = sorted(_ROW_NAMES, key=len, reverse=True)
    known = next((name for name in names if f"{method}_".startswith(f"{name}_")), None)
    if known is None:
        return method
    name, special = _ROW_NAMES[known], method.removeprefix(known).strip("_").replace("_", " ")
    if known == TRAINED_HEAD and trainable_parameters == 0:
        name = "head left untrained (baseline)"  # params.yaml has `baseline.tune: none`
    return f"{name}, {special}" if special else name
