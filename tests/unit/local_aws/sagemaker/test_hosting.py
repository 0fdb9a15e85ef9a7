"""Endpoints as real processes, with a program that stands for the container."""

import asyncio
import contextlib
import io
import json
import os
import signal
import sys
import tarfile
import threading
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.invocations import invoke_endpoint
from local_aws.sagemaker.process_hosting import ProcessHosting
from tests.manual_sagemaker import ManualTrainer
from tests.unit.local_aws.sagemaker.test_training import FolderRole, FolderStore

SERVE = (sys.executable, str(Path(__file__).parents[3] / "stand_in_serve.py"))
JSON = {"content-type": "application/json"}

ROLE = "arn:aws:iam::000000000000:role/made-up"


def model_archive(answer: str, name: str = "model.bin") -> bytes:
    packed, content = io.BytesIO(), answer.encode()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


class Site:
    """A control plane whose endpoints are real processes, and an event loop for its callers."""

    def __init__(self, root: Path) -> None:
        self.objects = FolderStore(root / "s3")
        self.events: list[str] = []
        self.scratch = root / "hosting"
        self.hosting = ProcessHosting(
            roles=FolderRole(self.objects),  # type: ignore[arg-type]
            directory=self.scratch,
            report=self.events.append,
            program=SERVE,
            startup_timeout_s=2.0,
        )
        self.alarms: dict[str, str] = {"errors": "OK"}
        self.plane = ControlPlane(
            trainer=ManualTrainer(),
            hosting=self.hosting,
            alarm_states=lambda names: {one: self.alarms[one] for one in names},
        )
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def close(self) -> None:
        self.hosting.close()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def define(
        self,
        answer: str,
        *,
        archive: bytes | None = None,
        hosted: dict[str, Any] | None = None,
        capture: dict[str, Any] | None = None,
    ) -> None:
        self.objects.put(f"s3://data/{answer}.tar.gz", archive or model_archive(answer))
        container = {"Image": "blazingtext:1", "ModelDataUrl": f"s3://data/{answer}.tar.gz"}
        model = {"ModelName": answer, "PrimaryContainer": container, "ExecutionRoleArn": ROLE}
        self.plane.call("CreateModel", model)
        serverless = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 20}}
        variant = {"VariantName": "All", "ModelName": answer} | (hosted or serverless)
        captured = {"DataCaptureConfig": capture} if capture else {}
        self.plane.call(
            "CreateEndpointConfig",
            {"EndpointConfigName": answer, "ProductionVariants": [variant], **captured},
        )

    def create(self, answer: str, **options: Any) -> dict[str, Any]:
        self.define(answer, **options)
        request = {"EndpointName": "sentiment", "EndpointConfigName": answer}
        self.plane.call("CreateEndpoint", request)
        return self.settle()

    def update(self, answer: str) -> dict[str, Any]:
        self.define(answer)
        request = {"EndpointName": "sentiment", "EndpointConfigName": answer}
        self.plane.call("UpdateEndpoint", request)
        return self.settle()

    def settle(self) -> dict[str, Any]:
        while True:
            endpoint = self.plane.call("DescribeEndpoint", {"EndpointName": "sentiment"})
            if endpoint["EndpointStatus"] not in {"Creating", "Updating"}:
                return endpoint
            time.sleep(0.02)

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def invoke(self, headers: dict[str, str] = JSON) -> str:
        answer = self.run(
            invoke_endpoint(self.plane, self.hosting, "sentiment", headers, b'{"instances": []}')
        )
        return str(json.loads(answer[2]))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


def test_a_created_endpoint_answers_with_its_model(site: Site) -> None:
    assert site.create("first")["EndpointStatus"] == "InService"
    assert site.invoke() == "first"


def test_an_updated_endpoint_answers_with_the_new_model(site: Site) -> None:
    site.create("first")
    assert site.update("second")["EndpointConfigName"] == "second"
    assert site.invoke() == "second"


