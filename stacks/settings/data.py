"""How a tier's data are kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from stacks.settings.checks import Check, SettingsGroup


@dataclass(frozen=True, kw_only=True)
class DataSettings(SettingsGroup):
    """How one tier keeps its data. Every field has the default of a sandbox."""

    retain: bool = False
    """Whether the data bucket, the logs and the key outlive the stack."""
    customer_key: bool = False
    """Whether bucket, volumes and logs are encrypted with a KMS key of the tier's own, whose use
    can be seen and taken away ($1 a month, and requests); otherwise with AWS's."""
    access_logs: bool = False
    """Whether S3 notes who read and wrote what, in a bucket of its own."""
    review_text_days: int = 365
    """How long what lies under `raw/`, `evaluations/` and `captures/` is kept: it holds reviews as
    people wrote them. 1 to 3650. A model whose report is gone goes on serving."""
    old_model_days: int = 180
    """How old a model has to be to be deleted when another one has taken over. 30 to 3650. Never
    deleted are the served one and the one that was served before it."""

    def _checks(self) -> Sequence[Check]:
        return (
            (
                1 <= self.review_text_days <= 3650,
                f"review_text_days={self.review_text_days}: must be 1 to 3650",
            ),
            (
                30 <= self.old_model_days <= 3650,
                f"old_model_days={self.old_model_days}: must be 30 to 3650",
            ),
        )
