"""Refuses, at deploy, a function that could not run here, or that Lambda would not have."""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from local_aws.ministack.function_settings import refused_settings
from local_aws.ministack.native_code import foreign_code

_FUNCTION = "AWS::Lambda::Function"


def refuse_functions() -> None:
    """provisioners.py:2356 takes any function, and lambda_svc.py:1351 looks at its size alone."""
    too_large = lambda_svc._validate_total_unzipped_size

    def check(code: bytes | None, layers: Any) -> Any:
        refusal = too_large(code, layers)
        problem = foreign_code(code) if code and refusal is None else None
        if problem is None:
            return refusal
        return error_response_json("InvalidParameterValueException", problem, 400)

    lambda_svc._validate_total_unzipped_size = check
    handlers = provisioners._RESOURCE_HANDLERS[_FUNCTION]
    for action, place in (("create", 1), ("update", 2)):
        handlers[action] = _checking(handlers[action], place)


def _checking(provision: Callable[..., Any], place: int) -> Callable[..., Any]:
    """A handler that looks at the function first; the properties are its argument at `place`."""

    def checked(*arguments: Any) -> Any:
        props = arguments[place]
        problem = refused_settings(props) or _problem(props.get("Code", {}))
        if problem is not None:
            raise ValueError(problem)
        return provision(*arguments)

    return checked


def _problem(code: Mapping[str, Any]) -> str | None:
    if not code.get("S3Bucket") or not code.get("S3Key"):
        return None
    package = lambda_svc._fetch_code_from_s3(
        code["S3Bucket"], code["S3Key"], version_id=code.get("S3ObjectVersion")
    )
    if package is None:
        return None
    if lambda_svc._unzipped_size(package) > lambda_svc._UNZIPPED_LIMIT_BYTES:
        return f"Unzipped size must be smaller than {lambda_svc._UNZIPPED_LIMIT_BYTES} bytes"
    return foreign_code(package)
