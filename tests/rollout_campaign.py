"""Rollouts under load, by the real CDK CLI: `python -m tests.rollout_campaign`, or `make rollouts`.

A tier on two instances with a canary is deployed on an embedded AWS, and called by four connections
while new models are rolled out: a good one, and three that pass the evaluation and then fail in
service, each in its way. Nothing is hurried: alarms look at whole minutes, and CloudFormation's
rollback is a canary of its own, so that it takes about twenty minutes.
"""

import argparse
import contextlib
import io
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from deployment.cdk_failures import said
from local_aws.environment import client_environment
from stacks.repository import ROOT
from tests.end_to_end.conftest import SMALL_MODEL, Aws, DeployedTier, wait_until
from tests.real_reviews import write_reviews

TIER: Final = "Rollouts"
MODEL_STACK: Final = f"{TIER}-MachineLearningInfrastructure"
API_STACK: Final = f"{TIER}-SentimentAnalysis"
VARIANT: Final = "AllTraffic"
CONNECTIONS: Final = 4
PAUSE_S: Final = 0.02
"""Between an answer and the next request of its connection."""
SETTINGS: Final = {
    "settings": "Sandbox",
    "hosting": {
        "instance_type": "ml.m5.large",
        "minimum_instances": 2,
        "maximum_instances": 4,
        "canary": True,
        "canary_wait_seconds": 120,
    },
    "api": {
        "requests_per_second": 5_000,
        "burst": 5_000,
        "requests_per_day": 100_000_000,
        "total_requests_per_second": 5_000,
        "total_burst": 5_000,
    },
}
FAULTS: Final = {
    "errors": "ModelErrors",
    "slow": "Latency",
    "garbage": "UnreadableReplies",
}
"""What a model does, and the alarm that must see it."""
SCALED: Final = 3
"""What autoscaling has reached when the good model comes."""
WARM_UP_S: Final = 10
CANARY_SHARE: Final = 1 / 2
SLOW_MS: Final = 1000
# An alarm's name is its stack's, its construct's path without slashes, and two hashes.
_ALARM: Final = re.compile(r"EndpointRollout([A-Za-z]+?)[0-9A-F]{8}-")


@dataclass
class Load:
    """What callers saw, on some connections that never stop asking."""

    tier: DeployedTier
    seen: list[tuple[float, float, int]] = field(default_factory=list)
    """When each answer came, how long it took in milliseconds, and its status."""
    _ending: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Call the API until the block ends."""
        callers = [threading.Thread(target=self._call) for _ in range(CONNECTIONS)]
        for caller in callers:
            caller.start()
        try:
            yield
        finally:
            self._ending.set()
            for caller in callers:
                caller.join()

    def _call(self) -> None:
        body = {"instances": ["a wonderful film", "a dreadful film"]}
        while not self._ending.wait(PAUSE_S):
            started = time.monotonic()
            status = self.tier.call("sentiment", body).status
            ended = time.monotonic()
            self.seen.append((ended, 1000 * (ended - started), status))

    def statuses(self) -> list[tuple[int, int]]:
        """How many answers had which status."""
        return sorted(Counter(status for _, _, status in self.seen).items())

    def bad(self, *, slow: bool) -> list[float]:
        """When a caller got what a good model does not give."""
        return [
            at
            for at, latency_ms, status in self.seen
            if status != 200 or (slow and latency_ms > SLOW_MS)
        ]


def main() -> int:
    """Run it; a line for each rollout, and 1 if one did not go as it must."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rollouts", nargs="*", default=["good", *FAULTS], help="which, in order")
    wanted = parser.parse_args().rollouts
    if unknown := set(wanted) - {"good", *FAULTS}:
        parser.error(f"{', '.join(sorted(unknown))}: rollouts are good, {', '.join(FAULTS)}")
    with tempfile.TemporaryDirectory(prefix="rollouts-") as folder, embedded(Path(folder)) as aws:
        tier = deployed(aws, Path(folder))
        print(
            "rollout | as it must | CLI, stack | seconds | answers | bad | share of bad while"
            " there were any | p50, p99 before; during (ms) | what the CLI says"
        )
        results = [rolled_out(tier, one, Path(folder)) for one in wanted]
    return 0 if all(results) else 1


