"""First pass on Spark: every row normalised, or with the reason why it cannot be used.

The files are read by the same code as on one machine, one file a task, so that what counts as a
record, as broken, or as line 17 is the same. From there on it is Spark's work.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import boto3
import narwhals as nw
import polars as pl
import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.pandas.types import from_arrow_schema

from data_prep.reading.bad_rows import EXAMPLE_CHARACTERS, EXAMPLES, Bad, BadRow, BadRows
from data_prep.reading.labels import MOST_LABELS, SHOWN, check_label_count, check_labels
from data_prep.reading.layout import Layout
from data_prep.reading.s3_sources import SourceObject, as_local_file
from data_prep.reading.sources import LINE, read_pieces
from data_prep.spark.engine import SparkEngine
from data_prep.transform.rows import Frame, with_label_and_text, with_line, with_tokens
from data_prep.transform.side import Side
from data_prep.transform.split import Dropped
from tier_layout.s3_address import S3Address

PARTITION_BYTES = 64 * 2**20
"""Of the source, for one task: a few hundred MB of memory with everything that it makes of them."""
_BATCH_ROWS = 10_000


@dataclass(frozen=True)
class SparkRows:
    """The rows, normalised, and kept by Spark for what comes after."""

    kept: DataFrame
    """Columns `key`, `label`, `side` and `line` of the rows that can be used."""
    every: DataFrame
    """All of them; to be unpersisted."""
    rows_in: int
    bad: BadRows
    not_mapped: int
    not_mapped_names: list[str]


def read_and_normalise(
    spark: SparkSession, sources: Sequence[SourceObject], layout: Layout
) -> SparkRows:
    """Every row of the objects, or its reason.

    Raises:
        DataPrepError: a label is not acceptable, or there are too many.
        pyspark.errors.PythonException: a file cannot be read; its text ends with a DataPrepError.
    """
    entries = [
        (number, entry.uri.bucket, entry.uri.key, entry.size, int(Side.of(entry)))
        for number, entry in enumerate(sources)
    ]
    schema = "number int, bucket string, key string, size bigint, side int"
    files = spark.createDataFrame(entries, schema).repartitionByRange(len(entries), "number")
    raw = files.mapInArrow(_reader(layout), from_arrow_schema(_schema(layout)))
    tasks = sum(entry.size for entry in sources) // PARTITION_BYTES
    tasks = max(tasks, 2 * spark.sparkContext.defaultParallelism)
    spark.conf.set("spark.sql.shuffle.partitions", str(tasks))
    every = nw.to_native(_transformed(nw.from_native(raw.repartition(tasks)), layout))
    every = every.persist(StorageLevel.DISK_ONLY)
    counts = {row["reason"]: row["count"] for row in every.groupBy("reason").count().collect()}
    kept = every.filter(F.col("reason").isNull()).select("key", "label", "side", "line")
    names = kept.select("label").distinct().limit(MOST_LABELS + 1).toArrow()["label"].to_pylist()
    check_labels(names)
    check_label_count(sorted(names))
    return SparkRows(
        kept=kept,
        every=every,
        rows_in=sum(counts.values()),
        bad=_bad_rows(every, counts),
        not_mapped=counts.get(Dropped.NOT_MAPPED.value, 0),
        not_mapped_names=_not_mapped_names(every),
    )


def _reader(
    layout: Layout,
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What each task does: whole files → their rows."""
    needed = layout.needed

    def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        s3 = boto3.client("s3")
        for entry in (entry for batch in batches for entry in batch.to_pylist()):
            uri = S3Address(entry["bucket"], entry["key"])
            of_file = {"number": entry["number"], "side": entry["side"]}
            with as_local_file(s3, SourceObject(uri, entry["size"])) as source:
                for piece in read_pieces(source, layout):
                    rows = piece.rows(needed).select(
                        *(pl.col(name).alias(_own_name(layout, name)) for name in needed),
                        pl.col(LINE).alias("line_number"),
                    )
                    good = rows.to_arrow()
                    bad = pa.Table.from_pylist(
                        [
                            {"line_number": row.line, "reason": row.reason.value,
                             "example": row.example()["text"]}
                            for row in piece.bad
                        ]
                    )  # fmt: skip
                    for table in (good, bad):
                        yield from _as_batches(table, layout, {**of_file, "file": piece.file})

    return read


