"""What a tier costs follows from its templates: each line changes with what it prices."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from deployment.cost.estimate import FREE, PRICERS, Estimate, estimate
from deployment.cost.line import Section
from deployment.cost.price_list import PriceList
from deployment.cost.price_table import PRICES_REGION
from deployment.cost.template import Templates
from deployment.cost.work import Work
from tests.stacks.conftest import TierTemplates

Content = dict[str, dict[str, Any]]
Change = Callable[[Content], None]


def content_of(tier: TierTemplates) -> Content:
    """A tier's templates, to be changed."""
    return {str(number): copy.deepcopy(dict(one.to_json())) for number, one in enumerate(tier.all)}


def priced(content: Content, work: Work | None = None) -> Estimate:
    return estimate(
        "Trial", Templates(content), work=work or Work(), prices=PriceList(PRICES_REGION)
    )


def lines(found: Estimate, section: Section) -> dict[str, float]:
    return {one.line.what: one.usd for one in found.lines if one.line.section == section}


def properties(content: Content, kind: str) -> list[dict[str, Any]]:
    """Those of each resource of a type."""
    return [
        resource.setdefault("Properties", {})
        for template in content.values()
        for resource in template["Resources"].values()
        if resource["Type"] == kind
    ]


def added(kind: str, **given: Any) -> Change:
    """A template with one resource more."""

    def change(content: Content) -> None:
        content["0"]["Resources"]["Added"] = {"Type": kind, "Properties": given}

    return change


def with_changed(kind: str, **given: Any) -> Change:
    """A template in which resources of a type have other properties."""

    def change(content: Content) -> None:
        found = properties(content, kind)
        assert found
        for one in found:
            one.update(given)

    return change


def variant(**given: Any) -> Change:
    """A template whose endpoint config has another production variant."""

    def change(content: Content) -> None:
        (config,) = properties(content, "AWS::SageMaker::EndpointConfig")
        config["ProductionVariants"] = [{"VariantName": "AllTraffic", **given}]

    return change


def api_function(**given: Any) -> Change:
    """A template whose API has another function."""

    def change(content: Content) -> None:
        for one in properties(content, "AWS::Lambda::Function"):
            if one["Handler"].startswith("lambdas.sentiment_api."):
                one.update(given)

    return change


def test_every_type_of_every_tier_is_known(tier: TierTemplates) -> None:
    assert priced(content_of(tier)).not_priced == []


def test_every_line_of_every_tier_has_a_price(tier: TierTemplates) -> None:
    assert [one.line.what for one in priced(content_of(tier)).lines if one.price is None] == []


def test_nothing_is_both_free_and_paid_for() -> None:
    assert not FREE & PRICERS.keys()


def test_a_type_that_is_not_known_is_listed(sandbox: TierTemplates) -> None:
    content = content_of(sandbox)
    added("AWS::RDS::DBInstance")(content)
    assert priced(content).not_priced == ["1 × AWS::RDS::DBInstance: not known here"]


def test_an_instance_without_a_price_is_shown_without_one(production: TierTemplates) -> None:
    content = content_of(production)
    variant(InstanceType="ml.new.large", InitialInstanceCount=1)(content)
    assert lines(priced(content), Section.IDLE)["2 × ml.new.large"] == 0
    (line,) = [one for one in priced(content).lines if one.line.what == "2 × ml.new.large"]
    assert line.price is None


