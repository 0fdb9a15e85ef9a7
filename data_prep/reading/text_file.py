"""A file as a stream of UTF-8: unpacked, and out of whatever encoding and line ends it has."""

import bz2
import codecs
import io
import lzma
import re
import zipfile
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from gzip import GzipFile
from pathlib import PurePosixPath
from typing import IO

import zstandard

from data_prep.errors import DataPrepError
from data_prep.reading.encoding import UTF8, encoding_of
from data_prep.reading.kinds import (
    SIGNATURE_BYTES,
    Content,
    Packing,
    content_of,
    is_data_file,
    packing_of,
)
from data_prep.reading.pieces import SourceFile, readable, say

BYTE_ORDER_MARK = codecs.BOM_UTF8
HEAD_BYTES = 2**18
"""How much of a text is looked at to see what it is."""
_CHUNK_BYTES = 2**20
_PACKED_BYTES = 2**16
"""Of Zstandard at once: they may be a hundred times as many, unpacked."""
_BROKEN = "data_prep.broken"
_FIRST_LINE_END = re.compile(r'(?:[^"\r\n]+|"[^"]*")*+(\r\n|\n|\r)')
"""Outside of quotes."""


class Stream:
    """Bytes that can be looked at before they are read."""

    def __init__(self, file: IO[bytes], stored: IO[bytes]) -> None:
        self._file = file
        self._stored = stored
        self._ahead = b""

    def peek(self, size: int) -> bytes:
        """The next bytes: fewer only where there are no more."""
        if len(self._ahead) < size:
            self._ahead += self._file.read(size - len(self._ahead))
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """The same, and they are gone."""
        if not self._ahead:
            return self._file.read(size)
        ahead, self._ahead = self._ahead[:size], self._ahead[size:]
        return ahead + self._file.read(size - len(ahead)) if len(ahead) < size else ahead

    def position(self) -> int:
        """How many bytes of what is stored have been read."""
        return self._stored.tell()


class _Converted(io.RawIOBase):
    """Bytes that are made of others, a part at a time."""

    def __init__(self) -> None:
        self._ready = memoryview(b"")

    @abstractmethod
    def more(self) -> bytes | None:
        """The next part; None at the end."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview[int]") -> int:  # type: ignore[override]
        while not self._ready:
            part = self.more()
            if part is None:
                return 0
            self._ready = memoryview(part)
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


class _Zstandard(_Converted):
    """What is packed in frames; zstandard's own stream takes one that is cut off for whole."""

    def __init__(self, stored: IO[bytes]) -> None:
        super().__init__()
        self._stored = stored
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._left = b""

    def more(self) -> bytes | None:
        content = self._left or self._stored.read(_PACKED_BYTES)
        self._left = b""
        if not content:
            if self._frame is not None:
                raise EOFError("Compressed file ended before the end of its last frame")
            return None
        self._frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
        part = self._frame.decompress(content)
        if self._frame.eof:
            self._left = self._frame.unused_data
            self._frame = None
        return part


class _AsUtf8(_Converted):
    """A text of another encoding or with other line ends, in UTF-8 and with line feeds."""

    def __init__(self, stream: Stream, encoding: str, *, returns_end_lines: bool) -> None:
        super().__init__()
        self._stream = stream
        errors = "surrogateescape" if encoding == UTF8 else _BROKEN
        self._decoder = io.IncrementalNewlineDecoder(
            codecs.getincrementaldecoder(encoding)(errors), translate=returns_end_lines
        )
        self._ended = False

    def more(self) -> bytes | None:
        if self._ended:
            return None
        content = self._stream.read(_CHUNK_BYTES)
        self._ended = not content
        text = self._decoder.decode(content, final=self._ended)
        return text.encode(errors="surrogateescape")


