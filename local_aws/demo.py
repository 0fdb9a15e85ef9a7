"""`python -m local_aws demo`: the whole product on this machine, in one command.

Runs what the README describes, in its order and with the same programs: the embedded AWS
in a process of its own, the real CDK CLI, `data_prep`, and HTTP requests to the API.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployment.cdk_cli import CdkCli
from deployment.child_program import interruptions_held
from deployment.errors import CdkError
from deployment.progress import console, step
from deployment.rollout import roll_out
from deployment.tier_stacks import TierStacks
from deployment.training_data import sample
from local_aws.api_url import local_api_url
from local_aws.demo_cost import other_synthesized
from local_aws.environment import CONFLICTING_VARIABLES, client_environment
from local_aws.foreground import UP
from stacks.lambda_target import LambdaTarget
from stacks.repository import ROOT

TIER = "Sandbox"
SENTENCES = {
    "What a wonderful film, I loved every minute of it.": "positive",
    "I had a great day": "positive",
    "A dreadful, boring mess. The worst film I have ever seen.": "negative",
    "This show sucks! I want my money back.": "negative",
}
"""What the demo asks, and the answers that make it a success."""
INTERRUPTED = 130
"""What a shell reports of a program that Ctrl-C ended."""
STOP_SECONDS = 20
"""How long the embedded AWS may take to end everything it has started."""


class DemoError(RuntimeError):
    """The demo cannot go on; the message says why."""


def run_demo(*, port: int, hold: bool) -> int:
    """Deploy, train, serve and call; then keep serving until Ctrl-C.

    Args:
        port: where the embedded AWS listens; another is taken if that one is in use.
        hold: whether to keep serving, or to exit after the first call.

    Returns:
        The exit code: 0 only if every sentence was labelled right, 130 if it was interrupted
        before it had asked.
    """
    # Also where the shell that started us had them ignored, as it does for a background job.
    for interruption in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interruption, _interrupt)
    try:
        return _run(port=port, hold=hold)
    except KeyboardInterrupt:
        console.print("Interrupted. Nothing was left behind.")
        return INTERRUPTED
    except (CdkError, DemoError) as error:
        console.print(str(error), markup=False)
        return 1


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _run(*, port: int, hold: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="sentiment-demo-") as folder:
        state = Path(folder)
        with _embedded_aws(port, state) as url:
            for name in CONFLICTING_VARIABLES:
                os.environ.pop(name, None)
            os.environ.update(client_environment(url))
            cdk = CdkCli(
                tier=TIER,
                environment=dict(os.environ),
                output=state / "cdk.out",
            )
            cdk.synth()
            with other_synthesized(cdk) as cost:
                cdk.bootstrap()
                roll_out(cdk, dataset=sample())
                api = _DeployedApi(url=local_api_url(url, TIER), key=TierStacks(TIER).api_key())
                right = _show(api)
                for line in cost():
                    console.print(line, markup=False, highlight=False)
            if hold:
                _hold()
        return 0 if right else 1


@dataclass(frozen=True)
class _DeployedApi:
    url: str
    key: str

    def label(self, texts: list[str]) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the URL is our own
            f"{self.url}sentiment",
            data=json.dumps({"instances": texts}).encode(),
            headers={"content-type": "application/json", "x-api-key": self.key},
        )
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
            return answer

    @property
    def curl(self) -> str:
        return (
            f"curl {self.url}sentiment \\\n"
            f"  -H 'content-type: application/json' -H 'x-api-key: {self.key}' \\\n"
            '  -d \'{"instances": ["This show sucks!", "I had a great day"]}\''
        )


def _show(api: _DeployedApi) -> bool:
    """Call the API and show what came back; returns whether every label was right."""
    with step("Ask the API"):
        results = api.label(list(SENTENCES))["results"]
    console.print()
    for result in results:
        console.print(
            f"{result['sentiment']:>10}  {result['confidence']:.2f}  {result['text']}", markup=False
        )
    outputs = TierStacks(TIER).outputs(TierStacks(TIER).machine_learning)
    console.print(
        f"\nThe model is {outputs['TrainingJobName']}; on held-out real reviews its accuracy is "
        f"{float(outputs['Accuracy']):.4f}.\n\n"
        f"Ask it yourself:\n\n{api.curl}\n\n"
        "Retrain it on a CSV of your own, from another terminal:\n\n"
        f"export {_exports()}\n"
        f'make retrain TIER={TIER} DATA=FILE.csv OPTIONS="--text COLUMN --label COLUMN"\n',
        markup=False,
    )
    return [result["sentiment"] for result in results] == list(SENTENCES.values())


def _exports() -> str:
    names = (
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_DEFAULT_REGION",  # the one that boto3 reads
        *LambdaTarget.of_this_machine().environment,
    )
    return " ".join(f"{name}={os.environ[name]}" for name in names)


def _hold() -> None:
    console.print("Serving until Ctrl-C.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print()


@contextmanager
def _embedded_aws(port: int, state: Path) -> Iterator[str]:
    """The embedded AWS in a process of its own; yields its URL and shows its events."""
    process: subprocess.Popen[str] | None = None
    up = _Announced()
    try:
        with interruptions_held():
            # A session of its own: at Ctrl-C this process decides when it ends, and waits for it.
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "local_aws",
                    "up",
                    "--port",
                    str(port),
                    "--or-any-port",
                    "--state",
                    str(state),
                ],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        threading.Thread(target=_show_events, args=(process, up), daemon=True).start()
        with step("Start the embedded AWS") as starting:
            while not up.said.wait(0.1):
                if process.poll() is not None:
                    raise DemoError("The embedded AWS did not start: see above.")
            starting.result = up.url
        yield up.url
    finally:
        if process is not None:
            _stop(process)


def _stop(process: "subprocess.Popen[str]") -> None:
    with step("Stop the embedded AWS"):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class _Announced:
    """That the embedded AWS is up, once it has said so."""

    def __init__(self) -> None:
        self.said = threading.Event()
        self.url = ""


def _show_events(process: "subprocess.Popen[str]", up: _Announced) -> None:
    for line in process.stdout or ():
        if line.startswith(UP):
            up.url = line.removeprefix(UP).split(",")[0].strip()
            up.said.set()
        else:
            console.print(f"    {line.rstrip()}", style="dim", markup=False)
