"""InvokeEndpoint: from the caller to the model's container and back."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import h11

from local_aws.sagemaker.connection_pool import ContainerResponse
from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.data_capture import Exchange
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.invocation_limits import SERVERLESS_PAYLOAD
from local_aws.sagemaker.invocation_metrics import Invocation
from local_aws.sagemaker.process_hosting import INVOCATION_TIMEOUT_S, ProcessHosting

_FORWARDED = {"content-type", "accept", "x-amzn-sagemaker-custom-attributes"}
_TARGET_VARIANT = "x-amzn-sagemaker-target-variant"
_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the"
    " latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)

Response = tuple[int, dict[str, str], bytes]


async def invoke_endpoint(
    plane: ControlPlane, hosting: ProcessHosting, name: str, headers: Mapping[str, str], body: bytes
) -> Response:
    """Answer one InvokeEndpoint from the event loop.

    Raises:
        SageMakerError: `ValidationError` for an endpoint or variant that is not there or a body
            that is too large, `ThrottlingException` for one invocation too many at a time,
            `ModelError` for what the model got wrong, `ServiceUnavailable` when its
            process is gone.
    """
    serverless = plane.endpoints.serverless_config(name)
    with plane.invocations.admitted(name, serverless, body):
        variant, answer = await _ask(plane, hosting, name, headers, body)
    if serverless and len(answer.body) > SERVERLESS_PAYLOAD:
        message = f"Response payload size exceeded {SERVERLESS_PAYLOAD} bytes"
        raise _model_error(plane, name, 500, message)
    answer_headers = {
        # In lower case: ministack (responses.py:719) takes a "Content-Type" of JSON for an
        # envelope of the control plane, and would rewrite it.
        "content-type": answer.headers.get("content-type", "application/octet-stream"),
        "x-Amzn-Invoked-Production-Variant": variant,
    }
    return 200, answer_headers, answer.body


async def _ask(
    plane: ControlPlane,
    hosting: ProcessHosting,
    name: str,
    headers: Mapping[str, str],
    body: bytes,
) -> tuple[str, ContainerResponse]:
    """The variant that answers, and its model's answer."""
    started, target = time.perf_counter(), headers.get(_TARGET_VARIANT)
    try:
        lease = hosting.lease(name, target) if plane.endpoints.serves(name) else None
    except KeyError:
        raise _validation_error(f"Variant {target} of endpoint {name} not found.") from None
    if lease is None:
        raise _validation_error(f"Endpoint {name} of account {plane.scope.account} not found.")
    forwarded = {key: value for key, value in headers.items() if key in _FORWARDED}
    sent, status = time.perf_counter(), None
    try:
        answer = await lease.process.connections.post(
            "/invocations", forwarded, body, timeout_s=INVOCATION_TIMEOUT_S
        )
        status = answer.status
    except TimeoutError:
        raise _model_error(plane, name, 0, _TIMED_OUT) from None
    except (OSError, h11.RemoteProtocolError) as error:
        raise SageMakerError(
            "ServiceUnavailable", f"The model of endpoint {name} is gone: {error}", status=503
        ) from error
    finally:
        lease.process.end_request()
        answered = time.perf_counter()
        invocation = Invocation(
            at=time.time(),
            endpoint=name,
            variant=lease.variant,
            config=lease.config_name if lease.in_rollout else None,
            instances=lease.instances,
            status=status,
            model_us=1e6 * (answered - sent),
            overhead_us=1e6 * (sent - started),
        )
        plane.invocation_metrics.note(invocation)
    if not 200 <= answer.status < 300:
        text = answer.body.decode("utf-8", errors="replace")
        raise _model_error(plane, name, answer.status, text)
    if lease.capture is not None and lease.capture.samples():
        exchange = Exchange(
            settings=lease.capture,
            endpoint=name,
            variant=lease.variant,
            sent_type=headers.get("content-type", ""),
            sent=body,
            answer_type=answer.headers.get("content-type", ""),
            answer=answer.body,
            at=datetime.now(UTC),
        )
        hosting.data_capture.note(exchange)
    return lease.variant, answer


def _validation_error(message: str) -> SageMakerError:
    """The runtime's name for what the control plane calls ValidationException."""
    return SageMakerError("ValidationError", message)


def _model_error(plane: ControlPlane, name: str, status: int, message: str) -> SageMakerError:
    scope = plane.scope
    fault = "client" if 400 <= status < 500 else "server"
    group = f"/aws/sagemaker/Endpoints/{name}"
    console = (
        f"https://{scope.region}.console.aws.amazon.com/cloudwatch/home?region={scope.region}"
        f"#logEventViewer:group={group}"
    )
    return SageMakerError(
        "ModelError",
        f'Received {fault} error ({status}) from model with message "{message}". See {console} in'
        f" account {scope.account} for more information.",
        status=424,
        details={
            "OriginalStatusCode": status,
            "OriginalMessage": message,
            "LogStreamArn": (
                f"arn:{scope.partition}:logs:{scope.region}:{scope.account}:log-group:{group}"
            ),
        },
    )


def error_response(error: SageMakerError) -> Response:
    """An error as both of SageMaker's APIs write it: JSON 1.1, and REST-JSON."""
    shown: dict[str, Any] = {"__type": error.code, "message": error.message}
    shown |= {"Message": error.message, **error.details}
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": error.code}
    return error.status, headers, json.dumps(shown).encode()
