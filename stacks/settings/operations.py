"""How a tier is watched."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from stacks.settings.checks import Check, SettingsGroup


@dataclass(frozen=True, kw_only=True)
class OperationsSettings(SettingsGroup):
    """How one tier is watched. Every field has the default of a sandbox."""

    log_retention: Literal["ONE_WEEK", "ONE_MONTH", "THREE_MONTHS", "ONE_YEAR"] = "ONE_WEEK"
    """How long logs are kept (the CDK's RetentionDays). They never hold review text."""
    watched: bool = False
    """Whether the tier is deployed with its stack of dashboard and alarms. The stack costs some
    dollars a month also while nobody calls (`make cost`), so a sandbox goes without."""
    slow_ms: int = 3000
    """The p95 of the API's latency, in milliseconds, from which on somebody is told."""
    busy_day_requests: int = 2_400
    """Requests within 24 hours from which on an hour without any is alarming. At 2,400, an hour
    without one is no chance; an API that sleeps at night needs more than it has in a day."""
    monthly_budget_usd: int = 0
    """US dollars a month, of the whole account, beyond which somebody is told; 0 for none."""

    def _checks(self) -> Sequence[Check]:
        return (
            (
                1 <= self.slow_ms <= 29_000,
                f"slow_ms={self.slow_ms}: must be 1 to 29000, the gateway's own limit",
            ),
            (
                self.busy_day_requests >= 1,
                f"busy_day_requests={self.busy_day_requests}: must be 1 or more",
            ),
            (
                self.monthly_budget_usd >= 0,
                f"monthly_budget_usd={self.monthly_budget_usd}: must be 0 (none) or more",
            ),
        )
