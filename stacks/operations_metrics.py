"""What CloudWatch measures of a tier, by names that are known before the tier exists."""

from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.sentiment_analysis import STAGE
from stacks.sentiment_endpoint import VARIANT
from stacks.tiers import Tier
from tier_layout.metrics import API_METRICS

PERIOD = cdk.Duration.minutes(5)
"""Short enough to be told in time, and long enough for a percentile to mean something."""


@dataclass(frozen=True)
class TierMetrics:
    """The metrics of one tier's parts."""

    tier: Tier

    def api(self, name: str, statistic: str, **how: object) -> cloudwatch.Metric:
        """Of API Gateway: `Count`, `Latency`, and errors, whose average is their rate."""
        dimensions = {"ApiName": self.tier.api_name, "Stage": STAGE}
        return _metric("AWS/ApiGateway", name, statistic, dimensions, **how)

    def function(self, name: str, statistic: str, **how: object) -> cloudwatch.Metric:
        """Of Lambda, for the API's function: `Invocations`, `Errors`, `Throttles`, `Duration`."""
        dimensions = {"FunctionName": self.tier.api_name}
        return _metric("AWS/Lambda", name, statistic, dimensions, **how)

    def endpoint(self, name: str, statistic: str, **how: object) -> cloudwatch.Metric:
        """Of SageMaker, for both fleets of a rollout. Latencies are in microseconds."""
        return _metric("AWS/SageMaker", name, statistic, self._variant, **how)

    def container(self, name: str, statistic: str, **how: object) -> cloudwatch.Metric:
        """Of what the endpoint's containers use: `CPUUtilization`, `MemoryUtilization`."""
        return _metric("/aws/sagemaker/Endpoints", name, statistic, self._variant, **how)

    def own(self, name: str, statistic: str, **how: object) -> cloudwatch.Metric:
        """Of the function's own measurements (`lambdas/sentiment_api/observability.py`)."""
        return _metric(API_METRICS, name, statistic, {"service": self.tier.api_name}, **how)

    def own_by(self, dimension: str, name: str) -> cloudwatch.SearchExpression:
        """One line for each value that a dimension has had: kinds of errors, labels."""
        return cloudwatch.SearchExpression(
            expression=(
                f"SEARCH('{{{API_METRICS},{dimension},service}} "
                f'MetricName="{name}" service="{self.tier.api_name}"\', '
                f"'Sum', {PERIOD.to_seconds():.0f})"
            ),
            label=f"${{PROP('Dim.{dimension}')}}",
            period=PERIOD,
        )

    @property
    def _variant(self) -> Mapping[str, str]:
        return {"EndpointName": self.tier.endpoint_name, "VariantName": VARIANT}


def calculated(
    expression: str, label: str, **metrics: cloudwatch.IMetric
) -> cloudwatch.MathExpression:
    """A value that follows from metrics, for a graph."""
    return cloudwatch.MathExpression(
        expression=expression, label=label, using_metrics=metrics, period=PERIOD
    )


def _metric(
    namespace: str, name: str, statistic: str, dimensions: Mapping[str, str], **how: object
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        statistic=statistic,
        dimensions_map=dimensions,
        **({"period": PERIOD} | how),  # type: ignore[arg-type]
    )
