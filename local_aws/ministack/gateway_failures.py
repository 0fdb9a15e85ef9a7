"""What a REST API answers when the function fails, or the caller may not: the gateway's answers.

ministack 1.5.33 answers with what Lambda said (apigateway_v1.py:2858), which on AWS no caller sees,
and around the gateway responses that the API has.
"""

import json
from collections.abc import Mapping
from typing import Any

from ministack import app
from ministack.core import iam_evaluator
from ministack.services import apigateway_v1

_BAD_GATEWAY = 502
# "Payload size: 10 MB" (docs.aws.amazon.com/apigateway/latest/developerguide/
# api-gateway-execution-service-limits-table.html).
_PAYLOAD = 10 * 1024 * 1024
# What Lambda takes of it with the event around (lambda_svc.py:3047 takes any size).
_EVENT = 6_291_456
_SERVER_ERROR = "Internal server error"
_DENIED = "AccessDeniedException"


class _FunctionError(Exception):
    """Carries the gateway's answer past apigateway_v1.py:2846, which has no place for it."""

    def __init__(self, answer: Any) -> None:
        super().__init__(answer.response_type)
        self.answer = answer


class _BadGateway(apigateway_v1._GatewayError):  # type: ignore[misc]
    """A function that failed, or that answered what is no answer: DEFAULT_5XX, with 502."""

    def __init__(self) -> None:
        super().__init__("DEFAULT_5XX", _SERVER_ERROR)


def answer_with_gateway_responses() -> None:
    """Have every failure of a function, and every refusal of IAM, answered by one."""
    _tell_failures_apart()
    _limit_payloads()
    _answer_for_refused_callers()


def _tell_failures_apart() -> None:
    invoke, shape = apigateway_v1._invoke_lambda_proxy_v1, apigateway_v1._lambda_proxy_response
    render = apigateway_v1._gateway_error_response

    def shape_or_raise(result: Mapping[str, Any]) -> Any:
        if result.get("throttle"):
            # "Execution failed due to configuration error: Rate Exceeded", in the execution log.
            raise _FunctionError(apigateway_v1._gw_error("API_CONFIGURATION_ERROR", _SERVER_ERROR))
        response, error = shape(result)
        # "Malformed Lambda proxy response", in the execution log.
        if result.get("error") or error or not _is_answer(result.get("body")):
            raise _FunctionError(_BadGateway())
        return response, None

    async def invoke_or_answer(*arguments: Any, **named: Any) -> Any:
        try:
            return await invoke(*arguments, **named)
        except _FunctionError as failure:
            return failure.answer

    def render_with_status(error: Any, request: Any) -> Any:
        status, headers, body = render(error, request)
        # apigateway_v1.py:1571: the default status of DEFAULT_5XX is that of the failure.
        if isinstance(error, _BadGateway) and status == 500:
            status = _BAD_GATEWAY
        return status, headers, body

    apigateway_v1._lambda_proxy_response = shape_or_raise
    apigateway_v1._invoke_lambda_proxy_v1 = invoke_or_answer
    apigateway_v1._gateway_error_response = render_with_status


def _is_answer(body: Any) -> bool:
    return isinstance(body, dict) and str(body.get("statusCode", "")).isdigit()


def _limit_payloads() -> None:
    """apigateway_v1.py:2497 takes a body of any size."""
    check = apigateway_v1._check_request_validation

    def check_size(
        method: Any, api: Any, request: Any, headers: Any, body: bytes, *rest: Any
    ) -> Any:
        size = len(body or b"")
        limit = _EVENT if _is_function(method) else _PAYLOAD
        if size > limit:
            return apigateway_v1._gw_error("REQUEST_TOO_LARGE", "Request Too Long")
        return check(method, api, request, headers, body, *rest)

    apigateway_v1._check_request_validation = check_size


def _is_function(method: Mapping[str, Any]) -> bool:
    return bool(method["methodIntegration"].get("type") == "AWS_PROXY")


def _answer_for_refused_callers() -> None:
    """app.py:1906 answers in the words of AWS's own APIs, whatever the REST API has for them."""
    enforce = app._enforce_execute_api
    # apigateway_v1.py:1578 has no entry for it: what IAM refuses comes another way.
    apigateway_v1._AUTHENTICATION_GATEWAY_ERRORS[_DENIED] = ("ACCESS_DENIED", _DENIED)

    def enforce_and_answer(api: str, stage: str, *arguments: Any, **named: Any) -> Any:
        denied = enforce(api, stage, *arguments, **named)
        headers, query = arguments[2], arguments[3]
        if denied is None or denied[1].get("x-amzn-errortype") != _DENIED:
            return denied
        error = iam_evaluator.AuthError(_DENIED, json.loads(denied[2])["message"])
        answer = apigateway_v1.authentication_error_response(api, stage, error, headers, query)
        return answer or denied

    app._enforce_execute_api = enforce_and_answer
