"""Who may call a tier's API, how often, and from where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from stacks.settings.checks import Check, SettingsGroup

_ORIGIN = re.compile(r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?")
"""A web origin as browsers send it: scheme, host in lower case, and no path (RFC 6454, 6.2)."""


@dataclass(frozen=True, kw_only=True)
class ApiSettings(SettingsGroup):
    """What one tier's API asks of its callers. Every field has the default of a sandbox."""

    authorization: Literal["iam", "api-key", "none"] = "api-key"
    """Who may label texts: AWS principals by SigV4 (and a key for throttling: a key alone is not
    an authentication), whoever has a key, or everybody."""
    open_to_everyone: bool = False
    """Says that `none` is meant: whoever finds the URL uses the model at the tier's cost."""
    requests_per_second: int = 25
    """The usage plan's steady rate for each key."""
    burst: int = 50
    """The usage plan's burst for each key."""
    requests_per_day: int = 10_000
    """The usage plan's quota for each key. A day ends at midnight UTC."""
    total_requests_per_second: int = 50
    """The steady rate of `POST /sentiment`, of all callers together."""
    total_burst: int = 100
    """The burst of `POST /sentiment`, of all callers together."""
    open_requests_per_second: int = 5
    """The steady rate of every other route, none of which needs a key or a signature."""
    open_burst: int = 10
    """The burst of every other route."""
    cors_origins: tuple[str, ...] = ()
    """The web origins whose pages may call the API from a browser: `https://app.example.com`."""

    def _checks(self) -> Sequence[Check]:
        return [
            (
                self.authorization != "none" or self.open_to_everyone,
                "authorization='none' lets everybody use the model at this account's cost. Set "
                "open_to_everyone=true if that is meant, or take 'iam' or 'api-key'.",
            ),
            (
                self.authorization == "none" or not self.open_to_everyone,
                f"open_to_everyone=true says nothing of authorization={self.authorization!r}: "
                "leave one of them out.",
            ),
            *(
                (getattr(self, name) >= 1, f"{name}={getattr(self, name)!r} must be at least 1.")
                for name in _LIMITS
            ),
            (
                self.total_requests_per_second >= self.requests_per_second
                and self.total_burst >= self.burst,
                f"total_requests_per_second={self.total_requests_per_second} and total_burst="
                f"{self.total_burst} must not be under what one key has: requests_per_second="
                f"{self.requests_per_second} and burst={self.burst}.",
            ),
            *(
                (
                    _ORIGIN.fullmatch(origin) is not None,
                    f"cors_origins has {origin!r}, which is no origin: say scheme and host, and "
                    "the port if it is not the scheme's, such as https://app.example.com; no '*', "
                    "no path, no slash at the end, no capital letter.",
                )
                for origin in self.cors_origins
            ),
        ]


_LIMITS = (
    "requests_per_second",
    "burst",
    "requests_per_day",
    "total_requests_per_second",
    "total_burst",
    "open_requests_per_second",
    "open_burst",
)
