"""The dashboard: is it called, does it answer, with what, and how good is it."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.operations_alarms import Alarms
from stacks.operations_metrics import TierMetrics, calculated
from stacks.tiers import Tier

THIRD = 8
"""Of the 24 columns of a dashboard."""


def add_dashboard(scope: Construct, *, tier: Tier, alarms: Alarms) -> None:
    """Create a tier's dashboard, for three hours back unless one asks for another time.

    Drift shows in its last row: in which sentiments texts are answered, how often the model says
    that it is unsure, and how confident it is, beside the accuracy that it was measured with.
    """
    dashboard = cloudwatch.Dashboard(
        scope,
        "Dashboard",
        dashboard_name=tier.dashboard_name,
        # Each graph keeps its own period, whatever time is looked at.
        period_override=cloudwatch.PeriodOverride.INHERIT,
        default_interval=cdk.Duration.hours(3),
    )
    measured = TierMetrics(tier)
    dashboard.add_widgets(
        cloudwatch.AlarmStatusWidget(title="Alarms", width=3 * THIRD, height=3, alarms=alarms.all)
    )
    for row in (
        _traffic(measured),
        _instances(measured) if tier.settings.hosting.instance_type else _serverless(measured),
        _answers(measured),
    ):
        dashboard.add_widgets(*row)
    cdk.CfnOutput(
        cdk.Stack.of(scope),
        "DashboardUrl",
        value=(
            f"https://{cdk.Aws.REGION}.console.aws.amazon.com/cloudwatch/home"
            f"?region={cdk.Aws.REGION}#dashboards:name={tier.dashboard_name}"
        ),
        description="Traffic, latency, errors, the endpoint, and what is answered",
    )


def _traffic(measured: TierMetrics) -> list[cloudwatch.IWidget]:
    return [
        _graph(
            "Traffic",
            measured.api("Count", "Sum", label="requests"),
            measured.own("Texts", "Sum", label="texts"),
        ),
        _graph(
            "Latency of the API, ms",
            *(measured.api("Latency", percentile) for percentile in ("p50", "p90", "p99")),
        ),
        _graph(
            "Errors by kind",
            measured.own_by("kind", "Errors"),
            measured.api("4XXError", "Sum", label="gateway 4xx"),
            measured.api("5XXError", "Sum", label="gateway 5xx"),
            measured.function("Errors", "Sum", label="function errors"),
            measured.function("Throttles", "Sum", label="function throttles"),
        ),
    ]


def _instances(measured: TierMetrics) -> list[cloudwatch.IWidget]:
    return [
        _endpoint(measured, "InvocationModelErrors"),
        _model_latency(measured),
        _graph(
            "Instances, and what they use",
            # CloudWatch is not told of the number.
            calculated(
                "IF(each > 0, all / each)",
                "instances that answered",
                all=measured.endpoint("Invocations", "Sum"),
                each=measured.endpoint("InvocationsPerInstance", "Sum"),
            ),
            right=[
                measured.container("CPUUtilization", "Average", label="CPU, % of one"),
                measured.container("MemoryUtilization", "Maximum", label="memory, %"),
            ],
        ),
    ]


def _serverless(measured: TierMetrics) -> list[cloudwatch.IWidget]:
    return [
        _endpoint(measured, "Invocation5XXErrors"),
        _model_latency(measured),
        _graph(
            "Cold starts, and what is used",
            measured.endpoint("ModelSetupTime", "SampleCount", label="cold starts"),
            right=[
                measured.container("MemoryUtilization", "Maximum", label="memory, %"),
            ],
        ),
    ]


def _endpoint(measured: TierMetrics, failures: str) -> cloudwatch.IWidget:
    return _graph(
        "Endpoint",
        measured.endpoint("Invocations", "Sum", label="invocations"),
        right=[
            measured.endpoint(failures, "Sum", label="failed"),
            measured.endpoint("Invocation4XXErrors", "Sum", label="refused"),
        ],
    )


def _model_latency(measured: TierMetrics) -> cloudwatch.IWidget:
    return _graph(
        "Latency of the endpoint, µs",
        *(measured.endpoint("ModelLatency", percentile) for percentile in ("p50", "p99")),
        measured.endpoint("OverheadLatency", "p99", label="SageMaker's overhead, p99"),
    )


def _answers(measured: TierMetrics) -> list[cloudwatch.IWidget]:
    return [
        cloudwatch.GraphWidget(
            title="Sentiments",
            width=THIRD,
            stacked=True,
            left=[measured.own_by("sentiment", "Answers")],
        ),
        _graph(
            "Share of unsure",
            calculated(
                "unsure / answers",
                "unsure",
                unsure=measured.own("Unsure", "Sum"),
                answers=measured.own("Unsure", "SampleCount"),
            ),
            most=1,
        ),
        _graph(
            "Mean confidence, and accuracy",
            measured.own("Confidence", "Average", label="mean confidence of the answers"),
            measured.own("Accuracy", "Average", label="accuracy in the evaluation"),
            most=1,
        ),
    ]


def _graph(
    title: str,
    *left: cloudwatch.IMetric,
    right: list[cloudwatch.IMetric] | None = None,
    most: float | None = None,
) -> cloudwatch.IWidget:
    return cloudwatch.GraphWidget(
        title=title,
        width=THIRD,
        left=[*left],
        right=right,
        left_y_axis=cloudwatch.YAxisProps(min=0, max=most),
    )
