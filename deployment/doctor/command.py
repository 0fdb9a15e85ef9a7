"""`python -m deployment doctor`: what would keep a tier from being deployed, and what mends it."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict

from deployment.cdk_cli import CdkCli
from deployment.command_options import add_tier_options
from deployment.doctor.examine import examine
from deployment.doctor.finding import Finding, Verdict
from deployment.errors import WorkFailedError
from deployment.progress import console, step
from stacks.tiers import find_tier

_MARKS = {Verdict.FINE: "✓", Verdict.NOTICE: "!", Verdict.PROBLEM: "✗"}
_EPILOG = """\
what is looked at:
  credentials   who you are to AWS, and in which account
  region        whether SageMaker has the BlazingText image there
  bootstrap     whether `cdk bootstrap` has prepared account and region
  training, hosting
                the account's quotas of the tier's instance types; a new model is rolled out
                beside the old one, so that hosting needs its instances twice
  Python, Node, CDK CLI, disk
                of this machine

  ✓ is fine, ! is worth knowing (also what you may not read), ✗ would make a deployment fail.
  It only reads. `deploy` does the same before it begins.

exit codes: 0 no problem, 1 there are problems, 2 bad input
"""


def add_options(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = _EPILOG
    add_tier_options(command)
    # It writes no templates.
    command.set_defaults(alone=False)
    command.add_argument("--json", action="store_true", help="print a JSON list of findings")


def run(cdk: CdkCli, arguments: argparse.Namespace) -> None:
    """Run the command.

    Raises:
        WorkFailedError: there are problems; they have been shown.
    """
    findings = _findings(cdk)
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1, ensure_ascii=False))
    else:
        for line in lines(findings):
            console.print(line, markup=False)
    problems = _problems(findings)
    if problems:
        mended = "is mended" if len(problems) == 1 else "are mended"
        raise WorkFailedError(
            f"{cdk.tier} cannot be deployed before {_counted(len(problems), 'problem')} {mended}."
        )


def require_health(cdk: CdkCli) -> None:
    """The same before a deployment, in one line if there is nothing to say.

    Raises:
        WorkFailedError: lists the problems, each with what mends it.
    """
    with step("Check account, quotas and this machine") as checking:
        findings = _findings(cdk)
        notices = [finding for finding in findings if finding.verdict == Verdict.NOTICE]
        for finding in notices:
            checking.say(f"{finding.check}: {finding.said}")
        problems = _problems(findings)
        checking.failed = bool(problems)
        checking.result = _counted(len(problems), "problem") if problems else "no problems"
    if problems:
        raise WorkFailedError("\n".join([*lines(problems), "Nothing was deployed."]))


def lines(findings: Sequence[Finding]) -> list[str]:
    """The findings for a person, each mend under what it mends."""
    width = max(len(finding.check) for finding in findings)
    shown = []
    for finding in findings:
        shown.append(f"{_MARKS[finding.verdict]} {finding.check:<{width}}  {finding.said}")
        if finding.mend:
            shown.append(f"  {'':<{width}}  → {finding.mend}")
    return shown


def _findings(cdk: CdkCli) -> list[Finding]:
    context = {"tier": cdk.tier, **({"settings": cdk.settings} if cdk.settings else {})}
    words = " ".join(f"-c {name}={value}" for name, value in context.items())
    return examine(find_tier(cdk.tier, cdk.settings, own=cdk.context.get("tiers")), context=words)


def _problems(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.verdict == Verdict.PROBLEM]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
