"""What services say has failed: trainings, evaluations, rollouts, preparations."""

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.tiers import Tier
from tier_layout.names import TUNING_INFIX


class FailureEvents(Construct):
    """One rule for each kind of work that fails without a metric.

    They match names that begin as this tier's do, so that they need nothing of other stacks, and
    tell no failure twice. SageMaker itself may send an event more than once.
    """

    def __init__(self, scope: Construct, id: str, *, tier: Tier, topic: sns.ITopic) -> None:
        super().__init__(scope, id)
        self._tier = tier
        # Imported, because CDK would add a statement without a condition to our topic's policy.
        self._topic = sns.Topic.from_topic_arn(self, "Topic", topic.topic_arn)
        self._rule(
            "TrainingFailed",
            "A training job failed",
            source="aws.sagemaker",
            detail_type="SageMaker Training Job State Change",
            # Not `Stopped`: whoever destroys a tier stops its job.
            detail={
                "TrainingJobName": _beginning(f"{tier.job_name_prefix}-"),
                "TrainingJobStatus": ["Failed"],
            },
            told={"job": "TrainingJobName", "reason": "FailureReason"},
        )
        self._rule(
            "TuningFailed",
            "A tuning job failed",
            source="aws.sagemaker",
            detail_type="SageMaker HyperParameter Tuning Job State Change",
            detail={
                "HyperParameterTuningJobName": _beginning(
                    f"{tier.tuning_job_name_prefix}{TUNING_INFIX}"
                ),
                "HyperParameterTuningJobStatus": ["Failed"],
            },
            told={"job": "HyperParameterTuningJobName", "reason": "FailureReason"},
        )
        self._rule(
            "ModelRefused",
            "A new model does not serve: its evaluation or its rollout failed",
            source="aws.cloudformation",
            detail_type="CloudFormation Resource Status Change",
            detail={
                "stack-id": _beginning(_stack_arn(self, tier.machine_learning)),
                "resource-type": ["Custom::Evaluation", "AWS::SageMaker::Endpoint"],
                "status-details": {"status": ["CREATE_FAILED", "UPDATE_FAILED"]},
            },
            told={"resource": "resource-type", "reason": "status-details.status-reason"},
        )
        self._rule(
            "PreparationFailed",
            "A run of the Glue job failed",
            source="aws.glue",
            detail_type="Glue Job State Change",
            detail={
                "jobName": [tier.preparation_job_name],
                "state": ["FAILED", "TIMEOUT", "ERROR"],
            },
            told={"run": "jobRunId", "reason": "message"},
        )

    def _rule(
        self,
        name: str,
        what: str,
        *,
        source: str,
        detail_type: str,
        detail: Mapping[str, Any],
        told: Mapping[str, str],
    ) -> None:
        # An object, whose values EventBridge quotes: a reason may have quotes of its own.
        message = {
            "what": f"{what} in {self._tier.name}",
            **{word: _detail(path) for word, path in told.items()},
            "what_to_do": f"docs/operations.md#{name.lower()}",
        }
        events.Rule(
            self,
            name,
            rule_name=f"{self._tier.name}-{name}",
            description=f"{what} in {self._tier.name}: tells the topic of alarms",
            event_pattern=events.EventPattern(
                source=[source], detail_type=[detail_type], detail=detail
            ),
            targets=[
                targets.SnsTopic(
                    self._topic,
                    message=events.RuleTargetInput.from_object(message),
                )
            ],
        )


def _detail(path: str) -> str:
    return events.EventField.from_path(f"$.detail.{path}")


def _beginning(text: str) -> Sequence[Mapping[str, str]]:
    return [{"prefix": text}]


def _stack_arn(scope: Construct, name: str) -> str:
    """What the ARN of a stack begins with; its end is another one after each creation."""
    return cdk.Stack.of(scope).format_arn(
        service="cloudformation", resource="stack", resource_name=f"{name}/"
    )
