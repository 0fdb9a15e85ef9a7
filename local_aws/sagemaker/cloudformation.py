"""`AWS::SageMaker::Model`, `EndpointConfig` and `Endpoint` for ministack's CloudFormation.

Property names are those of the API with three exceptions that the resource
reference has, and `Ref` gives the ARN. What replaces a resource, and that these
handlers block, is told to ministack in `ministack/gaps.py`.
"""

import secrets
import string
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.validation import service_model

Attributes = dict[str, str]
Handlers = dict[str, Callable[..., Any] | bool]

_POLL_S = 0.1
_UNDER_WAY = {"Creating", "Updating", "SystemUpdating", "RollingBack"}
_NAME_LENGTH = 63
_SUFFIX_LENGTH = 12

_SCALARS: dict[str, Callable[[Any], Any]] = {
    "string": str,
    "boolean": lambda value: str(value).lower() == "true",
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
}


class SageMakerTypes:
    """The handlers of the three resource types; each call blocks until AWS would be done."""

    def __init__(self, plane: Callable[[], ControlPlane]) -> None:
        """Provision resources.

        Args:
            plane: gives the control plane of the stack that is being deployed.
        """
        self._plane = plane

    def handlers(self) -> dict[str, Handlers]:
        """What to enter into ministack's table of resource handlers."""
        return {
            "AWS::SageMaker::Model": self._definition("Model"),
            "AWS::SageMaker::EndpointConfig": self._definition("EndpointConfig"),
            "AWS::SageMaker::Endpoint": {
                "create": self._create_endpoint,
                "update": self._update_endpoint,
                "delete": self._delete_endpoint,
            },
        }

    def _definition(self, member: str) -> Handlers:
        def create(logical_id: str, props: Mapping[str, Any], stack: str) -> tuple[str, Attributes]:
            request = _request(f"Create{member}", props)
            name = request.setdefault(f"{member}Name", _generated_name(stack, logical_id))
            answer = self._plane().call(f"Create{member}", request)
            return answer[f"{member}Arn"], {f"{member}Name": name, "Id": answer[f"{member}Arn"]}

        def update(
            arn: str, old: Mapping[str, Any], new: Mapping[str, Any], _stack: str
        ) -> tuple[str, Attributes]:
            # Every other property replaces the resource, so only tags get here.
            self._retag(arn, old, new)
            return arn, {f"{member}Name": self._name_of(member, arn), "Id": arn}

        def delete(arn: str, _props: Mapping[str, Any]) -> None:
            name = self._find_name(member, arn)
            if name is not None:
                self._plane().call(f"Delete{member}", {f"{member}Name": name})

        return {"create": create, "update": update, "delete": delete}

    def _create_endpoint(
        self, logical_id: str, props: Mapping[str, Any], stack: str
    ) -> tuple[str, Attributes]:
        request = _request("CreateEndpoint", props)
        name = request.setdefault("EndpointName", _generated_name(stack, logical_id))
        arn = self._plane().call("CreateEndpoint", request)["EndpointArn"]
        try:
            self._wait(name)
        except ValueError:
            # CloudFormation does not learn the physical id of a create that failed, so
            # its rollback could not delete the endpoint.
            self._plane().call("DeleteEndpoint", {"EndpointName": name})
            raise
        return arn, {"EndpointName": name}

    def _update_endpoint(
        self, arn: str, old: Mapping[str, Any], new: Mapping[str, Any], _stack: str
    ) -> tuple[str, Attributes]:
        name = self._name_of("Endpoint", arn)
        self._retag(arn, old, new)
        if _without_tags(old) != _without_tags(new):
            request = _request("UpdateEndpoint", {**new, "EndpointName": name})
            self._plane().call("UpdateEndpoint", request)
            self._wait(name)
        return arn, {"EndpointName": name}

    def _delete_endpoint(self, arn: str, _props: Mapping[str, Any]) -> None:
        name = self._find_name("Endpoint", arn)
        if name is not None:
            self._plane().call("DeleteEndpoint", {"EndpointName": name})

    def _wait(self, name: str) -> None:
        """Wait until the endpoint is in service.

        Raises:
            ValueError: it failed, or serves what it served before the update; with the
                words that CloudFormation shows.
        """
        while True:
            endpoint = self._plane().call("DescribeEndpoint", {"EndpointName": name})
            if endpoint["EndpointStatus"] not in _UNDER_WAY:
                break
            time.sleep(_POLL_S)
        if "FailureReason" in endpoint:
            raise ValueError(
                f"Resource of type 'AWS::SageMaker::Endpoint' with identifier '{name}' did not"
                f" stabilize: {endpoint['FailureReason']}"
            )

    def _retag(self, arn: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        before, after = old.get("Tags", []), new.get("Tags", [])
        kept = {tag["Key"] for tag in after}
        dropped = [tag["Key"] for tag in before if tag["Key"] not in kept]
        if dropped:
            self._plane().call("DeleteTags", {"ResourceArn": arn, "TagKeys": dropped})
        if after and before != after:
            self._plane().call("AddTags", {"ResourceArn": arn, "Tags": after})

    def _name_of(self, member: str, arn: str) -> str:
        name = self._find_name(member, arn)
        if name is None:
            raise SageMakerError("NotFound", f"There is no {member} with the ARN {arn}.")
        return name

    def _find_name(self, member: str, arn: str) -> str | None:
        """The name behind an ARN, whose own name part is in lower case."""
        listing: dict[str, Any] = {"MaxResults": 100}
        rows_member = f"{member}s"
        while True:
            page = self._plane().call(f"List{rows_member}", listing)
            for row in page[rows_member]:
                if row[f"{member}Arn"] == arn:
                    return str(row[f"{member}Name"])
            if "NextToken" not in page:
                return None
            listing["NextToken"] = page["NextToken"]


def _request(operation: str, props: Mapping[str, Any]) -> dict[str, Any]:
    """A resource's properties as the request of an API operation."""
    shape = service_model().operation_model(operation).input_shape
    request = _typed(shape, props)
    return {member: value for member, value in request.items() if value is not None}


def _typed(shape: Shape | None, value: Any) -> Any:
    """Properties with the API's types: templates carry numbers and booleans as strings too."""
    if isinstance(shape, StructureShape):
        given = {name: value[name] for name in shape.members if name in value}
        return {name: _typed(shape.members[name], one) for name, one in given.items()}
    if isinstance(shape, ListShape):
        return [_typed(shape.member, one) for one in value]
    if isinstance(shape, MapShape):
        return {key: _typed(shape.value, one) for key, one in value.items()}
    convert = _SCALARS.get(shape.type_name) if shape is not None else None
    return convert(value) if convert is not None and isinstance(value, str | int | float) else value


def _without_tags(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in props.items() if key != "Tags"}


def _generated_name(stack: str, logical_id: str) -> str:
    """A name of CloudFormation's kind, new each time, so that a successor can come first."""
    alphabet = string.ascii_letters + string.digits
    suffix = "".join(secrets.choice(alphabet) for _ in range(_SUFFIX_LENGTH))
    stem = f"{stack}-{logical_id}"[: _NAME_LENGTH - _SUFFIX_LENGTH - 1].rstrip("-")
    return f"{stem}-{suffix}"
