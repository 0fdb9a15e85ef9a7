"""Stack `{tier}-Operations`: the dashboard, the alarms, and whom they tell."""

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.operations_alarms import Alarms
from stacks.operations_dashboard import add_dashboard
from stacks.operations_events import FailureEvents
from stacks.operations_topic import AlarmTopic
from stacks.tiers import Tier


class OperationsStack(cdk.Stack):
    """What tells people how a tier does: `docs/operations.md` says what to do then.

    It watches names that are known before what bears them exists, and so needs nothing of the
    other stacks: it can be deployed before them, after them, or never.
    """

    def __init__(self, scope: Construct, id: str, *, tier: Tier) -> None:
        super().__init__(scope, id, description=f"Dashboard and alarms of {tier.name}")
        topic = AlarmTopic(self, "Alarms", tier=tier).topic
        alarms = Alarms(self, "Metrics", tier=tier, topic=topic)
        FailureEvents(self, "Events", tier=tier, topic=topic)
        add_dashboard(self, tier=tier, alarms=alarms)
        if tier.settings.operations.monthly_budget_usd:
            self._budget(tier, topic)

    def _budget(self, tier: Tier, topic: sns.ITopic) -> None:
        """A budget of the whole account.

        Of one tier it could only be by a tag, and AWS counts costs by a tag only after somebody
        has activated it for the bill: until then such a budget would stand at zero.
        """
        budget = budgets.CfnBudget

        def notification(kind: str) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
            return budget.NotificationWithSubscribersProperty(
                notification=budget.NotificationProperty(
                    notification_type=kind,
                    comparison_operator="GREATER_THAN",
                    threshold=100,
                    threshold_type="PERCENTAGE",
                ),
                subscribers=[
                    budget.SubscriberProperty(subscription_type="SNS", address=topic.topic_arn)
                ],
            )

        # Without a name of its own: other notifications make another budget, and the new one is
        # there before the old one goes.
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budget.SpendProperty(
                    amount=tier.settings.operations.monthly_budget_usd, unit="USD"
                ),
            ),
            notifications_with_subscribers=[notification("FORECASTED"), notification("ACTUAL")],
        )
