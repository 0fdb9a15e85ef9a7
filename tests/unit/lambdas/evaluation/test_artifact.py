"""What is taken out of a model's archive, and what is refused before it costs anything."""

import io
import tarfile
from pathlib import Path

import pytest

from lambdas.evaluation.artifact import Room, fetch_model
from lambdas.evaluation.deadline import Deadline
from lambdas.evaluation.errors import EvaluationError
from tests.unit.lambdas.evaluation.evaluation_harness import GIB, MODEL_KEY, Bucket, archive, stored

MIB = 1024 * 1024
AMPLE = Room(memory_bytes=3 * GIB, disk_bytes=3 * GIB)


def fetch(content: bytes, folder: Path, room: Room = AMPLE, remaining: float = 840.0) -> Path:
    bucket = Bucket()
    bucket.put(MODEL_KEY, content)
    return fetch_model(
        bucket,
        stored(bucket, MODEL_KEY),
        folder,
        room=room,
        deadline=Deadline(lambda: remaining),
    )


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
@pytest.mark.parametrize("name", ["model.bin", "./model.bin"])
def test_model_is_taken_out_of_any_tar_file(tmp_path: Path, mode: str, name: str) -> None:
    content = archive({"eval.json": b"{}", name: b"weights" * 1_000}, mode)

    assert fetch(content, tmp_path).read_bytes() == b"weights" * 1_000


def test_nothing_else_is_taken_out(tmp_path: Path) -> None:
    fetch(archive({"../escaped": b"x", "/absolute": b"x", "model.bin": b"w"}), tmp_path)

    assert [file.name for file in tmp_path.iterdir()] == ["model.bin"]
    assert not (tmp_path.parent / "escaped").exists()


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (Room(memory_bytes=410 * MIB, disk_bytes=GIB), "432 MiB of memory, of which .* 410 MiB"),
        (Room(memory_bytes=GIB, disk_bytes=40 * MIB), "48 MiB of disk, of which .* 40 MiB"),
    ],
)
def test_model_that_does_not_fit_is_not_downloaded(tmp_path: Path, room: Room, said: str) -> None:
    bucket = Bucket()
    bucket.put(MODEL_KEY, archive({"model.bin": b"\0" * (32 * MIB)}, "w"))
    with pytest.raises(EvaluationError, match=said) as refused:
        fetch_model(
            bucket,
            stored(bucket, MODEL_KEY),
            tmp_path,
            room=room,
            deadline=Deadline(lambda: 840.0),
        )

    assert "model.bin has 32 MiB" in str(refused.value)
    assert "VectorDim or Buckets" in str(refused.value)
    assert list(tmp_path.iterdir()) == []
    assert sum(bucket.read[MODEL_KEY]) <= 8 * MIB


def test_archive_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"holds no model\.bin"):
        fetch(archive({"vectors.bin": b"w"}), tmp_path)


def test_link_in_place_of_the_model_is_refused(tmp_path: Path) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        link = tarfile.TarInfo("model.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(EvaluationError, match="no plain file"):
        fetch(content.getvalue(), tmp_path)


@pytest.mark.parametrize("kept", [100, 5_000])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_archive_that_was_cut_off_is_refused(tmp_path: Path, mode: str, kept: int) -> None:
    weights = bytes(range(256)) * 100
    content = archive({"model.bin": weights}, mode)
    with pytest.raises(EvaluationError, match="cannot be read"):
        fetch(content[: min(kept, len(content) // 2)], tmp_path)


def test_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="must be a tar file"):
        fetch(b"something else" * 99, tmp_path)


def test_download_stops_in_time(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"download was stopped: 4 MiB of 32 MiB"):
        fetch(archive({"model.bin": b"\0" * (32 * MIB)}, "w"), tmp_path, remaining=50.0)
