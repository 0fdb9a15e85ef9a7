"""An event of CloudFormation's, as the CDK Provider framework hands it on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

RequestType = Literal["Create", "Update", "Delete"]


@dataclass(frozen=True, kw_only=True)
class ResourceEvent:
    """What CloudFormation asks for.

    The properties are as they came: which there are differs from resource to resource, and a
    rollback brings those of a former version of the stack.
    """

    request: RequestType
    physical_id: str
    """The resource's id; "" in a Create, which gives it one."""
    given: Mapping[str, Any]
    """`ResourceProperties`; every scalar is a string."""
    former: Mapping[str, Any]
    """`OldResourceProperties`; empty unless it is an Update."""

    @classmethod
    def parse(cls, event: Mapping[str, Any]) -> Self:
        """Read the framework's event."""
        return cls(
            request=cast("RequestType", event["RequestType"]),
            physical_id=str(event.get("PhysicalResourceId", "")),
            given=event.get("ResourceProperties", {}),
            former=event.get("OldResourceProperties", {}),
        )

    @property
    def is_update(self) -> bool:
        """Whether the resource exists, and is to become another version."""
        return self.request == "Update"

    @property
    def is_delete(self) -> bool:
        """Whether the resource, or what a cancelled Create has left of it, is to go."""
        return self.request == "Delete"