def _as_batches(
    table: pa.Table, layout: Layout, same: dict[str, object]
) -> Iterator[pa.RecordBatch]:
    """Rows in the schema of all, with nothing in the columns that they do not have."""
    schema = _schema(layout)
    columns = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.repeat(pa.scalar(same.get(field.name), field.type), len(table))
        for field in schema
    ]
    if len(table):
        yield from pa.table(columns, schema=schema).to_batches(max_chunksize=_BATCH_ROWS)


def _schema(layout: Layout) -> pa.Schema:
    return pa.schema(
        [
            ("number", pa.int32()),
            ("file", pa.string()),
            ("side", pa.int32()),
            ("line_number", pa.int64()),
            ("reason", pa.string()),
            ("example", pa.string()),
            *((_own_name(layout, name), pa.string()) for name in layout.needed),
        ]
    )


def _own_name(layout: Layout, name: str) -> str:
    """A name that means nothing special to Spark, whatever the user's is."""
    return f"source_{layout.needed.index(name)}"


def _transformed(rows: Frame, layout: Layout) -> Frame:
    """Columns `key`, `label`, `side`, `line`; for a bad row its reason and example."""
    engine = SparkEngine()
    read_badly = ~nw.col("reason").is_null()
    if layout.only:
        column, value = layout.only
        rows = rows.filter(read_badly | (nw.col(_own_name(layout, column)) == value))
    text = [_own_name(layout, name) for name in layout.text]
    label = _own_name(layout, layout.label)
    rows = with_label_and_text(rows, label=label, text=text, labels=layout.labels)
    no_label = nw.when(nw.col("raw_label") == "").then(nw.lit(Bad.NO_LABEL.value))
    not_mapped = nw.when(nw.col("label").is_null()).then(nw.lit(Dropped.NOT_MAPPED.value))
    rows = rows.with_columns(reason=nw.coalesce(nw.col("reason"), no_label, not_mapped))
    # What cannot be used has nothing to normalise.
    sound = nw.col("reason").is_null()
    rows = rows.with_columns(original=nw.col("text"), text=nw.when(sound).then(nw.col("text")))
    rows = with_tokens(rows, engine)
    no_text = nw.when(nw.col("tokens") == "").then(nw.lit(Bad.NO_TEXT.value))
    rows = rows.with_columns(reason=nw.coalesce(nw.col("reason"), no_text))
    shown = nw.when(nw.col("reason") == Dropped.NOT_MAPPED.value).then(nw.col("raw_label"))
    in_full = nw.when(~nw.col("reason").is_null()).then(nw.col("original"))
    rows = rows.with_columns(example=nw.coalesce(nw.col("example"), shown, in_full))
    rows = with_line(engine.with_key(rows, of="tokens"))
    return rows.select(
        "number", "file", "line_number", "side", "reason", "example", "key", "label", "line"
    )


def _bad_rows(every: DataFrame, counts: dict[str | None, int]) -> BadRows:
    """Counts, and the first examples of each reason in the order of files and lines."""
    reasons = [reason.value for reason in Bad if counts.get(reason.value)]
    if not reasons:
        return BadRows()
    order = Window.partitionBy("reason").orderBy("number", "line_number")
    first = (
        every.filter(F.col("reason").isin(reasons))
        .withColumn("place", F.row_number().over(order))
        .filter(F.col("place") <= EXAMPLES)
        .orderBy("number", "line_number")
        .select("reason", "file", "line_number", F.substring("example", 1, EXAMPLE_CHARACTERS))
        .collect()
    )
    examples = [BadRow(Bad(reason), file, line, text or "") for reason, file, line, text in first]
    bad = BadRows()
    for name in reasons:
        bad.count(Bad(name), counts[name], [row for row in examples if row.reason.value == name])
    return bad


def _not_mapped_names(every: DataFrame) -> list[str]:
    named = every.filter(F.col("reason") == Dropped.NOT_MAPPED.value).select("example").distinct()
    return [name for (name,) in named.orderBy("example").limit(SHOWN).collect()]
