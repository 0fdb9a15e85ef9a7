"""Refuses, at deploy, a function that could not run here, or that Lambda would not have."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from local_aws.ministack.function_settings import refused_settings
from local_aws.ministack.native_code import foreign_code

_FUNCTION = "AWS::Lambda::Function"
# Lambda's own words (API reference, CreateFunction, "Errors").
_FAILURE = "ServiceException"
_NOT_STORED = "The Lambda service encountered an internal error: the function's code is not stored."

_log = logging.getLogger(__name__)


def refuse_functions() -> None:
    """provisioners.py:2356 takes any function, and lambda_svc.py:1351 looks at its size alone."""
    too_large = lambda_svc._validate_total_unzipped_size

    def check(code: bytes | None, layers: Any) -> Any:
        refusal = too_large(code, layers)
        if not code or refusal is not None:
            return refusal
        problem = foreign_code(code)
        if problem is not None:
            return error_response_json("InvalidParameterValueException", problem, 400)
        return None if _stored(code) else error_response_json(_FAILURE, _NOT_STORED, 500)

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
    return foreign_code(package) or (None if _stored(package) else _NOT_STORED)


def _stored(code: bytes) -> bool:
    """Write a function's code where a restart finds it; ministack does so with the next save."""
    try:
        lambda_svc._write_code_blob(code)
    except OSError:
        _log.exception("storing a function's code")
        return False
    return True
