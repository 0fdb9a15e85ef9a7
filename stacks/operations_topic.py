"""Who is told when something is wrong with a tier."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.parameters import declare
from stacks.tiers import Tier
from tier_layout.parameter_owners import Owner

PUBLISHERS = ("cloudwatch.amazonaws.com", "events.amazonaws.com", "budgets.amazonaws.com")
"""The services that say what is wrong."""
EMAIL_PATTERN = r"|[^@\s]+@[^@\s]+\.[^@\s]+"
"""An address, or nothing."""


class AlarmTopic(Construct):
    """An SNS topic for everything that a person should know, and that person's address.

    SNS asks the address to confirm; until then nothing is sent to it. Other receivers (a pager,
    a chat) subscribe to the topic, whose ARN is an output.
    """

    def __init__(self, scope: Construct, id: str, *, tier: Tier) -> None:
        super().__init__(scope, id)
        stack = cdk.Stack.of(self)
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=f"{tier.name}-alarms",
            display_name=f"Alarms of {tier.name}",
            enforce_ssl=True,
        )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service) for service in PUBLISHERS],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                # On behalf of this account, and not of another one that has named our topic.
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            )
        )
        email = declare(
            scope,
            "AlarmEmail",
            owner=Owner.PERSON,
            type="String",
            default="",
            allowed_pattern=EMAIL_PATTERN,
            constraint_description="an e-mail address, or empty for none",
            description="Who is told of alarms; the address gets a mail to confirm. Empty: nobody",
        )
        subscription = sns.CfnSubscription(
            self,
            "Email",
            protocol="email",
            topic_arn=self.topic.topic_arn,
            endpoint=email.value_as_string,
        )
        subscription.cfn_options.condition = cdk.CfnCondition(
            self,
            "HasEmail",
            expression=cdk.Fn.condition_not(cdk.Fn.condition_equals(email.value_as_string, "")),
        )
        cdk.CfnOutput(
            stack, "AlarmTopicArn", value=self.topic.topic_arn, description="Where alarms go"
        )
