"""What CloudFormation's events do: evaluate once, apply the gate every time, keep the reports."""

import json
import logging
from pathlib import Path
from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.confidence import Calibration
from lambdas.confidence.vocabulary import Vocabulary
from lambdas.custom_resource.messages import MESSAGE_BUDGET_BYTES, escaped_size
from lambdas.evaluation import inputs, measurement
from lambdas.evaluation.artifact import Room
from lambdas.evaluation.dictionary import DictionaryError
from lambdas.evaluation.errors import EvaluationError
from lambdas.evaluation.model import FastTextModel
from lambdas.evaluation.properties import EvaluationProperties
from tests.unit.lambdas.evaluation.evaluation_harness import (
    BUCKET,
    DATA_KEY,
    JOB,
    MODEL_KEY,
    PROPERTIES,
    World,
    train,
)
from tests.unit.local_aws.blazingtext.blazingtext_job import reviews
from tier_layout.fingerprint import TEXTS, TOLERANCE, Fingerprint, reading

REPORT = f"evaluations/{JOB}/report.json"
PAGE = f"evaluations/{JOB}/report.html"
OTHER_KEY = "datasets/b81d5e60f7a2/test.txt"
LATER = ("TrainKey", "AcceptOverlap", "NormaliserVersions")
"""Properties that stacks of former versions do not send."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return train(tmp_path_factory.mktemp("model"), reviews(200)).read_bytes()


@pytest.fixture
def world(model: bytes) -> World:
    return World(model)


def spoil(world: World) -> None:
    """Make a third of the evaluation file's labels wrong."""
    lines = reviews(90).splitlines(keepends=True)
    wrong = {"__label__positive": "__label__negative", "__label__negative": "__label__positive"}
    for number in range(0, len(lines), 3):
        label, _, text = lines[number].partition(" ")
        lines[number] = f"{wrong[label]} {text}"
    world.bucket.put(DATA_KEY, "".join(lines).encode())


def test_answer_has_the_model_and_its_figures(world: World) -> None:
    answer = world.create()

    assert answer["PhysicalResourceId"].startswith(f"{JOB}-evaluation-")
    assert answer["Data"] == {
        "ModelDataUrl": f"s3://{BUCKET}/{MODEL_KEY}",
        "Accuracy": "1.0000",
        "AccuracyLow": "0.9812",
        "AccuracyHigh": "1.0000",
        "MacroF1": "1.0000",
        "EvaluatedOn": DATA_KEY,
        "ValidatedOn": "unknown",
        "NormaliserVersion": "",
        "ReportKey": PAGE,
        "ReportUrl": f"s3://{BUCKET}/{PAGE}",
        "Calibration": "null",
        "ModelFingerprint": ANY,
        "VocabularyKey": ANY,
    }


def test_answer_has_the_calibration_as_json(world: World) -> None:
    calibration = world.create(Calibrate="true")["Data"]["Calibration"]

    assert Calibration.from_json(calibration).unsure_below == 0.6


def test_answer_has_what_the_model_says_of_the_fingerprints_texts(
    world: World, tmp_path: Path
) -> None:
    answer = world.create()["Data"]["ModelFingerprint"]
    found = Fingerprint.parse(json.loads(answer))
    model = FastTextModel(train(tmp_path, reviews(200)))
    said = (model.predict(text.encode() + b"\n") for text in TEXTS)

    assert found is not None
    assert found.distance(reading({label: p for p, label in each} for each in said)) <= TOLERANCE


def test_models_words_are_kept_under_the_key_that_is_answered(world: World) -> None:
    key = world.create()["Data"]["VocabularyKey"]
    vocabulary = Vocabulary.from_bytes(world.bucket.objects[key])

    assert key.startswith(f"vocabularies/{JOB}/")
    assert not vocabulary.is_strange(["a", "superb", "film"])
    assert vocabulary.is_strange(["une", "catastrophe"])


def test_words_that_are_gone_are_written_again(world: World) -> None:
    first = world.create()
    key = first["Data"]["VocabularyKey"]
    written = world.bucket.objects.pop(key)

    assert world.update(first["PhysicalResourceId"]) == first
    assert world.bucket.objects[key] == written


