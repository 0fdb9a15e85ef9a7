"""Takes `model.bin` out of a model.tar.gz in S3, if it fits this Lambda."""

import logging
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from lambdas.evaluation.aws_api import S3
from lambdas.evaluation.deadline import Deadline
from lambdas.evaluation.errors import EvaluationError
from lambdas.evaluation.inputs import StoredObject
from lambdas.evaluation.object_stream import open_object

MEMBER: Final = "model.bin"
MEMORY_FOR_THE_REST: Final = 400 * 1024 * 1024
"""The interpreter and the SDK take 50 MB, what a calibration is fitted on up to 120 MB, the hashes
of ten million texts 80 MB, and fastText 50 MB more than the file of a model of 2.4 GB."""
DISK_FOR_THE_REST: Final = 16 * 1024 * 1024

_COPY_BYTES: Final = 4 * 1024 * 1024

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Room:
    """What the function has."""

    memory_bytes: int
    disk_bytes: int
    """Free in the folder that the model is written to."""

    def require(self, size: int) -> None:
        """Refuse a model that does not fit.

        Args:
            size: Of `model.bin`, in bytes.

        Raises:
            EvaluationError: says what is needed, what there is, and how to make it fit.
        """
        problems = [
            f"{_mib(needed)} of {kind}, of which the evaluation's function has {_mib(there)}"
            for kind, needed, there in (
                ("memory", size + MEMORY_FOR_THE_REST, self.memory_bytes),
                ("disk", size + DISK_FOR_THE_REST, self.disk_bytes),
            )
            if needed > there
        ]
        if problems:
            raise EvaluationError(
                f"The model is too large to be evaluated: {MEMBER} has {_mib(size)}, and that "
                f"takes {' and '.join(problems)}.",
                after="A model's size is about 4 B x VectorDim x (Buckets + words): lower "
                "VectorDim or Buckets, or raise MinCount, and deploy again.",
            )


def fetch_model(
    s3: S3, archive: StoredObject, folder: Path, *, room: Room, deadline: Deadline
) -> Path:
    """Write the archive's model.bin into a folder, and nothing else of it.

    Args:
        s3: The service.
        archive: A tar file, compressed or not.
        folder: Gets the file `model.bin`.
        room: What the function has. The archive's first bytes say how large the model is, so
            that one that does not fit is not downloaded.
        deadline: When to give up.

    Raises:
        EvaluationError: no room, no time, or no model.
    """
    with (
        open_object(s3, archive) as stream,
        _readable_archive(archive),
        tarfile.open(fileobj=stream, mode="r|*", bufsize=_COPY_BYTES) as tar,
    ):
        for member in tar:
            if member.name.removeprefix("./") == MEMBER:
                if not member.isreg() or member.issparse():
                    raise tarfile.ReadError(f"{MEMBER} is no plain file in it")
                room.require(member.size)
                content = tar.extractfile(member)
                if content is None:
                    raise tarfile.ReadError(f"{MEMBER} has no content")
                file = folder / MEMBER
                _copy(content, file, member.size, deadline)
                logger.info("Fetched %s, %d bytes", archive.key, member.size)
                return file
    raise EvaluationError(
        f"The archive {archive.key} holds no {MEMBER}.",
        after="BlazingText writes one in supervised mode; is it another algorithm's model?",
    )


def _copy(content: IO[bytes], file: Path, size: int, deadline: Deadline) -> None:
    written = 0
    with file.open("wb") as target:
        while piece := content.read(_COPY_BYTES):
            target.write(piece)
            written += len(piece)
            if deadline.passed:
                raise EvaluationError(
                    f"The model's download was stopped: {_mib(written)} of {_mib(size)} took "
                    f"{deadline.elapsed_seconds:.0f} s, and a Lambda has 15 minutes.",
                    after="Deploy again, or train a smaller model (VectorDim, Buckets).",
                )
    if written != size:
        raise tarfile.ReadError(f"{MEMBER} ends after {written} of {size} bytes")


@contextmanager
def _readable_archive(archive: StoredObject) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise EvaluationError(
            f"The model's archive {archive.key} cannot be read:",
            detail=f"{type(error).__name__}: {error}.",
            after="It must be a tar file, plain or compressed, as a training job writes it.",
        ) from error


def _mib(size: int) -> str:
    return f"{size / 1024 / 1024:,.0f} MiB"
