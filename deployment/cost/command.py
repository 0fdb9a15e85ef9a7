"""`python -m deployment cost`: what a tier costs, before it is deployed."""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import boto3

from deployment.cdk_cli import CdkCli
from deployment.command_options import add_tier_options
from deployment.cost.estimate import Estimate, estimate
from deployment.cost.price_list import PriceList, price_list
from deployment.cost.price_table import PRICES_REGION
from deployment.cost.shown import as_json, table
from deployment.cost.template import Templates
from deployment.cost.work import Work
from deployment.progress import console
from lambdas.sentiment_api.limits import MAX_TEXT_CHARACTERS, MAX_TEXTS
from stacks.tiers import find_tier


def add_options(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_tier_options(command)
    # It synthesizes into a folder of its own, and deploys nothing.
    command.set_defaults(alone=False)
    usual = Work()
    command.add_argument(
        "--texts-per-request", type=int, default=usual.texts_per_request, metavar="N",
        help=f"1 to {MAX_TEXTS} (default: {usual.texts_per_request})",
    )  # fmt: skip
    command.add_argument(
        "--characters", type=int, default=usual.characters_per_text, metavar="N",
        help=f"of a text, 1 to {MAX_TEXT_CHARACTERS} (default: {usual.characters_per_text})",
    )  # fmt: skip
    command.add_argument("--json", action="store_true", help="print one JSON object")


def run(cdk: CdkCli, arguments: argparse.Namespace) -> None:
    """Run the command.

    Raises:
        ValueError: an assumption is out of bounds.
        CdkError: the tier cannot be synthesized.
    """
    work = _work(arguments)
    prices = price_list(boto3.Session().region_name or PRICES_REGION)
    with tempfile.TemporaryDirectory(prefix="cost-", ignore_cleanup_errors=True) as folder:
        apart = replace(cdk, output=Path(folder) / "cdk.out")
        apart.synth()
        found = estimate_of(apart, work=work, prices=prices)
    if arguments.json:
        print(as_json(found, prices))
        return
    for line in table(found, prices):
        console.print(line, markup=False, highlight=False)


def estimate_of(cdk: CdkCli, *, work: Work, prices: PriceList) -> Estimate:
    """What a tier costs by its cloud assembly.

    Counted are the stacks that a deployment deploys, and the Glue job, which costs nothing until
    it runs.

    Args:
        cdk: after `cdk.synth()`.
        work: what is assumed.
        prices: of a region.
    """
    tier = find_tier(cdk.tier, cdk.settings, own=cdk.context.get("tiers"))
    watched = [tier.operations] if tier.settings.operations.watched else []
    stacks = [*tier.stacks, tier.data_preparation, *watched]
    templates = Templates({stack: cdk.template(stack) for stack in stacks})
    return estimate(cdk.tier, templates, work=work, prices=prices)


def _work(arguments: argparse.Namespace) -> Work:
    texts, characters = arguments.texts_per_request, arguments.characters
    problems = []
    if not 1 <= texts <= MAX_TEXTS:
        problems.append(f"--texts-per-request {texts}: a request takes 1 to {MAX_TEXTS} texts.")
    if not 1 <= characters <= MAX_TEXT_CHARACTERS:
        problems.append(f"--characters {characters}: a text has 1 to {MAX_TEXT_CHARACTERS}.")
    if problems:
        raise ValueError("\n".join(problems))
    return Work(texts_per_request=texts, characters_per_text=characters)
