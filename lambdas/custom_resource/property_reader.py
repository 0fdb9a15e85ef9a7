"""Reads a custom resource's properties, which CloudFormation sends as strings."""

import math
import re
from collections.abc import Mapping
from typing import Any

from lambdas.custom_resource.messages import shown


class PropertyReader:
    """Reads values one by one and remembers what was wrong with each."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.problems: list[str] = []
        """One sentence a value, without a full stop."""

    def text(self, name: str, pattern: str, expected: str) -> str:
        """Return a text that matches the whole pattern; "" when it does not."""
        value = self.given.get(name)
        if value is None or value == "":
            self.problems.append(f"{name} is missing: it must be {expected}")
            return ""
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            self.problems.append(f"{name} must be {expected}, not {shown(value)}")
            return ""
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        """Return a whole number; one below `low` when there is none."""
        value = self.given.get(name)
        try:
            number = int(str(value))
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            self.problems.append(
                f"{name} must be a whole number from {low} to {high}, not {shown(value)}"
            )
        return number

    def fraction(self, name: str) -> float:
        """Return a number from 0 to 1; not a number when there is none."""
        value = self.given.get(name)
        try:
            number = float(str(value))
        except ValueError:
            number = math.nan
        if not 0 <= number <= 1:
            self.problems.append(f"{name} must be a number from 0 to 1, not {shown(value)}")
        return number

    def switch(self, name: str) -> bool:
        """Return whether the value is `true`; anything but true and false is a problem."""
        value = str(self.given.get(name)).lower()
        if value not in {"true", "false"}:
            self.problems.append(f"{name} must be true or false, not {shown(self.given.get(name))}")
        return value == "true"
