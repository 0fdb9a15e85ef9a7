"""How the groups of settings are checked: every problem is found, and told at once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

Check = tuple[bool, str]
"""Whether something holds, and what is wrong where it does not."""


class SettingsGroup:
    """Some settings of a tier, as a frozen dataclass; what it holds may come from `cdk.json`."""

    # How pydantic reads one from JSON: no name that is not there, no value of another type.
    __pydantic_config__: ClassVar[Mapping[str, object]] = {"extra": "forbid", "strict": True}

    def problems(self) -> Iterator[str]:
        """Everything in it that cannot be deployed, with the value and what is allowed."""
        return (problem for holds, problem in self._checks() if not holds)

    def _checks(self) -> Sequence[Check]:
        return ()
