"""Lambda bundles: complete, reproducible, and built once."""

import subprocess
import sys
from pathlib import Path

import pytest

from stacks import lambda_bundle
from stacks.lambda_bundle import BundleError, build_bundle
from stacks.lambda_target import LambdaTarget

HOST = LambdaTarget.of_this_machine()
BUNDLES = [
    ("training_job", ("lambdas/custom_resource",)),
    ("evaluation", ("lambdas/custom_resource", "lambdas/confidence", "report_page")),
    ("sentiment_api", ("review_text", "lambdas/confidence")),
]


def import_alone(bundle: Path, module: str) -> subprocess.CompletedProcess[str]:
    """Import a module with only the bundle and the standard library on the path."""
    program = f"import sys; sys.path.insert(0, {str(bundle)!r}); import {module}"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={
            "AWS_DEFAULT_REGION": "us-east-1",
            "ENDPOINT_NAME": "endpoint",
            "MODEL_PARAMETER": "/model",
            "COMING_MODEL_PARAMETER": "/model-coming",
            "DATA_BUCKET": "data",
            "AUTHORIZATION": "api-key",
            "POWERTOOLS_SERVICE_NAME": "test",
            "POWERTOOLS_METRICS_NAMESPACE": "test",
        },
    )


@pytest.mark.parametrize(("function", "packages"), BUNDLES)
def test_bundle_holds_all_that_its_handler_imports(
    function: str, packages: tuple[str, ...]
) -> None:
    bundle = build_bundle(function, target=HOST, packages=packages)
    result = import_alone(bundle, f"lambdas.{function}.handler")
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(("function", "packages"), BUNDLES)
def test_bundle_of_lambdas_default_target_holds_its_wheels(
    function: str, packages: tuple[str, ...]
) -> None:
    bundle = build_bundle(function, target=LambdaTarget(), packages=packages)
    extensions = [path.name for path in bundle.rglob("*.so")]
    assert [name for name in extensions if "aarch64-linux-gnu" not in name] == []


def test_second_build_installs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    first = build_bundle("training_job", target=HOST)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("installed again")

    monkeypatch.setattr(lambda_bundle, "install_wheels", refuse)
    assert build_bundle("training_job", target=HOST) == first


def test_bundles_of_two_targets_are_apart() -> None:
    assert build_bundle("training_job", target=HOST) != build_bundle(
        "training_job", target=LambdaTarget()
    )


def test_failed_build_leaves_nothing_and_says_what_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lambda_bundle, "CACHE", tmp_path / "cache")
    with pytest.raises(
        BundleError, match=r"lambdas/sentiment_api/requirements\.txt .* Python 3\.99"
    ):
        build_bundle("sentiment_api", target=LambdaTarget(python="3.99"))
    assert list((tmp_path / "cache").iterdir()) == []


def test_bundle_holds_no_service_that_no_function_uses() -> None:
    models = build_bundle("training_job", target=HOST) / "botocore" / "data"
    assert {path.name for path in models.iterdir() if path.is_dir()} == set(
        lambda_bundle.SDK_SERVICES
    )
