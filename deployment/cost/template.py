"""The synthesized templates of one tier, as far as prices follow from them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class Resource:
    """A resource of a template."""

    stack: str
    name: str
    type: str
    properties: Properties

    def number(self, *path: str | int, default: float | None = None) -> float:
        """A property that is a number.

        Raises:
            ValueError: the template leaves it to CloudFormation, or has none.
        """
        value: Any = self.properties
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                value = default
                break
        try:
            return float(value)
        except (TypeError, ValueError):
            raise ValueError(f"{'.'.join(map(str, path))} is no number") from None


@dataclass(frozen=True)
class Templates:
    """Those of one tier."""

    content: Mapping[str, Mapping[str, Any]]
    """By stack."""

    def all(self) -> Iterator[Resource]:
        """Every resource."""
        for stack, template in self.content.items():
            for name, resource in template.get("Resources", {}).items():
                yield Resource(stack, name, resource["Type"], resource.get("Properties", {}))

    def of(self, *types: str) -> Sequence[Resource]:
        """Those of some types."""
        return [resource for resource in self.all() if resource.type in types]
