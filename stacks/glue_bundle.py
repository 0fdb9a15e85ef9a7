"""What the Glue job imports: one zip of our code and its locked, pure Python dependencies.

Kept under the hash of everything that goes into it, like the Lambda bundles, and the same to the
byte wherever it is built.
"""

import hashlib
import re
import tempfile
import zipfile
from pathlib import Path

from stacks.lambda_bundle import install_wheels, source_files
from stacks.repository import ROOT

CACHE = ROOT / ".cache" / "glue"
SCRIPT = ROOT / "data_prep" / "glue" / "script.py"
REQUIREMENTS = ROOT / "data_prep" / "glue" / "requirements.txt"

GLUE_PYTHON = "3.13"
"""That of Glue 6.0."""
GLUE_PLATFORM = "x86_64-manylinux2014"

_PACKAGES = ("data_prep", "review_text", "tier_layout")
_PURE_PYTHON = ("narwhals", "vaderSentiment")
"""The folders of the dependencies that can be imported from a zip."""
_INSTALLED_BY_GLUE = ("polars", "python-calamine", "zstandard", "charset-normalizer")
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest time that a zip can hold."""


def additional_python_modules() -> str:
    """Value of `--additional-python-modules`: what Glue installs from PyPI when a run starts."""
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)", REQUIREMENTS.read_text(), re.MULTILINE))
    return ",".join(f"{name}=={pins[name]}" for name in _INSTALLED_BY_GLUE)


def build_glue_bundle() -> Path:
    """Build, or find, the zip; its name is the hash of its content.

    Raises:
        BundleError: uv cannot install the dependencies.
    """
    sources = [file for name in _PACKAGES for file in source_files(ROOT / name)]
    bundle = CACHE / f"data_prep-{_content_hash(sources)}.zip"
    if bundle.is_file():
        return bundle
    CACHE.mkdir(parents=True, exist_ok=True)
    # Built aside and renamed, so that an interrupted build is never taken for a bundle.
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".data_prep-") as folder:
        wheels, building = Path(folder) / "wheels", Path(folder) / "bundle.zip"
        install_wheels(REQUIREMENTS, wheels, python=GLUE_PYTHON, platform=GLUE_PLATFORM)
        content = {file.relative_to(ROOT).as_posix(): file for file in sources}
        for package in _PURE_PYTHON:
            for file in (wheels / package).rglob("*"):
                if file.is_file() and file.suffix != ".pyc":
                    content[file.relative_to(wheels).as_posix()] = file
        _write_zip(building, content)
        building.rename(bundle)
    return bundle


def _write_zip(target: Path, content: dict[str, Path]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(content):
            # Without the file's own time and permissions, which differ from checkout to checkout.
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content[name].read_bytes())


def _content_hash(sources: list[Path]) -> str:
    digest = hashlib.sha256(repr((GLUE_PYTHON, GLUE_PLATFORM)).encode())
    for file in (Path(__file__), REQUIREMENTS, *sources):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:32]