def _as_no_character(error: UnicodeError) -> tuple[str, int]:
    """A byte that is in no UTF-8 text, in place of what the encoding does not have."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udcff", error.end


codecs.register_error(_BROKEN, _as_no_character)


@contextmanager
def opened(source: SourceFile) -> Iterator[tuple[Content, Stream]]:
    """What is in a file, and its bytes, unpacked.

    Raises:
        DataPrepError: it cannot be read, or is something else.
    """
    with readable(source), ExitStack() as stack:
        stored = stack.enter_context(source.path.open("rb"))
        stream = Stream(stored, stored)
        packing = packing_of(stream.peek(SIGNATURE_BYTES))
        stored.seek(0)
        if packing is None:
            stream = Stream(stored, stored)
            yield content_of(source.shown, stream.peek(SIGNATURE_BYTES)), stream
            return
        if packing is Packing.ZIP:
            archive = stack.enter_context(zipfile.ZipFile(stored))
            member = _member(source, archive)
            if member is None:
                stored.seek(0)
                yield Content.WORKBOOK, Stream(stored, stored)
                return
            file: IO[bytes] = stack.enter_context(archive.open(member))
        else:
            file = _unpacked(packing, stored)
        stream = Stream(file, stored)
        start = stream.peek(SIGNATURE_BYTES)
        content = content_of(f"{source.shown} (in {packing})", start)
        if content is not Content.TEXT or packing_of(start):
            what = packing_of(start) or content
            raise DataPrepError(
                f"{source.shown} is {what} packed in {packing}. Unpack it first, and name the file "
                "that comes of it"
            )
        yield Content.TEXT, stream


def _unpacked(packing: Packing, stored: IO[bytes]) -> IO[bytes]:
    if packing is Packing.GZIP:
        return io.BufferedReader(GzipFile(fileobj=stored))
    if packing is Packing.BZIP2:
        return bz2.BZ2File(stored)
    if packing is Packing.XZ:
        return lzma.LZMAFile(stored)
    return io.BufferedReader(_Zstandard(stored), _CHUNK_BYTES)


def _member(source: SourceFile, archive: zipfile.ZipFile) -> zipfile.ZipInfo | None:
    """The one file of data in an archive; None if the archive itself is a workbook."""
    files = [entry for entry in archive.infolist() if not entry.is_dir()]
    names = {entry.filename for entry in files}
    if any(name.startswith("xl/") for name in names) or {"mimetype", "content.xml"} <= names:
        return None
    if any(name.startswith(("word/", "ppt/")) for name in names):
        raise DataPrepError(
            f"{source.shown} is a Word or PowerPoint document. Save its table as CSV first"
        )
    files = [
        entry
        for entry in files
        if not entry.filename.startswith("__MACOSX/")
        and not PurePosixPath(entry.filename).name.startswith(".")
    ]
    data = [entry for entry in files if is_data_file(PurePosixPath(entry.filename).name)]
    chosen = data if data else files
    if len(chosen) != 1:
        listed = ", ".join(entry.filename for entry in chosen[:5]) or "none"
        raise DataPrepError(
            f"{source.shown} is a zip with {len(chosen)} files of data ({listed}), and one is "
            "read from a zip. Unpack it, and name one of them or their folder"
        )
    if chosen[0].flag_bits & 1:
        raise DataPrepError(
            f"{source.shown} is a zip with a password. Unpack it, and name the file in it"
        )
    if len(files) > 1:
        say(source, f"of the zip's {len(files)} files, {chosen[0].filename} is read")
    return chosen[0]


def utf8_of(source: SourceFile, stream: Stream, given: str | None) -> Stream:
    """A text as UTF-8 with line feeds, without its byte order mark.

    Args:
        source: The file, for what there is to say.
        stream: Its bytes.
        given: The encoding, if the user says which.

    Raises:
        DataPrepError: it is empty, or no text that could be read.
    """
    head = stream.peek(HEAD_BYTES)
    encoding = encoding_of(head, given)
    if encoding is None:
        raise DataPrepError(
            f"{source.shown} is not UTF-8, nor in an encoding that could be guessed. If it is a "
            "text, say which with --encoding, for example --encoding windows-1252"
        )
    if encoding.guessed:
        say(source, f"read as {encoding.name}, by a guess: another one with --encoding NAME")
    stream.read(len(encoding.mark))
    head = head[len(encoding.mark) :]
    text = head.decode(encoding.name, errors="replace")
    if not text.strip("\ufeff\0\x1a \t\r\n\v\f"):
        raise DataPrepError(f"{source.shown} is empty")
    by_returns = returns_end_lines(text)
    if encoding.name == UTF8 and not by_returns:
        return stream
    return Stream(
        io.BufferedReader(
            _AsUtf8(stream, encoding.name, returns_end_lines=by_returns), _CHUNK_BYTES
        ),
        stream._stored,
    )


def returns_end_lines(text: str) -> bool:
    """Whether a text that begins so has carriage returns where others have line feeds."""
    first = _FIRST_LINE_END.match(text)
    return first[1] == "\r" if first else "\r" in text and "\n" not in text
