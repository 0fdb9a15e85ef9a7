"""`python -m deployment`: deploy or destroy a tier. `make deploy` and `make destroy` call it."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from data_prep.__main__ import main as data_prep
from data_prep.dataset import is_current
from data_prep.errors import DataPrepError
from deployment.cdk_cli import CdkCli, CdkError
from deployment.progress import console
from deployment.rollout import roll_out
from deployment.tier_stacks import TierStacks
from stacks.lambda_bundle import ROOT
from stacks.tiers import TierError, find_tier

SAMPLE = ROOT / "data" / "sample"


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit code: 0, 1 for a failed deployment, 2 for bad input.
    """
    arguments = _parser().parse_args(argv)
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
        return 2
    except (BotoCoreError, ClientError) as error:
        console.print(
            f"AWS did not answer as it should: {error}\n"
            "Which AWS is meant is decided by AWS_PROFILE, AWS_REGION and AWS_ENDPOINT_URL.",
            style="red",
            markup=False,
        )
        return 2
    except CdkError as error:
        console.print(str(error), markup=False)
        return 1
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
        ("destroy", _destroy, "remove the tier's stacks"),
    ):
        command = commands.add_parser(name, help=what, description=what.capitalize() + ".")
        command.set_defaults(run=run)
        command.add_argument("--tier", required=True, help="Sandbox, Production, or your own")
        command.add_argument("--settings", help="the settings of a tier of your own: Sandbox, ...")
        command.add_argument(
            "-c", "--context", action="append", default=[], metavar="KEY=VALUE",
            help="further CDK context, such as lambdaPython=3.12",
        )  # fmt: skip
    deploy = commands.choices["deploy"]
    deploy.add_argument(
        "--train", type=Path, help="training file, as `data_prep prepare` writes it (default: "
        "the data of the last deployment, or at the first one the sample)",
    )  # fmt: skip
    deploy.add_argument("--test", type=Path, help="held-out file; goes with --train")
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
    with tempfile.TemporaryDirectory() as folder:
        dataset: Path | None = None
        if arguments.train is not None:
            dataset = Path(folder)
            shutil.copy(arguments.train, dataset / "train.txt")
            shutil.copy(arguments.test, dataset / "test.txt")
        elif not stacks.outputs(stacks.machine_learning):
            dataset = sample()
        roll_out(cdk, dataset=dataset)
    model = stacks.outputs(stacks.machine_learning)
    api = stacks.outputs(stacks.sentiment_analysis)
    console.print(
        f"\n{cdk.tier} serves {model['TrainingJobName']}, "
        f"validation accuracy {model['ValidationAccuracy']}.\n"
        f"  POST {api['ApiUrl']}sentiment\n"
        f"  The key: aws apigateway get-api-key --include-value --api-key {api['ApiKeyId']}",
        markup=False,
    )


def sample() -> Path:
    """The folder of the prepared sample reviews.

    Prepared at the first call, and again when the normaliser has changed: what is trained must
    be what is served.
    """
    if not is_current(SAMPLE):
        exit_code = data_prep(["sample", "--out", str(SAMPLE)])
        if exit_code:
            sys.exit(exit_code)
    return SAMPLE


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
