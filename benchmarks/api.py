"""Latency and throughput of the API on the embedded AWS: gateway → Lambda → endpoint.

Run `make demo` in one terminal, its `export` line in another, and then there:

    python -m benchmarks.api

The peer is SageMaker's own InvokeEndpoint on the same embedded AWS, called with the same
texts in the same run: what the API's own part (gateway, Lambda, validation) costs shows as
the ratio. Client and servers share this machine's processors.
"""

import argparse
import http.client
import json
import os
import platform
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from rich.console import Console
from rich.table import Table

from deployment.tier_stacks import TierStacks
from local_aws.api_url import local_api_url

TIER = "Sandbox"
TEXT = "What a wonderful film, I loved every minute of it."
WARM_UP_SECONDS = 3.0

_BODY = json.dumps({"instances": [TEXT]}).encode()


@dataclass(frozen=True)
class Result:
    """What one load measured."""

    p50_ms: float
    p99_ms: float
    per_second: float
    failures: int


@dataclass(frozen=True)
class Target:
    """One request, again and again, over kept-alive connections."""

    name: str
    url: str
    headers: dict[str, str]
    body: bytes

    def connect(self) -> Callable[[], int]:
        """Open a connection; the returned function sends the request and returns the status."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)

        def send() -> int:
            connection.request("POST", parts.path, self.body, self.headers)
            response = connection.getresponse()
            response.read()
            return response.status

        return send


def measure(target: Target, *, connections: int, seconds: float) -> Result:
    """Send requests on some connections at once, each as fast as it is answered."""
    latencies: list[list[float]] = [[] for _ in range(connections)]
    failures = [0] * connections
    stop_at = time.perf_counter() + seconds

    def client(number: int) -> None:
        send = target.connect()
        while (started := time.perf_counter()) < stop_at:
            failures[number] += send() != 200
            latencies[number].append((time.perf_counter() - started) * 1000)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = sorted(latency for some in latencies for latency in some)
    return Result(
        p50_ms=statistics.median(every),
        p99_ms=every[int(len(every) * 0.99)],
        per_second=len(every) / seconds,
        failures=sum(failures),
    )


def lift_throttle(rate: int) -> None:
    """The usage plan and the stage are made to admit what the machine can do."""
    client: Any = boto3.client("apigateway")
    changes = [
        {"op": "replace", "path": f"/throttle/{what}", "value": str(rate)}
        for what in ("rateLimit", "burstLimit")
    ] + [{"op": "replace", "path": "/quota/limit", "value": str(rate * 1000)}]
    for plan in client.get_usage_plans()["items"]:
        client.update_usage_plan(usagePlanId=plan["id"], patchOperations=changes)
        for stage in plan["apiStages"]:
            client.update_stage(
                restApiId=stage["apiId"],
                stageName=stage["stage"],
                patchOperations=[
                    {"op": "replace", "path": f"{route}/throttling/{what}", "value": str(rate)}
                    for route in ("/*/*", "/~1sentiment/POST")
                    for what in ("rateLimit", "burstLimit")
                ],
            )


def api_target() -> Target:
    """The API of the AWS that the environment points at."""
    return Target(
        "the API",
        f"{local_api_url(os.environ['AWS_ENDPOINT_URL'], TIER)}sentiment",
        {"content-type": "application/json", "x-api-key": TierStacks(TIER).api_key()},
        _BODY,
    )


def endpoint_target() -> Target:
    """SageMaker's endpoint behind it; the signature is good for 15 minutes."""
    endpoint = TierStacks(TIER).outputs(TierStacks(TIER).machine_learning)["EndpointName"]
    url = f"{os.environ['AWS_ENDPOINT_URL']}/endpoints/{endpoint}/invocations"
    request = AWSRequest("POST", url, data=_BODY, headers={"content-type": "application/json"})
    session = boto3.Session()
    credentials = session.get_credentials()
    SigV4Auth(credentials, "sagemaker", session.region_name).add_auth(request)
    return Target("InvokeEndpoint (peer)", url, dict(request.headers.items()), _BODY)


def main() -> None:
    """Print a table; exit 1 if a request failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10, help="of each measurement")
    seconds = parser.parse_args().seconds
    lift_throttle(10_000)
    api, peer = api_target(), endpoint_target()
    table = Table("", "connections", "p50 ms", "p99 ms", "requests/s", "p50 ratio", "failures")
    failures = 0
    for connections in (1, 8):
        results = {}
        for target in (peer, api):
            measure(target, connections=connections, seconds=WARM_UP_SECONDS)
            results[target.name] = measure(target, connections=connections, seconds=seconds)
        base = results[peer.name].p50_ms
        for name, result in results.items():
            failures += result.failures
            table.add_row(
                name, str(connections), f"{result.p50_ms:.1f}", f"{result.p99_ms:.1f}",
                f"{result.per_second:.0f}", f"{result.p50_ms / base:.1f}", str(result.failures),
            )  # fmt: skip
    console = Console(width=100)
    console.print(table)
    console.print(
        f"{date.today():%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} processors, "
        f"Python {platform.python_version()}, one text of {len(TEXT)} characters a request"
    )
    if failures:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
