"""What serves the model: instances, or seconds of a serverless endpoint."""

from collections.abc import Iterator, Sequence

from deployment.cost.line import Line, Section
from deployment.cost.price_table import ALARM, ENDPOINT_DATA, hosting, serverless
from deployment.cost.template import Resource, Templates
from deployment.cost.work import HOURS_A_MONTH, Work

_SECONDS_AN_HOUR = 3600
_ALARMS_OF_A_POLICY = 2
"""Target tracking makes one alarm for more instances and one for fewer."""


def endpoint_configs(
    resources: Sequence[Resource], templates: Templates, work: Work
) -> Iterator[Line]:
    """Of each production variant."""
    for config in resources:
        for number, variant in enumerate(config.properties["ProductionVariants"]):
            if "ServerlessConfig" in variant:
                yield from _serverless(config, number, work)
            else:
                yield from _instances(config, number, templates)
    yield Line(
        section=Section.TEXTS,
        what=f"{work.text_gb:.2g} GB of text into the endpoint",
        quantity=work.text_gb,
        rate=ENDPOINT_DATA,
    )


def rollouts(resources: Sequence[Resource], templates: Templates, _work: Work) -> Iterator[Line]:
    """The second fleet while a new model is rolled out, of the endpoints that wait for it."""
    for endpoint in resources:
        policy = endpoint.properties.get("DeploymentConfig", {}).get("BlueGreenUpdatePolicy")
        if not policy:
            continue
        wait = policy["TrafficRoutingConfiguration"].get("WaitIntervalInSeconds", 0)
        seconds = float(wait) + float(policy.get("TerminationWaitInSeconds", 0))
        for instance_type, count in _fleets(templates):
            yield Line(
                section=Section.RETRAINING,
                what=f"a second fleet of {count:g} × {instance_type} for {seconds / 60:g} min",
                quantity=count * seconds / _SECONDS_AN_HOUR,
                rate=hosting(instance_type),
            )


def scaling_policies(
    resources: Sequence[Resource], _templates: Templates, _work: Work
) -> Iterator[Line]:
    """The alarms that Application Auto Scaling makes by itself."""
    tracking = [one for one in resources if one.properties["PolicyType"] == "TargetTrackingScaling"]
    if tracking:
        count = _ALARMS_OF_A_POLICY * len(tracking)
        yield Line(
            section=Section.IDLE, what=f"{count} alarms of autoscaling", quantity=count, rate=ALARM
        )


def _serverless(config: Resource, number: int, work: Work) -> Iterator[Line]:
    path = ("ProductionVariants", number, "ServerlessConfig")
    if config.number(*path, "ProvisionedConcurrency", default=0):
        raise ValueError("provisioned concurrency has no price here")
    memory_gb = int(config.number(*path, "MemorySizeInMB")) // 1024
    yield Line(
        section=Section.TEXTS,
        what=f"serverless endpoint of {memory_gb} GB, {work.endpoint_ms} ms a request",
        quantity=work.requests * work.endpoint_ms / 1000,
        rate=serverless(memory_gb),
    )


def _instances(config: Resource, number: int, templates: Templates) -> Iterator[Line]:
    variant = ("ProductionVariants", number)
    instance_type = config.properties["ProductionVariants"][number]["InstanceType"]
    count = _least(templates, config.number(*variant, "InitialInstanceCount"))
    yield Line(
        section=Section.IDLE,
        what=f"{count:g} × {instance_type}",
        quantity=count * HOURS_A_MONTH,
        rate=hosting(instance_type),
    )


def _least(templates: Templates, initial: float) -> float:
    """How many instances there are without traffic: autoscaling takes the others away."""
    targets = templates.of("AWS::ApplicationAutoScaling::ScalableTarget")
    return min([target.number("MinCapacity") for target in targets], default=initial)


def _fleets(templates: Templates) -> Iterator[tuple[str, float]]:
    for config in templates.of("AWS::SageMaker::EndpointConfig"):
        for number, variant in enumerate(config.properties["ProductionVariants"]):
            if "InstanceType" in variant:
                initial = config.number("ProductionVariants", number, "InitialInstanceCount")
                yield variant["InstanceType"], _least(templates, initial)
