"""What a file is, by its first bytes; its name is at most a hint."""

import re
from enum import StrEnum

from data_prep.errors import DataPrepError

SIGNATURE_BYTES = 512
"""How many of a file's first bytes have to be looked at: tar's mark is the farthest, at 257."""

_SUFFIXES = r"csv|tsv|tab|psv|jsonl|ndjson|json|parquet|pq|xlsx|xlsm|xlsb|xls|ods"
_PACKED = r"gz|gzip|bz2|xz|zst|zstd|zip"
_DATA_FILE = re.compile(rf"[^.~].*\.(?:{_SUFFIXES})(?:\.(?:{_PACKED}))?", re.IGNORECASE | re.DOTALL)
KNOWN = (
    "CSV (.csv, .tsv), JSON and JSON Lines (.json, .jsonl, .ndjson), Parquet (.parquet) or "
    "Excel (.xlsx), the texts also packed (.gz, .bz2, .xz, .zst, .zip)"
)


class Packing(StrEnum):
    """How a stream of bytes is packed."""

    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    ZSTANDARD = "Zstandard"
    ZIP = "zip"


class Content(StrEnum):
    """What is in a file, once it is unpacked."""

    TEXT = "text"
    PARQUET = "Parquet"
    WORKBOOK = "an Excel workbook"


_PACKINGS = {
    b"\x1f\x8b": Packing.GZIP,
    b"BZh": Packing.BZIP2,
    b"\xfd7zXZ\0": Packing.XZ,
    b"\x28\xb5\x2f\xfd": Packing.ZSTANDARD,
    b"PK\3\4": Packing.ZIP,
    b"PK\5\6": Packing.ZIP,
}
_CONTENTS = {
    b"PAR1": Content.PARQUET,
    # Microsoft's compound file: workbooks before 2007, and those with a password.
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": Content.WORKBOOK,
}
_SAVE_AS = "Save it as CSV, JSON Lines or Parquet first"
_UNPACK = "Unpack it first, and name the file or folder that comes of it"
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"PARE", f"a Parquet file with an encrypted footer. {_SAVE_AS}, unencrypted"),
    (b"version https://git-lfs.github.com/spec/",
     "a Git LFS pointer, not the data. Run `git lfs pull` in its repository (or download the file "
     "itself)"),
    (b"__label__",
     "a training file in fastText's format already. It needs no preparing: `python -m deployment "
     "deploy` takes it with --train and --test"),
    (b"%PDF-", f"a PDF document. {_SAVE_AS}"),
    (b"{\\rtf", f"an RTF document. {_SAVE_AS}"),
    (b"SQLite format 3\0", f"an SQLite database. {_SAVE_AS}: `sqlite3 -csv FILE 'select …'`"),
    (b"ARROW1\0\0", f"an Arrow (Feather) file. {_SAVE_AS}: `polars.read_ipc(…).write_parquet(…)`"),
    (b"ORC", f"an ORC file. {_SAVE_AS}"),
    (b"Obj\1", f"an Avro file. {_SAVE_AS}"),
    (b"\x89HDF\r\n", f"an HDF5 file. {_SAVE_AS}"),
    (b"\x93NUMPY", f"a NumPy array. {_SAVE_AS}"),
    (b"$FL2", f"an SPSS file. {_SAVE_AS}"),
    (b"<stata_dta>", f"a Stata file. {_SAVE_AS}"),
    (b"7z\xbc\xaf\x27\x1c", f"a 7-Zip archive. {_UNPACK}"),
    (b"Rar!\x1a\7", f"a RAR archive. {_UNPACK}"),
    (b"\x1f\x9d", f"packed by `compress`. {_UNPACK}"),
    (b"\4\x22\x4d\x18", f"packed by LZ4. {_UNPACK}"),
    (b"\xff\6\0\0sNaPpY", f"packed by Snappy. {_UNPACK}"),
    (b"\x89PNG", f"a picture. {_SAVE_AS}"),
    (b"\xff\xd8\xff", f"a picture. {_SAVE_AS}"),
    (b"\x7fELF", "a program, no data"),
)  # fmt: skip
_PICKLE = re.compile(rb"\x80[\2-\5](?:\x95|[\]}c(q\x8c])")
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:(!doctype html|html|head|body)|(\?xml|!--))", re.I)
_TAR_MARK, _TAR_AT = b"ustar", 257


def is_data_file(name: str) -> bool:
    """Whether a file of a folder is read: its name says that it is one of a known kind."""
    return _DATA_FILE.fullmatch(name) is not None


def packing_of(start: bytes) -> Packing | None:
    """How bytes are packed that begin so; None if they are not."""
    return next((of for mark, of in _PACKINGS.items() if start.startswith(mark)), None)


def content_of(shown: str, start: bytes) -> Content:
    """What bytes are that begin so and are not packed.

    Raises:
        DataPrepError: something that cannot be read, by its name and with what can be done.
    """
    for mark, content in _CONTENTS.items():
        if start.startswith(mark):
            return content
    if what := _foreign(start):
        raise DataPrepError(f"{shown} is {what}")
    return Content.TEXT


def _foreign(start: bytes) -> str | None:
    if start[_TAR_AT:].startswith(_TAR_MARK):
        return f"a tar archive. {_UNPACK}: `tar -xf FILE`"
    if markup := _MARKUP.match(start):
        if markup[1] or b"<html" in start.lower():
            return (
                "an HTML page, such as a log-in or an error page that was saved in place of the "
                "data. Open it in a browser to see which, and download the file again"
            )
        return f"an XML document. {_SAVE_AS}"
    if _PICKLE.match(start):
        return f"a Python pickle. {_SAVE_AS}: `pandas.read_pickle(…).to_parquet(…)`"
    return next((what for mark, what in _FOREIGN if start.startswith(mark)), None)
