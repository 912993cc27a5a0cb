"""The methods by name: the method `name` is the class of that name in the file `name`.py here.

A section of params.yaml names its method. So a new one is a file and a section: a list of names
here would be an input of every train stage, and adding a line to it would train everything again.
"""

import importlib
import pkgutil
from pathlib import Path

from textune.config.explaining import shown
from textune.errors import UserError
from textune.modeling.methods.base import Method

_NOT_METHODS = {"base", "registry", "through_peft"}


def method_names() -> list[str]:
    """The names of all methods, in alphabetical order."""
    here = str(Path(__file__).parent)
    return sorted({module.name for module in pkgutil.iter_modules([here])} - _NOT_METHODS)


def method_class(name: str, key: str) -> type[Method]:
    """The class of a method: `TopBlocks` of `top_blocks`.

    `key` is what names it in params.yaml. Raises `UserError` if there is no such method.
    """
    if name not in method_names():
        raise UserError(f"{key} is {shown(name)}, but it may be {', '.join(method_names())}")
    module = importlib.import_module(f"textune.modeling.methods.{name}")
    class_name = "".join(map(str.capitalize, name.split("_")))
    method = getattr(module, class_name, None)
    if not (isinstance(method, type) and issubclass(method, Method)):
        raise UserError(f"{module.__file__} should have a class {class_name}, derived from Method")
    return method
