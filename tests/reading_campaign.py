"""Files that others write, read back: `python -m tests.reading_campaign`, or `make reading`.

Random tables are written by Python's csv, pandas, Polars, DuckDB and openpyxl in random dialects,
encodings and compressions, under names that mean nothing or something else. What comes back must be
the table: no row lost, none changed, none refused. Where an encoding was guessed wrong, which is
said, the table must come back with `--encoding`. An ordinary test run has a few of the files.
"""

import argparse
import bz2
import csv
import gzip
import io
import json
import lzma
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import zstandard

from data_prep.errors import DataPrepError
from data_prep.reading.labels import canonical
from data_prep.reading.layout import Layout, Quoting
from data_prep.reading.sources import LINE, SourceFile, read_pieces

FILES = 2_000
MOST_ROWS = 40
DELIMITERS = (",", ";", "\t", "|")
WORDS = {
    "cp1252": "große Enttäuschung, leider; très déçu — l’hôtel était sale señor mañana café "
    "überhaupt nicht schön für das Geld naïve façade",
    "cp1251": "очень плохой товар; не советую, деньги на ветер хорошее качество быстро доставили",
    "gb18030": "房间 很干净 服务态度 也很好 下次 还会来 早餐 难吃 太差了 再也不会来了 交通 方便",
    "cp932": "とても良い 商品でした また買いたい 最悪の品質 二度と買わない 配送が 遅かった",
}
"""Words of languages that each have an encoding of their own."""
ENGLISH = "the a lovely kettle broke after two weeks, sadly; would buy again (really) 5 stars #1 ok"
SIGNS = ('"', '""', ",", ";", "\t", "|", "'", "\\", "\n", "\r\n", " ", '", "', '";"', "#", "<br />",
         "{", "[1]", "\\n", "C:\\", "%", "é", "你", "\U0001f600", "=", "sep=;", "\ufeff", "\u2028",
         '5" screen', "a,b;c|d")  # fmt: skip
NAMES = ("reviews{}.csv", "r[1]{}.csv", "what?{}", "100%{}.data", "a*{}.tsv", "März {}.txt",
         "{}", "with,comma{}.CSV", "x{}.json", "{{y}}{}.jsonl", "z{}.parquet",
         "q{}.xlsx")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Table:
    """What is written, and what has to come back."""

    texts: list[str | None]
    titles: list[str | None]
    labels: list[Any]
    encoding: str
    """One that has all the characters of it."""

    def rows(self) -> list[tuple[str, str, str]]:
        """As the reader gives them: missing is empty, and a label is canonical."""
        labels = ["" if value is None else canonical(str(value)) for value in self.labels]
        filled = (
            (title or "", text or "") for title, text in zip(self.titles, self.texts, strict=True)
        )
        return [(*pair, label) for pair, label in zip(filled, labels, strict=True)]

    def has(self, sign: str) -> bool:
        """Whether a text has it."""
        return any(sign in (text or "") for text in (*self.texts, *self.titles))

    def frame(self, columns: "Columns") -> pl.DataFrame:
        """The same for Polars and DuckDB."""
        return pl.DataFrame(
            {
                columns.title: pl.Series(self.titles, dtype=pl.String),
                columns.label: pl.Series(self.labels),
                columns.text: pl.Series(self.texts, dtype=pl.String),
            }
        )


@dataclass(frozen=True)
class Columns:
    """What the columns are called."""

    title: str
    text: str
    label: str


@dataclass(kw_only=True)
class Written:
    """A file's content, and what a user would have to say about it."""

    by: str
    content: bytes
    layout: Layout
    lines_may_change: bool = False
    """Line ends within texts are not kept by what wrote it."""
    table: Table | None = None
    """What it could write, if that is less than it was given."""


Writer = Callable[[random.Random, Table, Columns], Written]


