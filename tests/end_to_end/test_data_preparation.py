"""`data_prep prepare --on glue` on the Sandbox tier: the deployed job, on the embedded AWS's Spark.

A run takes some ten seconds, so tests look at the same one.
"""

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local_aws.leftovers import owned_processes
from stacks.repository import ROOT
from tests.end_to_end.conftest import TIER, DeployedTier, wait_until

LAYOUT = (
    *("--text", "title,text", "--label", "stars"),
    *("--map", "1,2=negative", "--map", "4,5=positive"),
)
RUNNING = ("STARTING", "RUNNING")


def reviews() -> bytes:
    """Made-up reviews of every kind, with rows of every kind that cannot be used."""
    draw = random.Random(6)  # noqa: S311 - the same reviews each time
    words = {
        "1": ["dreadful", "boring", "wasted", "worst", "refund", "broken", "awful"],
        "5": ["wonderful", "loved", "perfect", "best", "friendly", "moving", "superb"],
    }
    odd = [
        "<p>It&#39;s</p> <br/>FINE &amp; good :-)",
        "naïve ÉCLAIR İstanbul ſtraße 👍🏽 ＦＵＬＬ",
        "__label__negative is what I would not say",
        "tab\tvertical\x0bform\x0cnext\u0085line\u2028paragraph\u2029end",
        "don't you can't WON'T; not good, never again!",
        '""quoted"" text, and a comma',
    ]
    rows = ["stars,title,text"]
    for number in range(600):
        stars = draw.choice(["1", "2", "4", "5"])
        mood = words["1" if stars in "12" else "5"]
        text = " ".join(draw.choices([*mood, "the", "film", "was", "and", "a"], k=12))
        rows.append(f'"{stars}","Number {number}","{text} {odd[number % len(odd)]}"')
    rows += ['"1","again","the same words"', '"1","again","the same words"']
    rows += ['"1","both","of two minds"', '"5","both","of two minds"']
    rows += ['"3","neither","good nor bad"'] * 3
    rows += ['"","no","label"', '"5","",""', '"5","one field"', '"5","broken "quoting" here","x"']
    rows += ['"4","two lines","in the\nsame text"']
    return "\n".join(rows).encode() + b'\n"1","not UTF-8","\xff\xfe"\n'


