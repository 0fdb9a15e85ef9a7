"""Requests to REST APIs: what API Gateway tells the function of them, and what it logs of them.

ministack 1.5.33 names no host and no path as the caller wrote it (apigateway_v1.py:2720), and
leaves out a stage's access log.
"""

import contextvars
import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack import app
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import apigateway_v1, cloudwatch_logs
from ministack.services.cloudformation import provisioners

from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.roles import Assume, Need
from local_aws.sagemaker.scope import Scope

_PRINCIPAL = "apigateway.amazonaws.com"
_VARIABLE = re.compile(r"\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)")
_SETTINGS = "accessLogSettings"
# API Gateway's own words (UpdateAccount, and CreateStage or UpdateStage).
_NO_ROLE = "CloudWatch Logs role ARN must be set in account settings to enable logging"
_ROLE_NOT_TRUSTED = (
    "The role ARN does not have required permissions configured. Please grant trust permission for"
    " API Gateway and add the required role policy."
)

Response = tuple[int, dict[str, str], bytes]


@dataclass
class _Exchange:
    """One request on its way, and what is known of it."""

    host: str
    path: str
    method: str
    started: float = field(default_factory=time.monotonic)
    request: Mapping[str, Any] = field(default_factory=dict)
    """ministack's own record of it, from when its stage is known."""
    known: dict[str, str] = field(default_factory=dict)
    """Variables of `$context` that were noted on the way."""


_exchange: contextvars.ContextVar[_Exchange] = contextvars.ContextVar("exchange")


def tell_of_requests(assume: Assume) -> None:
    """Tell functions which URL was called, and write the access logs of stages that have one.

    Args:
        assume: assumes the account's role for logs.
    """
    _follow_requests(assume)
    _tell_functions_the_url()
    _keep_log_settings()
    _refuse_roles_that_api_gateway_may_not_assume(assume)


def _follow_requests(assume: Assume) -> None:
    """app.py:2028 handles a request of a REST API from its URL to its answer."""
    handle = app._handle_execute_api_request
    execute, render = apigateway_v1._execute_in_scope, apigateway_v1._gateway_error_response
    check_key, invoke = apigateway_v1._check_api_key, apigateway_v1._invoke_lambda_proxy_v1

    async def handle_and_log(host: str, path: str, method: str, *rest: Any, **named: Any) -> Any:
        token = _exchange.set(_Exchange(host, path, method))
        try:
            response = await handle(host, path, method, *rest, **named)
            if response is not None:
                _log(_exchange.get(), response, assume)
            return response
        finally:
            _exchange.reset(token)

    async def execute_noted(request: Any, *rest: Any) -> Any:
        _exchange.get().request = request
        return await execute(request, *rest)

    def render_noted(error: Any, request: Any) -> Any:
        exchange = _exchange.get()
        exchange.request = request
        exchange.known["error.responseType"] = error.response_type
        return render(error, request)

    def check_key_noted(*arguments: Any) -> Any:
        error, key = check_key(*arguments)
        if key is not None:
            _exchange.get().known["identity.apiKeyId"] = key["id"]
        return error, key

    async def invoke_timed(*arguments: Any, **named: Any) -> Any:
        started = time.monotonic()
        response = await invoke(*arguments, **named)
        _exchange.get().known["integrationLatency"] = _milliseconds_since(started)
        return response

    app._handle_execute_api_request = handle_and_log
    apigateway_v1._execute_in_scope = execute_noted
    apigateway_v1._gateway_error_response = render_noted
    apigateway_v1._check_api_key = check_key_noted
    apigateway_v1._invoke_lambda_proxy_v1 = invoke_timed


def _tell_functions_the_url() -> None:
    """apigateway_v1.py:2779 gives no `domainName`, and a `path` that is not the caller's."""
    build = apigateway_v1._build_lambda_event_v1

    def build_with_url(*arguments: Any, **named: Any) -> Any:
        event, exchange = build(*arguments, **named), _exchange.get()
        request_id = exchange.request["request_id"]
        event["requestContext"] |= {
            "domainName": exchange.host.partition(":")[0],
            "path": exchange.path,
            "requestId": request_id,
            "extendedRequestId": request_id,
        }
        return event

    apigateway_v1._build_lambda_event_v1 = build_with_url