def random_table(chance: random.Random, *, plain: bool = False) -> Table:
    """Up to 40 rows with everything in them that makes files hard to read."""
    encoding = chance.choice(["utf-8", "utf-8", *WORDS])
    words = [*ENGLISH.split(), *(WORDS.get(encoding, "") * 2).split()]
    signs = [sign for sign in SIGNS if encoding == "utf-8" or sign.isascii()]
    if plain:
        signs = [sign for sign in signs if sign.isprintable()]

    def text() -> str | None:
        parts = chance.choices(words, k=chance.randint(1, 12))
        for _ in range(chance.choice([0, 0, 1, 3])):
            parts.insert(chance.randrange(len(parts) + 1), chance.choice(signs))
        return chance.choice([" ", " ", ""]).join(parts) or "x"

    rows = chance.randint(3, MOST_ROWS)
    # A language shows in a few words; one alone may be of several.
    first = [WORDS[encoding]] * 3 if encoding in WORDS else []
    texts = [*first, *(text() for _ in range(rows))]
    titles = [text() if chance.random() < 0.9 else None for _ in texts]
    labels = _labels(chance, len(texts))
    return Table(texts=texts, titles=titles, labels=labels, encoding=encoding)


def _labels(chance: random.Random, count: int) -> list[Any]:
    kinds: list[Sequence[Any]] = [
        ["pos", "neg"],
        ["very good", 'the "best"', "so, so", "-1", "=1"],
        [1, 2, 3, 4, 5],
        [1.0, 2.0, 4.5, -1.0],
        [True, False],
        ["5", "5.0", "05", " 5", "5.00"],
        ["__label__1", "True", "TRUE", "null"],
    ]
    values = chance.choice(kinds)
    missing = 0.1 if chance.random() < 0.3 else 0
    return [None if chance.random() < missing else chance.choice(values) for _ in range(count)]


def random_columns(chance: random.Random) -> Columns:
    """Names that have to be found as they are."""
    return chance.choice(
        [
            Columns("title", "text", "label"),
            Columns("Title", "Review, in full", "stars"),
            Columns("a.b", "review.text", "__line"),
            Columns("标题", "评论", "情感"),
            Columns('the "title"', "Review\ntext", "label "),
            Columns(" title", " text", " label"),
        ]
    )


def layout_of(columns: Columns, **more: Any) -> Layout:
    """What a user says, who wants words like `NA` as they are."""
    return Layout(text=(columns.title, columns.text), label=columns.label, keep_na=True, **more)


def encoded(chance: random.Random, table: Table, text: str) -> tuple[bytes, dict[str, Any]]:
    """A text in one of the encodings that have it, and what there is to say about it."""
    names = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", table.encoding]
    name = chance.choice(names)
    try:
        content = text.encode(name)
    except UnicodeEncodeError:
        name, content = "utf-8", text.encode()
    return content, {"encoding": name} if chance.random() < 0.3 else {}


def by_python_csv(chance: random.Random, table: Table, columns: Columns) -> Written:
    """Python's csv module in every dialect that it can read back itself."""
    delimiter = chance.choice(DELIMITERS)
    backslash = chance.random() < 0.3
    end = chance.choice(["\n", "\r\n", "\r"])
    quotings: tuple[Literal[0, 1, 2], ...] = (0, 1, 2)
    quoting = chance.choice(quotings)
    if end == "\r":
        # Python leaves line feeds without quotes then, and cannot read them back itself.
        quoting = csv.QUOTE_ALL
    output = io.StringIO(newline="")
    if chance.random() < 0.1:
        output.write(f"sep={delimiter}{end}")
    output.write(end * chance.choice([0, 0, 0, 2]))
    writer = csv.writer(
        output, delimiter=delimiter, lineterminator=end, quoting=quoting,
        doublequote=not backslash, escapechar="\\" if backslash else None,
    )  # fmt: skip
    extra = chance.choice([[], ["id"], ["", ""], ["date", "date"], ["", "note"]])
    header = [columns.title, columns.label, columns.text, *extra]
    writer.writerow(header)
    for title, label, text in zip(table.titles, table.labels, table.texts, strict=True):
        writer.writerow([title, label, text, *("n" if name else "" for name in extra)])
        if chance.random() < 0.02:
            output.write(end + delimiter * (len(header) - 1) + end)
    content, said = encoded(chance, table, output.getvalue())
    # Nothing in a file without a quote shows what a backslash stands for.
    if backslash and not table.has('"') and not any('"' in name for name in header):
        said["quoting"] = Quoting.BACKSLASH
    return Written(
        by=f"csv {'escaped' if backslash else 'doubled'}",
        content=content,
        layout=layout_of(columns, **said),
        lines_may_change=end == "\r",
    )


