"""The command line: `python -m local_aws up | down | status | url | env | demo | reset`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from local_aws import commands
from local_aws.advice import DEFAULT_STATE
from local_aws.errors import LocalAwsError
from local_aws.instance import StateDirectory

_DEFAULT_PORT = 4566

_PORT_HELP = "loopback port; 0 takes a free one (default: %(default)s)"

_USAGE_ERROR = 2

_DESCRIPTION = """\
An AWS on this machine: CloudFormation, Lambda, API Gateway, S3, SageMaker and more,
on one loopback port. No account, no Docker, nothing leaves the machine.
"""
_EXAMPLES = """\
examples:
  python -m local_aws up                    serve until Ctrl-C
  python -m local_aws up --detach           serve in the background
  eval "$(python -m local_aws env)"         point the AWS CLI, boto3 and the CDK at it
  python -m local_aws status                what runs, and what it holds
  python -m local_aws url Sandbox-SentimentAnalysis
  python -m local_aws down                  stop; `up` finds everything again
  python -m local_aws reset                 forget everything
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit status: 0, 1 when `status` finds nothing running, or 2 for bad input.
    """
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace, StateDirectory], int] = options.command
    try:
        return command(options, StateDirectory(options.state))
    except LocalAwsError as error:
        print(f"local_aws: {error}", file=sys.stderr)
        return _USAGE_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_aws",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[..., int], explanation: str) -> argparse.ArgumentParser:
        added = subparsers.add_parser(name, help=explanation, description=explanation)
        added.set_defaults(command=command)
        added.add_argument(
            "--state",
            type=Path,
            default=DEFAULT_STATE,
            metavar="DIR",
            help="where it keeps its state (default: %(default)s)",
        )
        return added

    up = add(
        "up",
        commands.up,
        "Start it. State of an earlier run in the same directory comes back, even of one that"
        " was killed.",
    )
    up.add_argument("--port", type=_port, default=_DEFAULT_PORT, help=_PORT_HELP)
    up.add_argument(
        "--or-any-port", action="store_true", help="take any free port if that one is in use"
    )
    up.add_argument(
        "--detach", action="store_true", help="return when it is healthy, and go on serving"
    )
    up.add_argument(
        "--quota",
        type=_quota,
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="one of SageMaker's quotas, such as 'ml.m5.large for endpoint usage=0'; kept with the"
        " state (may be repeated)",
    )
    # What `up --detach` gives the process that it starts.
    up.add_argument("--lock", type=int, help=argparse.SUPPRESS)
    add("down", commands.down, "Stop it and every process that it started. State is kept.")
    add("status", commands.status, "Say whether it runs, and list its stacks, jobs and endpoints.")
    url = add("url", commands.url, "Print the loopback URL of a stack's REST API.")
    url.add_argument("stack", metavar="STACK", help="such as Sandbox-SentimentAnalysis")
    add("env", commands.env, "Print the export lines that point AWS tools at it.")
    demo = add("demo", commands.demo, "Deploy, train, serve and call the whole product.")
    demo.add_argument("--port", type=_port, default=_DEFAULT_PORT, help=_PORT_HELP)
    demo.add_argument("--no-hold", action="store_true", help="exit after the first call")
    add("reset", commands.reset, "Forget all state. It must not be running.")
    return parser


def _quota(text: str) -> tuple[str, int]:
    # Imported here: it loads the SDK's model of SageMaker, which takes a moment.
    from local_aws.sagemaker.quotas import Quotas  # noqa: PLC0415

    name, _, number = text.rpartition("=")
    if not name or not number.isdecimal():
        raise argparse.ArgumentTypeError(
            f"{text!r} is no quota: say NAME=NUMBER, such as 'ml.m5.large for endpoint usage=2'"
        )
    try:
        Quotas({name: int(number)})
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return name, int(number)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: use a number from 0 to 65535")
    return int(text)
