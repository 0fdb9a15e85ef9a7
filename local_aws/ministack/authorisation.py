"""IAM as AWS enforces it: signatures are verified, and policies decide, for every caller.

ministack 1.5.33 evaluates policies and verifies SigV4 once `AUTH` is set (app.py:2989). What it
leaves out for our stacks is put in here: the account's own key, transport, SageMaker, and the
role of a state machine.
"""

import contextlib
import contextvars
import inspect
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import cbor2
from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id, extract_region
from ministack.services import apigateway_v1, stepfunctions

from local_aws.ministack.role_sessions import require_of_key
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.roles import Assume, Need
from local_aws.sagemaker.scope import Scope

_STATE_MACHINE = "states.amazonaws.com"

_API_SERVICE = "execute-api"
_CREDENTIAL = re.compile(r"Credential=([^, ]+)")
_RPC_OPERATION = re.compile(r"/operation/([A-Za-z]+)$")

_execution_role: contextvars.ContextVar[str] = contextvars.ContextVar("execution_role")


def enforce_iam(assume: Assume) -> None:
    """Verify every signature, and hold every role to its policies.

    Args:
        assume: assumes the roles of state machines.
    """
    _verify_the_accounts_key()
    _scope_signatures_to_the_api()
    _stand_for_tls()
    _parse_policies_once()
    _know_cloudwatchs_actions()
    _hold_state_machines_to_their_roles(assume)


def require(headers: Mapping[str, str], need: Need) -> None:
    """Refuse a request of SageMaker's API that its caller may not make.

    ministack has verified its signature: no IAM action covers a service that it does not know
    (app.py:3014).

    Args:
        headers: the request's.
        need: the permission.

    Raises:
        SageMakerError: `AccessDeniedException`, in IAM's words.
    """
    signed = dict(headers)
    key, region = extract_access_key_id(signed), extract_region(signed)
    require_of_key(key, need, service="sagemaker", region=region)


def _verify_the_accounts_key() -> None:
    """iam_evaluator.py:1324 takes the account's own key with any secret, region, date or body.

    Its secret is known (iam_evaluator.py:1077), so that it is held to what it signs like every
    other key. Only its permissions stay those of the account's root: all.
    """
    iam_evaluator._is_root_key = lambda access_key_id: False


def _scope_signatures_to_the_api() -> None:
    """apigateway_v1.py:1937 takes a signature for any service and region.

    The words are API Gateway's.
    """
    authorise = apigateway_v1._authorize_request_v1

    async def authorise_scoped(*arguments: Any) -> Any:
        given = bound.bind(*arguments).arguments
        if given["method_obj"].get("authorizationType") == "AWS_IAM":
            scope = _credential_scope(given["headers"], given["query_params"] or {})
            problem = _scope_problem(scope, given["owner_region"])
            if problem is not None:
                return apigateway_v1._gw_error("INVALID_SIGNATURE", problem), None
        return await authorise(*arguments)

    bound = inspect.signature(authorise)
    apigateway_v1._authorize_request_v1 = authorise_scoped


def _credential_scope(headers: Mapping[str, str], query: Mapping[str, Any]) -> list[str]:
    """What a signature is scoped to: date, region, service; nothing where there is none."""
    found = _CREDENTIAL.search(headers.get("authorization", ""))
    text = found[1] if found else (query.get("X-Amz-Credential") or [""])[0]
    return text.split("/")[1:4]


def _scope_problem(scope: list[str], region: str) -> str | None:
    if len(scope) < 3:
        return None
    if scope[1] != region:
        return f"Credential should be scoped to a valid region, not '{scope[1]}'. "
    if scope[2] != _API_SERVICE:
        return f"Credential should be scoped to correct service: '{_API_SERVICE}'. "
    return None


def _stand_for_tls() -> None:
    """app.py:3340 says of plain HTTP that it is not secure, which buckets refuse.

    The loopback port stands for AWS's HTTPS endpoints.
    """
    pin = app.pin_request_origin
    app.pin_request_origin = lambda source_ip, _secure_transport: pin(source_ip, True)


def _parse_policies_once() -> None:
    """iam_evaluator.py:828 parses each policy of a role anew for each of its requests."""
    parse = iam_evaluator.parse_policy_document

    @lru_cache(maxsize=1024)
    def parse_text(document: str) -> Any:
        return parse(document)

    def parse_once(document: Any) -> Any:
        text = document if isinstance(document, str) else json.dumps(document)
        return parse_text(text)

    iam_evaluator.parse_policy_document = parse_once


def _know_cloudwatchs_actions() -> None:
    """iam_actions.py:739 finds no action in what boto3 sends to CloudWatch, and so allows it.

    And 2179 gives no cloudwatch:namespace, the condition key of PutMetricData.
    """
    extract, context = iam_actions.extract_iam_action, iam_actions.request_tag_context

    def extract_action(service: str, method: str, path: str, *rest: Any) -> str | None:
        operation = _RPC_OPERATION.search(path) if service == "monitoring" else None
        if operation is not None:
            return f"cloudwatch:{operation[1]}"
        action: str | None = extract(service, method, path, *rest)
        return action

    def with_namespace(service: str, action: str, body: bytes, parameters: Any) -> dict[str, Any]:
        keys: dict[str, Any] = context(service, action, body, parameters)
        if action == "cloudwatch:PutMetricData":
            keys["cloudwatch:namespace"] = _namespace(body, parameters)
        return keys

    iam_actions.extract_iam_action = extract_action
    iam_actions.request_tag_context = with_namespace


def _namespace(body: bytes, parameters: Mapping[str, Any]) -> str:
    """PutMetricData's Namespace, in each of CloudWatch's three protocols."""
    named = parameters.get("Namespace")
    if named:
        return str(named[0] if isinstance(named, list) else named)
    for decode in (cbor2.loads, json.loads):
        with contextlib.suppress(ValueError, cbor2.CBORDecodeError):
            request = decode(body)
            return str(request.get("Namespace", "")) if isinstance(request, dict) else ""
    return ""


def _hold_state_machines_to_their_roles(assume: Assume) -> None:
    """stepfunctions.py:2237 invokes a function whatever the state machine's role may do."""
    execute, call = stepfunctions._execute_task, stepfunctions._call_lambda

    def execute_with_role(state: Any, given: Any, execution: Any, context: Any) -> Any:
        machine = stepfunctions._state_machines.get(context["StateMachine"]["Id"], {})
        reset = _execution_role.set(machine.get("roleArn", ""))
        try:
            return execute(state, given, execution, context)
        finally:
            _execution_role.reset(reset)

    def call_if_allowed(function: str, event: Any) -> Any:
        try:
            role = assume(
                _execution_role.get(), _STATE_MACHINE, Scope(get_account_id(), get_region())
            )
            role.require(Need("lambda:InvokeFunction", function))
        except SageMakerError as error:
            raise stepfunctions._ExecutionError(
                "Lambda.AWSLambdaException", error.message
            ) from None
        return call(function, event)

    stepfunctions._execute_task = execute_with_role
    stepfunctions._call_lambda = call_if_allowed