def by_pandas_csv(chance: random.Random, table: Table, columns: Columns) -> Written:
    """`to_csv`, with its index as a column without a name."""
    delimiter = chance.choice(DELIMITERS)
    text = pd.DataFrame(
        {columns.title: table.titles, columns.label: table.labels, columns.text: table.texts}
    ).to_csv(
        sep=delimiter, index=chance.random() < 0.5,
        quoting=chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        lineterminator=chance.choice(["\n", "\r\n"]),
    )  # fmt: skip
    content, said = encoded(chance, table, text)
    return Written(by="pandas CSV", content=content, layout=layout_of(columns, **said))


def by_pandas_json(chance: random.Random, table: Table, columns: Columns) -> Written:
    """`to_json`: an array, or an object a line."""
    lines = chance.random() < 0.5
    frame = pd.DataFrame(
        {columns.title: table.titles, columns.label: table.labels, columns.text: table.texts}
    )
    text = frame.to_json(
        orient="records", lines=lines, force_ascii=chance.random() < 0.5,
        indent=None if lines else chance.choice([None, 2]),
    )  # fmt: skip
    content, said = encoded(chance, table, text)
    return Written(by="pandas JSON", content=content, layout=layout_of(columns, **said))


def by_python_json(chance: random.Random, table: Table, columns: Columns) -> Written:
    """JSON by hand: nested, over several lines, with commas behind the lines."""
    nested = chance.random() < 0.5
    objects = []
    for title, label, text in zip(table.titles, table.labels, table.texts, strict=True):
        row: dict[str, Any] = {columns.title: title, columns.label: label, "more": [1, {"a": "]"}]}
        objects.append(
            {**row, "in": {columns.text: text}} if nested else {**row, columns.text: text}
        )
    ascii_ = chance.random() < 0.5
    form = chance.choice(["lines", "commas", "array", "spread"])
    dumps = partial(json.dumps, ensure_ascii=ascii_)
    made = {
        "lines": lambda: "\n".join(map(dumps, objects)),
        "commas": lambda: ",\n".join(map(dumps, objects)) + ",\n",
        "array": lambda: dumps(objects, indent=chance.choice([None, 1])),
        "spread": lambda: "\n".join(dumps(row, indent=2) for row in objects),
    }[form]()
    content, said = encoded(chance, table, made)
    layout = layout_of(columns, **said)
    if nested:
        layout = replace(layout, text=(columns.title, f"in.{columns.text}"))
    return Written(by=f"json {form}", content=content, layout=layout)


def by_polars_csv(chance: random.Random, table: Table, columns: Columns) -> Written:
    """`write_csv`."""
    output = io.BytesIO()
    table.frame(columns).write_csv(
        output, separator=chance.choice(DELIMITERS), include_bom=chance.random() < 0.3,
        quote_style=chance.choice(["necessary", "always", "non_numeric"]),
        line_terminator=chance.choice(["\n", "\r\n"]),
    )  # fmt: skip
    return Written(by="Polars CSV", content=output.getvalue(), layout=layout_of(columns))


def by_polars_unquoted(chance: random.Random, table: Table, columns: Columns) -> Written:
    """`write_csv` without quotes: tabs part the fields, and quotes are letters."""

    def clean(value: str | None) -> str | None:
        return value and value.replace("\t", " ").replace("\n", " ").replace("\r", " ")

    texts, titles = [*map(clean, table.texts)], [*map(clean, table.titles)]
    labels = [clean(v) if isinstance(v, str) else v for v in table.labels]
    plain = replace(table, texts=texts, titles=titles, labels=labels)
    # Such a file cannot have a column whose name runs over two lines.
    columns = Columns("title", "text", "label")
    output = io.BytesIO()
    plain.frame(columns).write_csv(output, separator="\t", quote_style="never")
    layout = layout_of(columns, quoting=Quoting.NONE)
    return Written(by="Polars TSV", content=output.getvalue(), layout=layout, table=plain)


def by_polars_json(chance: random.Random, table: Table, columns: Columns) -> Written:
    """`write_ndjson` and `write_json`."""
    output = io.BytesIO()
    frame = table.frame(columns)
    if chance.random() < 0.5:
        frame.write_ndjson(output)
    else:
        frame.write_json(output)
    return Written(by="Polars JSON", content=output.getvalue(), layout=layout_of(columns))


