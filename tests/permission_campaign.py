"""The permission campaign: `python -m tests.permission_campaign`, or `make permissions`.

Every action of every statement of every role of both tiers is taken away, one at a time, on an
embedded AWS: what needs it must fail, and the missing action must be named where a person looks.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from botocore.exceptions import ClientError

from local_aws.api_url import local_api_url
from local_aws.environment import client_environment
from local_aws.errors import EmbeddedAwsError
from stacks.repository import ROOT
from tests.end_to_end.acting_tier import ActingTier
from tests.end_to_end.conftest import SMALL_MODEL, Aws, DeployedTier, free_port
from tests.end_to_end.permission_courses import COURSES, NOT_TRIED
from tests.end_to_end.role_permissions import Permission, permissions, taken_away
from tests.real_reviews import write_reviews

TIERS: Final = ("Sandbox", "Production")
WITHOUT_WAITS: Final = {"Production": {"settings": "Production", "hosting": {"canary": False}}}
"""A canary waits ten minutes, and needs no permission of the tier's."""
ROWS: Final = 3000
RAW_ROWS: Final = 200
"""What the Glue job prepares."""
GATE: Final = {"MinimumAccuracy": "0.3", "MinimumMacroF1": "0.1"}
"""Of a model that trains in a second."""


@dataclass(frozen=True)
class Finding:
    """What became of a tier without one permission."""

    tier: str
    permission: str
    problem: str
    """Empty where it failed and named the action, or where it was not tried."""
    told: str
    """Where the action was named, or why nothing needs it."""
    seconds: float

    def __str__(self) -> str:
        """One line of the table."""
        what = f"{self.tier:10}  {self.permission:78}"
        return f"{what}  {self.problem.upper() if self.problem else self.told}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and print the table; 1 if a permission was not needed, or not named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tier", action="append", choices=TIERS, help="one tier only")
    parser.add_argument("--only", action="append", help="permissions with this text only")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with _embedded_aws(folder / "aws") as aws:
            data = _data(aws, folder)
            tiers = [_deployed(aws, name, data, folder / name) for name in options.tier or TIERS]
            # Roles of one tier are nothing to the other's, and both wait most of the time.
            with ThreadPoolExecutor(len(tiers)) as pool:
                found = [
                    finding
                    for findings in pool.map(
                        lambda tier: _campaign(tier, options.only or [""]), tiers
                    )
                    for finding in findings
                ]
    print()
    for finding in found:
        print(finding)
    problems = sum(bool(finding.problem) for finding in found)
    minutes = (time.monotonic() - started) / 60
    print(f"\n{len(found)} permissions, {problems} problems, in {minutes:.1f} min")
    return 1 if problems or not found else 0


def _campaign(tier: ActingTier, only: Sequence[str]) -> list[Finding]:
    stacks = [*tier.names.stacks, tier.names.data_preparation]
    known = permissions(tier.tier.aws, stacks)
    wanted = [one for one in known if any(text in str(one) for text in only)]
    findings = []
    for number, permission in enumerate(wanted, start=1):
        finding = _without(tier, permission)
        findings.append(finding)
        _say(f"{tier.name} [{number}/{len(wanted)}] {finding} ({finding.seconds:.0f} s)")
    findings += _whole(tier)
    return findings


def _without(tier: ActingTier, permission: Permission) -> Finding:
    """Do what needs a permission without it, and go on with it."""
    name, started = str(permission), time.monotonic()
    problem = told = ""
    if name in NOT_TRIED:
        told = f"not tried: {NOT_TRIED[name]}"
    elif name not in COURSES:
        problem = "nothing is known to need it"
    else:
        try:
            trial = COURSES[name](tier)
            with taken_away(tier.tier.aws.client("iam"), permission):
                outcome = trial.act()
            if outcome.done:
                problem = "not needed"
            elif permission.action not in outcome.said:
                problem = f"not named: {outcome.where}: {outcome.said}"
            told = outcome.where
            restored = trial.again()
            if not restored.done:
                problem = f"{problem} broken afterwards: {restored.said}"
        except (AssertionError, ClientError, TimeoutError) as error:
            problem = f"{type(error).__name__}: {error}"
    return Finding(tier.name, name, problem, told, time.monotonic() - started)


