"""The Model and EndpointConfig operations of the control plane."""

import threading
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_aws.sagemaker.clock import Clock
from local_aws.sagemaker.errors import invalid
from local_aws.sagemaker.listing import select
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.tags import Tags


@dataclass(frozen=True)
class Definition:
    """A Model or an EndpointConfig: what was asked for, which never changes."""

    name: str
    arn: str
    request: dict[str, Any]
    created: datetime


class Definitions:
    """The models, or the endpoint configs, of one account and region."""

    def __init__(
        self,
        kind: str,
        *,
        member: str,
        check: Callable[[Mapping[str, Any]], None],
        scope: Scope,
        tags: Tags,
        lock: threading.RLock,
        clock: Clock,
    ) -> None:
        """Keep one kind of definition.

        Args:
            kind: as in ARNs: `model` or `endpoint-config`.
            member: how the API's members begin: `Model` or `EndpointConfig`.
            check: refuses a Create request for reasons that the shapes cannot say.
            scope: the account and region.
            tags: where tags are kept.
            lock: the control plane's lock.
            clock: the control plane's clock.
        """
        self._kind, self._member, self._check = kind, member, check
        self._scope, self._tags, self._lock, self._clock = scope, tags, lock, clock
        self._all: dict[str, Definition] = {}

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """CreateModel or CreateEndpointConfig."""
        name = request[f"{self._member}Name"]
        arn = self._scope.arn(self._kind, name)
        self._check(request)
        with self._lock:
            # By ARN, which has the name in lower case: an ARN is of one resource.
            if any(one.arn == arn for one in self._all.values()):
                raise invalid(f'Cannot create already existing {self._words} "{arn}".')
            kept = {key: deepcopy(value) for key, value in request.items() if key != "Tags"}
            self._all[name] = Definition(name, arn, kept, self._clock())
            self._tags.register(arn, request.get("Tags", ()))
        return {f"{self._member}Arn": arn}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DescribeModel or DescribeEndpointConfig."""
        found = self.find(request[f"{self._member}Name"])
        return deepcopy(found.request) | {
            f"{self._member}Arn": found.arn,
            "CreationTime": found.created,
        }

    def list_all(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """ListModels or ListEndpointConfigs."""
        with self._lock:
            rows = [
                {
                    f"{self._member}Name": one.name,
                    f"{self._member}Arn": one.arn,
                    "CreationTime": one.created,
                }
                for one in self._all.values()
            ]
        page, token = select(rows, request, name=f"{self._member}Name")
        return {f"{self._member}s": page} | ({"NextToken": token} if token else {})

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DeleteModel or DeleteEndpointConfig."""
        with self._lock:
            found = self.find(request[f"{self._member}Name"])
            del self._all[found.name]
            self._tags.forget(found.arn)
        return {}

    def find(self, name: str) -> Definition:
        """The definition with this name.

        Raises:
            SageMakerError: `ValidationException`, with the ARN that was looked for.
        """
        with self._lock:
            if name not in self._all:
                arn = self._scope.arn(self._kind, name)
                raise invalid(f'Could not find {self._words} "{arn}".')
            return self._all[name]

    def snapshot(self) -> list[Definition]:
        """Every definition, for the state file."""
        with self._lock:
            return list(self._all.values())

    def restore(self, definitions: list[Definition]) -> None:
        """Take over what `snapshot` gave."""
        with self._lock:
            self._all = {one.name: one for one in definitions}

    @property
    def _words(self) -> str:
        return "endpoint configuration" if self._kind == "endpoint-config" else self._kind
