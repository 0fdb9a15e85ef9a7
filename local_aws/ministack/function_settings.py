"""What Lambda refuses of a function's settings.

Source: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

_RANGES = {"MemorySize": (128, 10_240), "Timeout": (1, 900)}
_ENVIRONMENT_BYTES = 4096


def refused_settings(settings: Mapping[str, Any]) -> str | None:
    """Why Lambda would not have a function with these settings; None when it would.

    Args:
        settings: as of CreateFunction, or the properties of a template, whose numbers may be
            strings.
    """
    problems = list(_problems(settings))
    if problems:
        noun = "error" if len(problems) == 1 else "errors"
        return f"{len(problems)} validation {noun} detected: {'; '.join(problems)}"
    variables = settings.get("Environment", {}).get("Variables", {})
    if len(json.dumps(variables).encode()) > _ENVIRONMENT_BYTES:
        return (
            "Lambda was unable to configure your environment variables because the environment"
            " variables you have provided exceeded the 4KB limit."
        )
    return None


def _problems(settings: Mapping[str, Any]) -> Iterator[str]:
    asked = {name: settings.get(name) for name in _RANGES}
    asked["EphemeralStorage.Size"] = settings.get("EphemeralStorage", {}).get("Size")
    for name, value in asked.items():
        low, high = _RANGES.get(name, (512, 10_240))
        if value is None:
            continue
        where = f"Value '{value}' at '{name[0].lower()}{name[1:]}' failed to satisfy constraint"
        if int(value) > high:
            yield f"{where}: Member must have value less than or equal to {high}"
        if int(value) < low:
            yield f"{where}: Member must have value greater than or equal to {low}"
