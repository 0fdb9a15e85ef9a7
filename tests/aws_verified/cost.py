"""What a verification costs, before it begins."""

from deployment.cost.price_table import PRICES_AS_OF, PRICES_REGION, instance_price
from stacks.tiers import TierSettings

TRAININGS = 2
"""Training jobs that the tests start: one at the deployment, one at the retraining."""
USUAL_MINUTES = 4
"""What SageMaker bills for a job of some seconds of training: starting, downloading, uploading."""
_MINUTES_AN_HOUR = 60


def cost(settings: TierSettings) -> str:
    """What somebody with an AWS account is about to pay, and what that assumes."""
    kind, minutes = settings.training.instance_type, settings.training.seconds / 60
    price = instance_price(kind)
    if price is None or settings.hosting.instance_type is not None:
        raise ValueError(f"There is no price for {settings}.")
    usual, most = (TRAININGS * each / _MINUTES_AN_HOUR * price for each in (USUAL_MINUTES, minutes))
    return (
        f"{TRAININGS} training jobs on {kind} at ${price} an hour: about ${usual:.2f}, and "
        f"${most:.2f} at the most, if each ran into its limit of {minutes:.0f} min. Serverless "
        "inference, Lambda, API Gateway, S3 and CloudWatch: some hundred calls, cents. Nothing "
        f"runs afterwards. Prices of {PRICES_REGION}, {PRICES_AS_OF}: check before relying on them."
    )