def by_polars_parquet(chance: random.Random, table: Table, columns: Columns) -> Written:
    """`write_parquet`, flat or with the text in a struct."""
    frame, layout = table.frame(columns), layout_of(columns)
    if chance.random() < 0.3:
        within = pl.struct(pl.col(columns.text).alias("words")).alias("review")
        frame = frame.select(columns.title, columns.label, within)
        layout = replace(layout, text=(columns.title, "review.words"))
    if chance.random() < 0.3:
        frame = frame.with_columns(pl.col(columns.title).cast(pl.Categorical))
    output = io.BytesIO()
    frame.write_parquet(output, compression=chance.choice(["zstd", "snappy", "uncompressed"]))
    return Written(by="Polars Parquet", content=output.getvalue(), layout=layout)


def by_pandas_parquet(_: random.Random, table: Table, columns: Columns) -> Written:
    """`to_parquet`, which makes whole numbers with gaps among them floats."""
    frame = pd.DataFrame(
        {columns.title: table.titles, columns.label: table.labels, columns.text: table.texts}
    )
    output = io.BytesIO()
    frame.to_parquet(output)
    return Written(by="pandas Parquet", content=output.getvalue(), layout=layout_of(columns))


def by_duckdb(chance: random.Random, table: Table, columns: Columns) -> Written:
    """`COPY … TO` in its three formats."""
    delimiter, forced = chance.choice(DELIMITERS), chance.choice([", FORCE_QUOTE *", ""])
    form = chance.choice(
        [f"FORMAT csv, HEADER, DELIMITER '{delimiter}'{forced}", "FORMAT json",
         "FORMAT json, ARRAY true",
         "FORMAT parquet"]
    )  # fmt: skip
    # It escapes nothing outside of quotes, where a backslash then is just that.
    if form.startswith("FORMAT csv") and chance.random() < 0.3 and not table.has("\\"):
        form += ", ESCAPE '\\'"
    frame = table.frame(columns)
    said: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
        target = Path(folder, "out")
        database.register("reviews", frame.to_arrow())
        database.execute(f"COPY reviews TO '{target}' ({form})")
        content = target.read_bytes()
    if "ESCAPE" in form and b'\\"' not in content:
        said["quoting"] = Quoting.BACKSLASH
    return Written(
        by=f"DuckDB {form.split(',')[0].split()[1]}", content=content,
        layout=layout_of(columns, **said),
    )  # fmt: skip


def by_openpyxl(chance: random.Random, table: Table, columns: Columns) -> Written:
    """A workbook, the table on its first or second sheet."""

    def cell(value: Any) -> Any:
        # What begins so is a formula there; and its line ends are Excel's.
        if isinstance(value, str):
            value = value.replace("\r\n", "\n")
            return f"_{value}" if value.startswith("=") else value
        return value

    workbook = openpyxl.Workbook()
    sheet = workbook.active
    if chance.random() < 0.5:
        sheet.append(["notes"])
        sheet = workbook.create_sheet("Daten 1")
    rows = [
        [cell(value) for value in row]
        for row in zip(table.titles, table.labels, table.texts, strict=True)
    ]
    for row in ([columns.title, columns.label, columns.text], *rows):
        sheet.append(row)
    output = io.BytesIO()
    workbook.save(output)
    titles, labels, texts = (list(column) for column in zip(*rows, strict=True))
    written = replace(table, titles=titles, labels=labels, texts=texts)
    return Written(
        by="openpyxl", content=output.getvalue(), layout=layout_of(columns),
        table=written,
    )  # fmt: skip


WRITERS: tuple[Writer, ...] = (
    by_python_csv, by_python_csv, by_python_csv, by_pandas_csv, by_pandas_csv, by_polars_csv,
    by_polars_csv, by_polars_unquoted, by_pandas_json, by_python_json, by_polars_json,
    by_polars_parquet, by_pandas_parquet, by_duckdb, by_duckdb, by_openpyxl,
)  # fmt: skip


