"""What is wrong with values in a file of parameters, in plain English and one line."""

import re
import reprlib
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

# What stands after "should", by pydantic's name of the error.
_SHOULD = {
    "bool_type": "be true or false",
    "dict_type": "be keys with values",
    "float_type": "be a number",
    "int_from_float": "be a whole number",
    "int_type": "be a whole number",
    "list_type": "be a list",
    "model_type": "be keys with values",
    "string_pattern_mismatch": "be letters, digits and _, with a letter first",
    "string_too_short": "not be empty",
    "string_type": "be text",
}
_UNKNOWN = ("extra_forbidden", "invalid_key")
# The last part of a place, where pydantic means a key and not its value.
_KEY = "[key]"

Place = tuple[str | int, ...]


class _Yaml(reprlib.Repr):
    """Values as YAML writes them, cut."""

    def repr_bool(self, value: bool, _level: int) -> str:
        return "true" if value else "false"

    def repr_NoneType(self, _value: None, _level: int) -> str:  # noqa: N802
        return "null"


def shown(value: Any) -> str:
    """The value for a message: on one line, and not long."""
    yaml = _Yaml()
    yaml.maxlevel, yaml.maxstring, yaml.maxother = 2, 60, 60
    return f"{yaml.repr(value):.80}"


def explain(
    error: ValidationError,
    schema: type[BaseModel],
    values: Any,
    prefix: Place = (),
    renamed: Mapping[str, str] = {},
) -> str:
    """Every wrong key of `values` with what it is and what it should be, in one line.

    prefix: the keys above `values` in the file. renamed: keys of older versions, and their names
    now.
    """
    problems = [(_place(problem, values), problem) for problem in error.errors()]
    told: dict[str, list[str]] = {}
    for place, problem in problems:
        key = _written((*prefix, *place))
        if key in {renamed.get(_written((*prefix, *other))) for other, _ in problems}:
            continue  # it stands there by its old name
        if any(other[: len(place)] == place and other != place for other, _ in problems):
            continue  # something in it is told
        lines = told.setdefault(key, [])
        for line in _lines(key, place, problem, schema, renamed):
            lines += [line] if line not in lines else []
    joined = "; ".join(", or ".join(lines) for lines in told.values())
    quoted = [
        (place, problem["input"])
        for place, problem in problems
        if problem["type"] == "string_type"
        and isinstance(problem["input"], int | float)
        and problem["loc"][-1:] != (_KEY,)
    ]
    return joined + (_how_to_quote(prefix, *quoted[0]) if quoted else "")


def _place(problem: Any, values: Any) -> Place:
    """The keys that lead to the value; pydantic also names the branch of a union there."""
    place: list[str | int] = []
    for part in problem["loc"]:
        in_list = isinstance(values, list) and isinstance(part, int)
        if in_list or (isinstance(values, Mapping) and part in values):
            values = values[part]
        elif problem["type"] != "missing" or part != problem["loc"][-1]:
            continue
        place.append(part)
    # Where methods are kept; in the file they stand at the top.
    return tuple(place[1:] if place[:1] == ["sections"] and place[1:] else place)


def _written(place: Place) -> str:
    return ".".join(p if re.fullmatch(r"[\w-]+", p) else shown(p) for p in map(str, place))


def _lines(
    key: str, place: Place, problem: Any, schema: type[BaseModel], renamed: Mapping[str, str]
) -> Iterator[str]:
    """What is told of one problem; the second and later ones of a key say what else it may be."""
    if key in renamed:
        yield f"{key} is now {renamed[key]}"
    elif problem["type"] == "missing":
        yield f"{key} is missing"
    elif problem["type"] in _UNKNOWN:
        known = ", ".join(_known(place[:-1], schema))
        line = f"{key} is no parameter; known here: {known}"
        if isinstance(problem["input"], dict):
            line += f"; if it is a method's section, it lacks {key}.method"
        yield line
    elif problem["loc"][-1:] == (_KEY,):
        yield f"{key}: the name {_should(problem)}"
    else:
        field = _field(place, schema)
        if field and field.description and problem["type"] != "value_error":
            should = f"should be {field.description}"
        else:
            should = _should(problem)
            if field and NoneType in get_args(field.annotation):
                should += ", or null"
        yield f"{key or 'the file'} is {shown(problem['input'])}, but it {should}"


def _should(problem: Any) -> str:
    kind = problem["type"]
    if kind == "too_short":
        least = problem["ctx"]["min_length"]
        return f"should have at least {least} {'entry' if least == 1 else 'entries'}"
    if kind in _SHOULD:
        return f"should {_SHOULD[kind]}"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return message.removeprefix("Input ").removeprefix("it ")


def _how_to_quote(prefix: Place, place: Place, value: Any) -> str:
    """How a number or a word of YAML is written as text."""
    key, text = _written((*prefix, *place)), f"'{value!s:.60}'"
    if isinstance(place[-1], int):
        key, text = _written((*prefix, *place[:-1])), f"[{text}, …]"
    return f'; text goes in quotes: {text} in the file, "{key}={text}" after -S'


def _known(place: Place, schema: type[BaseModel]) -> list[str]:
    section = _section(place, schema)
    return [n for n, f in section.model_fields.items() if not f.exclude] if section else []


def _field(place: Place, schema: type[BaseModel]) -> FieldInfo | None:
    section = _section(place[:-1], schema)
    return section.model_fields.get(str(place[-1])) if section and place else None


def _section(place: Place, schema: type[BaseModel]) -> type[BaseModel] | None:
    """The schema of the section at that place, if one is there."""
    for part in place:
        field = schema.model_fields.get(str(part))
        annotation = field.annotation if field else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return None
        schema = annotation
    return schema