@dataclass(frozen=True)
class Glue:
    """The tier's Glue job, with raw reviews in the data bucket."""

    tier: DeployedTier
    job: str
    bucket: str
    raw: str

    def command(self, out: Path, *more: str, source: str = "") -> list[str]:
        return [
            *(sys.executable, "-m", "data_prep", "prepare", source or self.raw),
            *("--on", "glue", "--tier", TIER, *LAYOUT, "--out", str(out), *more),
        ]

    def start(self, out: Path, *more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(out, *more),
            cwd=ROOT,
            env=dict(self.tier.aws.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def runs(self, *states: str) -> list[dict[str, Any]]:
        found = self.tier.aws.client("glue").get_job_runs(JobName=self.job)["JobRuns"]
        return [run for run in found if run["JobRunState"] in states or not states]

    def content(self, key: str) -> bytes:
        s3 = self.tier.aws.client("s3")
        content: bytes = s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content


@dataclass(frozen=True)
class Prepared:
    """What a successful command has left."""

    result: subprocess.CompletedProcess[str]
    out: Path
    runs: int

    @property
    def keys(self) -> dict[str, str]:
        """By the names of the files."""
        lines = self.result.stderr.splitlines()
        keys = [line.split("/", 3)[3] for line in lines if line.startswith("s3://")]
        return {key.rsplit("/", 1)[1]: key for key in keys}


@pytest.fixture(scope="module")
def glue(sandbox: DeployedTier) -> Iterator[Glue]:
    result = sandbox.deploy(f"{TIER}-DataPreparation")
    assert result.returncode == 0, result.stdout + result.stderr
    bucket = sandbox.outputs(f"{TIER}-TrainingJob")["DataBucketName"]
    sandbox.aws.client("s3").put_object(Bucket=bucket, Key="raw/reviews.csv", Body=reviews())
    job = sandbox.outputs(f"{TIER}-DataPreparation")["DataPreparationJobName"]
    yield Glue(sandbox, job, bucket, f"s3://{bucket}/raw/reviews.csv")


@pytest.fixture(scope="module")
def prepared(glue: Glue, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """By a command that was killed while the job ran, and then given again."""
    out = tmp_path_factory.mktemp("glue") / "out"
    with glue.start(out, "--max-bad", "5") as killed:
        wait_until(lambda: glue.runs(*RUNNING))
        killed.kill()
    result = glue.tier.aws.run(*glue.command(out, "--max-bad", "5"))
    assert result.returncode == 0, result.stdout + result.stderr
    return Prepared(result, out, len(glue.runs()))


@pytest.fixture(scope="module")
def local(glue: Glue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same file, prepared on this machine."""
    folder = tmp_path_factory.mktemp("local")
    (folder / "reviews.csv").write_bytes(reviews())
    result = glue.tier.aws.run(
        *(sys.executable, "-m", "data_prep", "prepare", str(folder / "reviews.csv"), *LAYOUT),
        *("--max-bad", "5", "--out", str(folder / "out")),
    )
    assert result.returncode == 0, result.stderr
    return folder / "out"


def without_command(manifest: bytes) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(manifest)
    del content["command"]
    return content


@pytest.mark.parametrize("name", ["train.txt", "validation.txt", "test.txt"])
def test_job_writes_the_same_file_as_this_machine(
    glue: Glue, prepared: Prepared, local: Path, name: str
) -> None:
    assert glue.content(prepared.keys[name]) == (local / name).read_bytes()


def test_jobs_manifest_says_the_same(prepared: Prepared, local: Path) -> None:
    manifests = [(folder / "dataset.json").read_bytes() for folder in (prepared.out, local)]
    on_glue, on_this_machine = map(without_command, manifests)
    assert on_glue == on_this_machine


def test_manifest_tells_how_the_dataset_was_made(prepared: Prepared) -> None:
    manifest = json.loads((prepared.out / "dataset.json").read_bytes())
    assert "--on glue" in manifest["command"]
    assert len(manifest["bad"]) == 5


def test_manifest_is_beside_the_files(glue: Glue, prepared: Prepared) -> None:
    assert (
        glue.content(prepared.keys["dataset.json"]) == (prepared.out / "dataset.json").read_bytes()
    )


def test_keys_are_those_of_an_upload(glue: Glue, prepared: Prepared, local: Path) -> None:
    keys = glue.tier.upload(local)
    names = ("train.txt", "validation.txt", "test.txt")
    assert [*keys.values()] == [prepared.keys[name] for name in names]


def test_killed_commands_run_is_joined_by_the_next(prepared: Prepared) -> None:
    assert (prepared.runs, "is under way" in prepared.result.stderr) == (1, True)


def test_command_shows_what_the_job_prints(prepared: Prepared) -> None:
    assert "read and normalised" in prepared.result.stderr


def test_command_prints_how_to_train_on_it(prepared: Prepared) -> None:
    line = prepared.result.stdout.splitlines()[-1]
    assert line.startswith(f"npx cdk deploy {TIER}-MachineLearningInfrastructure")
    assert prepared.keys["train.txt"] in line


def test_work_in_progress_is_gone_from_the_bucket(glue: Glue, prepared: Prepared) -> None:
    s3 = glue.tier.aws.client("s3")
    found = s3.list_objects_v2(Bucket=glue.bucket, Prefix="preparations/")["Contents"]
    uploads = s3.list_multipart_uploads(Bucket=glue.bucket).get("Uploads", [])
    assert ([e["Key"] for e in found if not e["Key"].endswith(".json")], uploads) == ([], [])


def test_jobs_refusal_is_the_commands(glue: Glue, prepared: Prepared, tmp_path: Path) -> None:
    result = glue.tier.aws.run(*glue.command(tmp_path / "out", "--max-bad", "0.5"))
    assert (result.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "cannot be used" in result.stderr
    assert "--max-bad" in result.stderr


def test_interrupt_stops_the_run(glue: Glue, prepared: Prepared, tmp_path: Path) -> None:
    before = len(glue.runs())
    with glue.start(tmp_path / "out", "--max-bad", "6") as command:
        wait_until(lambda: glue.runs("RUNNING"))
        command.send_signal(signal.SIGINT)
        _, messages = command.communicate(timeout=20)
    assert (command.returncode, "stopped run" in messages) == (130, True)
    wait_until(lambda: len(glue.runs("STOPPED")) == 1)
    assert (len(glue.runs()), list(tmp_path.iterdir())) == (before + 1, [])
    drivers = [
        pid
        for pid in owned_processes(glue.tier.aws.state)
        if b"driver.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    assert drivers == []


def test_tier_without_the_stack_says_how_to_deploy_it(glue: Glue, tmp_path: Path) -> None:
    command = glue.command(tmp_path / "out")
    command[command.index(TIER)] = "Nobody"
    result = glue.tier.aws.run(*command)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)
    # First of all the one with the bucket.
    assert "cdk deploy Nobody-TrainingJob" in result.stderr
