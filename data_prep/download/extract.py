"""Unpacks an archive that nobody here has seen: nothing it says is taken on trust."""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from data_prep.errors import DataPrepError

CHUNK_BYTES = 2**20
MAX_MEMBERS = 100


def extract(archive: Path, target: Path, *, wanted: frozenset[str], limit: int) -> dict[str, int]:
    """Writes the wanted files of a `.tgz`, without their folders, into the directory `target`.

    The archive is read to its very end, where gzip keeps a checksum of all that it holds.

    Args:
        archive: A gzip-compressed tar archive.
        target: An existing, empty directory.
        wanted: File names; each must occur exactly once in the archive.
        limit: At most this many bytes are unpacked, whether they are written or not.

    Returns:
        The size of each file.

    Raises:
        DataPrepError: the archive is damaged, unpacks to more than `limit`, lacks a file, or has a
            member that is not a plain file or folder inside it.
        OSError: `target` cannot be written.
    """
    sizes: dict[str, int] = {}
    try:
        with _Bounded(archive, limit) as source:
            with tarfile.open(fileobj=source, mode="r|", bufsize=CHUNK_BYTES) as members:
                for member in _plain(members, target):
                    name = PurePosixPath(member.name).name
                    if not member.isfile() or name not in wanted:
                        continue
                    if name in sizes:
                        raise DataPrepError(f"it holds {name} twice")
                    sizes[name] = member.size
                    _copy(members, member, target / name)
            while source.read(CHUNK_BYTES):
                pass
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataPrepError(f"it is damaged ({error})") from error
    if missing := wanted - sizes.keys():
        raise DataPrepError(f"it lacks {', '.join(sorted(missing))}")
    return sizes


class _Bounded(gzip.GzipFile):
    """Refuses to go on beyond a number of unpacked bytes."""

    def __init__(self, archive: Path, limit: int) -> None:
        super().__init__(archive, "rb")
        self._limit, self._left = limit, limit

    def read(self, size: int | None = -1) -> bytes:
        content = super().read(size)
        self._left -= len(content)
        if self._left < 0:
            raise DataPrepError(f"it unpacks to more than {self._limit:,} bytes")
        return content


def _plain(members: tarfile.TarFile, target: Path) -> Iterator[tarfile.TarInfo]:
    """The members, as long as each is a file or folder inside the archive.

    The data filter of `tarfile` (PEP 706) is asked, too; Python 3.11.3 and earlier have none.
    """
    second_opinion = getattr(tarfile, "data_filter", lambda member, _: member)
    for number, member in enumerate(members, start=1):
        if number > MAX_MEMBERS:
            raise DataPrepError(f"it holds more than {MAX_MEMBERS} files")
        if not (member.isfile() or member.isdir()):
            raise DataPrepError(f"{member.name!r} in it is a link or a device")
        if member.issparse():  # a few bytes of it can stand for any number of zeros
            raise DataPrepError(f"{member.name!r} in it is a sparse file")
        if member.name.startswith(("/", "\\")) or ".." in PurePosixPath(member.name).parts:
            raise DataPrepError(f"{member.name!r} in it leads out of the target")
        yield second_opinion(member, str(target))


def _copy(members: tarfile.TarFile, member: tarfile.TarInfo, file: Path) -> None:
    content = members.extractfile(member)
    if content is None:
        raise DataPrepError(f"{member.name!r} in it is not a file")
    with content, file.open("xb") as output:
        while chunk := content.read(CHUNK_BYTES):
            output.write(chunk)


@contextmanager
def explained(archive: Path, url: str) -> Iterator[None]:
    """Names the archive in a refusal, and removes it: the next run fetches it anew."""
    try:
        yield
    except DataPrepError as error:
        archive.unlink(missing_ok=True)
        raise DataPrepError(
            f"{url} is not the archive that was expected: {error}. It was removed. Check --url, "
            "or run the command again"
        ) from error
