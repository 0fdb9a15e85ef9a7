"""What the trainer reads from and writes to the directory that stands for /opt/ml."""

import json
from pathlib import Path

import pytest

from local_aws.blazingtext.container import Container
from local_aws.blazingtext.errors import TrainingError
from tests.unit.local_aws.blazingtext.blazingtext_job import make_job

LINE = "__label__a some words here\n"


def test_channel_file_counts_words_labels_and_line_ends(tmp_path: Path) -> None:
    make_job(tmp_path / "ml", train=LINE * 10)
    file = Container(tmp_path / "ml").channel_file("train")
    assert file is not None
    assert (file.tokens, file.size) == (50, 270)


def test_file_is_shown_where_the_container_would_see_it(tmp_path: Path) -> None:
    make_job(tmp_path / "ml", train=LINE)
    file = Container(tmp_path / "ml").channel_file("train")
    assert file is not None
    assert file.shown == "/opt/ml/input/data/train/train.txt"


def test_channel_that_the_job_does_not_have_is_none(tmp_path: Path) -> None:
    make_job(tmp_path / "ml", train=LINE)
    assert Container(tmp_path / "ml").channel_file("validation") is None


def test_label_is_found_at_the_end_of_a_line(tmp_path: Path) -> None:
    make_job(tmp_path / "ml", train="some words __label__a\n")
    assert Container(tmp_path / "ml").channel_file("train") is not None


@pytest.mark.parametrize(
    "text", ["some words\n", "glued__label__a words\n", "__label__ words\n", "\n\n"]
)
def test_file_without_a_label_is_refused(tmp_path: Path, text: str) -> None:
    make_job(tmp_path / "ml", train=text)
    with pytest.raises(TrainingError, match=r"channel train has no line with a __label__ in /opt"):
        Container(tmp_path / "ml").channel_file("train")


def test_file_without_content_is_refused(tmp_path: Path) -> None:
    make_job(tmp_path / "ml", train="")
    with pytest.raises(TrainingError, match="channel train is empty: /opt/ml/input"):
        Container(tmp_path / "ml").channel_file("train")


def test_channel_without_a_file_is_refused(tmp_path: Path) -> None:
    job = make_job(tmp_path / "ml", train=LINE)
    (job.root / "input/data/train/train.txt").unlink()
    with pytest.raises(TrainingError, match="channel train is empty: no file in /opt/ml/input"):
        Container(job.root).channel_file("train")


def test_channel_with_two_files_is_refused(tmp_path: Path) -> None:
    job = make_job(tmp_path / "ml", train=LINE)
    (job.root / "input/data/train/more.txt").write_text(LINE)
    with pytest.raises(TrainingError, match=r"holds 2 files \(more.txt, train.txt\)"):
        Container(job.root).channel_file("train")


def test_pipe_mode_is_refused(tmp_path: Path) -> None:
    job = make_job(tmp_path / "ml", train=LINE)
    config = job.root / "input/config/inputdataconfig.json"
    config.write_text(json.dumps({"train": {"TrainingInputMode": "Pipe"}}))
    with pytest.raises(TrainingError, match="channel train has TrainingInputMode Pipe"):
        Container(job.root).channel_file("train")


def test_second_instance_is_refused(tmp_path: Path) -> None:
    job = make_job(tmp_path / "ml", train=LINE)
    config = job.root / "input/config/resourceconfig.json"
    config.write_text(json.dumps({"current_host": "algo-1", "hosts": ["algo-1", "algo-2"]}))
    with pytest.raises(TrainingError, match="single instance, but InstanceCount is 2"):
        Container(job.root).require_one_host()


def test_hyperparameter_that_is_no_string_is_refused(tmp_path: Path) -> None:
    job = make_job(tmp_path / "ml", train=LINE)
    (job.root / "input/config/hyperparameters.json").write_text('{"epochs": 5}')
    with pytest.raises(TrainingError, match="strings only, but epochs is 5"):
        Container(job.root).hyperparameters()


def test_unreadable_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        TrainingError, match=r"/opt/ml/input/config/hyperparameters\.json cannot be read"
    ):
        Container(tmp_path).hyperparameters()


def test_failure_has_at_most_1024_characters(tmp_path: Path) -> None:
    Container(tmp_path).write_failure("é" * 2000)
    assert len((tmp_path / "output" / "failure").read_text(encoding="utf-8")) == 1024
