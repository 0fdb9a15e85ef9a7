"""A command that is killed at any moment, and run again, ends as if nothing had happened."""

import csv
import hashlib
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_aws.environment import client_environment
from tests.end_to_end.killing import Command, assert_kills_do_no_harm, content_of
from tests.end_to_end.stand_in import StandInAws, running_stand_in
from tests.unit.data_prep.download.download_site import serving

ROWS = 14_000
WORDS = [f"word{number}" for number in range(3000)]
DOWNLOAD = """
import sys
from pathlib import Path
from data_prep.download.command import Archive, download
from data_prep.download.fetch import Remote
url, size, md5, target = sys.argv[1:]
remote = Remote(url=url, size=int(size), md5_first_mib=md5)
download(Archive(name="a", title="a", remote=remote), Path(target))
"""


def write_reviews(path: Path, *, rows: int, seed: int) -> Path:
    """Made-up reviews; one row in a thousand cannot be read."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for number in range(rows):
            text = " ".join(chance.choices(WORDS, k=40))
            writer.writerow([text, number % 2] if number % 1000 else [text])
    return path


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Temporary files go where a test sees whether they stay."""
    (tmp_path / "tmp").mkdir()
    return {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "NO_PROXY": "*", "NO_COLOR": "1"}


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_reviews(tmp_path_factory.mktemp("reviews") / "reviews.csv", rows=ROWS, seed=1)


def prepare(reviews: Path, out: Path) -> list[str]:
    return ["-m", "data_prep", "prepare", str(reviews), "--preset", "imdb", "--out", str(out)]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, reviews: Path) -> Path:
    out = tmp_path_factory.mktemp("prepared") / "dataset"
    Command(prepare(reviews, out)).run()
    return out


def emptied(folder: Path) -> Callable[[], None]:
    """A function that removes whatever is in a folder."""

    def empty() -> None:
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    return empty


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Where a command leaves what it makes, hidden leftovers included."""
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def everything(*folders: Path) -> Callable[[], object]:
    return lambda: [content_of(folder) for folder in folders]


def test_download(work: Path, environment: dict[str, str]) -> None:
    with serving() as site:
        site.seconds_per_mib = 0.25
        remote = site.archive.remote
        arguments = [remote.url, str(remote.size), remote.md5_first_mib, str(work / "reviews")]
        assert_kills_do_no_harm(
            Command(["-c", DOWNLOAD, *arguments], environment),
            result=everything(work, work.parent / "tmp"),
            undo=emptied(work),
            kills=4,
        )


def test_prepare(work: Path, environment: dict[str, str], reviews: Path) -> None:
    assert_kills_do_no_harm(
        Command(prepare(reviews, work / "out"), environment),
        result=everything(work, work.parent / "tmp"),
        undo=emptied(work),
        kills=4,
    )


def test_prepare_over_an_older_dataset(
    work: Path, environment: dict[str, str], reviews: Path, prepared: Path
) -> None:
    def older() -> None:
        emptied(work)()
        shutil.copytree(prepared, work / "out")
        (work / "out" / "report.html").touch()

    assert_kills_do_no_harm(
        Command([*prepare(reviews, work / "out"), "--test-fraction", "0.2"], environment),
        result=everything(work, work.parent / "tmp"),
        undo=older,
        kills=4,
    )


def test_sample(work: Path, environment: dict[str, str]) -> None:
    assert_kills_do_no_harm(
        Command(["-m", "data_prep", "sample", "--out", str(work / "out")], environment),
        result=everything(work, work.parent / "tmp"),
        undo=emptied(work),
        kills=2,
    )


def test_report(work: Path, environment: dict[str, str], prepared: Path) -> None:
    def without_a_page() -> None:
        emptied(work)()
        shutil.copytree(prepared, work / "out")

    assert_kills_do_no_harm(
        Command(["-m", "data_prep", "report", str(work / "out")], environment),
        result=everything(work, work.parent / "tmp"),
        undo=without_a_page,
        kills=4,
    )


@pytest.fixture(scope="module")
def aws() -> Iterator[StandInAws]:
    with running_stand_in() as running:
        yield running


def test_upload(
    aws: StandInAws, tmp_path: Path, environment: dict[str, str], prepared: Path
) -> None:
    """What was sent of a part of an object is not seen; the bucket's lifecycle rule removes it."""
    s3 = aws.client("s3")

    def objects() -> dict[str, tuple[str, dict[str, str]]]:
        found = {}
        for entry in s3.list_objects_v2(Bucket="data", Prefix="datasets/").get("Contents", []):
            answer = s3.get_object(Bucket="data", Key=entry["Key"])
            digest = hashlib.sha256(answer["Body"].read()).hexdigest()
            found[entry["Key"]] = (digest, answer["Metadata"])
        return found

    def delete() -> None:
        for key in objects():
            s3.delete_object(Bucket="data", Key=key)

    assert (prepared / "train.txt").stat().st_size > 8 * 2**20, "is to be sent in parts"
    assert_kills_do_no_harm(
        Command(
            ["-m", "data_prep", "upload", str(prepared), "--bucket", "data"],
            environment | client_environment(aws.url),
        ),
        result=lambda: [objects(), content_of(tmp_path)],
        undo=delete,
        kills=4,
    )
    assert len(objects()) == 4


def test_two_at_once_do_not_mix_their_files(
    work: Path, environment: dict[str, str], reviews: Path
) -> None:
    other = write_reviews(work.parent / "other.csv", rows=ROWS, seed=2)
    commands = [Command(prepare(file, work / "out"), environment) for file in (reviews, other)]
    expected = []
    for command in commands:
        command.run()
        expected.append(content_of(work))
    for _ in range(2):
        processes = [command.start() for command in commands]
        outputs = [process.communicate(timeout=60)[0] for process in processes]
        assert content_of(work) in expected
        for process, output in zip(processes, outputs, strict=True):
            assert (process.returncode, "another process is writing" in output) in {
                (0, False),
                (2, True),
            }
