"""`download` with archives that nobody should unpack."""

import gzip
import tarfile
from pathlib import Path

import pytest

from data_prep.download.extract import extract
from data_prep.download.fetch import MIB
from data_prep.errors import DataPrepError
from tests.unit.data_prep.download.download_site import (
    CONTENT,
    TEST,
    TRAIN,
    Site,
    member,
    packed,
    refusal,
    site_fixture,
)

__all__ = ["site_fixture"]


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (packed({"../train.csv": TRAIN, "test.csv": TEST}), "leads out"),
        (packed({"x/../../train.csv": TRAIN, "test.csv": TEST}), "leads out"),
        (packed({"/train.csv": TRAIN, "test.csv": TEST}), "leads out"),
        (packed(None, member("train.csv", tarfile.SYMTYPE, "/etc/passwd")), "link"),
        (packed(None, member("a", tarfile.LNKTYPE, "../../b")), "link"),
        (packed(None, member("fifo", tarfile.FIFOTYPE)), "device"),
        (packed(None, member("null", tarfile.CHRTYPE)), "device"),
        (packed(None, *[member(f"f{n}") for n in range(200)]), "more than 100 files"),
        (packed({"train.csv": TRAIN, "x/train.csv": b"", "test.csv": TEST}), "twice"),
        (packed({"train.csv": bytes(2**24), "test.csv": TEST}), "unpacks to more"),
        (packed({"train.csv": TRAIN, "test.csv": TEST, "z": bytes(2**24)}), "unpacks to more"),
        (packed({"train.csv": TRAIN}), "lacks test.csv"),
        (CONTENT[:-4] + b"\0\0\0\1", "damaged"),
        (CONTENT[: 2 * MIB], "damaged"),
        (CONTENT[:-9] + b"?" + CONTENT[-8:], "damaged"),
        (gzip.compress(TRAIN), "damaged"),
        (b"no gzip file" * 99, "damaged"),
    ],
    ids=[
        *["dots", "inner dots", "absolute", "symlink", "hard link", "fifo", "device", "many"],
        *["twice", "huge", "huge other", "lacking", "bad length", "cut", "flipped", "no tar"],
        "no gzip",
    ],
)
def test_bad_archive_is_refused_and_removed(
    site: Site, tmp_path: Path, content: bytes, part: str
) -> None:
    site.content = content
    message = refusal(site, tmp_path / "deep/out")
    assert part in message
    assert site.url in message
    assert [*tmp_path.rglob("*")] == [tmp_path / "deep"]


def old_gnu_sparse() -> bytes:
    """The header that GNU tar writes for 8 GiB of zeros (GNU tar manual, "Sparse Formats")."""
    header = bytearray(member("train.csv", tarfile.GNUTYPE_SPARSE).tobuf(tarfile.GNU_FORMAT))
    header[483:495] = b"\x80" + (2**33).to_bytes(11, "big")  # the real size
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    return gzip.compress(bytes(header) + bytes(2 * tarfile.BLOCKSIZE))


def pax_sparse() -> bytes:
    """The same, as newer versions of tar write it."""
    info = member("train.csv")
    info.pax_headers = {"GNU.sparse.map": "0,0", "GNU.sparse.size": str(2**33)}
    return packed({}, info, format_=tarfile.PAX_FORMAT)


@pytest.mark.parametrize("archive", [old_gnu_sparse(), pax_sparse()], ids=["GNU", "pax"])
def test_sparse_file_cannot_stand_for_terabytes(tmp_path: Path, archive: bytes) -> None:
    (tmp_path / "a").write_bytes(archive)
    (tmp_path / "out").mkdir()
    with pytest.raises(DataPrepError, match="sparse"):
        extract(tmp_path / "a", tmp_path / "out", wanted=frozenset({"train.csv"}), limit=2**20)
