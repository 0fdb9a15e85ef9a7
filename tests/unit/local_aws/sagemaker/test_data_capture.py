"""What an endpoint's data capture keeps, and where."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local_aws.sagemaker.data_capture import CaptureSettings, Exchange
from tests.unit.local_aws.sagemaker.test_hosting import Site

INSTANCES = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def capture(percent: int = 100, *modes: str) -> dict[str, Any]:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": percent,
        "DestinationS3Uri": "s3://data/captures/",
        "CaptureOptions": [{"CaptureMode": mode} for mode in modes or ("Input", "Output")],
    }


def line(*modes: str, answer_type: str = "application/json", answer: bytes = b"[1]") -> Any:
    settings = CaptureSettings.of(capture(100, *modes), "role")
    assert settings is not None
    exchange = Exchange(
        settings=settings,
        endpoint="sentiment",
        variant="All",
        sent_type="application/json",
        sent=b'{"instances": []}',
        answer_type=answer_type,
        answer=answer,
        at=NOON,
    )
    return json.loads(exchange.line())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


def files(site: Site) -> list[Path]:
    return sorted(site.objects.root.glob("data/captures/**/*.jsonl"))


def test_a_line_has_what_was_sent_and_what_was_answered() -> None:
    assert line()["captureData"] == {
        "endpointInput": {
            "observedContentType": "application/json",
            "mode": "INPUT",
            "data": '{"instances": []}',
            "encoding": "JSON",
        },
        "endpointOutput": {
            "observedContentType": "application/json",
            "mode": "OUTPUT",
            "data": "[1]",
            "encoding": "JSON",
        },
    }
    assert line()["eventMetadata"]["inferenceTime"] == "2026-11-25T12:00:00Z"


@pytest.mark.parametrize(
    ("mode", "members"),
    [
        ("Input", {"endpointInput"}),
        ("Output", {"endpointOutput"}),
        ("InputAndOutput", {"endpointInput", "endpointOutput"}),
    ],
)
def test_only_the_sides_that_are_asked_for(mode: str, members: set[str]) -> None:
    assert line(mode)["captureData"].keys() == members


def test_what_is_no_text_is_in_base64() -> None:
    output = line(answer_type="application/x-npy", answer=b"\xff\x00")["captureData"]
    assert output["endpointOutput"]["encoding"] == "BASE64"
    assert base64.b64decode(output["endpointOutput"]["data"]) == b"\xff\x00"


@pytest.mark.parametrize("config", [None, {}, capture() | {"EnableCapture": False}])
def test_nothing_is_captured_otherwise(config: dict[str, Any] | None) -> None:
    assert CaptureSettings.of(config, "role") is None


def test_a_share_of_the_requests_is_captured() -> None:
    settings = CaptureSettings.of(capture(20), "role")
    assert settings is not None
    assert 300 < sum(settings.samples() for _ in range(2000)) < 500


def test_requests_land_in_the_bucket_by_endpoint_variant_and_hour(site: Site) -> None:
    site.create("first", hosted=INSTANCES, capture=capture())
    site.invoke()
    site.invoke()
    deadline = time.monotonic() + 10
    while not files(site) and time.monotonic() < deadline:
        time.sleep(0.05)
    (file,) = files(site)
    place = file.relative_to(site.objects.root / "data/captures").parts
    assert (place[:2], len(place)) == (("sentiment", "All"), 7)
    assert len(file.read_text().splitlines()) == 2


def test_what_is_left_is_written_at_the_end(site: Site) -> None:
    site.create("first", hosted=INSTANCES, capture=capture())
    site.invoke()
    site.hosting.close()
    assert len(files(site)) == 1
