"""For each permission of a role, what needs it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from stacks.api_access_logs import LOG_ACTIONS
from tests.end_to_end.acting_tier import ActingTier
from tests.end_to_end.trial_stacks import EVALUATED_JOB, JOB, Outcome, TrialStack, wait_for

LONG_MODEL: Final = {"Epochs": "200", "VectorDim": "300", "EarlyStopping": "False"}
"""Trains for longer than a handler tries to stop it."""


@dataclass(frozen=True)
class Trial:
    """Something that needs a permission."""

    act: Callable[[], Outcome]
    """Does it."""
    again: Callable[[], Outcome] = field(default=lambda: Outcome(True, "", ""))
    """Where the act can simply be gone on with: does so, once the permission is there again."""


Course = Callable[[ActingTier], Trial]
"""Prepares a trial while nothing is missing."""


def creating(parameters: Mapping[str, str] | None = None) -> Course:
    """A first deployment of a model, up to its training job."""
    return lambda tier: Trial(lambda: tier.create(tier.new_model(**(parameters or {}))).created())


def evaluating(tier: ActingTier) -> Trial:
    """A first deployment of a model that is trained already."""
    return Trial(lambda: tier.create({}, EVALUATED_JOB).created())


def stopping(parameters: Mapping[str, str]) -> Course:
    """A deletion while the job runs."""

    def prepare(tier: ActingTier) -> Trial:
        before = set(tier.tier.aws.running_jobs())
        stack = tier.create(tier.new_model(**parameters))
        wait_for(lambda: set(tier.tier.aws.running_jobs()) - before)

        def delete() -> Outcome:
            stack.begin_deletion()
            return stack.deleted()

        return Trial(delete, delete)

    return prepare


def retraining(tier: ActingTier) -> Trial:
    """An update: the job of the version before it must not run on."""
    stack = _created(tier, {})
    return Trial(lambda: stack.updated(**tier.new_model()))


def retraining_without_the_former_data(tier: ActingTier) -> Trial:
    """An update to other data, when the data of the version before it are gone."""
    former, latter = (_copied(tier, "TrainKey", str(number)) for number in range(2))
    # A dataset of two files: the tier's own validation file belongs to other data.
    stack = _created(tier, {"TrainKey": former, "ValidationKey": ""})
    tier.s3.delete_object(Bucket=tier.bucket, Key=former)
    return Trial(lambda: stack.updated(TrainKey=latter))


def evaluation_without_its_data(tier: ActingTier) -> Trial:
    """Another gate, when what was evaluated on is gone: the report of before is found."""
    data = _copied(tier, "TestKey", "evaluation")
    stack = _created(tier, {"EvaluationKey": data}, EVALUATED_JOB)
    tier.s3.delete_object(Bucket=tier.bucket, Key=data)
    return Trial(lambda: stack.updated(MinimumMacroF1="0.05"))


def expiring(tier: ActingTier) -> Trial:
    """The end of a stack, once the tier has served two models."""
    retrained = tier.retrain()
    assert retrained.done, retrained.said
    return Trial(tier.expire, tier.expire)


def waiting_for_a_job(tier: ActingTier) -> Trial:
    """A first deployment, seen from the state machine that asks whether the job is done."""
    stacks: list[TrialStack] = []

    def begin() -> Outcome:
        stacks.append(tier.create(tier.new_model()))
        try:
            wait_for(lambda: "not authorized" in tier.waiter_history())
        except TimeoutError:
            return stacks[-1].created()
        return Outcome(False, "the execution's history", tier.waiter_history())

    def go_on() -> Outcome:
        """The CDK's state machine asks again by itself, every few seconds for an hour."""
        return stacks[-1].created()

    return Trial(begin, go_on)


def _created(
    tier: ActingTier, parameters: Mapping[str, str], kinds: tuple[str, ...] = JOB
) -> TrialStack:
    stack = tier.create(parameters, kinds)
    outcome = stack.created()
    assert outcome.done, outcome.said
    return stack


def _copied(tier: ActingTier, parameter: str, name: str) -> str:
    """A copy of one of the deployed model's files; returns its key."""
    source = tier.tier.parameters(tier.names.machine_learning)[parameter]
    key = f"datasets/trial-{tier.models}-{name}/{source.rsplit('/', 1)[1]}"
    tier.s3.copy_object(
        Bucket=tier.bucket, Key=key, CopySource={"Bucket": tier.bucket, "Key": source}
    )
    return key