@pytest.mark.parametrize(
    ("section", "change", "what"),
    [
        (
            Section.IDLE,
            variant(InstanceType="ml.m5.xlarge", InitialInstanceCount=1),
            "2 × ml.m5.xlarge",
        ),
        (
            Section.IDLE,
            with_changed("AWS::ApplicationAutoScaling::ScalableTarget", MinCapacity=3),
            "3 × ml.m5.large",
        ),
        (Section.IDLE, added("AWS::CloudWatch::Alarm", Period=60), "10 alarms"),
        (Section.IDLE, added("AWS::CloudWatch::Alarm", Period=10), "10 alarms on 12 metrics"),
        (
            Section.IDLE,
            added(
                "AWS::CloudWatch::Alarm",
                Metrics=[
                    {"Id": "rate", "Expression": "a / b"},
                    {"Id": "a", "MetricStat": {"Period": 60}},
                    {"Id": "b", "MetricStat": {"Period": 60}},
                ],
            ),
            "10 alarms on 11 metrics",
        ),
        (
            Section.IDLE,
            added(
                "AWS::CloudWatch::Alarm",
                Metrics=[
                    {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(a, 2)"},
                    {"Id": "a", "MetricStat": {"Period": 60}},
                ],
            ),
            "10 alarms on 12 metrics",
        ),
        (Section.IDLE, added("AWS::CloudWatch::CompositeAlarm"), "2 composite alarms"),
        (Section.IDLE, added("AWS::CloudWatch::Dashboard"), "2 dashboards"),
        (Section.IDLE, added("AWS::KMS::Key"), "1 key"),
        (Section.IDLE, added("AWS::S3::Bucket"), "2 buckets with 1 GB each"),
        (
            Section.IDLE,
            added("AWS::ApplicationAutoScaling::ScalingPolicy", PolicyType="TargetTrackingScaling"),
            "4 alarms of autoscaling",
        ),
        (
            Section.IDLE,
            added("AWS::EC2::VPCEndpoint", VpcEndpointType="Interface", SubnetIds=["a", "b"]),
            "1 VPC endpoints in 2 subnets",
        ),
        (Section.IDLE, added("AWS::WAFv2::WebACL", Rules=[{}, {}, {}]), "3 rules of it"),
        (Section.TEXTS, added("AWS::WAFv2::WebACL"), "requests through the web ACL"),
        (
            Section.IN_USE,
            added("AWS::ApiGateway::Method"),
            "20 detailed metrics of 4 methods",
        ),
        (
            Section.TEXTS,
            variant(ServerlessConfig={"MemorySizeInMB": 4096, "MaxConcurrency": 5}),
            "serverless endpoint of 4 GB, 20 ms a request",
        ),
        (
            Section.TEXTS,
            api_function(MemorySize=2048),
            "the API's function, 100,000 × 0.05 s with 2048 MB",
        ),
        (
            Section.TEXTS,
            api_function(TracingConfig={"Mode": "Active"}),
            "traces of the function, 5% of the requests",
        ),
        (
            Section.TEXTS,
            with_changed("AWS::ApiGateway::Stage", AccessLogSetting={}),
            "access logs, 500 bytes a request",
        ),
        (
            Section.TEXTS,
            with_changed("AWS::ApiGateway::Stage", TracingEnabled=True),
            "traces of the gateway, 5% of the requests",
        ),
        (
            Section.TEXTS,
            with_changed("AWS::Logs::LogGroup", RetentionInDays=365),
            "the log, kept for 365 days",
        ),
        (
            Section.TEXTS,
            api_function(LoggingConfig={}),
            "the log, kept for ever: the first year of it",
        ),
        (
            Section.RETRAINING,
            with_changed("Custom::TrainingJob", InstanceType="ml.c5.4xlarge"),
            "ml.c5.4xlarge for 5 min",
        ),
        (
            Section.RETRAINING,
            with_changed("Custom::TrainingJob", VolumeSizeInGB="60"),
            "its disk of 60 GB",
        ),
        (
            Section.RETRAINING,
            with_changed(
                "AWS::SageMaker::Endpoint",
                DeploymentConfig={
                    "BlueGreenUpdatePolicy": {
                        "TrafficRoutingConfiguration": {"WaitIntervalInSeconds": 900},
                        "TerminationWaitInSeconds": 300,
                    }
                },
            ),
            "a second fleet of 2 × ml.m5.large for 20 min",
        ),
        (
            Section.PREPARATION,
            with_changed("AWS::Glue::Job", NumberOfWorkers=4, WorkerType="G.2X"),
            "4 × G.2X for 10 min",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "change",
)
def test_line_follows_from_the_template(
    production: TierTemplates, section: Section, change: Change, what: str
) -> None:
    content = content_of(production)
    before = priced(content)
    assert what not in lines(before, section)
    change(content)
    after = priced(content)
    assert lines(after, section)[what] > 0
    assert after.total(section) != before.total(section)


def test_arm_is_cheaper(production: TierTemplates) -> None:
    content = content_of(production)
    what = "the API's function, 100,000 × 0.05 s with 1024 MB"
    api_function(Architectures=["x86_64"])(content)
    intel = lines(priced(content), Section.TEXTS)[what]
    api_function(Architectures=["arm64"])(content)
    assert lines(priced(content), Section.TEXTS)[what] < intel


def test_an_idle_sandbox_costs_what_its_bucket_does(sandbox: TierTemplates) -> None:
    content = content_of(sandbox)
    del content[max(content)]  # its stack of alarms, which is not deployed with it
    assert lines(priced(content), Section.IDLE) == {"1 bucket with 1 GB each": 0.023}


def test_provisioned_concurrency_is_said_to_have_no_price(sandbox: TierTemplates) -> None:
    content = content_of(sandbox)
    variant(
        ServerlessConfig={"MemorySizeInMB": 2048, "MaxConcurrency": 5, "ProvisionedConcurrency": 1}
    )(content)
    assert priced(content).not_priced == [
        "1 × AWS::SageMaker::EndpointConfig: provisioned concurrency has no price here"
    ]


@pytest.mark.parametrize(("characters", "usd"), [(1, 300), (300, 300), (301, 400), (1300, 1300)])
def test_comprehend_counts_units_of_which_three_are_the_least(
    sandbox: TierTemplates, characters: int, usd: float
) -> None:
    found = priced(content_of(sandbox), Work(characters_per_text=characters))
    assert found.comprehend_usd == pytest.approx(usd)


def test_from_the_break_even_on_it_costs_less(production: TierTemplates) -> None:
    found = priced(content_of(production))
    texts = found.break_even_texts
    assert texts
    here = found.month + texts / 1e6 * found.total(Section.TEXTS)
    assert here == pytest.approx(texts / 1e6 * found.comprehend_usd)
