"""What becomes of a tier's data."""

from dataclasses import dataclass

from stacks.settings.checks import SettingsGroup


@dataclass(frozen=True, kw_only=True)
class DataSettings(SettingsGroup):
    """How one tier keeps its data. Every field has the default of a sandbox."""

    retain: bool = False
    """Whether the data bucket and the logs outlive the stack."""
