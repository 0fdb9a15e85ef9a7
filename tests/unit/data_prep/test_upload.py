"""The command `upload`, against S3 and CloudFormation clients that live in memory."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError

from data_prep.__main__ import main
from data_prep.dataset.training_files import KnownFile
from data_prep.errors import DataPrepError
from data_prep.upload import upload_file
from review_text import NORMALISER_VERSION

TRAIN = b"__label__good fine\n__label__bad poor\n"
VALIDATION = b"__label__good nice\n__label__bad sad\n"
TEST = b"__label__good well\n__label__bad ill\n"
HASHES = [hashlib.sha256(content).hexdigest() for content in (TRAIN, TEST)]
HASH = hashlib.sha256(" ".join(HASHES).encode()).hexdigest()[:12]
MANIFEST_KEY = ("sandbox-bucket", f"datasets/{HASH}/dataset.json")


def client_error(code: str, message: str, status: int, operation: str) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "1",
                "HostId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        operation,
    )


class FakeS3:
    """One bucket's objects, and how often something was sent."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.metadata: dict[tuple[str, str], dict[str, str]] = {}
        self.content_types: dict[str, str] = {}
        self.uploads = 0
        self.before_reading: Callable[[], object] = lambda: None
        self.failure: Exception | None = None
        self.missing_status = 404

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        if (Bucket, Key) not in self.objects:
            raise client_error("404", "Not Found", self.missing_status, "HeadObject")
        metadata = self.metadata.get((Bucket, Key), {})
        return {"ContentLength": len(self.objects[Bucket, Key]), "Metadata": metadata}

    def upload_fileobj(
        self,
        Fileobj: BinaryIO,  # noqa: N803
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        *,
        ExtraArgs: dict[str, Any],  # noqa: N803
        Callback: Callable[[int], None],  # noqa: N803
    ) -> None:
        if self.failure:
            raise self.failure
        self.before_reading()
        content = Fileobj.read()
        Callback(len(content))
        self.objects[Bucket, Key] = content
        self.metadata[Bucket, Key] = ExtraArgs["Metadata"]
        self.content_types[Key.rpartition("/")[2]] = ExtraArgs["ContentType"]
        self.uploads += 1


