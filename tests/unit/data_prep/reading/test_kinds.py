"""A file is what its first bytes say; what cannot be read is called what it is."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import zstandard

from data_prep.errors import DataPrepError
from data_prep.reading.sources import find_files
from tests.unit.data_prep.reading.files import ROWS, as_csv, rows_of, written

ZSTANDARD = zstandard.ZstdCompressor()


def zipped(**files: bytes) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return output.getvalue()


def tarred() -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("stays.csv"))
    return output.getvalue()


def parquet() -> bytes:
    output = io.BytesIO()
    pl.DataFrame(ROWS, schema=["text", "label"], orient="row").write_parquet(output)
    return output.getvalue()


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, bz2.compress, lzma.compress, ZSTANDARD.compress,
     lambda content: zipped(**{"stays.csv": content, ".hidden": b"", "readme.md": b"?"}), bytes],
)  # fmt: skip
@pytest.mark.parametrize("name", ["stays", "stays.csv", "stays.csv.gz", "stays.parquet"])
def test_packing_is_found_whatever_the_name(
    pack: Callable[[bytes], bytes], name: str, tmp_path: Path
) -> None:
    assert rows_of(written(tmp_path, pack(as_csv().encode()), name)) == ROWS


def test_parquet_is_found_whatever_the_name(tmp_path: Path) -> None:
    assert rows_of(written(tmp_path, parquet(), "stays.csv")) == ROWS


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b" \n<!DOCTYPE html><title>Log in</title>", "is an HTML page"),
        (b"<?xml version='1.0'?><rows/>", "is an XML document"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "`git lfs pull`"),
        (b"%PDF-1.7", "is a PDF document"),
        (b"SQLite format 3\0", "is an SQLite database"),
        (b"ARROW1\0\0", "is an Arrow"),
        (b"\x80\x04\x95\0\0", "is a Python pickle"),
        (b"__label__good fine\n", "already"),
        (tarred(), "is a tar archive. Unpack it first"),
        (gzip.compress(tarred()), "(in gzip) is a tar archive"),
        (gzip.compress(parquet()), "is Parquet packed in gzip. Unpack it first"),
        (gzip.compress(gzip.compress(b"x")), "is gzip packed in gzip"),
        (gzip.compress(as_csv().encode())[:-9], "is cut off or damaged. Fetch it again"),
        (bz2.compress(as_csv().encode())[:-9], "is cut off or damaged. Fetch it again"),
        (lzma.compress(as_csv().encode())[:-9], "is cut off or damaged. Fetch it again"),
        (ZSTANDARD.compress(as_csv().encode())[:-9], "is cut off or damaged. Fetch it again"),
        (ZSTANDARD.compress(b"text,label\n" + b"a,b\n" * 2**17)[:-1], "Fetch it again"),
        (parquet()[:-9], "so it is cut off"),
        (zipped(a=b"x", b=b"y"), "a zip with 2 files of data (a, b)"),
        (zipped(word__document=b""), "is a Word or PowerPoint document"),
        (b"PK\3\4" + bytes(40), "is cut off or damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "cannot be read as an Excel workbook"),
        (bytes(range(256)) * 9, "is not UTF-8, nor in an encoding that could be guessed"),
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n\n", "is empty"),
    ],
)  # fmt: skip
def test_something_else_is_called_what_it_is(content: bytes, what: str, tmp_path: Path) -> None:
    with pytest.raises(DataPrepError) as caught:
        rows_of(written(tmp_path, content))
    assert what in str(caught.value)


def test_folder_has_files_of_every_known_kind(tmp_path: Path) -> None:
    names = ["a.csv", "b.TSV", "c.json.zst", "d.parquet", "e.xlsx", "f.ndjson.bz2"]
    for name in [*names, "_SUCCESS", ".a.csv", "~$e.xlsx", "a.csv.crc", "notes.txt"]:
        written(tmp_path, b"", name)
    assert [source.path.name for source in find_files(tmp_path)] == names


def test_files_in_subfolders_are_pointed_at(tmp_path: Path) -> None:
    (tmp_path / "year=2024").mkdir()
    written(tmp_path / "year=2024", parquet(), "part-0.parquet")
    with pytest.raises(DataPrepError, match=r"subfolders, such as .*part-0\.parquet"):
        find_files(tmp_path)


def test_members_of_a_packed_file_are_read_one_after_the_other(tmp_path: Path) -> None:
    for pack in (gzip.compress, bz2.compress, lzma.compress, ZSTANDARD.compress):
        half = pack(as_csv().encode()) + pack(as_csv(header=()).encode())
        assert rows_of(written(tmp_path, half)) == ROWS * 2
