"""`python -m deployment diff`: what a deployment would change, before it does."""

import argparse
from collections.abc import Iterator, Mapping, Sequence

from data_prep.dataset.training_files import read_training_files
from deployment.cdk_cli import CdkCli
from deployment.command_options import add_parameter_options, add_tier_options, given_by
from deployment.deploy_data import add_data_options, check_files, chosen_data
from deployment.progress import console
from deployment.stack_parameters import (
    Choice,
    check_known,
    choose,
    synthesized_parameters,
)
from deployment.template_diff import Loss, losses
from deployment.tier_stacks import TierStacks, check_spelling
from deployment.watching import known_parameters, stacks_to_deploy


def add_options(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    command.description = f"{command.description} It only reads."
    command.epilog = "It takes the options of `deploy`: give it the same."
    add_tier_options(command)
    add_data_options(command)
    add_parameter_options(command)


def run(cdk: CdkCli, arguments: argparse.Namespace) -> None:
    """Run the command.

    Raises:
        ValueError: the files or the parameters cannot be used.
        CdkError: the templates could not be compared.
    """
    check_files(arguments)
    given = given_by(arguments)
    stacks = TierStacks(cdk.tier)
    check_spelling(stacks)
    cdk.synth()
    check_known(given.values, known_parameters(cdk, given))
    declared = synthesized_parameters(cdk)
    dataset = chosen_data(arguments, stacks)
    files = read_training_files(dataset) if dataset else None
    data = files.keys.parameters if files else None
    deployed = stacks.kept_parameters(stacks.machine_learning)
    choices = choose(declared, deployed=deployed, given=given, data=data)
    defaults = {parameter.name: parameter.default for parameter in declared}
    difference = cdk.diff(stacks_to_deploy(cdk))
    for line in (
        *difference,
        "",
        *_parameters(choices, {**defaults, **deployed}, new=not deployed),
        "",
        *_summary(losses(cdk, difference)),
    ):
        console.print(line, markup=False)


def _parameters(
    choices: Sequence[Choice], former: Mapping[str, str], *, new: bool
) -> Iterator[str]:
    changed = [
        choice
        for choice in choices
        if choice.passed is not None and choice.passed != former.get(choice.name, "")
    ]
    if not changed:
        yield "No parameter of the model's stack changes."
        return
    yield "Parameters of the model's stack:"
    width = max(len(choice.name) for choice in changed)
    for choice in changed:
        before = "" if new else f"{former.get(choice.name) or '–'} → "
        yield f"  {choice.name:{width}}  {before}{choice.value or '–'}: {choice.source}"
    if not new:
        yield (
            "What shapes the model (data, hyperparameters) makes a new training job, Model and "
            "EndpointConfig; the endpoint is updated in place."
        )


def _summary(lost: Sequence[Loss]) -> Iterator[str]:
    if not lost:
        yield "Nothing is replaced or deleted."
    for loss in lost:
        yield f"{loss}{', by design' if loss.by_design else ''}"