def test_a_model_that_crashes_fails_the_endpoint_with_its_last_words(site: Site) -> None:
    endpoint = site.create("crash")
    assert endpoint["EndpointStatus"] == "Failed"
    assert endpoint["FailureReason"] == (
        "The primary container for production variant All did not pass the ping health check."
        " Please check CloudWatch logs for endpoint sentiment: the container exited with status"
        " 1: cannot load the model"
    )


def test_a_model_that_is_never_healthy_fails_the_endpoint(site: Site) -> None:
    endpoint = site.create("sick")
    assert endpoint["EndpointStatus"] == "Failed"
    assert endpoint["FailureReason"].endswith("no answer from /ping within 2 s")


def test_the_old_model_serves_on_when_the_new_one_never_answers(site: Site) -> None:
    site.create("first")
    endpoint = site.update("crash")
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["EndpointConfigName"] == "first"
    assert "cannot load the model" in endpoint["FailureReason"]
    assert site.invoke() == "first"


def test_a_request_in_flight_is_answered_by_the_old_model(site: Site) -> None:
    site.create("slow")
    in_flight = asyncio.run_coroutine_threadsafe(
        invoke_endpoint(site.plane, site.hosting, "sentiment", JSON, b"{}"), site.loop
    )
    site.update("second")
    assert site.invoke() == "second"
    assert json.loads(in_flight.result(5)[2]) == "slow"


def test_updates_under_load_drop_no_request(site: Site) -> None:
    site.create("first")
    answers: list[str] = []
    failures: list[SageMakerError] = []
    stop = threading.Event()

    def call_until_stopped() -> None:
        while not stop.is_set():
            try:
                answers.append(site.invoke())
            except SageMakerError as error:
                failures.append(error)

    callers = [threading.Thread(target=call_until_stopped) for _ in range(8)]
    for caller in callers:
        caller.start()
    for answer in ("second", "third"):
        site.update(answer)
    time.sleep(0.2)
    stop.set()
    for caller in callers:
        caller.join()
    assert failures == []
    assert set(answers) == {"first", "second", "third"}


def test_the_old_process_ends_after_an_update(site: Site) -> None:
    site.create("first")
    leased = site.hosting.lease("sentiment", None)
    assert leased is not None
    leased.process.end_request()
    site.update("second")
    deadline = time.monotonic() + 10
    while leased.process.is_running() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not leased.process.is_running()


def test_a_deleted_endpoint_is_not_found(site: Site) -> None:
    site.create("first")
    site.plane.call("DeleteEndpoint", {"EndpointName": "sentiment"})
    with pytest.raises(SageMakerError) as caught:
        site.invoke()
    assert caught.value.code == "ValidationError"
    assert caught.value.message == "Endpoint sentiment of account 000000000000 not found."


def test_closing_leaves_no_process_and_no_file(site: Site) -> None:
    site.create("first")
    leased = site.hosting.lease("sentiment", None)
    assert leased is not None
    leased.process.end_request()
    site.hosting.close()
    assert not leased.process.is_running()
    assert list(site.scratch.iterdir()) == []


def kill(site: Site) -> int:
    """End the serving process as nothing can prevent it; returns its id."""
    leased = site.hosting.lease("sentiment", None)
    assert leased is not None
    leased.process.end_request()
    os.kill(leased.process.pid, signal.SIGKILL)
    while leased.process.is_running():
        time.sleep(0.005)
    return leased.process.pid


def invoke_until_answered(site: Site, limit_s: float) -> str:
    deadline = time.monotonic() + limit_s
    while True:
        try:
            return site.invoke()
        except SageMakerError as error:
            assert (error.code, error.status) == ("ServiceUnavailable", 503)
            assert time.monotonic() < deadline
            time.sleep(0.02)


def events_of_restarts(site: Site, number: int) -> list[str]:
    """What was said about restarts, once it is that many lines."""
    deadline = time.monotonic() + 5
    while True:
        said = [event for event in site.events if "the process of variant" in event]
        if len(said) >= number:
            return said
        assert time.monotonic() < deadline
        time.sleep(0.02)


RESTARTED = (
    "endpoint sentiment: the process of variant All ended with status -9; it was started again"
)


