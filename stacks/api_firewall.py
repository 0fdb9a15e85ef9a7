"""AWS WAF before the API: a rate for each address, and AWS's common rules."""

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

COMMON_RULES = "AWSManagedRulesCommonRuleSet"
COUNTED_RULES = ("SizeRestrictions_BODY", "CrossSiteScripting_BODY")
"""Rules of the group that reviews break: a batch of them is larger than 8 KB, and many of them have
`<br />` and other markup. They are counted, so that a metric shows what they would have blocked."""
WINDOW_SECONDS = 300
"""Over which an address's requests are counted; WAF's default."""


class ApiFirewall(Construct):
    """A web ACL of the tier's own, before one stage.

    It has no name: one that is replaced must not be in the way of the next one.
    """

    def __init__(
        self, scope: Construct, id: str, *, stage: apigateway.Stage, requests_of_an_address: int
    ) -> None:
        super().__init__(scope, id)
        count = waf.CfnWebACL.RuleActionProperty(count={})
        acl = waf.CfnWebACL(
            self,
            "WebAcl",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_metrics("All"),
            rules=[
                waf.CfnWebACL.RuleProperty(
                    name="RateOfAnAddress",
                    priority=0,
                    action=waf.CfnWebACL.RuleActionProperty(block={}),
                    statement=waf.CfnWebACL.StatementProperty(
                        rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                            aggregate_key_type="IP",
                            limit=requests_of_an_address,
                            evaluation_window_sec=WINDOW_SECONDS,
                        )
                    ),
                    visibility_config=_metrics("RateOfAnAddress"),
                ),
                waf.CfnWebACL.RuleProperty(
                    name="CommonRules",
                    priority=1,
                    override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
                    statement=waf.CfnWebACL.StatementProperty(
                        managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                            vendor_name="AWS",
                            name=COMMON_RULES,
                            rule_action_overrides=[
                                waf.CfnWebACL.RuleActionOverrideProperty(
                                    name=name, action_to_use=count
                                )
                                for name in COUNTED_RULES
                            ],
                        )
                    ),
                    visibility_config=_metrics("CommonRules"),
                ),
            ],
        )
        waf.CfnWebACLAssociation(
            self, "Association", web_acl_arn=acl.attr_arn, resource_arn=stage.stage_arn
        )


def _metrics(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True,
        metric_name=name,
        # WAF's samples hold headers and the first bytes of bodies: review text.
        sampled_requests_enabled=False,
    )
