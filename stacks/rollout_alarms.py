"""The CloudWatch alarms that roll a new model back while it is being rolled out."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.settings.hosting import ALARM_PERIOD_SECONDS, HostingSettings
from stacks.tiers import Tier
from tier_layout.metrics import API_METRICS, UNREADABLE_REPLIES


class RolloutAlarms(Construct):
    """Alarms on the fleet that is being rolled out, for AutoRollbackConfiguration.

    While two fleets serve, SageMaker publishes the endpoint's metrics once more with the dimension
    `EndpointConfigName`. The first three alarms name the *new* config, so only the new model can
    trip them: what the old one does wrong stops no rollout that may mend it. They change with every
    retraining, in place: CloudFormation makes the config, then the alarms, then updates the
    endpoint. Between rollouts they have no data, which is `notBreaching`.

    Each but the latency's looks at the average of a metric that is 0 or 1 for a request, which is a
    rate. In a quiet minute one bad request is all of them: a rollout that is wrongly rolled back
    costs a deployment, a bad one that is not costs its callers.

    No metric of SageMaker's shows a model that answers 200 and nonsense: only the API reads the
    answers. It publishes how many it could not read, of all of them, because it does not know which
    fleet gave one. So the fourth alarm is on both fleets, and its threshold is lower: a canary on
    one of `maximum_instances` whose every answer is nonsense must show in that average. The price
    is that an old model which answers nonsense stops a rollout too; it passed the evaluation, whose
    answers were read. A rollout soon after one that this alarm ended meets it in ALARM still. And
    what is called without the API is not watched for nonsense.
    """

    def __init__(
        self, scope: Construct, id: str, *, tier: Tier, variant: str, config_name: str
    ) -> None:
        super().__init__(scope, id)
        self._settings: HostingSettings = tier.settings.hosting
        self._fleet = {
            "EndpointName": tier.endpoint_name,
            "VariantName": variant,
            "EndpointConfigName": config_name,
        }
        rate = self._settings.maximum_error_rate
        canary_rate = rate / self._settings.maximum_instances
        self.alarms: list[cloudwatch.Alarm] = [
            self._alarm(
                "ModelErrors",
                self._of_new_fleet("InvocationModelErrors", cloudwatch.Stats.AVERAGE),
                rate,
                f"A new model fails {rate:.1%} of its requests",
            ),
            self._alarm(
                "ServerErrors",
                self._of_new_fleet("Invocation5XXErrors", cloudwatch.Stats.AVERAGE),
                rate,
                f"A new model answers {rate:.1%} of its requests with a 5xx",
            ),
            self._alarm(
                "Latency",
                self._of_new_fleet("ModelLatency", cloudwatch.Stats.percentile(99)),
                # SageMaker reports it in microseconds.
                self._settings.maximum_latency_ms * 1000,
                f"A new model takes {self._settings.maximum_latency_ms} ms at the p99",
            ),
            self._alarm(
                "UnreadableReplies",
                cloudwatch.Metric(
                    namespace=API_METRICS,
                    metric_name=UNREADABLE_REPLIES,
                    dimensions_map={"service": tier.api_name},
                    statistic=cloudwatch.Stats.AVERAGE,
                    period=Duration.seconds(ALARM_PERIOD_SECONDS),
                ),
                canary_rate,
                f"The API cannot read {canary_rate:.1%} of what the endpoint answers",
            ),
        ]

    def _of_new_fleet(self, name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/SageMaker",
            metric_name=name,
            dimensions_map=self._fleet,
            statistic=statistic,
            period=Duration.seconds(ALARM_PERIOD_SECONDS),
        )

    def _alarm(
        self, id: str, metric: cloudwatch.Metric, threshold: float, what: str
    ) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            id,
            alarm_description=f"{what}: a rollout is rolled back",
            metric=metric,
            threshold=threshold,
            evaluation_periods=self._settings.alarm_minutes,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
