"""What the lines of a file hold that `prepare` did not write: labels, texts, and what is odd."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Self, TypeVar

import narwhals as nw
import polars as pl

from data_prep.errors import DataPrepError
from data_prep.transform.polars_engine import PolarsEngine
from data_prep.transform.rows import with_tokens
from review_text.rules import NEGATED
from tier_layout.labels import LABEL_PREFIX

BEGINNING_CHARACTERS = 60
"""Of a line, in a message."""
_BYTE_ORDER_MARK = "\ufeff"
_GZIP = b"\x1f\x8b"
# What fastText splits at: ASCII white space, of which it holds NUL to be a part.
_BLANKS = r"[\t\x0b\x0c\r\x00 ]+"
_LABEL = rf"(?:^| ){LABEL_PREFIX}[^ ]*"
_MARK = NEGATED
"""Before a word that is negated, which one further up may have done."""
_ENGINE = PolarsEngine()
Kind = TypeVar("Kind")


class Oddity(Enum):
    """What may be wrong with a line by itself."""

    NO_LABEL = auto()
    EMPTY = auto()
    """A label, and no text."""
    SEVERAL_LABELS = auto()
    CARRIAGE_RETURN = auto()
    """Amid the line: it was to end there, and does not for BlazingText."""
    NOT_NORMALISED = auto()
    """The API would ask for other words than those that stand there."""


@dataclass(kw_only=True)
class Occurrences:
    """Lines of one kind: how many, and the first of them."""

    count: int
    line: int
    """Counted from 1."""
    beginning: str

    @classmethod
    def of(cls, count: int, line: int, text: str) -> Self:
        """So many lines, the first of which has this number and this text."""
        return cls(count=count, line=line, beginning=text[:BEGINNING_CHARACTERS])


@dataclass(kw_only=True)
class LabelLines:
    """A file, as far as its lines have been taken."""

    path: Path
    lines: int = 0
    labels: dict[str, Occurrences] = field(default_factory=dict)
    odd: dict[Oddity, Occurrences] = field(default_factory=dict)
    _texts: list[pl.Series] = field(default_factory=list)

    @property
    def texts(self) -> pl.Series:
        """A hash of each text that is not empty: what is the same is the same text."""
        return pl.concat(self._texts) if self._texts else pl.Series(dtype=pl.UInt64)

    def take(self, content: bytes) -> None:
        """Look at further lines.

        Raises:
            DataPrepError: they are not UTF-8.
        """
        frame = self._parsed(content)
        for label, found in _by_label(frame):
            _add(self.labels, label, found)
        for oddity, condition in _ODD.items():
            if len(rows := frame.filter(condition)):
                first = rows.sort("number").row(0, named=True)
                _add(self.odd, oddity, Occurrences.of(len(rows), first["number"], first["line"]))
        self._texts.append(frame.filter(pl.col("text") != "")["text"].hash())
        self.lines += len(frame)

    def _parsed(self, content: bytes) -> pl.DataFrame:
        """Columns `number`, `line`, `labels`, `text`, and `tokens` as the API would have them."""
        try:
            # Polars' own reader would unpack what looks compressed.
            lines = content.decode().removesuffix("\n").split("\n")
        except UnicodeDecodeError as error:
            raise DataPrepError(self._not_utf8(content)) from error
        plain = pl.col("line").str.replace_all(_BLANKS, " ").str.strip_chars(" ")
        names = pl.element().str.strip_chars(" ").str.strip_prefix(LABEL_PREFIX)
        frame = (
            pl.LazyFrame({"line": lines}, schema={"line": pl.String})
            .with_row_index("number", offset=self.lines + 1)
            .with_columns(
                labels=plain.str.extract_all(_LABEL).list.eval(names),
                found=plain.str.replace_all(_LABEL, "").str.strip_chars(" "),
            )
            .with_columns(text=_unmarked("found"))
        )
        parsed: pl.LazyFrame = nw.to_native(with_tokens(nw.from_native(frame), _ENGINE))
        return parsed.drop("text").rename({"found": "text"}).collect()

    def _not_utf8(self, content: bytes) -> str:
        if not self.lines and content.startswith(_GZIP):
            return f"{self.path} is compressed (gzip). BlazingText reads text: unpack it first"
        for number, line in enumerate(content.split(b"\n"), start=self.lines + 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                where = f"{self.path}, line {number:,} ({shown(line.decode(errors='replace'))})"
                return f"{where} is not UTF-8. Save the file as UTF-8"
        return f"{self.path} is not UTF-8"


def _unmarked(column: str) -> pl.Expr:
    return pl.col(column).str.replace_all(_MARK, "", literal=True)


# Of a part of a text, the word that marked the others may be in the part before it.
_ODD = {
    Oddity.NO_LABEL: (pl.col("labels").list.len() == 0) | pl.col("labels").list.contains(""),
    Oddity.EMPTY: (pl.col("labels").list.len() > 0) & (pl.col("text") == ""),
    Oddity.SEVERAL_LABELS: pl.col("labels").list.len() > 1,
    Oddity.CARRIAGE_RETURN: pl.col("line")
    .str.strip_chars_end("\r")
    .str.contains("\r", literal=True),
    Oddity.NOT_NORMALISED: (pl.col("text") != pl.col("tokens"))
    & ~(pl.col("text").str.contains(_MARK) & (_unmarked("text") == _unmarked("tokens"))),
}


def _by_label(frame: pl.DataFrame) -> Iterator[tuple[str, Occurrences]]:
    first = pl.col("number").arg_min()
    named = frame.explode("labels").filter(pl.col("labels") != "")
    grouped = named.group_by("labels").agg(
        pl.len(), pl.col("number").get(first), pl.col("line").get(first)
    )
    for label, *found in grouped.sort("number").iter_rows():
        yield label, Occurrences.of(*found)


def _add(found: dict[Kind, Occurrences], kind: Kind, more: Occurrences) -> None:
    if kind in found:
        found[kind].count += more.count
    else:
        found[kind] = more


def shown(beginning: str) -> str:
    """The beginning of a line, for a message."""
    cut = beginning[:BEGINNING_CHARACTERS]
    return f"{cut!r}{'…' if len(beginning) >= BEGINNING_CHARACTERS else ''}"


def begins_with_mark(line: Occurrences) -> bool:
    """Whether a file's first line has a byte order mark, so that its label is none."""
    return line.line == 1 and line.beginning.startswith(_BYTE_ORDER_MARK)