@contextlib.contextmanager
def embedded(folder: Path) -> Iterator[Aws]:
    """An embedded AWS whose containers fail if their model says so."""
    state = folder / "aws"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.misserving_aws", str(state)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        environment = dict(os.environ) | client_environment(url) | {"NO_COLOR": "1"}
        yield Aws(url, state, environment)
        # Its standard input ends, and it with that.
        process.communicate()


def deployed(aws: Aws, folder: Path) -> DeployedTier:
    """The tier, deployed as the README says."""
    assembly, data = folder / "cdk.out", folder / "data"
    tiers = json.dumps({TIER: SETTINGS})
    write_reviews(folder / "reviews.csv", slice(0, 3000))
    succeed(
        aws, sys.executable, "-m", "data_prep", "prepare", str(folder / "reviews.csv"),
        "--text", "text", "--label", "label", "--out", str(data),
        "--map", "0=negative", "--map", "1=positive",
    )  # fmt: skip
    context = ("-c", f"tier={TIER}", "-c", f"tiers={tiers}")
    succeed(aws, "cdk", "synth", "--quiet", "--output", str(assembly), *context)
    succeed(aws, "cdk", "bootstrap", "--app", str(assembly), "--no-notices")
    tier = DeployedTier(aws, assembly, data)
    for stack in (f"{TIER}-TrainingJob", MODEL_STACK, API_STACK):
        parameters = tier.upload(data, tier=TIER) | SMALL_MODEL if stack == MODEL_STACK else {}
        result = tier.deploy(stack, parameters)
        if result.returncode:
            raise SystemExit(result.stdout + result.stderr)
    url = succeed(
        aws, sys.executable, "-m", "local_aws", "url", API_STACK, "--state", str(aws.state)
    )
    key_id = tier.outputs(API_STACK)["ApiKeyId"]
    key = aws.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)["value"]
    return DeployedTier(aws, assembly, data, url=url.strip(), api_key=key)


def rolled_out(tier: DeployedTier, rollout: str, folder: Path) -> bool:
    """Roll one model out under load and print how it went; whether that is as it must be."""
    scale(tier, SCALED if rollout == "good" else 2)
    parameters = new_model(tier, rollout, folder)
    jobs = len(tier.aws.training_jobs())
    before, during = Load(tier), Load(tier)
    wait_until(lambda: not in_alarm(tier), seconds=300)
    with Load(tier).running():
        # Until every function that they need has started.
        time.sleep(WARM_UP_S)
    with before.running():
        time.sleep(20)
    started = time.monotonic()
    with during.running():
        result = updated(tier, parameters)
    seconds = time.monotonic() - started
    status = tier.stack(MODEL_STACK)["StackStatus"]
    bad = during.bad(slow=rollout == "slow")
    share = share_of_bad(during, bad)
    # The CLI says it twice; what went into ALARM stands at the end of the sentence.
    words = " ".join(said((result.stdout + result.stderr).splitlines()).split())
    alarms = set(_ALARM.findall(words.partition("went into ALARM state: ")[2].partition(". ")[0]))
    reason = f"alarms {', '.join(sorted(alarms))}" if alarms else words
    if rollout == "good":
        reason = reason if result.returncode else f"{instances(tier)} instances, as before"
        is_right = (
            (result.returncode, status, len(bad)) == (0, "UPDATE_COMPLETE", 0)
            and instances(tier) == SCALED
            and percentiles(during)[1] <= 3 * percentiles(before)[1]
        )
    else:
        is_right = (
            result.returncode == 1
            and status == "UPDATE_ROLLBACK_COMPLETE"
            and FAULTS[rollout] in alarms
            and len(tier.aws.training_jobs()) == jobs
            # Of a handful of requests, one more is more than a half.
            and len(bad) > 0
            and share <= CANARY_SHARE + CONNECTIONS / max(len(during.seen), 1)
        )
    print(
        " | ".join(
            (
                rollout,
                "yes" if is_right else "NO",
                f"{result.returncode}, {status}",
                f"{seconds:.0f}",
                ", ".join(f"{status}: {count:,}" for status, count in during.statuses()),
                f"{len(bad):,}",
                f"{share:.1%}",
                f"{shown(percentiles(before))}; {shown(percentiles(during))}",
                reason,
            )
        ),
        flush=True,
    )
    return is_right