def training(tier: ActingTier) -> Trial:
    """A training job."""
    return Trial(tier.train)


def hosting(tier: ActingTier) -> Trial:
    """A model behind an endpoint."""
    return Trial(tier.host)


def calling(tier: ActingTier) -> Trial:
    """A call of the API."""
    return Trial(tier.call, tier.call)


def preparing(tier: ActingTier) -> Trial:
    """A run of the Glue job."""
    return Trial(tier.prepare)


_CHOOSE, _POLL = "ChooseTrainingJobServiceRole", "PollTrainingJobServiceRole"
_EVALUATE, _API = "EvaluationEvaluateServiceRole", "FunctionServiceRole"
_ON_EVENT, _WAITER = "ProviderframeworkonEventServiceRole", "ProviderwaiterstatemachineRole"
_IS_COMPLETE = "ProviderframeworkisCompleteServiceRole"
_ON_TIMEOUT = "ProviderframeworkonTimeoutServiceRole"
_EVALUATION = "EvaluationProviderframeworkonEventServiceRole"
_EMPTIES_THE_BUCKET = "CustomS3AutoDeleteObjectsCustomResourceProviderRole"
_ONE_SEARCHED = {"TuningJobs": "1"}
_SEARCH_JOBS = {"TuningJobs": "50"}

COURSES: Final[Mapping[str, Course]] = {
    f"TrainingJob/{_CHOOSE}: sagemaker:DescribeTrainingJob": creating(),
    f"TrainingJob/{_CHOOSE}: sagemaker:DescribeHyperParameterTuningJob": creating(_ONE_SEARCHED),
    f"TrainingJob/{_CHOOSE}: s3:GetObject": creating(),
    f"TrainingJob/{_CHOOSE}: s3:ListBucket": creating(),
    f"TrainingJob/{_POLL}: sagemaker:CreateTrainingJob": creating(),
    f"TrainingJob/{_POLL}: sagemaker:DescribeTrainingJob": creating(),
    f"TrainingJob/{_POLL}: sagemaker:StopTrainingJob": stopping(LONG_MODEL),
    f"TrainingJob/{_POLL}: sagemaker:CreateHyperParameterTuningJob": creating(_ONE_SEARCHED),
    f"TrainingJob/{_POLL}: sagemaker:DescribeHyperParameterTuningJob": creating(_ONE_SEARCHED),
    f"TrainingJob/{_POLL}: sagemaker:StopHyperParameterTuningJob": stopping(_SEARCH_JOBS),
    f"TrainingJob/{_POLL}: sagemaker:DescribeTrainingJob (of a tuning job)": creating(
        _ONE_SEARCHED
    ),
    f"TrainingJob/{_POLL}: iam:PassRole": creating(),
    f"TrainingJob/{_POLL}: s3:GetObject": retraining,
    f"TrainingJob/{_POLL}: s3:ListBucket": retraining_without_the_former_data,
    f"TrainingJob/{_POLL}: s3:DeleteObject": expiring,
    f"TrainingJob/{_POLL}: ssm:GetParameterHistory": expiring,
    f"TrainingJob/{_ON_EVENT}: lambda:InvokeFunction": creating(),
    f"TrainingJob/{_ON_EVENT}: states:StartExecution": creating(),
    f"TrainingJob/{_IS_COMPLETE}: lambda:InvokeFunction": creating(),
    f"TrainingJob/{_WAITER}: lambda:InvokeFunction": waiting_for_a_job,
    f"TrainingJob/{_EVALUATE}: s3:GetObject": evaluating,
    f"TrainingJob/{_EVALUATE}: s3:PutObject": evaluating,
    f"TrainingJob/{_EVALUATE}: s3:ListBucket": evaluation_without_its_data,
    f"TrainingJob/{_EVALUATION}: lambda:InvokeFunction": evaluating,
    **dict.fromkeys(
        (
            f"TrainingJob/ExecutionRole: {action}"
            for action in (
                "s3:GetObject",
                "s3:ListBucket",
                "s3:PutObject",
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
                "cloudwatch:PutMetricData",
                "ecr:GetAuthorizationToken",
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
                "kms:Decrypt",
                "kms:GenerateDataKey",
                "kms:CreateGrant",
            )
        ),
        training,
    ),
    **dict.fromkeys(
        (
            f"TrainingJob/HostingRole: {action}"
            for action in (
                "s3:GetObject",
                "ecr:GetAuthorizationToken",
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
                "kms:Decrypt",
            )
        ),
        hosting,
    ),
    f"SentimentAnalysis/{_API}: sagemaker:InvokeEndpoint": calling,
    f"SentimentAnalysis/{_API}: ssm:GetParameters": calling,
    f"SentimentAnalysis/{_API}: s3:GetObject": calling,
    # Where the tier has a key of its own: whoever reads or writes its bucket.
    f"TrainingJob/{_CHOOSE}: kms:Decrypt": creating(),
    f"TrainingJob/{_POLL}: kms:Decrypt": retraining,
    f"TrainingJob/{_EVALUATE}: kms:Decrypt": evaluating,
    f"TrainingJob/{_EVALUATE}: kms:GenerateDataKey": evaluating,
    f"SentimentAnalysis/{_API}: kms:Decrypt": calling,
    **dict.fromkeys(
        (
            f"DataPreparation/ExecutionRole: {action}"
            for action in (
                "s3:GetObject",
                "s3:ListBucket",
                "s3:PutObject",
                "s3:DeleteObject",
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "kms:Decrypt",
                "kms:GenerateDataKey",
            )
        ),
        preparing,
    ),
}
"""By stack, role and action."""

