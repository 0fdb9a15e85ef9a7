"""Tiers: a name that prefixes every stack, and the settings that come with it.

The decisions in which a sandbox differs from production stand here and nowhere
else; stacks and constructs take them as arguments.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from constructs import Node

from lambdas.training_job.properties import MAX_TUNING_JOBS
from tier_layout.names import TIER_NAME, TIER_NAME_MAX, TierNames

CLOUDFORMATION_CEILING_SECONDS = 3600
"""The longest `ServiceTimeout` of a custom resource."""
CUSTOM_RESOURCE_TIMEOUT_SECONDS = CLOUDFORMATION_CEILING_SECONDS - 60
"""How long CloudFormation waits for the custom resource to answer."""
POLLING_TIMEOUT_SECONDS = CUSTOM_RESOURCE_TIMEOUT_SECONDS - 120
"""How long the Provider framework polls: it must give up before CloudFormation does."""
TRAINING_MARGIN_SECONDS = 600
"""What a job needs around training: its instance's start, the download and the upload
(the upload of a 2.4 GB model took 7 min 36 s)."""


class TierError(ValueError):
    """The tier, or its settings, cannot be deployed. The message lists every problem."""


@dataclass(frozen=True, kw_only=True)
class TierSettings:
    """What a tier decides. Every field has the default of a sandbox.

    Raises:
        TierError: on creation, listing every setting that is out of range.
    """

    instance_type: str | None = None
    """An `ml.*` type that hosts the model, or None for serverless inference,
    which costs nothing while idle.

    SageMaker makes no endpoint on instances serverless again, and gives an autoscaled one no other
    type: `python -m deployment` (make) refuses the one and switches autoscaling off for the other.
    By hand that is two deployments: first with `maximum_instances` lowered to
    `minimum_instances`, then with the new type and the old maximum."""
    minimum_instances: int = 1
    """Instances that always serve. Ignored when serverless."""
    maximum_instances: int = 1
    """Autoscaling's upper bound; equal to the minimum switches autoscaling off."""
    serverless_memory_mb: int = 2048
    """1024 to 6144 MiB in steps of 1024 (SageMaker ServerlessConfig). A model of the
    default shape (80 MB) takes 250 MB in memory."""
    serverless_concurrency: int = 10
    """1 to 200 requests at once (SageMaker ServerlessConfig)."""
    canary: bool = False
    """Whether a new model first serves one instance's traffic, and alarms roll it back."""

    training_instance_type: str = "ml.c5.xlarge"
    """AWS recommends C5 for BlazingText while the training data is below 2 GB."""
    training_volume_gb: int = 30
    """Disk of the training instance: data, model and its archive. 1 to 16384 GiB."""
    training_seconds: int = 2400
    """The job is stopped after this many seconds of training (MaxRuntimeInSeconds)."""
    tuning_parallel_jobs: int = 2
    """How many training jobs a tuning job runs at once, 1 to 50. Fewer learn more from each
    other; new AWS accounts may run few."""
    minimum_accuracy: float = 0.60
    """The quality gate's default: a model of lower validation accuracy (0 to 1) never
    reaches the endpoint. Low, so that a small sample deploys."""
    minimum_macro_f1: float = 0.0
    """The same for the mean of the labels' F1, 0 to 1; 0 switches it off."""

    authorization: Literal["API_KEY", "IAM"] = "API_KEY"
    """Who may call the API: whoever has a key, or AWS principals by SigV4 (and a key
    for throttling: a key alone is not an authentication)."""
    requests_per_second: int = 25
    """The usage plan's steady rate for each key."""
    burst: int = 50
    """The usage plan's burst for each key."""
    requests_per_day: int = 10_000
    """The usage plan's daily quota for each key."""
    retain_data: bool = False
    """Whether the data bucket and the logs outlive the stack."""
    log_retention: Literal["ONE_WEEK", "ONE_MONTH", "THREE_MONTHS", "ONE_YEAR"] = "ONE_WEEK"
    """How long the functions' logs are kept (the CDK's RetentionDays). They never hold review
    text."""

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise TierError("These tier settings cannot be deployed:\n  " + "\n  ".join(problems))

    def _problems(self) -> list[str]:
        checks = [
            (
                self.serverless_memory_mb in range(1024, 6145, 1024),
                f"serverless_memory_mb={self.serverless_memory_mb}: "
                "must be 1024 to 6144 in steps of 1024",
            ),
            (
                1 <= self.serverless_concurrency <= 200,
                f"serverless_concurrency={self.serverless_concurrency}: must be 1 to 200",
            ),
            (
                1 <= self.minimum_instances <= self.maximum_instances,
                f"minimum_instances={self.minimum_instances}, "
                f"maximum_instances={self.maximum_instances}: must be 1 <= minimum <= maximum",
            ),
            (
                self.instance_type is None or self.instance_type.startswith("ml."),
                f"instance_type={self.instance_type!r}: must start with 'ml.', or be None "
                "for serverless inference",
            ),
            (
                not (self.autoscaled and str(self.instance_type).startswith("ml.t")),
                f"instance_type={self.instance_type!r}: autoscaling refuses burstable types",
            ),
            (
                not self.canary or (self.instance_type is not None and self.minimum_instances >= 2),
                "canary=True: needs instance_type and minimum_instances >= 2, because one "
                "instance of at least two may carry the canary (CanarySize <= 50 %)",
            ),
            (
                60 <= self.training_seconds <= POLLING_TIMEOUT_SECONDS - TRAINING_MARGIN_SECONDS,
                f"training_seconds={self.training_seconds}: must be 60 to "
                f"{POLLING_TIMEOUT_SECONDS - TRAINING_MARGIN_SECONDS}, because CloudFormation "
                f"waits {CLOUDFORMATION_CEILING_SECONDS} s at the most",
            ),
            (
                1 <= self.tuning_parallel_jobs <= MAX_TUNING_JOBS,
                f"tuning_parallel_jobs={self.tuning_parallel_jobs}: must be 1 to {MAX_TUNING_JOBS}",
            ),
            (
                1 <= self.training_volume_gb <= 16_384,
                f"training_volume_gb={self.training_volume_gb}: must be 1 to 16384",
            ),
            (
                0 <= self.minimum_accuracy <= 1,
                f"minimum_accuracy={self.minimum_accuracy}: must be 0 to 1",
            ),
            (
                0 <= self.minimum_macro_f1 <= 1,
                f"minimum_macro_f1={self.minimum_macro_f1}: must be 0 to 1",
            ),
        ]
        return [problem for holds, problem in checks if not holds]

    @property
    def autoscaled(self) -> bool:
        """Whether the number of instances follows the traffic."""
        return self.instance_type is not None and self.maximum_instances > self.minimum_instances