def updated(tier: DeployedTier, parameters: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """`cdk deploy` of the model's stack, for as long as a rollout takes."""
    return tier.aws.run(
        *("cdk", "deploy", MODEL_STACK, "--exclusively", "--app", str(tier.assembly)),
        *("--require-approval", "never", "--no-notices", "--progress", "events"),
        *(f"--parameters={MODEL_STACK}:{name}={value}" for name, value in parameters.items()),
        timeout=1_800,
    )


def new_model(tier: DeployedTier, rollout: str, folder: Path) -> dict[str, str]:
    """The stack parameters that bring a new model: one to train, or one that fails in service."""
    if rollout == "good":
        return {"Epochs": "7", "ModelDataUrl": ""}
    s3 = tier.aws.client("s3")
    bucket, _, key = tier.outputs(MODEL_STACK)["ModelDataUrl"].removeprefix("s3://").partition("/")
    unpacked = folder / rollout
    unpacked.mkdir()
    archive = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extract("model.bin", unpacked, filter="data")
    (unpacked / "fault").write_text(rollout)
    with tarfile.open(folder / f"{rollout}.tar.gz", "w:gz") as packed:
        for member in ("model.bin", "fault"):
            packed.add(unpacked / member, member)
    shutil.rmtree(unpacked)
    imported = f"models/{rollout}/output/model.tar.gz"
    s3.upload_file(str(folder / f"{rollout}.tar.gz"), bucket, imported)
    return {"ModelDataUrl": f"s3://{bucket}/{imported}"}


def scale(tier: DeployedTier, count: int) -> None:
    """Give the endpoint so many instances, as autoscaling does."""
    change = {"VariantName": VARIANT, "DesiredInstanceCount": count}
    tier.aws.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=f"{TIER}-sentiment", DesiredWeightsAndCapacities=[change]
    )


def in_alarm(tier: DeployedTier) -> list[str]:
    """The alarms that would end a rollout at once: one on both fleets remembers the last one."""
    alarms = tier.aws.client("cloudwatch").describe_alarms(StateValue="ALARM")
    return [alarm["AlarmName"] for alarm in alarms["MetricAlarms"]]


def instances(tier: DeployedTier) -> int:
    """How many the endpoint has."""
    endpoint: Mapping[str, Any] = tier.aws.client("sagemaker").describe_endpoint(
        EndpointName=f"{TIER}-sentiment"
    )
    return int(endpoint["ProductionVariants"][0]["CurrentInstanceCount"])


def share_of_bad(load: Load, bad: list[float]) -> float:
    """The share of bad answers among all between the first of them and the last."""
    if not bad:
        return 0.0
    first, last = min(bad), max(bad)
    return len(bad) / sum(first <= at <= last for at, _, _ in load.seen)


def percentiles(load: Load) -> tuple[float, float]:
    """The median and the 99th percentile of the latencies, in milliseconds."""
    hundredths = statistics.quantiles((latency for _, latency, _ in load.seen), n=100)
    return hundredths[49], hundredths[98]


def shown(latencies: tuple[float, float]) -> str:
    return f"{latencies[0]:.0f}, {latencies[1]:.0f}"


def succeed(aws: Aws, *command: str) -> str:
    result = aws.run(*command)
    if result.returncode:
        raise SystemExit(f"{' '.join(command)}:\n{result.stdout}{result.stderr}")
    return result.stdout


if __name__ == "__main__":
    sys.exit(main())
