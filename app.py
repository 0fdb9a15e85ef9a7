"""The CDK app: reads the tier and composes its stacks.

    npx cdk deploy -c tier=Sandbox Sandbox-TrainingJob

It calls no AWS service and needs no credentials, so `cdk synth` runs anywhere.
"""

import sys

import aws_cdk as cdk

from stacks.composition import compose_tier
from stacks.lambda_bundle import BundleError
from stacks.lambda_target import LambdaTarget, LambdaTargetError
from stacks.tiers import TierError, tier_from_context

app = cdk.App()
try:
    tier = tier_from_context(app.node)
    notice = LambdaTarget.from_context(app.node).notice
    if notice:
        print(notice, file=sys.stderr)
    compose_tier(app, tier)
except (TierError, LambdaTargetError, BundleError) as error:
    sys.exit(f"\n{error}\n")
app.synth()