class FakeCloudFormation:
    """One account's stacks: name → outputs."""

    def __init__(self) -> None:
        self.stacks = {"Sandbox-TrainingJob": {"DataBucketName": "sandbox-bucket"}}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        if StackName not in self.stacks:
            message = f"Stack with id {StackName} does not exist"
            raise client_error("ValidationError", message, 400, "DescribeStacks")
        outputs = self.stacks[StackName].items()
        return {"Stacks": [{"Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs]}]}


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def cloudformation() -> FakeCloudFormation:
    return FakeCloudFormation()


@pytest.fixture(autouse=True)
def clients(
    monkeypatch: pytest.MonkeyPatch, s3: FakeS3, cloudformation: FakeCloudFormation
) -> None:
    fakes = {"s3": s3, "cloudformation": cloudformation}
    monkeypatch.setattr(boto3, "client", lambda service: fakes[service])


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "train.txt").write_bytes(TRAIN)
    (tmp_path / "test.txt").write_bytes(TEST)
    return tmp_path


def write_manifest(directory: Path, validation: bytes | None = None, /, **changes: object) -> bytes:
    """What `prepare` would say about the two files, and about a third one."""
    files = {"train.txt": {"sha256": HASHES[0]}, "test.txt": {"sha256": HASHES[1]}}
    if validation:
        files["validation.txt"] = {"sha256": hashlib.sha256(validation).hexdigest()}
    manifest = {
        "format": 2,
        "command": "python -m data_prep prepare reviews.csv",
        "normaliser_version": NORMALISER_VERSION,
        "rows_in": 3,
        "rows_out": {"train": 2, "test": 2},
        "dropped": {},
        "bad": {},
        "labels": {"train": {"bad": 1, "good": 1}, "test": {"bad": 1, "good": 1}},
        "files": files,
    }
    content = json.dumps(manifest | changes).encode()
    (directory / "dataset.json").write_bytes(content)
    return content


def refusal(capsys: pytest.CaptureFixture[str], code: int) -> str:
    assert code == 2
    message = capsys.readouterr().err.strip()
    assert message.startswith("data_prep: ")
    assert "\n" not in message
    return message


def test_files_go_under_keys_that_name_their_content(directory: Path, s3: FakeS3) -> None:
    assert main(["upload", str(directory)]) == 0
    assert s3.objects == {
        ("sandbox-bucket", f"datasets/{HASH}/train.txt"): TRAIN,
        ("sandbox-bucket", f"datasets/{HASH}/test.txt"): TEST,
    }


def test_third_file_goes_beside_the_other_two(
    directory: Path, s3: FakeS3, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory / "validation.txt").write_bytes(VALIDATION)
    assert main(["upload", str(directory)]) == 0
    hashes = [hashlib.sha256(content).hexdigest() for content in (TRAIN, VALIDATION, TEST)]
    folder = f"datasets/{hashlib.sha256(' '.join(hashes).encode()).hexdigest()[:12]}"
    assert s3.objects["sandbox-bucket", f"{folder}/validation.txt"] == VALIDATION
    assert f":ValidationKey={folder}/validation.txt " in capsys.readouterr().out


def test_objects_have_the_type_of_their_content(directory: Path, s3: FakeS3) -> None:
    write_manifest(directory)
    main(["upload", str(directory)])
    assert s3.content_types == {
        "train.txt": "text/plain",
        "test.txt": "text/plain",
        "dataset.json": "application/json",
    }


def test_deploy_command_is_all_that_stands_on_standard_output(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["upload", str(directory)])
    stack = "Sandbox-MachineLearningInfrastructure"
    assert capsys.readouterr().out == (
        f"npx cdk deploy {stack} -c tier=Sandbox "
        f"--parameters {stack}:TrainKey=datasets/{HASH}/train.txt "
        f"--parameters {stack}:ValidationKey= "
        f"--parameters {stack}:TestKey=datasets/{HASH}/test.txt "
        f"--parameters {stack}:EvaluationKey= --parameters {stack}:ModelDataUrl=\n"
    )


@pytest.mark.parametrize(
    ("settings", "context"),
    [
        ("Sandbox", "-c tier=Production -c settings=Sandbox --parameters"),
        ("Production", "-c tier=Production --parameters"),
    ],
)
def test_deploy_command_names_the_settings_that_are_not_the_tiers_own(
    directory: Path,
    capsys: pytest.CaptureFixture[str],
    cloudformation: FakeCloudFormation,
    settings: str,
    context: str,
) -> None:
    outputs = {"DataBucketName": "bucket", "Settings": settings}
    cloudformation.stacks["Production-TrainingJob"] = outputs
    main(["upload", str(directory), "--tier", "Production"])
    assert context in capsys.readouterr().out


def test_second_upload_of_the_same_files_sends_nothing(directory: Path, s3: FakeS3) -> None:
    main(["upload", str(directory)])
    main(["upload", str(directory)])
    assert s3.uploads == 2


def test_only_the_missing_file_is_sent(directory: Path, s3: FakeS3) -> None:
    s3.objects["sandbox-bucket", f"datasets/{HASH}/train.txt"] = TRAIN
    main(["upload", str(directory)])
    assert s3.uploads == 1


def test_other_content_gets_other_keys(directory: Path, s3: FakeS3) -> None:
    main(["upload", str(directory)])
    (directory / "test.txt").write_bytes(TEST + TEST)
    main(["upload", str(directory)])
    assert len(s3.objects) == 4


def test_object_that_may_not_be_looked_for_is_sent(directory: Path, s3: FakeS3) -> None:
    s3.missing_status = 403
    assert main(["upload", str(directory)]) == 0
    assert s3.uploads == 2


def test_named_bucket_needs_no_stack(
    directory: Path, s3: FakeS3, cloudformation: FakeCloudFormation
) -> None:
    cloudformation.stacks.clear()
    assert main(["upload", str(directory), "--bucket", "my-own"]) == 0
    assert {bucket for bucket, _ in s3.objects} == {"my-own"}


def test_json_names_bucket_keys_and_what_was_sent(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["upload", str(directory), "--json"])
    captured = capsys.readouterr()
    answer = json.loads(captured.out)
    keys = [f"datasets/{HASH}/train.txt", f"datasets/{HASH}/test.txt"]
    assert captured.err == ""
    assert answer.pop("deploy").startswith("npx cdk deploy ")
    assert answer == {
        "bucket": "sandbox-bucket",
        "train_key": keys[0],
        "validation_key": "",
        "test_key": keys[1],
        "uploaded": keys,
    }


def test_quiet_says_nothing_but_the_command(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["upload", str(directory), "--quiet"])
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.count("\n") == 1


def test_missing_stack_is_named_with_the_command_that_deploys_it(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refusal(capsys, main(["upload", str(directory), "--tier", "Production"]))
    assert "no stack Production-TrainingJob" in message
    assert "npx cdk deploy Production-TrainingJob -c tier=Production" in message


def test_stack_without_the_output_is_named(
    directory: Path, capsys: pytest.CaptureFixture[str], cloudformation: FakeCloudFormation
) -> None:
    cloudformation.stacks["Sandbox-TrainingJob"] = {}
    message = refusal(capsys, main(["upload", str(directory)]))
    assert "has no output DataBucketName" in message


@pytest.mark.parametrize(
    ("error", "remedy"),
    [(NoCredentialsError(), "AWS_PROFILE"), (NoRegionError(), "AWS_DEFAULT_REGION")],
)
def test_missing_aws_settings_are_named(
    directory: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    remedy: str,
) -> None:
    def no_client(service: str) -> None:
        raise error

    monkeypatch.setattr(boto3, "client", no_client)
    assert remedy in refusal(capsys, main(["upload", str(directory)]))


def test_failed_upload_says_why(
    directory: Path, capsys: pytest.CaptureFixture[str], s3: FakeS3
) -> None:
    s3.failure = client_error("AccessDenied", "not yours", 403, "PutObject")
    message = refusal(capsys, main(["upload", str(directory)]))
    assert "AccessDenied" in message


def test_failing_s3_is_not_taken_for_a_missing_object(
    directory: Path, capsys: pytest.CaptureFixture[str], s3: FakeS3
) -> None:
    s3.missing_status = 500
    refusal(capsys, main(["upload", str(directory)]))
    assert s3.uploads == 0


@pytest.mark.parametrize("name", ["train.txt", "test.txt"])
def test_missing_file_is_named(
    directory: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (directory / name).unlink()
    assert name in refusal(capsys, main(["upload", str(directory)]))


def test_empty_file_is_refused(
    directory: Path, capsys: pytest.CaptureFixture[str], s3: FakeS3
) -> None:
    (directory / "test.txt").write_bytes(b"")
    assert "test.txt is empty" in refusal(capsys, main(["upload", str(directory)]))
    assert s3.uploads == 0


def test_line_without_a_label_is_refused_by_number(
    directory: Path, capsys: pytest.CaptureFixture[str], s3: FakeS3
) -> None:
    (directory / "train.txt").write_bytes(TRAIN + b"no label here\n")
    message = refusal(capsys, main(["upload", str(directory)]))
    assert "train.txt, line 3 ('no label here') has no __label__" in message
    assert s3.uploads == 0


def test_what_is_meant_is_accepted_by_its_name(
    directory: Path, capsys: pytest.CaptureFixture[str], s3: FakeS3
) -> None:
    (directory / "test.txt").write_bytes(TRAIN)
    assert "--accept overlap" in refusal(capsys, main(["upload", str(directory)]))
    assert s3.uploads == 0
    assert main(["upload", str(directory), "--accept", "overlap"]) == 0
    assert "2 of the 2 texts of" in capsys.readouterr().err


def test_other_kinds_than_there_are_cannot_be_accepted(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["upload", str(directory), "--accept", "everything"])
    assert "'not-normalised'" in capsys.readouterr().err


def test_manifest_goes_beside_the_files_that_it_describes(directory: Path, s3: FakeS3) -> None:
    manifest = write_manifest(directory)
    assert main(["upload", str(directory)]) == 0
    assert s3.objects[MANIFEST_KEY] == manifest


def test_manifest_of_other_content_and_the_same_size_is_sent(directory: Path, s3: FakeS3) -> None:
    write_manifest(directory, command="prepare a.csv")
    main(["upload", str(directory)])
    manifest = write_manifest(directory, command="prepare b.csv")
    main(["upload", str(directory)])
    assert (s3.objects[MANIFEST_KEY], s3.uploads) == (manifest, 4)


def test_manifest_that_somebody_else_put_there_is_replaced(directory: Path, s3: FakeS3) -> None:
    manifest = write_manifest(directory)
    s3.objects[MANIFEST_KEY] = b"x" * len(manifest)
    main(["upload", str(directory)])
    assert s3.objects[MANIFEST_KEY] == manifest


def test_object_that_was_overwritten_under_its_key_is_put_right(
    directory: Path, s3: FakeS3
) -> None:
    key = ("sandbox-bucket", f"datasets/{HASH}/train.txt")
    s3.objects[key], s3.metadata[key] = TRAIN, {"sha256": HASHES[1]}
    main(["upload", str(directory)])
    assert s3.metadata[key] == {"sha256": HASHES[0]}


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"normaliser_version": "0ld"}, ["normaliser 0ld", "prepare reviews.csv"]),
        ({"format": 0}, ["has the format 0", "data_prep prepare"]),
        ({"rows_in": "many"}, ["not as `prepare` writes it"]),
        ({"files": {}}, ["train.txt is not the file", "remove dataset.json"]),
        (
            {"files": {"train.txt": {"sha256": HASHES[0]}, "test.txt": {"sha256": HASHES[0]}}},
            ["test.txt is not the file", HASHES[1][:12], HASHES[0][:12], "prepare reviews.csv"],
        ),
    ],
    ids=["other normaliser", "other format", "no manifest", "undescribed", "changed"],
)
def test_dataset_that_is_not_as_described_is_refused(
    directory: Path,
    capsys: pytest.CaptureFixture[str],
    s3: FakeS3,
    changes: dict[str, object],
    parts: list[str],
) -> None:
    write_manifest(directory, **changes)
    message = refusal(capsys, main(["upload", str(directory)]))
    assert [part for part in parts if part not in message] == []
    assert s3.uploads == 0


