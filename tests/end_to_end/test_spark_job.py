"""The Spark job makes the same dataset, byte by byte, as `prepare` on one machine."""

import gzip
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from data_prep.dataset.additions import Additions
from data_prep.dataset.build import choose, read_and_normalise, write
from data_prep.dataset.spool import Spool
from data_prep.errors import DataPrepError
from data_prep.reading.labels import LabelMap
from data_prep.reading.layout import Layout
from data_prep.reading.sources import find_files
from data_prep.request import Request
from data_prep.transform.split import Choice
from local_aws.glue.java import java_home
from tests.end_to_end.conftest import Aws
from tests.unit.review_text.test_engines import (
    around_every_control_character,
    injected_labels,
    pairs_of_emoticons,
)

BUCKET = "spark-job"
LABELS = LabelMap({"0": "negative", "1": "positive", "2": "neutral"})
PLAIN = Layout(text=("text",), label="label", labels=LABELS)


def messy_csv(rows: int = 400) -> bytes:
    """Sound rows among every kind of bad ones, duplicates, contradictions and odd characters."""
    odd = [*around_every_control_character()[:200], *pairs_of_emoticons()[:100], *injected_labels()]
    lines = [b"text,label"]
    for number in range(rows):
        feeling = "good" if number % 3 else "bad"
        text = f"review {number % 350} is {feeling}: {odd[number % len(odd)]}"
        quoted = text.replace('"', '""').encode()
        lines.append(b'"' + quoted + b'",%d' % (number % 4))
    lines[7:7] = [b'"broken "quoting" here",1', b'"one\nof three\nlines",1', b"too,many,fields",
                  b'"not caf\xe9",1', b'"",0', b'" <br /> ",0', b'"no label at all",', b"", b"\r",
                  b'"a same text",0', b'"a SAME text",1', b'"twice",1', b'"twice",1',
                  b'"agreed",1', b'"AGREED",0', b'"agreed",1', b'"Agreed",1']  # fmt: skip
    return b"\n".join([*lines, b'"never closed,1', b""])


def write_messy(folder: Path) -> Path:
    (folder / "messy.csv").write_bytes(messy_csv())
    return folder / "messy.csv"


