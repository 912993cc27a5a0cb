"""How transformers loads a model: from what it may see, and failing in one line."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from textune.config.sections import ModelParams
from textune.errors import UserError
from textune.modeling.location import model_folder
from textune.modeling.untrusted import shown


@contextlib.contextmanager
def shown_model(params: ModelParams) -> Iterator[dict[str, Any]]:
    """For a while, what to tell transformers: where the model is, and that it may run no code."""
    with shown(model_folder(params), params.name) as folder:
        yield {"pretrained_model_name_or_path": str(folder), "trust_remote_code": False}


def explained(params: ModelParams, work: Callable[[], Any], verb: str = "load") -> Any:
    """`work()`; a failure becomes a `UserError` in one line, which says what cannot be done."""
    try:
        return work()
    except UserError:
        raise
    # Of a broken checkpoint transformers raises what its code happens to stumble over.
    except Exception as error:
        reason = " ".join(str(error).split())
        raise UserError(f"model.name: cannot {verb} {params.name}: {reason[:300]}") from None
    except BaseException as error:
        # What the tokenizers' Rust raises of a file that it did not expect.
        if type(error).__name__ != "PanicException":
            raise
        raise UserError(
            f"model.name: cannot {verb} {params.name}: its tokenizer is damaged"
        ) from None
