"""What runs in a tier, read from CloudFormation, SageMaker and the data bucket."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from deployment.served_model import validated_on
from deployment.stack_parameters import Given, choose, declared_parameters
from deployment.status.aws_reads import Aws, is_absent
from deployment.status.data import data_of_job, data_of_keys
from deployment.status.endpoint import find_endpoint, idle_cost
from deployment.status.fields import ParameterStatus, QualityStatus, StackStatus, TierStatus
from deployment.status.jobs import described_job, job_status, newest_job
from deployment.tier_stacks import outputs_of, parameters_of
from tier_layout.dataset_keys import DatasetKeys
from tier_layout.names import TierNames
from tier_layout.s3_address import S3Address


@dataclass(frozen=True, kw_only=True)
class _Stack:
    """A stack as CloudFormation describes it; an empty description when there is none."""

    name: str
    described: Mapping[str, Any]

    @property
    def outputs(self) -> dict[str, str]:
        return outputs_of(self.described)

    @property
    def parameters(self) -> dict[str, str]:
        return parameters_of(self.described)

    @property
    def serves_imported(self) -> bool:
        """Whether the model that serves was brought in.

        While an update is under way, the parameters are already those of the next model.
        """
        url = self.outputs.get("ModelDataUrl")
        return bool(url) and self.parameters.get("ModelDataUrl") == url

    def status(self) -> StackStatus:
        return StackStatus(
            name=self.name,
            status=self.described.get("StackStatus"),
            reason=self.described.get("StackStatusReason") or None,
            last_deployed=self.described.get("LastUpdatedTime")
            or self.described.get("CreationTime"),
        )


def read_status(tier: TierNames, aws: Aws, *, now: datetime) -> TierStatus:
    """What runs in a tier; one that is half deployed is described as it is.

    Args:
        tier: its tier.
        aws: where to look.
        now: an aware time, for how long a job has been under way.

    Raises:
        ValueError: none of the tier's stacks exists.
        botocore.exceptions.ClientError: AWS refuses to say.
    """
    stacks = {name: _stack(aws, name) for name in tier.stacks}
    optional = [_stack(aws, name) for name in tier.optional_stacks]
    shown = [*stacks.values(), *(stack for stack in optional if stack.described)]
    if not any(stack.described for stack in shown):
        raise ValueError(
            f"There is no tier {tier.name!r} in {aws.region}, in the account that the environment "
            f"points at: no stack {' and no '.join(stacks)}. Say another tier, AWS_PROFILE or "
            f"AWS_DEFAULT_REGION, or deploy it: make deploy TIER={tier.name}"
        )
    bucket = stacks[tier.training_job].outputs.get("DataBucketName")
    model = stacks[tier.machine_learning]
    served = model.outputs.get("TrainingJobName") or None
    imported = model.serves_imported
    latest = newest_job(aws, tier, other_than=served)
    served_job, latest_job = (described_job(aws, name) for name in (served, latest))
    # What an imported model's job was given may be in another tier's bucket.
    asked = DatasetKeys(
        train=model.parameters.get("TrainKey", ""),
        validation=model.parameters.get("ValidationKey", ""),
        test=model.parameters.get("TestKey", ""),
    )
    data = None if imported else data_of_job(aws, served_job or latest_job, asked=asked)
    endpoint = find_endpoint(aws, model.outputs.get("EndpointName", tier.endpoint_name))
    return TierStatus(
        tier=tier.name,
        region=aws.region,
        stacks=[stack.status() for stack in shown],
        training_job=job_status(served, served_job, now, imported=imported) if served else None,
        latest_job=job_status(latest, latest_job, now) if latest else None,
        data=data or data_of_keys(aws, bucket, asked),
        quality=_quality(model.outputs, bucket),
        parameters=_parameters(aws, model),
        endpoint=endpoint,
        model_data_url=model.outputs.get("ModelDataUrl"),
        api_url=stacks[tier.sentiment_analysis].outputs.get("ApiUrl"),
        idle_cost=idle_cost(endpoint),
    )


def _stack(aws: Aws, name: str) -> _Stack:
    try:
        (described,) = aws.cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if not is_absent(error):
            raise
        described = {}
    return _Stack(name=name, described=described)


def _parameters(aws: Aws, model: _Stack) -> list[ParameterStatus]:
    """What each parameter is and why, as the next deployment would find it."""
    if not model.described:
        return []
    template = aws.cloudformation.get_template(StackName=model.name)["TemplateBody"]
    choices = choose(
        declared_parameters(template), deployed=model.parameters, given=Given(), data=None
    )
    return [
        ParameterStatus(name=choice.name, value=choice.value, source=choice.source or "the default")
        for choice in choices
    ]


def _quality(outputs: Mapping[str, str], bucket: str | None) -> QualityStatus | None:
    """The evaluation's figures, or those of a stack that was deployed without one."""
    evaluated = _number(outputs.get("Accuracy"))
    accuracy = evaluated if evaluated is not None else _number(outputs.get("ValidationAccuracy"))
    if accuracy is None:
        return None
    report = outputs.get("ReportKey")
    return QualityStatus(
        accuracy=accuracy,
        measured_by="validation" if evaluated is None else "evaluation",
        evaluated_on=outputs.get("EvaluatedOn") or None,
        validated_on=validated_on(outputs),
        macro_f1=_number(outputs.get("MacroF1")),
        report=str(S3Address(bucket, report)) if bucket and report else None,
    )


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