def _whole(tier: ActingTier) -> Iterator[Finding]:
    """Do everything once more, with all permissions."""
    for trial in tier.trials:
        trial.begin_deletion()
    for what, act in (
        ("a retraining", tier.retrain),
        ("a training job", tier.train),
        ("a call", tier.call),
        ("a preparation", tier.prepare),
        *((f"the end of trial {number}", one.deleted) for number, one in enumerate(tier.trials)),
    ):
        outcome = act()
        if not outcome.done:
            yield Finding(tier.name, f"{what}, with all", outcome.said, outcome.where, 0)


_printing = threading.Lock()


def _say(line: str) -> None:
    with _printing:
        print(line, flush=True)


@contextmanager
def _embedded_aws(state: Path) -> Iterator[Aws]:
    """One of its own process, as `local_aws up --detach` starts it."""
    url = f"http://127.0.0.1:{free_port()}"
    program = (sys.executable, "-m", "local_aws")
    aws = Aws(url, state, dict(os.environ) | client_environment(url) | {"NO_COLOR": "1"})
    up = aws.run(*program, "up", "--detach", "--port", url.rsplit(":", 1)[1], "--state", str(state))
    if up.returncode != 0:
        raise EmbeddedAwsError(up.stderr)
    try:
        yield aws
    finally:
        subprocess.run([*program, "down", "--state", str(state)], cwd=ROOT, check=True)


def _data(aws: Aws, folder: Path) -> Path:
    """Some reviews, prepared."""
    write_reviews(folder / "reviews.csv", slice(0, ROWS))
    write_reviews(folder / "raw.csv", slice(0, RAW_ROWS))
    _run(
        aws,
        *(sys.executable, "-m", "data_prep", "prepare", str(folder / "reviews.csv")),
        *("--text", "text", "--label", "label", "--map", "0=negative", "--map", "1=positive"),
        *("--out", str(folder / "data")),
    )
    return folder / "data"


def _deployed(aws: Aws, name: str, data: Path, folder: Path) -> ActingTier:
    """A tier, with all its stacks and raw reviews in its bucket."""
    words = ["-c", f"tier={name}", "-c", f"tiers={json.dumps(WITHOUT_WAITS)}"]
    _run(aws, "cdk", "synth", "--quiet", "--output", str(folder), *words)
    _run(aws, "cdk", "bootstrap", "--app", str(folder), "--no-notices")
    tier = DeployedTier(aws, folder, data)

    def deploy(stack: str, **parameters: str) -> None:
        result = tier.deploy(stack, parameters)
        if result.returncode != 0:
            raise EmbeddedAwsError(result.stdout + result.stderr)
        _say(f"{stack} deployed")

    deploy(f"{name}-TrainingJob")
    keys = tier.upload(data, tier=name)
    deploy(f"{name}-MachineLearningInfrastructure", **keys, **SMALL_MODEL, **GATE)
    deploy(f"{name}-SentimentAnalysis")
    deploy(f"{name}-DataPreparation")
    key = aws.client("apigateway").get_api_key(
        apiKey=tier.outputs(f"{name}-SentimentAnalysis")["ApiKeyId"], includeValue=True
    )["value"]
    reachable = DeployedTier(aws, folder, data, url=local_api_url(aws.url, name), api_key=key)
    acting = ActingTier(reachable, name, folder=folder)
    acting.s3.upload_file(str(data.parent / "raw.csv"), acting.bucket, "raw/reviews.csv")
    acting.reviews = f"s3://{acting.bucket}/raw/reviews.csv"
    return acting


def _run(aws: Aws, *command: str) -> None:
    result = aws.run(*command)
    if result.returncode != 0:
        raise EmbeddedAwsError(f"{' '.join(command)}: {result.stdout}{result.stderr}")


if __name__ == "__main__":
    sys.exit(main())