def write_gzip(folder: Path) -> Path:
    (folder / "messy.csv.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + messy_csv()))
    return folder / "messy.csv.gz"


def write_json(folder: Path) -> Path:
    rows = [
        {"Label": float(n % 5 + 1), "a.b": f"Title {n % 90}", "`x`": f"text {n}\n{'é' * (n % 3)}"}
        for n in range(300)
    ]
    lines = [json.dumps(row) for row in rows] + ["not JSON", '{"a.b": "no label"}']
    (folder / "stars.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder / "stars.jsonl"


def write_folder(folder: Path, dev: str = "three.parquet") -> Path:
    own = folder / "parts"
    own.mkdir()
    for name, first in (
        ("one.parquet", 0),
        ("two.parquet", 150),
        ("test.parquet", 280),
        (dev, 200),
    ):
        numbers = range(first, first + 200)
        columns = {
            "label": [number % 7 % 2 for number in numbers],
            "text": [f"film {number} was {'fine' if number % 2 else 'dull'}" for number in numbers],
            "source": ["web" if number % 5 else "shop" for number in numbers],
        }
        pl.DataFrame(columns).write_parquet(own / name)
    return own


def write_three_files(folder: Path) -> Path:
    return write_folder(folder, dev="Dev.parquet")


def write_export(folder: Path) -> Path:
    """As a German Excel has it: semicolons, Windows-1252, ratings as decimals, and gaps."""
    rows = [
        f'"Zimmer {n} war {"schön; ruhig" if n % 3 else "übel"}";{("5.0", "1", " 5")[n % 3]};;'
        for n in range(120)
    ]
    lines = ["sep=;", "Text ; Note;;", *rows, ";;;", "Text ; Note;;", "nan;5;;", '"gut";N/A;;']
    (folder / "Umfrage [1].txt").write_bytes("\r\n".join(lines).encode("cp1252"))
    return folder / "Umfrage [1].txt"


def write_array(folder: Path) -> Path:
    rows = [
        {"review": {"text": f"stay {n} was {'calm' if n % 2 else 'loud'}"}, "ok": n % 2 == 0}
        for n in range(90)
    ]
    content = json.dumps([*rows, {"ok": None}, {"review": {"text": []}, "ok": True}], indent=1)
    (folder / "stays?").write_bytes(gzip.compress(content.encode("utf-16")))
    return folder / "stays?"


def write_workbook(folder: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["about"])
    sheet = book.create_sheet("data")
    for row in (["text", "label"], *([f"room {n}", n % 2] for n in range(60)), ["NA", 1]):
        sheet.append(row)
    book.save(folder / "rooms.xlsx")
    return folder / "rooms.xlsx"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A source, and what is asked for."""

    write: Callable[[Path], Path]
    layout: Layout
    choice: Choice = field(default_factory=Choice)
    additions: Additions = field(default_factory=Additions)
    most_bad: float = 1

    @property
    def request(self) -> Request:
        return Request(
            layout=self.layout,
            choice=self.choice,
            additions=self.additions,
            most_bad=self.most_bad,
            command="the same",
        )


STARS = Layout(
    text=("a.b", "`x`"),
    label="Label",
    labels=LabelMap({str(n): f"stars{n}" for n in range(1, 6)}),
)
CASES = {
    "CSV with every kind of bad row": Case(write=write_messy, layout=PLAIN),
    "gzip with a byte order mark, limited": Case(
        write=write_gzip,
        layout=PLAIN,
        choice=Choice(test_fraction=0.3, limit=150),
        additions=Additions(parts=False, emoticons=False),
    ),
    "JSON with names that mean something to Spark": Case(
        write=write_json, layout=STARS, choice=Choice(balance=True)
    ),
    "folder with a test file": Case(
        write=write_folder,
        layout=Layout(text=("text",), label="label", labels=LABELS, only=("source", "web")),
        choice=Choice(balance=True, limit=250),
    ),
    "folder with a validation and a test file": Case(write=write_three_files, layout=PLAIN),
    "no validation file": Case(
        write=write_json, layout=STARS, choice=Choice(validation_fraction=0)
    ),
    "export of Excel's, under a name like a pattern": Case(
        write=write_export, layout=Layout(text=("Text",), label="Note", columns=None)
    ),
    "packed array of nested objects": Case(
        write=write_array, layout=Layout(text=("review.text",), label="ok")
    ),
    "workbook": Case(write=write_workbook, layout=PLAIN),
    "too many bad rows": Case(write=write_messy, layout=PLAIN, most_bad=0.01),
    "missing column": Case(write=write_messy, layout=Layout(text=("review",), label="label")),
    "one label": Case(
        write=write_messy,
        layout=Layout(text=("text",), label="label", labels=LabelMap({"1": "positive"})),
    ),
}


def on_this_machine(case: Case, source: Path, folder: Path) -> dict[str, bytes] | str:
    """The files, or why there are none."""
    spool = Spool(folder)
    sources = find_files(source)
    try:
        read_and_normalise(spool, sources, case.layout, most_bad=case.most_bad)
        chosen = choose(spool, sources, case.choice)
        write(spool, chosen, folder, command="the same", additions=case.additions)
    except DataPrepError as error:
        return str(error).replace(f"{source.parent}/", "")
    written = json.loads((folder / "dataset.json").read_bytes())["files"]
    return {name: (folder / name).read_bytes() for name in (*written, "dataset.json")}


@pytest.fixture(scope="module")
def outcomes(
    embedded_aws: Aws, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Any, Any]]:
    """Case → what came of it on one machine, and on Spark."""
    s3 = embedded_aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    local, arguments = {}, []
    for name, case in CASES.items():
        folder = tmp_path_factory.mktemp("case")
        source = case.write(folder)
        for file in source.iterdir() if source.is_dir() else [source]:
            s3.upload_file(str(file), BUCKET, f"raw/{name}/{file.relative_to(folder)}")
        work = tmp_path_factory.mktemp("work")
        local[name] = on_this_machine(case, source, work)
        arguments.append(
            ["--bucket", BUCKET, "--source", f"s3://{BUCKET}/raw/{name}/{source.name}",
             "--request", case.request.to_json(), "--result", result_uri(name),
             "--JOB_NAME", "what Glue adds"]
        )  # fmt: skip
    file = tmp_path_factory.mktemp("spark") / "cases.jsonl"
    file.write_text("\n".join(map(json.dumps, arguments)), encoding="utf-8")
    home = java_home(file.parent)
    aws = Aws(
        embedded_aws.url,
        embedded_aws.state,
        {
            **embedded_aws.environment,
            **({"JAVA_HOME": str(home)} if home else {}),
            "PYSPARK_SUBMIT_ARGS": "--master local[2] --driver-memory 1g "
            "--conf spark.ui.enabled=false --conf spark.driver.host=127.0.0.1 "
            # Its second compiler costs more than it saves on some hundred rows.
            "--driver-java-options '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' "
            "--conf spark.driver.bindAddress=127.0.0.1 pyspark-shell",
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(file.parent),
        },
    )
    done = aws.run(sys.executable, "-m", "tests.end_to_end.spark_cases", str(file))
    assert done.returncode == 0, done.stderr
    return {name: (local[name], on_spark(s3, name)) for name in CASES}


def result_uri(name: str) -> str:
    return f"s3://{BUCKET}/preparations/{name}.json"


def on_spark(s3: Any, name: str) -> dict[str, bytes] | str:
    def read(key: str) -> bytes:
        content: bytes = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return content

    result = json.loads(read(f"preparations/{name}.json"))
    if "error" in result:
        return str(result["error"]).replace(f"s3://{BUCKET}/raw/{name}/", "")
    return {key.split("/")[-1]: read(key) for key in result.values()}


@pytest.mark.parametrize("name", CASES)
def test_spark_job_says_and_writes_what_one_machine_does(
    name: str, outcomes: dict[str, tuple[Any, Any]]
) -> None:
    local, spark = outcomes[name]
    assert spark == local


def test_spark_job_leaves_only_datasets_and_results(
    embedded_aws: Aws, outcomes: dict[str, tuple[Any, Any]]
) -> None:
    listed = embedded_aws.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    keys = [entry["Key"] for entry in listed if not entry["Key"].startswith(("raw/", "datasets/"))]
    assert sorted(keys) == sorted(f"preparations/{name}.json" for name in CASES)
