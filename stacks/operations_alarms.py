"""Alarms on what CloudWatch measures, each with the place where to read what to do."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.operations_metrics import TierMetrics
from stacks.tiers import Tier

ERROR_RATE = 0.05
"""The share of failed requests, of 1, that is not chance if it lasts for three periods: with few
requests, a single failure is far above it, and gone in the next period."""

_AT_LEAST = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_SEE = "What to do: docs/operations.md"


class Alarms(Construct):
    """One alarm for each way in which callers notice a failure, and for its usual causes.

    Each tells the topic when it begins and when it is over. Rates are CloudWatch's own averages
    of a metric that is 1 for a failure and 0 otherwise, so none needs metric math. Without data,
    nothing is wrong: nobody has called.
    """

    def __init__(self, scope: Construct, id: str, *, tier: Tier, topic: sns.ITopic) -> None:
        super().__init__(scope, id)
        self._tier = tier
        self._action = actions.SnsAction(topic)
        measured = TierMetrics(tier)
        api = [
            self._alarm(
                "ApiErrors",
                measured.api("5XXError", "Average"),
                ERROR_RATE,
                "The API fails: at least 5 % of the answers are 5xx",
                lasting=3,
            ),
            self._alarm(
                "ApiLatency",
                measured.api("Latency", "p95"),
                tier.settings.operations.slow_ms,
                f"The API is slow: its p95 is {tier.settings.operations.slow_ms} ms or more",
                lasting=3,
            ),
        ]
        causes = [
            self._alarm(
                "FunctionErrors",
                measured.function("Errors", "Sum"),
                1,
                "The API's function crashed, ran out of time, or did not start: it never raises",
            ),
            self._alarm(
                "FunctionThrottles",
                measured.function("Throttles", "Sum"),
                1,
                "Lambda refused to run the API's function: the account's concurrency is used up",
                lasting=2,
            ),
            self._alarm(
                "EndpointErrors",
                measured.endpoint(_failures(tier), "Average"),
                ERROR_RATE,
                "The endpoint fails: at least 5 % of the invocations",
                lasting=3,
            ),
        ]
        self.all: Sequence[cloudwatch.IAlarm] = [*api, self._silence(measured), *causes]

    def _alarm(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        what: str,
        *,
        lasting: int = 1,
        comparison: cloudwatch.ComparisonOperator = _AT_LEAST,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
        part_of: str | None = None,
    ) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"{self._tier.name}-{name}",
            alarm_description=f"{what}. {_SEE}#{(part_of or name).lower()}",
            metric=metric,
            threshold=threshold,
            evaluation_periods=lasting,
            comparison_operator=comparison,
            treat_missing_data=missing,
        )
        if part_of is None:
            self._tell(alarm)
        return alarm

    def _silence(self, measured: TierMetrics) -> cloudwatch.CompositeAlarm:
        """No traffic where there was some, from two alarms that tell nobody by themselves.

        One alarm cannot say it: all metrics of an expression have the same period.
        """
        day, hour = cdk.Duration.days(1), cdk.Duration.hours(1)
        enough = self._tier.settings.operations.busy_day_requests
        busy = self._alarm(
            "BusyDay",
            measured.api("Count", "Sum", period=day),
            enough,
            f"There were {enough:,} requests or more within 24 hours. Alone, this is no fault",
            part_of="NoTraffic",
        )
        silent = self._alarm(
            "SilentHour",
            measured.api("Count", "Sum", period=hour),
            1,
            "There was no request for an hour. Alone, this is no fault",
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            # API Gateway says nothing of an hour without requests.
            missing=cloudwatch.TreatMissingData.BREACHING,
            part_of="NoTraffic",
        )
        state = cloudwatch.AlarmState.ALARM
        alarm = cloudwatch.CompositeAlarm(
            self,
            "NoTraffic",
            composite_alarm_name=f"{self._tier.name}-NoTraffic",
            alarm_description=(
                "Nobody calls the API any more: no request for an hour, after a day of "
                f"{enough:,} or more. {_SEE}#notraffic"
            ),
            alarm_rule=cloudwatch.AlarmRule.all_of(
                cloudwatch.AlarmRule.from_alarm(busy, state),
                cloudwatch.AlarmRule.from_alarm(silent, state),
            ),
        )
        self._tell(alarm)
        return alarm

    def _tell(self, alarm: cloudwatch.AlarmBase) -> None:
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)


def _failures(tier: Tier) -> str:
    """The metric of failed invocations.

    On instances, the one that counts whatever the container did wrong; serverless endpoints
    publish only what they answered (docs.aws.amazon.com/sagemaker/latest/dg/
    serverless-endpoints-monitoring.html).
    """
    serverless = tier.settings.hosting.instance_type is None
    return "Invocation5XXErrors" if serverless else "InvocationModelErrors"
