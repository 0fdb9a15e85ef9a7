"""The API campaign: `python -m tests.api_campaign`, or `make api-campaign`.

A tier is deployed on an embedded AWS by the real CDK CLI, once for each thing that an API may ask
of its callers, and called by Schemathesis with the document that it serves itself: all checks, with
what the document allows and what it does not.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from local_aws.api_url import local_api_url
from local_aws.environment import client_environment
from local_aws.errors import EmbeddedAwsError
from tests.end_to_end.conftest import SMALL_MODEL, Aws, DeployedTier, free_port
from tests.real_reviews import write_reviews
from tests.schemathesis_run import run_schemathesis

TIER: Final = "Campaign"
ROWS: Final = 3000
ALL: Final[dict[str, dict[str, Any]]] = {
    "api-key": {},
    "iam": {"cors_origins": ["https://app.example.com", "http://localhost:3000"]},
    "none": {"open_to_everyone": True},
}
"""What else stands in the settings of an API that asks for this."""
MANY: Final = 100_000
LIMITS: Final = {
    **dict.fromkeys(("requests_per_second", "burst", "total_requests_per_second"), MANY),
    **dict.fromkeys(("total_burst", "open_requests_per_second", "open_burst"), MANY),
    "requests_per_day": MANY,
}
"""None that the campaign would meet: a 429 is an answer to everything."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and print what it found; 1 if that is anything."""
    parser = argparse.ArgumentParser(prog="api_campaign", description=__doc__)
    parser.add_argument("--examples", type=int, default=1800, help="cases an operation (1800)")
    parser.add_argument("--only", choices=ALL, help="one thing that an API may ask for")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    total, broken = 0, 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        url = f"http://127.0.0.1:{free_port()}"
        environment = dict(os.environ) | client_environment(url) | {"NO_COLOR": "1"}
        aws = Aws(url, folder / "aws", environment)
        port = url.rpartition(":")[2]
        _run(aws, *_LOCAL_AWS, "up", "--detach", "--port", port, "--state", str(aws.state))
        try:
            tier = _with_model(aws, folder)
            for authorization in [options.only] if options.only else ALL:
                started = time.monotonic()
                key = _with_api(tier, authorization)
                outcome = run_schemathesis(
                    local_api_url(url, TIER),
                    environment,
                    folder,
                    api_key=key,
                    signed=authorization == "iam",
                    examples=options.examples,
                    seed=options.seed,
                )
                if outcome.failures:
                    print(outcome.said)
                total, broken = total + outcome.cases, broken + len(outcome.failures)
                _say(
                    f"{authorization}: {outcome.cases:,} cases, {len(outcome.failures)} failures, "
                    f"in {time.monotonic() - started:.0f} s"
                )
        finally:
            _run(aws, *_LOCAL_AWS, "down", "--state", str(aws.state))
    print(f"{total:,} cases, {broken} failures")
    return 1 if broken or not total else 0


_LOCAL_AWS: Final = (sys.executable, "-m", "local_aws")


def _with_model(aws: Aws, folder: Path) -> DeployedTier:
    """A tier without its API."""
    write_reviews(folder / "reviews.csv", slice(0, ROWS))
    _run(
        aws,
        *(sys.executable, "-m", "data_prep", "prepare", str(folder / "reviews.csv")),
        *("--text", "text", "--label", "label", "--map", "0=negative", "--map", "1=positive"),
        *("--out", str(folder / "data")),
    )
    tier = DeployedTier(aws, folder / "cdk.out", folder / "data")
    _synthesize(tier, "api-key")
    _run(aws, "cdk", "bootstrap", "--app", str(tier.assembly), "--no-notices")
    _deploy(tier, "TrainingJob")
    keys = tier.upload(tier.data, tier=TIER)
    gate = {"MinimumAccuracy": "0.3", "MinimumMacroF1": "0.1"}
    _deploy(tier, "MachineLearningInfrastructure", **keys, **SMALL_MODEL, **gate)
    return tier


def _with_api(tier: DeployedTier, authorization: str) -> str:
    """Deploy the tier's API, and return its key; nothing where it has none."""
    _synthesize(tier, authorization)
    _deploy(tier, "SentimentAnalysis")
    outputs = tier.outputs(f"{TIER}-SentimentAnalysis")
    if "ApiKeyId" not in outputs:
        return ""
    gateway = tier.aws.client("apigateway")
    return str(gateway.get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)["value"])


def _synthesize(tier: DeployedTier, authorization: str) -> None:
    api = {"authorization": authorization, **ALL[authorization], **LIMITS}
    own = json.dumps({TIER: {"settings": "Sandbox", "api": api}})
    output = ("--quiet", "--output", str(tier.assembly))
    _run(tier.aws, "cdk", "synth", *output, "-c", f"tier={TIER}", "-c", f"tiers={own}")


def _deploy(tier: DeployedTier, stack: str, **parameters: str) -> None:
    result = tier.deploy(f"{TIER}-{stack}", parameters)
    if result.returncode != 0:
        raise EmbeddedAwsError(result.stdout + result.stderr)
    _say(f"{TIER}-{stack} deployed")


def _run(aws: Aws, *command: str) -> None:
    result = aws.run(*command)
    if result.returncode != 0:
        raise EmbeddedAwsError(f"{' '.join(command)}: {result.stdout}{result.stderr}")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
