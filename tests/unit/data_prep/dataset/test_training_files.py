"""Which files are a dataset, and what they must be like to be trained on."""

import json
from pathlib import Path

import pytest

from data_prep.dataset.training_files import DatasetFiles, described_keys, read_training_files
from data_prep.errors import DataPrepError
from tests.unit.data_prep.test_upload import TEST, TRAIN, VALIDATION, write_manifest


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "train.txt").write_bytes(TRAIN)
    (tmp_path / "test.txt").write_bytes(TEST)
    write_manifest(tmp_path)
    return tmp_path


def test_two_files_of_a_dataset_take_its_manifest_along(directory: Path) -> None:
    files = DatasetFiles.of(directory / "train.txt", directory / "test.txt")
    assert files.manifest == directory / "dataset.json"


def test_manifest_does_not_describe_files_of_other_names_or_places(directory: Path) -> None:
    elsewhere = directory / "elsewhere"
    elsewhere.mkdir()
    train, test = directory / "train.txt", directory / "test.txt"
    pairs = [(test, train), (train, elsewhere / "test.txt"), (directory / "mine.txt", test)]
    assert [DatasetFiles.of(*pair).manifest for pair in pairs] == [None, None, None]


def test_progress_is_told_every_byte_of_both_files(directory: Path) -> None:
    (directory / "train.txt").write_bytes(TRAIN * 100_000)
    (directory / "dataset.json").unlink()
    told: list[int] = []
    files = read_training_files(DatasetFiles.in_directory(directory), progress=told.append)
    assert (
        sum(told)
        == sum(file.size for file in files.texts.values())
        == len(TRAIN) * 100_000 + len(TEST)
    )
    assert len(told) > 2


@pytest.mark.parametrize("content", [TRAIN + TRAIN, TRAIN[::-1]], ids=["size", "same size"])
def test_file_that_has_changed_since_it_was_read_is_not_opened(
    directory: Path, content: bytes
) -> None:
    files = read_training_files(DatasetFiles.in_directory(directory))
    train = files.texts["train.txt"]
    train.path.unlink()
    train.path.write_bytes(content)
    with pytest.raises(DataPrepError, match="has changed meanwhile"):
        train.open()


@pytest.mark.parametrize("validation", [None, VALIDATION], ids=["two files", "three files"])
def test_keys_follow_from_the_manifest_alone(directory: Path, validation: bytes | None) -> None:
    if validation:
        (directory / "validation.txt").write_bytes(validation)
        write_manifest(directory, validation)
    files = read_training_files(DatasetFiles.in_directory(directory))
    assert described_keys(directory / "dataset.json") == files.keys
    assert bool(files.keys.validation) is bool(validation)


def test_validation_file_of_a_dataset_goes_with_the_two_that_were_named(directory: Path) -> None:
    (directory / "validation.txt").write_bytes(VALIDATION)
    write_manifest(directory, VALIDATION)
    files = DatasetFiles.of(directory / "train.txt", directory / "test.txt")
    assert files.validation == directory / "validation.txt"


def test_validation_file_beside_files_of_ones_own_has_to_be_named(directory: Path) -> None:
    (directory / "validation.txt").write_bytes(VALIDATION)
    (directory / "dataset.json").unlink()
    train, test = directory / "train.txt", directory / "test.txt"
    assert DatasetFiles.of(train, test).validation is None
    assert DatasetFiles.of(train, test, directory / "validation.txt").validation


def test_validation_file_that_the_manifest_describes_is_missed(directory: Path) -> None:
    write_manifest(directory, VALIDATION)
    with pytest.raises(DataPrepError, match=r"describes validation\.txt, which is not there"):
        read_training_files(DatasetFiles.in_directory(directory))


def test_validation_file_that_the_manifest_does_not_describe_is_refused(directory: Path) -> None:
    (directory / "validation.txt").write_bytes(VALIDATION)
    with pytest.raises(DataPrepError, match=r"validation\.txt is not the file that"):
        read_training_files(DatasetFiles.in_directory(directory))


def test_manifest_of_the_former_format_describes_two_files(directory: Path) -> None:
    write_manifest(directory, format=1)
    files = read_training_files(DatasetFiles.in_directory(directory))
    assert [*files.texts] == ["train.txt", "test.txt"]


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"normaliser_version": "0ld"}, "text normaliser 0ld"),
        ({"files": {}}, r"does not describe test\.txt"),
        ({"format": 9}, "has the format 9"),
    ],
)
def test_manifest_that_cannot_be_used_gives_no_keys(
    directory: Path, changes: dict[str, object], part: str
) -> None:
    write_manifest(directory, **changes)
    with pytest.raises(DataPrepError, match=part):
        described_keys(directory / "dataset.json")


def test_manifest_is_json_as_it_was_written(directory: Path) -> None:
    files = read_training_files(DatasetFiles.in_directory(directory))
    assert files.manifest is not None
    with files.manifest.open() as content:
        assert json.load(content)["format"] == 2
