"""What the CDK Provider framework and CloudFormation do with the two handlers.

The rules are those of `provider-framework/runtime/framework.js` in aws-cdk-lib 2.275
and of CloudFormation's custom resources: what goes in and out is JSON, a failed Create
gets a marker id whose Delete is ignored, and an update that fails is followed by an
Update with the old properties.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from tests.lifecycle.faults import ProcessDeath

CREATE_FAILED = "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"
MAX_POLLS = 100

Json = dict[str, Any]


class Handlers(Protocol):
    """The two functions that the framework calls."""

    def on_event(self, event: Json) -> Json: ...
    def is_complete(self, event: Json) -> Json: ...


def load_event(name: str) -> Json:
    """Read one of the events that CloudFormation sends."""
    event: Json = json.loads(_event_text(name))
    return event


@cache
def _event_text(name: str) -> str:
    return (Path(__file__).parent / "events" / f"{name}.json").read_text()


@dataclass
class Response:
    """What CloudFormation is told."""

    physical_id: str
    reason: str = ""
    data: Json = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.reason


class Operation:
    """One event on its way: `on_event` was called, and `poll` calls `is_complete`."""

    def __init__(self, lifecycle: Handlers, event: Json) -> None:
        self._lifecycle = lifecycle
        self.event = copy.deepcopy(event)
        self.response: Response | None = None
        try:
            answer = _as_json(lifecycle.on_event(_as_json(event)))
        except (Exception, ProcessDeath) as error:  # the framework answers whatever happens
            self._fail(error)
            return
        if event["RequestType"] == "Delete":
            assert answer["PhysicalResourceId"] == event["PhysicalResourceId"]
        self.event |= answer

    def poll(self) -> Response | None:
        """Call `is_complete` once; the response when that ended the operation."""
        if self.response is None:
            try:
                answer = _as_json(self._lifecycle.is_complete(_as_json(self.event)))
            except (Exception, ProcessDeath) as error:  # the framework answers whatever happens
                self._fail(error)
                return self.response
            if answer["IsComplete"]:
                self.response = Response(self.physical_id, data=answer.get("Data", {}))
            else:
                assert not answer.get("Data"), "the framework refuses Data before completion"
        return self.response

    @property
    def physical_id(self) -> str:
        return str(self.event["PhysicalResourceId"])

    def fail_to_wait(self, request: Json) -> None:
        """`on_event` succeeded, and the framework could not start its state machine.

        It answers with the event as it came: without an id if it is a Create.
        """
        self.event = copy.deepcopy(request)
        self._fail(RuntimeError("ThrottlingException: StartExecution"))

    def _fail(self, error: BaseException) -> None:
        self.event.setdefault("PhysicalResourceId", CREATE_FAILED)
        self.response = Response(self.physical_id, reason=str(error) or "error")


def run(lifecycle: Handlers, event: Json, between_polls: Callable[[], None]) -> Response:
    """Run one event to its end, as the framework does."""
    if event["RequestType"] == "Delete" and event["PhysicalResourceId"] == CREATE_FAILED:
        return Response(CREATE_FAILED)
    operation = Operation(lifecycle, event)
    for _ in range(MAX_POLLS):
        response = operation.poll()
        if response:
            return response
        between_polls()
    return Response(operation.physical_id, reason="Operation timed out")


@dataclass
class Resource:
    """CloudFormation's view of the one custom resource of a stack."""

    lifecycle: Handlers
    between_polls: Callable[[], None]
    properties: Json | None = None
    physical_id: str = ""

    def create(self, properties: Json) -> Response:
        """Create, and on failure roll back: Delete under whatever id came back."""
        event = load_event("create") | {"ResourceProperties": properties}
        response = run(self.lifecycle, event, self.between_polls)
        if response.ok:
            self.properties, self.physical_id = properties, response.physical_id
        else:
            self._delete(response.physical_id, properties)
        return response

    def update(self, properties: Json, *, id_kept: bool = True, then: str = "") -> Response:
        """Update, and on failure roll back.

        Args:
            properties: What the stack asks for now.
            id_kept: Whether CloudFormation goes on with the former id after a failed
                update, or with the one that the failed update returned.
            then: A reason for which the stack fails after this resource has succeeded.
        """
        assert self.properties is not None
        former_properties, former_id = self.properties, self.physical_id
        response = self._update(former_id, properties, former_properties)
        if response.ok and not then:
            self.properties, self.physical_id = properties, response.physical_id
            if former_id != response.physical_id:
                assert self._delete(former_id, former_properties).ok
            return response
        reached = former_id if not response.ok and id_kept else response.physical_id
        rollback = self._update(reached, former_properties, properties)
        assert rollback.ok, f"UPDATE_ROLLBACK_FAILED: {rollback.reason}"
        self.physical_id = rollback.physical_id
        if reached != rollback.physical_id:
            assert self._delete(reached, properties).ok
        return response if not response.ok else Response(response.physical_id, reason=then)

    def delete(self) -> Response:
        assert self.properties is not None
        return self._delete(self.physical_id, self.properties)

    def _update(self, physical_id: str, properties: Json, former: Json) -> Response:
        event = load_event("update") | {
            "PhysicalResourceId": physical_id,
            "ResourceProperties": properties,
            "OldResourceProperties": former,
        }
        return run(self.lifecycle, event, self.between_polls)

    def _delete(self, physical_id: str, properties: Json) -> Response:
        event = load_event("delete") | {
            "PhysicalResourceId": physical_id,
            "ResourceProperties": properties,
        }
        return run(self.lifecycle, event, self.between_polls)


def _as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))
