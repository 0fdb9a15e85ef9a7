"""Checks a request against botocore's own model of an API: SageMaker's, unless told otherwise.

The service answers a wrong request with one `ValidationException` that lists
every problem; the SDK checks little more than types before it sends. The words
are those of AWS's JSON services ("Value 'x' at 'y' failed to satisfy constraint: …").
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from botocore.session import get_session

from local_aws.sagemaker.errors import SageMakerError, invalid

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (Mapping,),
    "map": (Mapping,),
    "list": (list, tuple),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str, datetime),
}

# Java's classes of letters, separators and digits, which Python's `re` lacks, and its
# surrogate pairs, which are one character to Python.
_JAVA_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{Z}": r"\s",
    r"\p{N}": r"\d",
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF",
}


@cache
def service_model(service: str = "sagemaker") -> ServiceModel:
    """Botocore's model of a service, loaded once."""
    return get_session().get_service_model(service)


def check_request(
    operation: str, request: Mapping[str, Any], *, service: str = "sagemaker"
) -> None:
    """Refuse a request that the operation's input shape does not allow.

    Raises:
        SageMakerError: `UnknownOperationException`, `SerializationException` for a
            value of the wrong type, or `ValidationException` with every broken
            constraint.
    """
    model = service_model(service)
    if operation not in model.operation_names:
        raise SageMakerError("UnknownOperationException", f"{model.service_id} has no {operation}.")
    shape = model.operation_model(operation).input_shape
    problems = list(_problems(shape, request, "")) if shape is not None else []
    if problems:
        noun = "error" if len(problems) == 1 else "errors"
        raise invalid(f"{len(problems)} validation {noun} detected: {'; '.join(problems)}")


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Each broken constraint in `value` and below it, in AWS's words."""
    _check_type(shape, value, path)
    if isinstance(shape, StructureShape):
        yield from _structure_problems(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _length_problems(shape, value, path)
        for number, member in enumerate(value, start=1):
            yield from _problems(shape.member, member, f"{path}.{number}.member")
    elif isinstance(shape, MapShape):
        yield from _length_problems(shape, value, path)
        for key, member in value.items():
            yield from _problems(shape.key, key, f"{path}.key")
            yield from _problems(shape.value, member, f"{path}.{key}.member")
    elif shape.type_name == "string":
        yield from _string_problems(shape, value, path)
    elif shape.type_name in {"integer", "long", "float", "double"}:
        yield from _range_problems(shape, value, path)


def _check_type(shape: Shape, value: Any, path: str) -> None:
    allowed = _PYTHON_TYPES.get(shape.type_name, (object,))
    # bool is an int to Python, but not to SageMaker.
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise SageMakerError(
            "SerializationException",
            f"{type(value).__name__} value can not be converted to {shape.type_name}"
            f" at '{path or 'request'}'",
        )


def _structure_problems(
    shape: StructureShape, value: Mapping[str, Any], path: str
) -> Iterator[str]:
    for name, member in shape.members.items():
        member_path = f"{path}.{_lower_first(name)}" if path else _lower_first(name)
        given = value.get(name)
        if given is not None:
            yield from _problems(member, given, member_path)
        elif name in shape.required_members:
            yield _problem(None, member_path, "Member must not be null")


def _string_problems(shape: Shape, value: str, path: str) -> Iterator[str]:
    yield from _length_problems(shape, value, path)
    choices = shape.metadata.get("enum")
    if choices and value not in choices:
        yield _problem(value, path, f"Member must satisfy enum value set: [{', '.join(choices)}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not _regular_expression(pattern).fullmatch(value):
        yield _problem(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _length_problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if high is not None and len(value) > high:
        yield _problem(value, path, f"Member must have length less than or equal to {high}")
    if low is not None and len(value) < low:
        yield _problem(value, path, f"Member must have length greater than or equal to {low}")


def _range_problems(shape: Shape, value: float, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if high is not None and value > high:
        yield _problem(value, path, f"Member must have value less than or equal to {high}")
    if low is not None and value < low:
        yield _problem(value, path, f"Member must have value greater than or equal to {low}")


def _problem(value: Any, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _lower_first(name: str) -> str:
    """AWS names members as its Java code does: `trainingJobName`."""
    return name[0].lower() + name[1:]


@cache
def _regular_expression(pattern: str) -> re.Pattern[str]:
    for java, python in _JAVA_CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