_INACTIVE = "asked only where a function that is to be invoked is not active (outbound.ts)"
_NEVER_INVOKES = "granted to all of a provider's functions; this one invokes none (framework.ts)"

_GATEWAYS: Final = "of the account's role for API Gateway; what it may not write is lost"
_TRACED: Final = "Lambda sends its traces, which the embedded AWS has nowhere to send to"
_SILENT: Final = "a function that may not write leaves no log, and nothing says so"
_HOSTED: Final = "SageMaker writes what a container prints, and its metrics; here nobody does"
_MISSING: Final = "without it, S3 says 403 and not 404 of a model that is not there"
_NO_VOLUME: Final = "an endpoint's instances have no volume here"
NOT_TRIED: Final[Mapping[str, str]] = {
    f"TrainingJob/{_ON_EVENT}: lambda:GetFunction": _INACTIVE,
    f"TrainingJob/{_IS_COMPLETE}: lambda:GetFunction": _INACTIVE,
    f"TrainingJob/{_EVALUATION}: lambda:GetFunction": _INACTIVE,
    f"TrainingJob/{_ON_TIMEOUT}: lambda:InvokeFunction": _NEVER_INVOKES,
    f"TrainingJob/{_ON_TIMEOUT}: lambda:GetFunction": _NEVER_INVOKES,
    f"SentimentAnalysis/{_API}: xray:PutTraceSegments": _TRACED,
    f"SentimentAnalysis/{_API}: xray:PutTelemetryRecords": _TRACED,
    **{f"SentimentAnalysis/GatewayLogRole: {action}": _GATEWAYS for action in LOG_ACTIONS},
    **{
        f"{role}: logs:{action}": _SILENT
        for action in ("CreateLogStream", "PutLogEvents")
        for role in (
            *(
                f"TrainingJob/{one}"
                for one in (
                    _CHOOSE,
                    _POLL,
                    _EVALUATE,
                    _ON_EVENT,
                    _IS_COMPLETE,
                    _ON_TIMEOUT,
                    _EVALUATION,
                    _EMPTIES_THE_BUCKET,
                )
            ),
            f"SentimentAnalysis/{_API}",
        )
    },
    **{
        f"TrainingJob/HostingRole: {action}": _HOSTED
        for action in (
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
            "cloudwatch:PutMetricData",
        )
    },
    "TrainingJob/HostingRole: s3:ListBucket": _MISSING,
    "TrainingJob/HostingRole: kms:CreateGrant": _NO_VOLUME,
}
"""What nothing here can be seen to need, and why it is allowed all the same."""
