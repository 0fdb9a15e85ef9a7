"""Lambda bundles: our code and its locked dependencies in one asset, without Docker.

`uv` (a requirement of this project) installs wheels for another Python version and
another processor than the ones it runs on, which is what Docker bundling is usually
needed for. A bundle is kept under the hash of everything that goes into it, so a
second synth builds nothing.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_

from stacks.lambda_target import LambdaTarget
from stacks.repository import ROOT

CACHE = ROOT / ".cache" / "lambda"

SDK_SERVICES = ("s3", "sagemaker", "sagemaker-runtime", "ssm", "sts")
"""The botocore service models that our functions use. All of them are 25 MB compressed,
which every deployment would upload and every cold start would unpack."""

SHARED = ("tier_layout",)
"""Packages of this repository that every function gets."""

PAGE_SUFFIXES = (".jinja", ".css")
"""Files beside the code of a function that makes pages."""


class BundleError(RuntimeError):
    """A bundle could not be built. The message is uv's own."""


def lambda_runtime(target: LambdaTarget) -> lambda_.Runtime:
    """The Lambda runtime of a target's Python version."""
    return lambda_.Runtime(f"python{target.python}", lambda_.RuntimeFamily.PYTHON)


def lambda_architecture(target: LambdaTarget) -> lambda_.Architecture:
    """A target's architecture as the CDK names it."""
    arm, x86 = lambda_.Architecture.ARM_64, lambda_.Architecture.X86_64
    return arm if target.architecture == "arm64" else x86


def lambda_code(
    function: str, *, target: LambdaTarget, packages: Sequence[str] = ()
) -> lambda_.Code:
    """The code of `lambdas/<function>`, with its dependencies, as a CDK asset.

    Args:
        function: the folder under `lambdas/`.
        target: what the function runs on.
        packages: other packages of this repository that the function imports.
    """
    bundle = build_bundle(function, target=target, packages=packages)
    return lambda_.Code.from_asset(
        str(bundle), asset_hash=bundle.name, asset_hash_type=AssetHashType.CUSTOM
    )


def build_bundle(function: str, *, target: LambdaTarget, packages: Sequence[str] = ()) -> Path:
    """Build, or find, the bundle of a function; its folder's name is the hash of its content.

    Raises:
        BundleError: uv cannot install the dependencies.
    """
    sources = [ROOT / folder for folder in (f"lambdas/{function}", *SHARED, *packages)]
    requirements = ROOT / "lambdas" / function / "requirements.txt"
    bundle = CACHE / f"{function}-{_content_hash(sources, requirements, target)}"
    if bundle.is_dir():
        return bundle
    CACHE.mkdir(parents=True, exist_ok=True)
    # Built aside and renamed, so that an interrupted build is never taken for a bundle.
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=f".{function}-") as folder:
        building = Path(folder) / "bundle"
        install_wheels(requirements, building, python=target.python, platform=target.wheels)
        _trim_sdk(building)
        (building / "lambdas").mkdir()
        shutil.copy(ROOT / "lambdas" / "__init__.py", building / "lambdas")
        for source in sources:
            for file in _bundled_files(source):
                copy = building / file.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy)
        try:
            building.rename(bundle)
        except OSError:
            # Another process has built the same bundle meanwhile.
            if not bundle.is_dir():
                raise
    return bundle


def source_files(folder: Path) -> Iterator[Path]:
    """The Python files of a package of this repository, in order."""
    return (path for path in sorted(folder.rglob("*.py")) if "__pycache__" not in path.parts)


def _bundled_files(folder: Path) -> Iterator[Path]:
    """What a function needs of a package: its code and its page templates."""
    yield from source_files(folder)
    yield from (path for path in sorted(folder.rglob("*")) if path.suffix in PAGE_SUFFIXES)


def _content_hash(sources: Sequence[Path], requirements: Path, target: LambdaTarget) -> str:
    digest = hashlib.sha256(repr((target, SDK_SERVICES)).encode())
    for file in (Path(__file__), requirements, *(f for s in sources for f in _bundled_files(s))):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:32]


def install_wheels(requirements: Path, folder: Path, *, python: str, platform: str) -> None:
    """Install locked wheels for another machine than this one.

    Args:
        requirements: a compiled requirements file, with hashes.
        folder: where the packages go.
        python: a version, such as `3.13`.
        platform: as uv names it, such as `x86_64-manylinux2014`.

    Raises:
        BundleError: uv cannot install them.
    """
    command = [
        sys.executable, "-m", "uv", "pip", "install", "--quiet",
        "--target", str(folder), "--requirements", str(requirements), "--require-hashes",
        "--no-deps", "--only-binary", ":all:", "--link-mode", "copy",
        "--python-version", python, "--python-platform", platform,
    ]  # fmt: skip
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise BundleError(
            f"The dependencies in {requirements.relative_to(ROOT)} cannot be installed for "
            f"Python {python} on {platform}:\n{result.stderr.strip()}"
        )


def _trim_sdk(bundle: Path) -> None:
    """Leave out what no function loads: other services' models, and the SDK's examples."""
    for model in (bundle / "botocore" / "data").iterdir():
        if model.is_dir() and model.name not in SDK_SERVICES:
            shutil.rmtree(model)
    shutil.rmtree(bundle / "boto3" / "examples", ignore_errors=True)
    shutil.rmtree(bundle / "bin", ignore_errors=True)
