"""From templates and assumptions to what a tier costs."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deployment.cost import calling, keeping, learning, serving
from deployment.cost.line import Line, Section
from deployment.cost.price_list import PriceList
from deployment.cost.price_table import COMPREHEND_UNIT, Price
from deployment.cost.template import Resource, Templates
from deployment.cost.work import TEXTS, Work

Pricer = Callable[[Sequence[Resource], Templates, Work], Iterable[Line]]

PRICERS: Final[Mapping[str, Pricer]] = {
    "AWS::SageMaker::EndpointConfig": serving.endpoint_configs,
    "AWS::SageMaker::Endpoint": serving.rollouts,
    "AWS::ApplicationAutoScaling::ScalingPolicy": serving.scaling_policies,
    "AWS::ApiGateway::RestApi": calling.rest_apis,
    "AWS::ApiGateway::Stage": calling.stages,
    "AWS::WAFv2::WebACL": calling.web_acls,
    "AWS::Lambda::Function": calling.functions,
    "Custom::TrainingJob": learning.training_jobs,
    "AWS::StepFunctions::StateMachine": learning.state_machines,
    "AWS::Glue::Job": learning.glue_jobs,
    "AWS::CloudWatch::Alarm": keeping.alarms,
    "AWS::CloudWatch::CompositeAlarm": keeping.composite_alarms,
    "AWS::CloudWatch::Dashboard": keeping.dashboards,
    "AWS::KMS::Key": keeping.keys,
    "AWS::S3::Bucket": keeping.buckets,
    "AWS::EC2::VPCEndpoint": keeping.vpc_endpoints,
}

FREE: Final = frozenset(
    {
        "AWS::ApiGateway::Account",
        "AWS::ApiGateway::ApiKey",
        "AWS::ApiGateway::BasePathMapping",
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::DomainName",
        "AWS::ApiGateway::GatewayResponse",
        "AWS::ApiGateway::Method",
        "AWS::ApiGateway::Model",
        "AWS::ApiGateway::RequestValidator",
        "AWS::ApiGateway::Resource",
        "AWS::ApiGateway::UsagePlan",
        "AWS::ApiGateway::UsagePlanKey",
        "AWS::ApplicationAutoScaling::ScalableTarget",
        "AWS::Budgets::Budget",
        "AWS::CDK::Metadata",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::Events::Rule",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::KMS::Alias",
        "AWS::Lambda::Alias",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Version",
        "AWS::Logs::LogGroup",
        "AWS::Logs::ResourcePolicy",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        "AWS::SSM::Parameter",
        "AWS::SageMaker::Model",
        "AWS::WAFv2::WebACLAssociation",
        "Custom::Evaluation",
        "Custom::S3AutoDeleteObjects",
    }
)
"""Types that cost nothing by themselves, or are paid for by what is in another line: a log group by
what a function writes, a topic by mails of which the first thousand a month are free."""


@dataclass(frozen=True, kw_only=True)
class PricedLine:
    """A line, and what it comes to."""

    line: Line
    price: Price | None
    """None where nobody has one: the line is shown, and counted nowhere."""

    @property
    def usd(self) -> float:
        """US dollars."""
        return self.line.quantity * self.price.usd if self.price else 0.0


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What one tier costs."""

    tier: str
    lines: Sequence[PricedLine]
    not_priced: Sequence[str]
    """What of the templates is in no line, and why."""
    comprehend_usd: float
    """US dollars for the same million texts on Amazon Comprehend, without its volume discounts."""
    work: Work

    def total(self, section: Section) -> float:
        """US dollars of a section."""
        return sum(line.usd for line in self.lines if line.line.section == section)

    @property
    def month(self) -> float:
        """US dollars for a month in which the tier is called, and retrained once, without texts."""
        return sum(
            self.total(section) for section in (Section.IDLE, Section.IN_USE, Section.RETRAINING)
        )

    @property
    def break_even_texts(self) -> float | None:
        """Texts a month from which on the tier costs less than Comprehend; None if never."""
        saved = self.comprehend_usd - self.total(Section.TEXTS)
        return self.month / saved * TEXTS if saved > 0 else None


def estimate(tier: str, templates: Templates, *, work: Work, prices: PriceList) -> Estimate:
    """Price everything in a tier's templates; what cannot be priced is listed."""
    lines: list[Line] = []
    not_priced: list[str] = []
    types = Counter(resource.type for resource in templates.all())
    for kind, pricer in PRICERS.items():
        if kind not in types:
            continue
        try:
            lines += pricer(templates.of(kind), templates, work)
        except ValueError as problem:
            not_priced.append(f"{types[kind]} × {kind}: {problem}")
    not_priced += [
        f"{count} × {kind}: not known here"
        for kind, count in sorted(types.items())
        if kind not in PRICERS and kind not in FREE
    ]
    unit = prices.price(COMPREHEND_UNIT)
    return Estimate(
        tier=tier,
        lines=[PricedLine(line=line, price=prices.price(line.rate)) for line in lines],
        not_priced=not_priced,
        comprehend_usd=work.comprehend_units * unit.usd if unit else 0.0,
        work=work,
    )
