"""What `status` knows of a tier. `--json` prints these classes as they are: see docs/status.md.

Every field is always there, null where nothing is known. Fields may be added; one that changes
its meaning changes `FORMAT`.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

from deployment.cost.price_table import PRICES_AS_OF, PRICES_REGION

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class StackStatus:
    """One of the tier's stacks."""

    name: str
    status: str | None
    """CloudFormation's, such as UPDATE_COMPLETE; null when there is no such stack."""
    reason: str | None
    """Why it is in this state, where CloudFormation says so."""
    last_deployed: datetime | None
    """When its last update began, or its creation."""


@dataclass(frozen=True, kw_only=True)
class JobStatus:
    """A training job."""

    name: str
    status: str | None
    """SageMaker's: InProgress, Completed, Failed, Stopping or Stopped. Null when SageMaker does
    not know the job: it was trained in another account or region."""
    failure_reason: str | None
    instance_type: str | None
    started: datetime | None
    """When training began, or the job was accepted as long as it has not begun."""
    duration_seconds: int | None
    """Until it ended, or until now."""
    tuning_job: str | None
    """The tuning job that ran it; null for one of its own."""
    imported: bool
    """Whether the tier serves this job's model without having trained it: `promote` brought it."""


@dataclass(frozen=True, kw_only=True)
class DataStatus:
    """What a training job learned from."""

    bucket: str | None
    train_key: str | None
    validation_key: str | None
    """What early stopping and tuning looked at; null where it was the test file."""
    test_key: str | None
    content_hash: str | None
    """Of all files, as in the keys that `upload` gives; null for keys of another kind."""
    rows: dict[str, int] | None
    """Texts, for `train`, `validation` and `test`; from the dataset.json beside the files, as are
    the next."""
    labels: dict[str, dict[str, int]] | None
    """Texts of each label, for the same."""
    sha256: dict[str, str] | None
    """Of each file."""
    normaliser_version: str | None
    """The text normaliser that prepared it."""
    manifest_problem: str | None
    """Why nothing is known of the rows."""


@dataclass(frozen=True, kw_only=True)
class QualityStatus:
    """How good the model that serves was found to be."""

    accuracy: float
    """0 to 1."""
    measured_by: Literal["evaluation", "validation"]
    """The evaluation of the trained model, or the training job on its validation channel."""
    evaluated_on: str | None
    """Key of the reviews that the model was asked about; null where nothing was evaluated."""
    validated_on: str | None
    """Key of the reviews that early stopping and tuning looked at: where they are the same, the
    accuracy is optimistic. Null where it is not known."""
    macro_f1: float | None
    report: str | None
    """The s3:// address of the evaluation's page."""


@dataclass(frozen=True, kw_only=True)
class ParameterStatus:
    """A parameter of the model's stack."""

    name: str
    value: str
    """What counts: where the tier's settings decide, what they say."""
    source: str
    """Where it comes from: "the default", "the tier's settings", kept from an earlier deployment,
    set by a person."""


@dataclass(frozen=True, kw_only=True)
class VariantStatus:
    """A production variant: on instances, or serverless."""

    name: str
    instance_type: str | None
    instances: int | None
    """How many there are now."""
    serverless_memory_mb: int | None
    serverless_concurrency: int | None
    """Requests at once, at the most."""
    provisioned_concurrency: int | None
    """What of it is kept warm, and paid for."""


@dataclass(frozen=True, kw_only=True)
class EndpointStatus:
    """The tier's endpoint."""

    name: str
    status: str
    """SageMaker's: InService, Creating, Updating, RollingBack, Failed, ..."""
    failure_reason: str | None
    variants: list[VariantStatus]


@dataclass(frozen=True, kw_only=True)
class IdleCost:
    """What the endpoint costs while nobody calls it. Storage and logs come on top."""

    usd_per_hour: float | None
    """Null when it is not known: an instance type without a price, provisioned concurrency."""
    prices_region: str = PRICES_REGION
    """The region whose prices these are, wherever the tier is."""
    prices_as_of: str = PRICES_AS_OF


@dataclass(frozen=True, kw_only=True)
class TierStatus:
    """Everything that `status` shows."""

    tier: str
    region: str
    stacks: list[StackStatus]
    training_job: JobStatus | None
    """The one whose model serves."""
    latest_job: JobStatus | None
    """The tier's newest one, if it is another: under way, failed, or refused by the gate."""
    data: DataStatus | None
    """What `training_job` learned from or, without one, `latest_job`."""
    quality: QualityStatus | None
    parameters: list[ParameterStatus]
    """Of the model's stack, in its order; empty as long as there is no such stack."""
    endpoint: EndpointStatus | None
    model_data_url: str | None
    """The s3:// address of the model that serves."""
    api_url: str | None
    idle_cost: IdleCost

    def to_json(self) -> str:
        """One JSON object; times are UTC, to the second."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=2, default=_iso)


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
