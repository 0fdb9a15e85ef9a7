"""How a tier is watched."""

from dataclasses import dataclass
from typing import Literal

from stacks.settings.checks import SettingsGroup


@dataclass(frozen=True, kw_only=True)
class OperationsSettings(SettingsGroup):
    """How one tier is watched. Every field has the default of a sandbox."""

    log_retention: Literal["ONE_WEEK", "ONE_MONTH", "THREE_MONTHS", "ONE_YEAR"] = "ONE_WEEK"
    """How long logs are kept (the CDK's RetentionDays). They never hold review text."""
