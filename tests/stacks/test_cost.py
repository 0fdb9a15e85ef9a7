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


def untouched(_content: Content) -> None:
    """A template as it is."""


def instances(kind: str) -> Change:
    return variant(InstanceType=kind, InitialInstanceCount=1)


def least(count: int) -> Change:
    return with_changed("AWS::ApplicationAutoScaling::ScalableTarget", MinCapacity=count)


def rollout(seconds: int) -> Change:
    policy = {
        "TrafficRoutingConfiguration": {"WaitIntervalInSeconds": seconds},
        "TerminationWaitInSeconds": 300,
    }
    return with_changed(
        "AWS::SageMaker::Endpoint", DeploymentConfig={"BlueGreenUpdatePolicy": policy}
    )


def serverless(memory_mb: int) -> Change:
    return variant(ServerlessConfig={"MemorySizeInMB": memory_mb, "MaxConcurrency": 5})


def both(*changes: Change) -> Change:
    """One change after another."""

    def change(content: Content) -> None:
        for one in changes:
            one(content)

    return change


def alarm_on(*metrics: str, expression: str = "a / b") -> Change:
    """One alarm more, on an expression."""
    queries = [{"Id": name, "MetricStat": {"Period": 60}} for name in metrics]
    return added(
        "AWS::CloudWatch::Alarm", Metrics=[{"Id": "x", "Expression": expression}, *queries]
    )


TRACED = with_changed("AWS::ApiGateway::Stage", TracingEnabled=True)
UNTRACED = both(
    with_changed("AWS::ApiGateway::Stage", TracingEnabled=False),
    api_function(TracingConfig={"Mode": "PassThrough"}),
)
POLICY = {"PolicyType": "TargetTrackingScaling"}
PRIVATE = {"VpcEndpointType": "Interface", "SubnetIds": ["a", "b"]}


@pytest.mark.parametrize(
    ("section", "before", "after", "usd"),
    [
        # 730 hours of two instances, at .23 in place of .115.
        (Section.IDLE, instances("ml.m5.large"), instances("ml.m5.xlarge"), 167.90),
        (Section.IDLE, least(2), least(3), 83.95),
        (Section.IDLE, untouched, added("AWS::CloudWatch::Alarm", Period=60), 0.10),
        (Section.IDLE, untouched, added("AWS::CloudWatch::Alarm", Period=10), 0.30),
        (Section.IDLE, untouched, alarm_on("a", "b"), 0.20),
        (Section.IDLE, untouched, alarm_on("a", expression="ANOMALY_DETECTION_BAND(a)"), 0.30),
        (Section.IDLE, untouched, added("AWS::CloudWatch::CompositeAlarm"), 0.50),
        (Section.IDLE, untouched, added("AWS::CloudWatch::Dashboard"), 3.00),
        (Section.IDLE, untouched, added("AWS::KMS::Key"), 1.00),
        (Section.IDLE, untouched, added("AWS::S3::Bucket"), 0.023),
        (
            Section.IDLE,
            untouched,
            added("AWS::ApplicationAutoScaling::ScalingPolicy", **POLICY),
            0.20,
        ),
        (Section.IDLE, untouched, added("AWS::EC2::VPCEndpoint", **PRIVATE), 14.60),
        (Section.IDLE, untouched, added("AWS::WAFv2::WebACL", Rules=[{}, {}, {}]), 8.00),
        (Section.TEXTS, untouched, added("AWS::WAFv2::WebACL"), 0.06),
        (Section.IN_USE, untouched, added("AWS::ApiGateway::Method"), 1.50),
        # 100,000 requests of 20 ms.
        (Section.TEXTS, serverless(2048), serverless(4096), 0.08),
        (Section.TEXTS, api_function(MemorySize=1024), api_function(MemorySize=2048), 0.0833),
        (Section.TEXTS, UNTRACED, TRACED, 0.025),
        (Section.TEXTS, UNTRACED, api_function(TracingConfig={"Mode": "Active"}), 0.025),
        (Section.TEXTS, TRACED, api_function(TracingConfig={"Mode": "Active"}), 0),
        (
            Section.TEXTS,
            lambda content: properties(content, "AWS::ApiGateway::Stage")[0].pop(
                "AccessLogSetting", None
            ),
            with_changed("AWS::ApiGateway::Stage", AccessLogSetting={}),
            0.025,
        ),
        # A quarter of a GB, kept for eleven months more.
        (
            Section.TEXTS,
            with_changed("AWS::Logs::LogGroup", RetentionInDays=30),
            with_changed("AWS::Logs::LogGroup", RetentionInDays=360),
            0.0825,
        ),
        (
            Section.TEXTS,
            with_changed("AWS::Logs::LogGroup", RetentionInDays=365),
            api_function(LoggingConfig={}),
            0,
        ),
        # Five minutes at .816 in place of .204.
        (
            Section.RETRAINING,
            with_changed("Custom::TrainingJob", InstanceType="ml.c5.xlarge"),
            with_changed("Custom::TrainingJob", InstanceType="ml.c5.4xlarge"),
            0.051,
        ),
        (
            Section.RETRAINING,
            with_changed("Custom::TrainingJob", VolumeSizeInGB="30"),
            with_changed("Custom::TrainingJob", VolumeSizeInGB="3000"),
            0.0475,
        ),
        # A second fleet of two for an hour more.
        (Section.RETRAINING, rollout(300), rollout(3900), 0.23),
        (
            Section.PREPARATION,
            with_changed("AWS::Glue::Job", NumberOfWorkers=2, WorkerType="G.1X"),
            with_changed("AWS::Glue::Job", NumberOfWorkers=4, WorkerType="G.2X"),
            0.44,
        ),
    ],
)
def test_line_follows_from_the_template(
    production: TierTemplates, section: Section, before: Change, after: Change, usd: float
) -> None:
    content = content_of(production)
    before(content)
    former = priced(content).total(section)
    after(content)
    assert priced(content).total(section) - former == pytest.approx(usd, abs=0.0001)


def test_arm_is_cheaper(production: TierTemplates) -> None:
    content = content_of(production)
    what = "the API's function, 100,000 × 0.05 s with 1024 MB"
    api_function(Architectures=["x86_64"])(content)
    intel = lines(priced(content), Section.TEXTS)[what]
    api_function(Architectures=["arm64"])(content)
    assert lines(priced(content), Section.TEXTS)[what] < intel


def test_an_idle_sandbox_costs_cents(sandbox: TierTemplates) -> None:
    content = content_of(sandbox)
    del content[max(content)]  # its stack of alarms, which is not deployed with it
    assert priced(content).total(Section.IDLE) < 0.10


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