@dataclass(frozen=True, kw_only=True)
class Tier(TierNames):
    """A named deployment of the product."""

    settings: TierSettings
    settings_name: str
    """What `-c settings=` calls them."""


SANDBOX = TierSettings()

PRODUCTION = TierSettings(
    instance_type="ml.m5.large",
    minimum_instances=2,
    maximum_instances=4,
    canary=True,
    minimum_accuracy=0.90,
    authorization="IAM",
    requests_per_second=100,
    burst=200,
    requests_per_day=1_000_000,
    retain_data=True,
    log_retention="THREE_MONTHS",
)

SETTINGS = {"Sandbox": SANDBOX, "Production": PRODUCTION}


def tier_from_context(node: "Node") -> Tier:
    """Read the tier from `-c tier=NAME` and, for a name of one's own, `-c settings=NAME`.

    Raises:
        TierError: the tier is missing, its name is refused by CloudFormation, or nothing
            says which settings it takes. The message lists what is allowed.
    """
    name = node.try_get_context("tier")
    settings = node.try_get_context("settings")
    return find_tier(name, settings)


def find_tier(name: str | None, settings: str | None = None) -> Tier:
    """Return the tier of that name; `settings` names the settings of a tier of one's own."""
    known = " or ".join(SETTINGS)
    usage = (
        "  -c tier=Sandbox                   serverless, an API key, removed without a trace\n"
        "  -c tier=Production                autoscaled, IAM, canary rollouts, data retained\n"
        "  -c tier=Alice -c settings=Sandbox a tier of your own, with the settings of one of these"
    )
    if not name:
        raise TierError(f"Which tier? Say one of:\n{usage}")
    if not TIER_NAME.fullmatch(name) or len(name) > TIER_NAME_MAX:
        raise TierError(
            f"The tier name {name!r} cannot prefix a stack: it must start with a letter and hold "
            f"letters, digits and single hyphens only, {TIER_NAME_MAX} characters at the most. "
            f"Say one of:\n{usage}"
        )
    chosen = settings or name
    if chosen not in SETTINGS:
        problem = (
            f"There are no settings named {settings!r}."
            if settings
            else f"The tier {name!r} has no settings of its own."
        )
        raise TierError(f"{problem} Settings are {known}. Say one of:\n{usage}")
    return Tier(name=name, settings=SETTINGS[chosen], settings_name=chosen)
