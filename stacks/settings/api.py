"""Who may call a tier's API, and how often."""

from dataclasses import dataclass
from typing import Literal

from stacks.settings.checks import SettingsGroup


@dataclass(frozen=True, kw_only=True)
class ApiSettings(SettingsGroup):
    """What one tier's API asks of its callers. Every field has the default of a sandbox."""

    authorization: Literal["API_KEY", "IAM"] = "API_KEY"
    """Who may call the API: whoever has a key, or AWS principals by SigV4 (and a key
    for throttling: a key alone is not an authentication)."""
    requests_per_second: int = 25
    """The usage plan's steady rate for each key."""
    burst: int = 50
    """The usage plan's burst for each key."""
    requests_per_day: int = 10_000
    """The usage plan's daily quota for each key."""
