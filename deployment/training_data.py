"""What a tier is trained on: the sample, or reviews that are prepared for it."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from data_prep.__main__ import main as data_prep
from data_prep.dataset.accept import Accept
from data_prep.dataset.build import is_current
from data_prep.dataset.training_files import DatasetFiles, described_keys
from deployment.rollout import upload
from stacks.repository import ROOT
from tier_layout.bucket import MANIFEST_FILE, TEST_FILE, TRAIN_FILE
from tier_layout.labels import LABEL_PREFIX

SAMPLE = ROOT / "data" / "sample"
ON_GLUE = "--on glue"


def sample() -> DatasetFiles:
    """The prepared sample reviews.

    Prepared at the first call, and again when the normaliser has changed: what is trained must
    be what is served.
    """
    if not is_current(SAMPLE):
        exit_code = data_prep(["sample", "--out", str(SAMPLE)])
        if exit_code:
            sys.exit(exit_code)
    return DatasetFiles.in_directory(SAMPLE)


def prepared(data: str, *, tier: str, out: Path | None, options: Sequence[str]) -> Path:
    """The dataset directory that the data are, or are prepared to.

    Args:
        data: what `data_prep prepare` has written, or takes.
        tier: whose reviews they are.
        out: where they are prepared to; by default data/retrain/TIER.
        options: further options of `data_prep prepare`.

    Raises:
        ValueError: there are options for what is prepared already.
    """
    if Path(data, MANIFEST_FILE).is_file() or _is_hand_written(Path(data)):
        if options or out:
            raise ValueError(
                f"{data} is prepared already (it has a {MANIFEST_FILE}, or a {TRAIN_FILE} with "
                f"{LABEL_PREFIX} in its first line), so these options would "
                f"have no effect: {' '.join(options) or '--out'}. Leave them out, or name the "
                "reviews that it was prepared from."
            )
        return Path(data)
    out = out or Path("data", "retrain", tier)
    words = ["prepare", data, *options, "--out", str(out)]
    if ON_GLUE in " ".join(options).replace("=", " "):
        words += ["--tier", tier]
    exit_code = data_prep(words)
    if exit_code:
        sys.exit(exit_code)
    return out


def _is_hand_written(directory: Path) -> bool:
    """Whether somebody has written the files themselves, as BlazingText reads them."""
    train, test = directory / TRAIN_FILE, directory / TEST_FILE
    if not (train.is_file() and test.is_file()):
        return False
    with train.open("rb") as file:
        return file.read(len(LABEL_PREFIX)) == LABEL_PREFIX.encode()


def training_parameters(
    dataset: Path, *, bucket: str, accepted: Iterable[Accept] = ()
) -> dict[str, str]:
    """The stack parameters that name a dataset in a bucket, where it is put if need be.

    Args:
        dataset: its directory.
        bucket: the tier's.
        accepted: what somebody accepts in a dataset without a manifest.

    Raises:
        data_prep.errors.DataPrepError: it cannot be trained on. Nothing was uploaded.
    """
    manifest = dataset / MANIFEST_FILE
    if manifest.is_file() and not (dataset / TRAIN_FILE).exists():
        # The Glue job has put the files into the bucket; here is only what they are.
        return described_keys(manifest).parameters
    return upload(DatasetFiles.in_directory(dataset, accepted=accepted), bucket=bucket)
