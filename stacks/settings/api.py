"""Who may call a tier's API, how often, and from where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from stacks.settings.checks import Check, SettingsGroup

_ORIGIN = re.compile(r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?")
"""A web origin as browsers send it: scheme, host in lower case, and no path (RFC 6454, 6.2)."""
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]{36}")

MINIMUM_FIREWALL_RATE = 10
MAXIMUM_FIREWALL_RATE = 2_000_000_000
"""What a rate-based rule of AWS WAF may count to (WAFv2, RateBasedStatement, Limit)."""


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
    tracing: bool = False
    """Whether X-Ray follows requests through the gateway and the function."""
    reserved_concurrency: int | None = None
    """How many requests the function may answer at once, whatever else runs in the account; None
    takes what is left. The account keeps 100 unreserved (Lambda's quota)."""
    access_logs: bool = False
    """Whether the gateway writes a line for each request, never a text: what the function does not
    see (403, 429) stands nowhere else."""
    account_log_role: bool = True
    """Whether the stack gives the account the role with which API Gateway writes logs. The account
    has one in each region, and keeps it when the tier is gone; False where it has one already."""
    firewall: bool = False
    """Whether AWS WAF stands before the API, with AWS's common rules and a rate for each address.
    It costs while idle, too."""
    firewall_requests: int = 2000
    """Requests that one address may send within five minutes, where there is a firewall."""
    domain_name: str | None = None
    """A domain of one's own for the API (TLS 1.2 or later), such as `api.example.com`."""
    certificate_arn: str | None = None
    """The certificate for it, in AWS Certificate Manager of the stack's region."""

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
            (
                self.reserved_concurrency is None or self.reserved_concurrency >= 1,
                f"reserved_concurrency={self.reserved_concurrency!r} must be at least 1 (0 lets no "
                "request through), or null for what is left of the account's.",
            ),
            (
                MINIMUM_FIREWALL_RATE <= self.firewall_requests <= MAXIMUM_FIREWALL_RATE,
                f"firewall_requests={self.firewall_requests!r} must be {MINIMUM_FIREWALL_RATE} to "
                f"{MAXIMUM_FIREWALL_RATE} (AWS WAF's limits).",
            ),
            (
                (self.domain_name is None) == (self.certificate_arn is None),
                f"domain_name={self.domain_name!r} and certificate_arn={self.certificate_arn!r} "
                "go together: give both, or none.",
            ),
            (
                self.domain_name is None or _DOMAIN.fullmatch(self.domain_name) is not None,
                f"domain_name={self.domain_name!r} is no host name: say one such as "
                "api.example.com, in lower case, without https:// and without a path.",
            ),
            (
                self.certificate_arn is None
                or _CERTIFICATE.fullmatch(self.certificate_arn) is not None,
                f"certificate_arn={self.certificate_arn!r} is no certificate's: it looks like "
                "arn:aws:acm:REGION:ACCOUNT:certificate/ID (`aws acm list-certificates`).",
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
