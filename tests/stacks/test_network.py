"""A tier in a VPC: functions, training, instances, and the ways to the services they call."""

import pytest

from stacks.settings.hosting import HostingSettings
from stacks.settings.network import NetworkSettings
from stacks.tiers import TierError, TierSettings
from tests.stacks.conftest import TierTemplates, resource, resources

VPC = NetworkSettings(
    vpc_id="vpc-0123456789abcdef0",
    subnet_ids=("subnet-0123456789abcdef0",),
    security_group_ids=("sg-0123456789abcdef0",),
)
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
GROUPS = ["sg-0123456789abcdef0"]


def test_every_function_stands_in_it(everything: TierTemplates) -> None:
    for template in everything.all:
        for function in resources(template, "AWS::Lambda::Function"):
            assert function["Properties"]["VpcConfig"] == {
                "SubnetIds": SUBNETS,
                "SecurityGroupIds": GROUPS,
            }


def test_training_and_instances_stand_in_it(everything: TierTemplates) -> None:
    job = resource(everything.machine_learning, "Custom::TrainingJob")
    assert (job["Subnets"], job["SecurityGroupIds"]) == (",".join(SUBNETS), ",".join(GROUPS))
    model = resource(everything.machine_learning, "AWS::SageMaker::Model")
    assert model["VpcConfig"] == {"Subnets": SUBNETS, "SecurityGroupIds": GROUPS}


def test_it_has_a_way_to_every_service(everything: TierTemplates) -> None:
    endpoints = resources(everything.training, "AWS::EC2::VPCEndpoint")
    kinds = {str(one["Properties"]["VpcEndpointType"]) for one in endpoints}
    assert kinds == {"Gateway", "Interface"}


def test_other_tiers_name_none(tier: TierTemplates) -> None:
    for template in tier.all:
        for function in resources(template, "AWS::Lambda::Function"):
            assert "VpcConfig" not in function["Properties"]


def test_serverless_inference_in_a_vpc_is_refused() -> None:
    with pytest.raises(TierError, match="serverless inference works in no VPC"):
        TierSettings(network=VPC)


def test_part_of_a_network_is_refused() -> None:
    with pytest.raises(TierError, match="go together"):
        TierSettings(
            hosting=HostingSettings(instance_type="ml.m5.large"),
            network=NetworkSettings(vpc_id="vpc-0123456789abcdef0"),
        )


@pytest.mark.parametrize("wrong", ["default", "subnet-12", "sg_1"])
def test_what_is_no_id_is_named(wrong: str) -> None:
    assert any(wrong in one for one in NetworkSettings(vpc_id=wrong).problems())
