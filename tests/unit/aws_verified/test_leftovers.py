"""What is a verified tier's, and what only looks like it."""

import pytest

from deployment.tier_stacks import TierStacks
from tests.aws_verified.leftovers import of_a_stack


@pytest.mark.parametrize(
    "name",
    [
        "Verify-TrainingJob-ExecutionRoleCDF74862-646057550C269",
        "verify-trainingjob-databuckete3889a50-eabab85db8e9c",
        "/aws/lambda/Verify-TrainingJob-CustomS3AutoDeleteObjects",
        "/aws/cloudformation/Verify-SentimentAnalysis/FunctionLogsAE28C13D",
        "Verify-DataPreparation-Role",
    ],
)
def test_names_that_cloudformation_makes_are_the_tiers(name: str) -> None:
    assert of_a_stack(TierStacks("Verify"), name)


@pytest.mark.parametrize(
    "name",
    [
        "My-Verify-TrainingJob-ExecutionRoleCDF74862",
        "Verify2-TrainingJob-ExecutionRole",
        "Verify-2-TrainingJob-ExecutionRole",
        "verify-reports",
        "/aws/lambda/My-Verify-TrainingJob-x",
    ],
)
def test_names_of_other_tiers_and_strangers_are_not(name: str) -> None:
    assert not of_a_stack(TierStacks("Verify"), name)