def _keep_log_settings() -> None:
    """provisioners.py:5647 drops a stage's AccessLogSetting, and so does 5665."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::Stage"]
    create, update = handlers["create"], handlers["update"]

    def refuse_without_role(props: Mapping[str, Any]) -> None:
        account = apigateway_v1._account_settings.get("settings") or {}
        if props.get("AccessLogSetting") and not account.get("cloudwatchRoleArn"):
            raise ValueError(_NO_ROLE)

    def keep(outcome: Any, props: Mapping[str, Any]) -> Any:
        asked = props.get("AccessLogSetting") or {}
        stage = apigateway_v1._stages_v1[props["RestApiId"]][props["StageName"]]
        stage[_SETTINGS] = {name[0].lower() + name[1:]: value for name, value in asked.items()}
        return outcome

    def create_with_log(logical_id: str, props: Mapping[str, Any], stack: str) -> Any:
        refuse_without_role(props)
        return keep(create(logical_id, props, stack), props)

    def update_with_log(physical_id: str, old: Any, new: Mapping[str, Any], stack: str) -> Any:
        refuse_without_role(new)
        return keep(update(physical_id, old, new, stack), new)

    handlers["create"], handlers["update"] = create_with_log, update_with_log


def _refuse_roles_that_api_gateway_may_not_assume(assume: Assume) -> None:
    """provisioners.py:5885 gives the account any role."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::Account"]
    create, update = handlers["create"], handlers["update"]

    def refuse(props: Mapping[str, Any]) -> None:
        role = props.get("CloudWatchRoleArn")
        if role:
            try:
                assume(role, _PRINCIPAL, Scope(get_account_id(), get_region()))
            except SageMakerError:
                raise ValueError(_ROLE_NOT_TRUSTED) from None

    def create_trusted(logical_id: str, props: Mapping[str, Any], stack: str) -> Any:
        refuse(props)
        return create(logical_id, props, stack)

    def update_trusted(
        physical_id: str, old: Any, new: Mapping[str, Any], *rest: Any, **named: Any
    ) -> Any:
        refuse(new)
        return update(physical_id, old, new, *rest, **named)

    handlers["create"], handlers["update"] = create_trusted, update_trusted


def _log(exchange: _Exchange, response: Response, assume: Assume) -> None:
    """Write one line to the stage's log; as on AWS, a line that cannot be written is lost."""
    request = exchange.request
    settings = (request.get("stage") or {}).get(_SETTINGS)
    scope = apigateway_v1.find_api_scope(request["api_id"]) if settings else None
    if not settings or scope is None:
        return
    stage = f"{request['api_id']}/{request['stage_name']}"
    stream = hashlib.md5(stage.encode(), usedforsecurity=False).hexdigest()
    line = _line(settings["format"], _variables(exchange, response))
    arn = settings["destinationArn"].removesuffix(":*")
    # API Gateway writes it, and not the caller, whose signature (or none) the context has.
    contextvars.Context().run(_write, line, arn, stream, Scope(*scope), assume)


def _write(line: str, group: str, stream: str, scope: Scope, assume: Assume) -> None:
    with request_scope(scope.account, scope.region):
        role = (apigateway_v1._account_settings.get("settings") or {}).get("cloudwatchRoleArn", "")
        try:
            assumed = assume(role, _PRINCIPAL, scope)
            assumed.require(Need("logs:PutLogEvents", f"{group}:log-stream:{stream}"))
        except SageMakerError:
            return
        names = {"logGroupName": group.split(":", 6)[6], "logStreamName": stream}
        # It refuses a stream that is there.
        cloudwatch_logs._create_log_stream(names)
        cloudwatch_logs._put_log_events(names | {"logEvents": [{"message": line}]})


def _line(template: str, variables: Mapping[str, str]) -> str:
    """A variable without a value is a hyphen."""
    return _VARIABLE.sub(lambda found: variables.get(found[1], "-"), template)


def _variables(exchange: _Exchange, response: Response) -> dict[str, str]:
    status, _headers, body = response
    request = exchange.request
    forwarded = str(request["headers"].get("x-forwarded-for", "127.0.0.1"))
    return {
        "apiId": request["api_id"],
        "domainName": exchange.host.partition(":")[0],
        "httpMethod": exchange.method,
        "identity.sourceIp": forwarded.partition(",")[0].strip(),
        "path": exchange.path,
        "protocol": "HTTP/1.1",
        "requestId": request["request_id"],
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
        "requestTimeEpoch": str(int(time.time() * 1000)),
        "resourcePath": request["resource_path"] or "-",
        "responseLatency": _milliseconds_since(exchange.started),
        "responseLength": str(len(body)),
        "stage": request["stage_name"],
        "status": str(status),
        **exchange.known,
    }


def _milliseconds_since(started: float) -> str:
    return str(round((time.monotonic() - started) * 1000))
