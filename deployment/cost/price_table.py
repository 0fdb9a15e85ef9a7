"""What AWS asks: a small dated table, for whoever has no credentials for the Price List API."""

from dataclasses import dataclass
from typing import Final

PRICES_REGION: Final = "us-east-1"
PRICES_AS_OF: Final = "2026-11"
"""When the figures were collected, from public sources. Check before quoting."""


@dataclass(frozen=True)
class Rate:
    """What is paid for, in the words of the Price List API."""

    service: str
    usage: str
    """The usage type, without the region's prefix: `Host:ml.m5.large`."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars for one unit, in the first tier: no free quota and no discount is counted."""

    usd: float
    source: str
    confirmed: bool = True
    """Whether two public sources agree; otherwise it is one source's, or from memory."""


SAGEMAKER: Final = "AmazonSageMaker"
LAMBDA_REQUEST: Final = Rate("AWSLambda", "Request")
LAMBDA_GB_SECOND: Final = Rate("AWSLambda", "Lambda-GB-Second")
LAMBDA_GB_SECOND_ARM: Final = Rate("AWSLambda", "Lambda-GB-Second-ARM")
REST_REQUEST: Final = Rate("AmazonApiGateway", "ApiGatewayRequest")
ENDPOINT_DATA: Final = Rate(SAGEMAKER, "Host:DataProcessed")
TRAINING_VOLUME: Final = Rate(SAGEMAKER, "Train:VolumeUsage.gp2")
ALARM: Final = Rate("AmazonCloudWatch", "CW:AlarmMonitorUsage")
COMPOSITE_ALARM: Final = Rate("AmazonCloudWatch", "CW:CompositeAlarmMonitorUsage")
METRIC: Final = Rate("AmazonCloudWatch", "CW:MetricMonitorUsage")
DASHBOARD: Final = Rate("AmazonCloudWatch", "DashboardsUsageHour")
LOGS_IN: Final = Rate("AmazonCloudWatch", "DataProcessing-Bytes")
LOGS_KEPT: Final = Rate("AmazonCloudWatch", "TimedStorage-ByteHrs")
TRACE: Final = Rate("AWSXRay", "XRay-TracesStored")
KEY: Final = Rate("awskms", "KMS-Keys")
STORED: Final = Rate("AmazonS3", "TimedStorage-ByteHrs")
STATE_TRANSITION: Final = Rate("AmazonStates", "StateTransition")
DPU_HOUR: Final = Rate("AWSGlue", "ETL-DPU-Hour")
WEB_ACL: Final = Rate("awswaf", "WebACLV2")
WEB_ACL_RULE: Final = Rate("awswaf", "RuleV2")
WEB_ACL_REQUEST: Final = Rate("awswaf", "RequestV2-Tier1")
VPC_ENDPOINT_HOUR: Final = Rate("AmazonVPC", "VpcEndpoint-Hours")
COMPREHEND_UNIT: Final = Rate("comprehend", "DetectSentiment")

_MEMORY: Final = "from memory"
_HOURLY: Final = {
    "ml.t2.medium": 0.056,
    "ml.m5.large": 0.115,
    "ml.m5.xlarge": 0.23,
    "ml.m5.2xlarge": 0.461,
    "ml.m5.4xlarge": 0.922,
    "ml.c5.large": 0.102,
    "ml.c5.xlarge": 0.204,
    "ml.c5.2xlarge": 0.408,
    "ml.c5.4xlarge": 0.816,
    "ml.c5.9xlarge": 1.836,
    "ml.g4dn.xlarge": 0.7364,
}
"""One instance, on demand: of real-time inference, and of training, which costs the same."""
_CONFIRMED_INSTANCES: Final = frozenset(
    {"ml.m5.large", "ml.c5.xlarge", "ml.c5.2xlarge", "ml.c5.9xlarge", "ml.g4dn.xlarge"}
)
_SERVERLESS_USD_A_GB_SECOND: Final = 0.00002

_TABLE: Final = {
    LAMBDA_REQUEST: Price(usd=0.20e-6, source="Lambda pricing page"),
    LAMBDA_GB_SECOND: Price(usd=0.0000166667, source="Lambda pricing page"),
    LAMBDA_GB_SECOND_ARM: Price(usd=0.0000133334, source="Lambda pricing page"),
    REST_REQUEST: Price(usd=3.50e-6, source=_MEMORY, confirmed=False),
    ENDPOINT_DATA: Price(usd=0.016, source="SageMaker pricing page"),
    TRAINING_VOLUME: Price(usd=0.14, source=_MEMORY, confirmed=False),
    ALARM: Price(usd=0.10, source="CloudWatch pricing page"),
    COMPOSITE_ALARM: Price(usd=0.50, source="CloudWatch pricing page", confirmed=False),
    METRIC: Price(usd=0.30, source="CloudWatch pricing page"),
    DASHBOARD: Price(usd=3.00, source="CloudWatch pricing page"),
    LOGS_IN: Price(usd=0.50, source="CloudWatch pricing page"),
    LOGS_KEPT: Price(usd=0.03, source="CloudWatch pricing page"),
    TRACE: Price(usd=5.00e-6, source=_MEMORY, confirmed=False),
    KEY: Price(usd=1.00, source=_MEMORY, confirmed=False),
    STORED: Price(usd=0.023, source=_MEMORY, confirmed=False),
    STATE_TRANSITION: Price(usd=25.0e-6, source=_MEMORY, confirmed=False),
    DPU_HOUR: Price(usd=0.44, source="Glue pricing page"),
    WEB_ACL: Price(usd=5.00, source=_MEMORY, confirmed=False),
    WEB_ACL_RULE: Price(usd=1.00, source=_MEMORY, confirmed=False),
    WEB_ACL_REQUEST: Price(usd=0.60e-6, source=_MEMORY, confirmed=False),
    VPC_ENDPOINT_HOUR: Price(usd=0.01, source=_MEMORY, confirmed=False),
    COMPREHEND_UNIT: Price(usd=0.0001, source="Comprehend pricing page"),
}


def hosting(instance_type: str) -> Rate:
    """An hour of an instance that serves."""
    return Rate(SAGEMAKER, f"Host:{instance_type}")


def training(instance_type: str) -> Rate:
    """An hour of an instance that trains."""
    return Rate(SAGEMAKER, f"Train:{instance_type}")


def serverless(memory_gb: int) -> Rate:
    """A second of a serverless endpoint of so much memory."""
    return Rate(SAGEMAKER, f"ServerlessInf:Mem-{memory_gb}GB")


def table_price(rate: Rate) -> Price | None:
    """The price of something in `PRICES_REGION`; None where the table has none."""
    kind, _, what = rate.usage.partition(":")
    if kind in {"Host", "Train"} and what in _HOURLY:
        source = "SageMaker pricing page"
        return Price(usd=_HOURLY[what], source=source, confirmed=what in _CONFIRMED_INSTANCES)
    if kind == "ServerlessInf":
        memory_gb = int(what.removeprefix("Mem-").removesuffix("GB"))
        # 3 GB are $0.00006 a second in the Price List (September 2026).
        usd = memory_gb * _SERVERLESS_USD_A_GB_SECOND
        return Price(usd=usd, source="SageMaker pricing page")
    return _TABLE.get(rate)


def instance_price(instance_type: str) -> float | None:
    """US dollars an hour for one instance in `PRICES_REGION`; None where the table has none."""
    return _HOURLY.get(instance_type)