def test_directory_that_is_replaced_while_it_is_sent_is_not_mixed(
    directory: Path, s3: FakeS3, capsys: pytest.CaptureFixture[str]
) -> None:
    def prepare_anew() -> None:
        for name in ("train.txt", "test.txt"):
            new = directory / f"{name}.new"
            new.write_bytes(b"__label__good other\n")
            new.replace(directory / name)

    s3.before_reading = prepare_anew
    message = refusal(capsys, main(["upload", str(directory), "--quiet"]))
    assert "test.txt has changed meanwhile" in message
    assert list(s3.objects.values()) == [TRAIN]


def test_moving_a_line_from_one_file_to_the_other_changes_the_keys(
    directory: Path, s3: FakeS3
) -> None:
    for train, test in ((TRAIN, VALIDATION + TEST), (TRAIN + VALIDATION, TEST)):
        (directory / "train.txt").write_bytes(train)
        (directory / "test.txt").write_bytes(test)
        assert main(["upload", str(directory)]) == 0
    assert len(s3.objects) == 4


def upload_without_replacing(s3: FakeS3, path: Path) -> bool:
    return upload_file(s3, KnownFile.read(path), bucket="b", key="models/m", replace=False)


def test_what_must_not_be_replaced_and_may_not_be_seen_is_left_alone(
    directory: Path, s3: FakeS3
) -> None:
    s3.missing_status = 403
    with pytest.raises(ClientError):
        upload_without_replacing(s3, directory / "train.txt")
    assert s3.uploads == 0


def test_what_must_not_be_replaced_is_the_same_by_its_hash_alone(
    directory: Path, s3: FakeS3
) -> None:
    s3.objects["b", "models/m"] = TRAIN
    with pytest.raises(DataPrepError, match=r"is another object than .* and is not replaced"):
        upload_without_replacing(s3, directory / "train.txt")
    assert s3.uploads == 0


def test_what_must_not_be_replaced_is_sent_once(directory: Path, s3: FakeS3) -> None:
    sent = [upload_without_replacing(s3, directory / "train.txt") for _ in range(2)]
    assert (sent, s3.uploads) == ([True, False], 1)
