"""`python -m deployment`: deploy, retrain, describe or destroy a tier, as `make` does."""

import argparse
import sys
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from data_prep.errors import DataPrepError
from data_prep.training_files import DatasetFiles
from deployment.cdk_cli import CdkCli, CdkError
from deployment.progress import console
from deployment.rollout import retrain, roll_out
from deployment.status_command import add_status
from deployment.tier_stacks import TierStacks
from deployment.training_data import prepared, sample, training_parameters
from stacks.tiers import TierError, find_tier

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit code: 0, 1 for a failed deployment, 2 for bad input, 130 after Ctrl-C.
    """
    parser = _parser()
    arguments, others = parser.parse_known_args(argv)
    if others and arguments.run is not _retrain:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    arguments.prepare_options = others
    # A program that reads the standard output gets the JSON there, and nothing else.
    console.stderr = getattr(arguments, "json", False)
    try:
        find_tier(arguments.tier, arguments.settings)
        cdk = CdkCli(
            tier=arguments.tier,
            settings=arguments.settings,
            context=dict(_pair(text) for text in arguments.context),
        )
        arguments.run(cdk, arguments)
    except (TierError, DataPrepError, ValueError) as error:
        console.print(str(error), style="red", markup=False)
        return EXIT_USAGE
    except (BotoCoreError, ClientError) as error:
        console.print(
            f"AWS did not answer as it should: {error}\n"
            "AWS_PROFILE, AWS_DEFAULT_REGION and AWS_ENDPOINT_URL decide which AWS is meant.",
            style="red",
            markup=False,
        )
        return EXIT_USAGE
    except CdkError as error:
        console.print(str(error), markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("Interrupted. What CloudFormation has begun it brings to an end by itself.")
        return EXIT_INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deployment",
        description="Deploy a tier to the AWS that the environment points at, or remove it.",
        epilog="The account and region must have been bootstrapped once: npx cdk bootstrap.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, what in (
        ("deploy", _deploy, "deploy the bucket, upload the data, deploy the rest"),
        ("retrain", _retrain, "prepare reviews, upload them, and train a deployed tier on them"),
        ("destroy", _destroy, "remove the tier's stacks"),
    ):
        command = commands.add_parser(
            name, help=what, description=what.capitalize() + ".", allow_abbrev=False
        )
        command.set_defaults(run=run)
        command.add_argument("--tier", required=True, help="Sandbox, Production, or your own")
        command.add_argument("--settings", help="the settings of a tier of your own: Sandbox, ...")
        command.add_argument(
            "-c", "--context", action="append", default=[], metavar="KEY=VALUE",
            help="further CDK context, such as lambdaPython=3.12",
        )  # fmt: skip
    add_status(commands)
    deploy = commands.choices["deploy"]
    deploy.add_argument(
        "--train", type=Path, help="training file, as `data_prep prepare` writes it (default: "
        "the data of the last deployment, or at the first one the sample)",
    )  # fmt: skip
    deploy.add_argument("--test", type=Path, help="held-out file; goes with --train")
    retraining = commands.choices["retrain"]
    retraining.epilog = (
        "All other options are those of `python -m data_prep prepare`: see its --help."
    )
    retraining.add_argument(
        "--data", required=True, metavar="PATH", help="a file or folder of reviews, as "
        "`data_prep prepare` takes it, or what it has written (make: DATA=PATH)",
    )  # fmt: skip
    retraining.add_argument(
        "--out", type=Path, metavar="DIR",
        help="where the prepared reviews are kept (default: data/retrain/TIER)",
    )  # fmt: skip
    return parser


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise ValueError(f"{text!r}: context is KEY=VALUE, such as lambdaPython=3.12.")
    return key, value


def _deploy(cdk: CdkCli, arguments: argparse.Namespace) -> None:
    if (arguments.train is None) != (arguments.test is None):
        raise ValueError("Say both --train and --test (make: TRAIN=... TEST=...), or neither.")
    for file in filter(None, (arguments.train, arguments.test)):
        if not file.is_file():
            raise ValueError(f"There is no file {file}.")
    stacks = TierStacks(cdk.tier)
    cdk.synth()
    dataset: DatasetFiles | None = None
    if arguments.train is not None:
        dataset = DatasetFiles.of(arguments.train, arguments.test)
    elif not stacks.outputs(stacks.machine_learning):
        dataset = sample()
    roll_out(cdk, dataset=dataset)
    model = stacks.outputs(stacks.machine_learning)
    _announce(stacks, f"{cdk.tier} serves {_named(model)}.")


def _retrain(cdk: CdkCli, arguments: argparse.Namespace) -> None:
    stacks = TierStacks(cdk.tier)
    missing = [stack for stack in stacks.all if not stacks.outputs(stack)]
    if missing:
        raise ValueError(
            f"{cdk.tier} is not deployed in this account and region: there is no stack "
            f"{' and no '.join(missing)}. Deploy it first: make deploy TIER={cdk.tier}"
        )
    former = stacks.outputs(stacks.machine_learning)
    dataset = prepared(
        arguments.data, tier=cdk.tier, out=arguments.out, options=arguments.prepare_options
    )
    parameters = training_parameters(dataset, bucket=stacks.data_bucket())
    try:
        retrain(cdk, parameters=parameters)
    except CdkError as error:
        raise CdkError(f"{error}\n\n{cdk.tier} still serves {_named(former)}.") from error
    model = stacks.outputs(stacks.machine_learning)
    if model["TrainingJobName"] == former["TrainingJobName"]:
        compared = "As before: the same data and hyperparameters make the same model."
    else:
        compared = f"Before: {_named(former)}. Each is measured on its own held-out reviews."
    _announce(stacks, f"{cdk.tier} serves {_named(model)}.\n{compared}")


def _named(model: dict[str, str]) -> str:
    return f"{model['TrainingJobName']}, validation accuracy {model['ValidationAccuracy']}"


def _announce(stacks: TierStacks, what: str) -> None:
    api = stacks.outputs(stacks.sentiment_analysis)
    console.print(
        f"\n{what}\n"
        f"  POST {api['ApiUrl']}sentiment\n"
        f"  The key: aws apigateway get-api-key --include-value --api-key {api['ApiKeyId']}",
        markup=False,
    )


def _destroy(cdk: CdkCli, _: argparse.Namespace) -> None:
    settings = find_tier(cdk.tier, cdk.settings).settings
    cdk.synth()
    cdk.destroy()
    if settings.retain_data:
        console.print(
            f"The data bucket and the logs of {cdk.tier} are retained: delete them by hand.",
            markup=False,
        )


if __name__ == "__main__":
    sys.exit(main())