def zipped(content: bytes) -> bytes:
    """The content as the one file in a zip, beside what macOS adds."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/export.csv", content)
        archive.writestr("__MACOSX/data/._export.csv", b"\0")
    return output.getvalue()


PACKINGS: tuple[Callable[[bytes], bytes], ...] = (
    gzip.compress, bz2.compress, lzma.compress, zipped, zstandard.ZstdCompressor().compress,
    lambda content: gzip.compress(content[:99]) + gzip.compress(content[99:]),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a file."""

    by: str
    """What wrote it."""
    problem: str
    """What is wrong with what came back; nothing, if it is empty."""
    guessed: bool
    """Its encoding was guessed wrong, which was said; with `--encoding` it came back."""


def read(file: Path, layout: Layout) -> tuple[list[tuple[str, str, str]], list[str]]:
    """The rows of a file in its order, and what is said to be wrong with others."""
    pieces = [*read_pieces(SourceFile(file, is_test=False), layout)]
    title, text = layout.text
    frames = [piece.rows(layout.needed) for piece in pieces]
    if not frames:
        return [], []
    rows = pl.concat(frames).sort(LINE, maintain_order=True)
    rows = rows.select(title, text, layout.label).fill_null("")
    return rows.rows(), [f"{row.reason}: {row.text!r}" for piece in pieces for row in piece.bad]


def tried(seed: str, folder: Path) -> Outcome:
    """Writes one file and reads it back."""
    chance = random.Random(seed)  # noqa: S311
    table, columns = random_table(chance), random_columns(chance)
    written = chance.choice(WRITERS)(chance, table, columns)
    table = written.table or table
    content = written.content
    is_text = content[:4] != b"PAR1" and written.by != "openpyxl"
    if is_text and chance.random() < 0.4:
        content = chance.choice(PACKINGS)(content)
    file = folder / chance.choice(NAMES).format(chance.randrange(1000))
    file.write_bytes(content)
    layout = written.layout
    problem, said = _compared(file, layout, table, written)
    may_guess = layout.encoding is None and table.encoding != "utf-8"
    guessed = problem and may_guess and ("by a guess" in said or "could be guessed" in problem)
    if guessed:
        # It was told how to say which encoding it is, and that has to work.
        layout = replace(layout, encoding=table.encoding)
        problem, _ = _compared(file, layout, table, written)
    file.unlink()
    return Outcome(by=written.by, problem=problem, guessed=bool(guessed))


def _compared(file: Path, layout: Layout, table: Table, written: Written) -> tuple[str, str]:
    """What is wrong with what a file comes back as, and what was said about it."""
    with redirect_stderr(io.StringIO()) as said:
        try:
            rows, bad = read(file, layout)
        except DataPrepError as error:
            return f"refused: {error}", said.getvalue()
    wanted = table.rows()
    if written.lines_may_change:
        rows, wanted = _with_one_line_end(rows), _with_one_line_end(wanted)
    # A row of nothing at all is a blank line.
    rows, wanted = ([row for row in some if any(row)] for some in (rows, wanted))
    problem = f"bad rows: {bad[:2]}" if bad else ""
    if rows != wanted:
        pair = next((p for p in zip(rows, wanted, strict=False) if p[0] != p[1]), None)
        problem = f"{len(rows)} of {len(wanted)} rows, and first of all: {pair}; {problem}"
    return problem, said.getvalue()


def _with_one_line_end(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    def one(text: str) -> str:
        return text.replace("\r\n", "\n").replace("\r", "\n")

    return [(one(title), one(text), one(label)) for title, text, label in rows]


def main() -> int:
    """Run it; a line for each file that did not come back, and 1 if there is one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="repeats a campaign")
    options = parser.parse_args()
    print(f"--seed {options.seed}", flush=True)
    started = time.monotonic()
    counts: Counter[str] = Counter()
    wrong = guessed = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.files):
            outcome = tried(f"{options.seed}/{number}", Path(folder))
            counts[outcome.by] += 1
            guessed += outcome.guessed
            if outcome.problem:
                wrong += 1
                print(f"{options.seed}/{number} {outcome.by}: {outcome.problem}", flush=True)
    for by, count in sorted(counts.items()):
        print(f"{by:<20}{count:>6} files")
    seconds = time.monotonic() - started
    print(
        f"{options.files} files in {seconds:.0f} s: {wrong} did not come back as they were, and "
        f"{guessed} needed --encoding, as was said"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