def test_an_endpoint_that_serves_is_no_deployment_under_way(site: Site) -> None:
    site.create("first")
    started = time.monotonic()
    site.hosting.wait(20.0)
    assert time.monotonic() - started < 10.0


def test_a_killed_process_serves_again_within_seconds(site: Site) -> None:
    site.create("first")
    kill(site)
    assert invoke_until_answered(site, 5.0) == "first"
    assert events_of_restarts(site, 1) == [RESTARTED]


def test_a_process_that_is_killed_again_is_started_again_later(site: Site) -> None:
    site.create("first")
    kill(site)
    invoke_until_answered(site, 5.0)
    kill(site)
    killed = time.monotonic()
    invoke_until_answered(site, 5.0)
    assert time.monotonic() - killed >= 0.5
    assert events_of_restarts(site, 2) == [RESTARTED] * 2


def test_a_process_that_cannot_start_again_is_reported(site: Site) -> None:
    site.create("first")
    (model,) = site.scratch.rglob("model.bin")
    model.write_text("crash")
    kill(site)
    assert events_of_restarts(site, 1)[0] == (
        "endpoint sentiment: the process of variant All ended and cannot be started again: the"
        " container exited with status 1: cannot load the model"
    )
    model.write_text("mended")
    assert invoke_until_answered(site, 5.0) == "mended"


@pytest.mark.parametrize("delay_s", [0.0, 0.15, 0.3])
def test_closing_while_a_process_is_started_again_leaves_nothing(
    site: Site, delay_s: float
) -> None:
    site.create("first")
    kill(site)
    time.sleep(delay_s)
    site.hosting.close()
    for command in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            assert site.scratch not in command.readlink().parents
    assert list(site.scratch.iterdir()) == []


def test_what_the_model_refuses_is_a_model_error(site: Site) -> None:
    site.create("first")
    with pytest.raises(SageMakerError) as caught:
        site.invoke({"content-type": "text/csv"})
    error = caught.value
    assert (error.code, error.status) == ("ModelError", 424)
    assert error.message.startswith(
        'Received client error (415) from model with message "content-type text/csv not supported".'
    )
    assert error.details["OriginalStatusCode"] == 415
    assert error.details["OriginalMessage"] == "content-type text/csv not supported"


def test_an_unknown_variant_is_named(site: Site) -> None:
    site.create("first")
    with pytest.raises(SageMakerError) as caught:
        site.invoke(JSON | {"x-amzn-sagemaker-target-variant": "Blue"})
    assert caught.value.message == "Variant Blue of endpoint sentiment not found."


def test_a_body_over_4_mib_is_refused_by_a_serverless_endpoint(site: Site) -> None:
    site.create("first")
    with pytest.raises(SageMakerError, match="less than or equal to 4194304"):
        site.run(invoke_endpoint(site.plane, site.hosting, "sentiment", JSON, b"x" * 4194305))


def test_an_answer_over_4_mib_is_a_serverless_models_fault(site: Site) -> None:
    site.create("large", archive=model_archive("x" * 4194304))
    with pytest.raises(SageMakerError, match="Response payload size exceeded") as caught:
        site.invoke()
    assert (caught.value.code, caught.value.status) == ("ModelError", 424)


def test_an_artifact_that_is_no_archive_fails_the_endpoint(site: Site) -> None:
    endpoint = site.create("broken", archive=b"this is no archive")
    assert endpoint["EndpointStatus"] == "Failed"
    assert "not a valid model.tar.gz" in endpoint["FailureReason"]


def test_an_artifact_cannot_write_outside_its_directory(site: Site, tmp_path: Path) -> None:
    endpoint = site.create("evil", archive=model_archive("x", name="../../../escaped"))
    assert endpoint["EndpointStatus"] == "Failed"
    assert list(tmp_path.rglob("escaped")) == []


def test_a_missing_artifact_fails_the_endpoint(site: Site) -> None:
    site.define("first")
    (site.objects.root / "data/first.tar.gz").unlink()
    request = {"EndpointName": "sentiment", "EndpointConfigName": "first"}
    site.plane.call("CreateEndpoint", request)
    assert "s3://data/first.tar.gz" in site.settle()["FailureReason"]