def test_words_that_are_gone_with_the_evaluated_texts_are_not_named(world: World) -> None:
    first = world.create()
    del world.bucket.objects[first["Data"]["VocabularyKey"]], world.bucket.objects[DATA_KEY]

    assert world.update(first["PhysicalResourceId"])["Data"]["VocabularyKey"] == ""


def test_model_whose_words_cannot_be_read_is_served_without(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreadable(_: object) -> None:
        raise DictionaryError("it does not begin as a model does")

    monkeypatch.setattr(measurement, "read_words", unreadable)
    assert world.create()["Data"]["VocabularyKey"] == ""
    assert "No vocabulary: it does not begin as a model does" in caplog.text
    assert not any(key.startswith("vocabularies/") for key in world.bucket.objects)


def test_answer_to_cloudformation_has_room_for_long_keys(world: World) -> None:
    key = f"{'k' * 500}/test.txt"
    world.bucket.put(key, world.bucket.objects[DATA_KEY])
    answer = world.create(EvaluationKey=key, TrainKey=key, ValidationKey=key, AcceptOverlap=key)

    # Of the 4,096 bytes the framework takes some for the stack's and the request's ids.
    assert len(json.dumps(answer)) < 3_000


def test_report_is_written_for_programs_and_for_people(world: World) -> None:
    world.create()
    report = json.loads(world.bucket.objects[REPORT])

    assert (report["rows"], report["right"], report["job"]) == (200, 200, JOB)
    assert report["data"]["key"] == DATA_KEY
    assert world.bucket.objects[PAGE].startswith(b"<!DOCTYPE html>")


def test_same_inputs_are_evaluated_once(world: World) -> None:
    first = world.create()
    again = world.update(first["PhysicalResourceId"], MinimumAccuracy="0.9")

    assert again == first
    assert world.loaded == 1


@pytest.mark.parametrize("changed", ["model", "data", "calibrate", "version"])
def test_other_inputs_are_evaluated_anew(
    world: World, changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.unit.lambdas.evaluation.evaluation_harness import archive

    first = world.create()
    properties = {}
    if changed == "model":
        other = train(tmp_path, reviews(100), dim=3).read_bytes()
        world.bucket.put(MODEL_KEY, archive({"model.bin": other}))
    elif changed == "data":
        world.bucket.put(DATA_KEY, reviews(50, seed=8).encode())
    elif changed == "calibrate":
        properties = {"Calibrate": "true"}
    else:
        monkeypatch.setattr(inputs, "EVALUATOR_VERSION", "next")
    second = world.update(first["PhysicalResourceId"], **properties)

    assert second["PhysicalResourceId"] != first["PhysicalResourceId"]
    assert world.loaded == 2


def test_same_content_under_another_key_is_not_evaluated_again(world: World) -> None:
    first = world.create()
    world.bucket.put(OTHER_KEY, world.bucket.objects[DATA_KEY])
    second = world.update(first["PhysicalResourceId"], EvaluationKey=OTHER_KEY)

    assert second["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert world.loaded == 1


def test_model_below_the_gate_is_refused_with_figures_report_and_remedy(world: World) -> None:
    spoil(world)
    with pytest.raises(EvaluationError) as refused:
        world.create(MinimumAccuracy="0.9")
    message = str(refused.value)

    assert "accuracy of 0.6667 (95 % interval 0.5642 to 0.7555)" in message
    assert "at least 0.9" in message
    assert f"s3://{BUCKET}/{PAGE}" in message
    assert "lower MinimumAccuracy" in message
    assert PAGE in world.bucket.objects


def test_accuracy_equal_to_the_gate_passes(world: World) -> None:
    spoil(world)
    assert world.create(MinimumAccuracy="0.6667")["Data"]["Accuracy"] == "0.6667"


def test_macro_f1_has_a_gate_of_its_own(world: World) -> None:
    spoil(world)
    with pytest.raises(EvaluationError, match=r"macro F1 of 0\.6667, .* at least 0\.7"):
        world.create(MinimumAccuracy="0.6", MinimumMacroF1="0.7")


def test_lower_gate_costs_no_new_evaluation(world: World) -> None:
    spoil(world)
    with pytest.raises(EvaluationError):
        world.create(MinimumAccuracy="0.9")
    world.create(MinimumAccuracy="0.5")

    assert world.loaded == 1


def test_labels_that_the_model_does_not_know_are_named(world: World) -> None:
    world.bucket.put(DATA_KEY, b"__label__1 great film\n__label__5 awful film\n" * 3)
    with pytest.raises(EvaluationError, match=r"6 of the rows have labels .* \('1', '5'\)"):
        world.create()


def test_rollback_finds_its_report_although_the_data_is_gone(world: World) -> None:
    first = world.create()
    world.bucket.put(OTHER_KEY, reviews(40, seed=3).encode())
    second = world.update(first["PhysicalResourceId"], EvaluationKey=OTHER_KEY)
    del world.bucket.objects[DATA_KEY]
    third = world.update(second["PhysicalResourceId"])

    assert third == first
    assert json.loads(world.bucket.objects[REPORT])["data"]["key"] == DATA_KEY
    assert world.loaded == 2


def test_rollback_finds_its_report_after_an_upgrade_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.create()
    del world.bucket.objects[DATA_KEY]
    monkeypatch.setattr(inputs, "EVALUATOR_VERSION", "next")

    assert world.update(first["PhysicalResourceId"]) == first


def test_rollback_takes_a_report_of_a_former_version_of_the_evaluator(world: World) -> None:
    first = world.create()
    (key,) = (key for key in world.bucket.objects if key.endswith(".json") and key != REPORT)
    report = json.loads(world.bucket.objects[key])
    later = ("training", "overlap", "normaliser", "comparison", "model_fingerprint", "vocabulary")
    for field in later:
        del report[field]
    world.bucket.put(key, json.dumps(report | {"evaluator": "1"}).encode())
    del world.bucket.objects[DATA_KEY]

    # The API takes a description without one for any model's, as it did then.
    first["Data"] |= {"ModelFingerprint": "null", "VocabularyKey": ""}
    assert world.update(first["PhysicalResourceId"]) == first


def test_rollback_to_a_promoted_model_finds_the_report_that_came_with_it(world: World) -> None:
    first = world.create()
    (key,) = (key for key in world.bucket.objects if key.endswith(".json") and key != REPORT)
    report = world.bucket.objects[key].decode()
    world.bucket.put(key, report.replace(BUCKET, "the-former-tiers-bucket").encode())
    del world.bucket.objects[DATA_KEY]

    assert world.update(first["PhysicalResourceId"]) == first


def test_new_stack_does_not_take_an_old_report_for_data_that_is_gone(world: World) -> None:
    world.create()
    del world.bucket.objects[DATA_KEY]
    with pytest.raises(EvaluationError, match=f"no object '{DATA_KEY}'"):
        world.create()


def test_missing_model_and_data_are_named_together(world: World) -> None:
    world.bucket.objects.clear()
    with pytest.raises(EvaluationError) as refused:
        world.update("former")

    assert MODEL_KEY in str(refused.value)
    assert DATA_KEY in str(refused.value)


def test_object_that_may_not_be_read_names_the_permission(world: World) -> None:
    world.bucket.forbidden.add(MODEL_KEY)
    with pytest.raises(EvaluationError, match="s3:GetObject"):
        world.create()


def test_empty_evaluation_file_is_refused(world: World) -> None:
    world.bucket.put(DATA_KEY, b"")
    with pytest.raises(EvaluationError, match=r"evaluation file .* is empty"):
        world.create()


def test_other_errors_of_aws_become_a_message(world: World) -> None:
    world.bucket.forbidden.add(REPORT)
    fingerprint = world.create()["PhysicalResourceId"].rpartition("-")[2]
    world.bucket.forbidden.add(f"evaluations/{JOB}/{fingerprint}.json")
    with pytest.raises(EvaluationError, match=r"AWS did not do .*AccessDenied"):
        world.create()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 1}', b'{"format": 2}'])
def test_report_that_cannot_be_read_is_made_anew(world: World, content: bytes) -> None:
    first = world.create()
    fingerprint = first["PhysicalResourceId"].rpartition("-")[2]
    world.bucket.put(f"evaluations/{JOB}/{fingerprint}.json", content)

    assert world.create() == first
    assert world.loaded == 2


@pytest.mark.parametrize("physical_id", ["a-evaluation-1", "AWSCDK::CREATE_FAILED"])
def test_delete_touches_nothing(world: World, physical_id: str) -> None:
    world.create()
    before = dict(world.bucket.objects)

    assert world.delete(physical_id) == {"PhysicalResourceId": physical_id}
    assert world.bucket.objects == before


def test_model_that_does_not_fit_leaves_nothing_behind(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    world.room = Room(memory_bytes=1024, disk_bytes=1024)
    with pytest.raises(EvaluationError, match="too large to be evaluated"):
        world.create()

    assert list(tmp_path.iterdir()) == []


def test_model_file_is_removed_as_soon_as_it_is_loaded(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    world.create()

    assert list(tmp_path.iterdir()) == []


def test_logs_hold_no_review(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.bucket.put(DATA_KEY, reviews(50).encode() + b"__label__positive awful secret\n")
    with caplog.at_level(logging.DEBUG):
        world.create()

    assert "51 rows" in caplog.text
    assert "secret" not in caplog.text
    assert b"secret" in world.bucket.objects[PAGE]


def test_answer_fits_cloudformations_response(world: World) -> None:
    long_key, long_model = "k" * 1_024, "m" * 1_024
    world.bucket.put(long_key, world.bucket.objects[DATA_KEY])
    world.bucket.put(long_model, world.bucket.objects[MODEL_KEY])
    answer = world.create(
        ModelDataUrl=f"s3://{BUCKET}/{long_model}",
        TrainingJobName="j" * 63,
        EvaluationKey=long_key,
        Calibrate="true",
        NormaliserVersions="v" * 40,
    )

    # The ids of stack, request and resource take up to 600 of the 4,096 bytes.
    assert len(json.dumps(answer)) < 3_400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ModelDataUrl", "https://example.com/model.tar.gz"),
        ("ModelDataUrl", "s3://bucket-only"),
        ("TrainingJobName", "a_b"),
        ("BucketName", "Capital"),
        ("EvaluationKey", ""),
        ("MinimumAccuracy", "1.1"),
        ("MinimumMacroF1", "nan"),
        ("Calibrate", "maybe"),
        ("TrainKey", "two\nlines"),
        ("AcceptOverlap", "two\nlines"),
        ("NormaliserVersions", "two words"),
        ("NormaliserVersions", "3f0a91c27be4,"),
        ("NormaliserVersions", "v" * 41),
    ],
)
def test_bad_property_is_named_with_its_value(name: str, value: str) -> None:
    with pytest.raises(EvaluationError, match=name) as refused:
        EvaluationProperties.parse(PROPERTIES | {name: value})

    assert repr(value) in str(refused.value) or f"{name} is missing" in str(refused.value)


def test_all_bad_properties_are_named_at_once() -> None:
    with pytest.raises(EvaluationError) as refused:
        EvaluationProperties.parse({})

    named = set(PROPERTIES) - {"ServiceToken"}
    assert {name for name in named if name in str(refused.value)} == named


def test_properties_of_a_former_version_of_the_stack_ask_for_nothing_new() -> None:
    properties = EvaluationProperties.parse(PROPERTIES)

    assert properties.train_key == properties.accept_overlap == ""
    assert properties.normaliser_versions == ()


@given(
    st.dictionaries(
        st.sampled_from(sorted([*PROPERTIES, *LATER])), st.text() | st.none() | st.integers()
    )
)
def test_properties_of_any_kind_give_a_message_that_fits(given_: dict[str, object]) -> None:
    try:
        EvaluationProperties.parse(given_)
    except EvaluationError as error:
        assert escaped_size(str(error)) <= MESSAGE_BUDGET_BYTES
