"""Evaluation texts that the model has seen: counted, told, and refused above one in a hundred."""

import json
from typing import Any

import pytest

from lambdas.custom_resource.messages import MESSAGE_BUDGET_BYTES, escaped_size
from lambdas.evaluation.deadline import RESERVE_SECONDS, Deadline
from lambdas.evaluation.errors import EvaluationError
from lambdas.evaluation.overlap import EvaluatedTexts, Overlap
from tests.unit.lambdas.evaluation.evaluation_harness import (
    DATA_KEY,
    JOB,
    TRAIN_KEY,
    World,
    different_reviews,
    example,
    train,
)
from tests.unit.local_aws.blazingtext.blazingtext_job import reviews

REPORT = f"evaluations/{JOB}/report.json"
PAGE = f"evaluations/{JOB}/report.html"
VALIDATION_KEY = "datasets/3f0a91c27be4/validation.txt"
OTHER_TRAIN_KEY = "datasets/b81d5e60f7a2/train.txt"
PLENTY = Deadline(lambda: 840.0)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return train(tmp_path_factory.mktemp("model"), reviews(200)).read_bytes()


@pytest.fixture
def world(model: bytes) -> World:
    """200 different evaluation texts, and as many training texts."""
    made = World(model)
    made.bucket.put(DATA_KEY, different_reviews(range(200)))
    made.bucket.put(TRAIN_KEY, different_reviews(range(1_000, 1_200)))
    return made


def share(world: World, texts: int) -> None:
    """Put so many of the evaluation texts into the training file."""
    lines = different_reviews(range(texts)) + different_reviews(range(1_000, 1_200))
    world.bucket.put(TRAIN_KEY, lines)


def report(world: World) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(world.bucket.objects[REPORT])
    return document


def counted(evaluated: list[str], training: bytes) -> Overlap | None:
    texts = EvaluatedTexts()
    for text in evaluated:
        texts.add(example(text, "positive"), [])
    return texts.overlap(training.splitlines(keepends=True), PLENTY)


@pytest.mark.parametrize(
    "line",
    [b"__label__negative great film\n", b"great __label__a film __label__b\n", b"great film"],
)
def test_text_is_found_whatever_its_labels_and_where_they_stand(line: bytes) -> None:
    assert counted(["great film", "dull film"], line) == Overlap(rows=1, texts=2, share=0.5)


def test_text_of_many_training_lines_is_found_once() -> None:
    assert counted(["great film", "dull"], b"great film\n" * 3) == Overlap(
        rows=1, texts=2, share=0.5
    )


def test_every_row_with_the_text_counts() -> None:
    assert counted(["great film"] * 3, b"great film\n") == Overlap(rows=3, texts=3, share=1.0)


def test_blank_texts_do_not_count() -> None:
    assert counted(["", "dull film"], b"\n__label__positive\n") == Overlap(
        rows=0, texts=1, share=0.0
    )


def test_file_of_blank_texts_has_no_overlap() -> None:
    assert counted([""], b"\n") == Overlap(rows=0, texts=0, share=0.0)


def test_lines_without_a_label_are_no_rows() -> None:
    texts = EvaluatedTexts()
    texts.add(example("great film"), [])

    assert texts.overlap([b"great film\n"], PLENTY) == Overlap(rows=0, texts=0, share=0.0)


def test_count_ends_when_the_time_does() -> None:
    texts = EvaluatedTexts()

    assert texts.overlap([b"great film\n"], Deadline(lambda: RESERVE_SECONDS - 1)) is None


def looked_at(world: World, first: int) -> dict[str, str]:
    """Put 200 texts into a validation file; the evaluation's are the first 200."""
    world.bucket.put(VALIDATION_KEY, different_reviews(range(first, first + 200)))
    return {"TrainKey": TRAIN_KEY, "ValidationKey": VALIDATION_KEY}


def test_texts_that_early_stopping_looked_at_are_counted(world: World) -> None:
    world.create(**looked_at(world, first=198))

    assert report(world)["validation_overlap"] == {"rows": 2, "texts": 200, "share": 0.01}
    assert report(world)["optimistic"] is False


def test_more_of_them_are_refused_as_those_of_the_training_file_are(world: World) -> None:
    with pytest.raises(EvaluationError, match=f"stand in the validation file '{VALIDATION_KEY}'"):
        world.create(**looked_at(world, first=197))


def test_consent_is_for_the_validation_file_too(world: World) -> None:
    world.create(**looked_at(world, first=0), AcceptOverlap=TRAIN_KEY)


def test_test_file_that_early_stopping_looked_at_makes_the_figures_optimistic(
    world: World,
) -> None:
    answer = world.create(TrainKey=TRAIN_KEY, ValidationKey=DATA_KEY)

    assert (report(world)["optimistic"], report(world)["validation_overlap"]) == (True, None)
    assert b"These figures are optimistic:" in world.bucket.objects[PAGE]
    assert answer["Data"]["ValidatedOn"] == answer["Data"]["EvaluatedOn"]


def test_model_that_was_trained_elsewhere_is_not_called_optimistic(world: World) -> None:
    world.create(TrainKey="", ValidationKey=DATA_KEY)

    assert report(world)["optimistic"] is False


def test_validation_file_that_is_gone_is_not_missed(world: World) -> None:
    asked = looked_at(world, first=198)
    world.create(**asked)
    del world.bucket.objects[VALIDATION_KEY]
    world.create(**asked)

    assert report(world)["validation_overlap"]["rows"] == 2


def test_one_in_a_hundred_passes(world: World) -> None:
    share(world, 2)
    world.create(TrainKey=TRAIN_KEY)

    assert report(world)["overlap"] == {"rows": 2, "texts": 200, "share": 0.01}


def test_more_is_refused_with_share_files_and_remedies(world: World) -> None:
    share(world, 3)
    with pytest.raises(EvaluationError) as refused:
        world.create(TrainKey=TRAIN_KEY)
    message = str(refused.value)

    assert f"3 of the 200 evaluation texts in '{DATA_KEY}' (1.50 %)" in message
    assert f"training file '{TRAIN_KEY}'" in message
    assert "`EvaluationKey=`" in message
    assert f"`--accept-overlap` (the parameter AcceptOverlap={TRAIN_KEY})" in message


def test_report_of_a_refused_model_can_be_looked_at(world: World) -> None:
    share(world, 3)
    with pytest.raises(EvaluationError, match=PAGE):
        world.create(TrainKey=TRAIN_KEY)

    assert (
        b"3 of 200 evaluation texts also stand in the training file (1.5 %)"
        in (world.bucket.objects[PAGE])
    )


def test_accuracy_on_texts_that_were_seen_is_not_spoken_of(world: World) -> None:
    share(world, 3)
    world.bucket.put(DATA_KEY, different_reviews(range(200), label="negative"))
    with pytest.raises(EvaluationError) as refused:
        world.create(TrainKey=TRAIN_KEY)

    assert "an accuracy of" not in str(refused.value)


def test_refusal_fits_the_response_whatever_the_keys(world: World) -> None:
    data, training = "d" * 1_024, "t" * 1_024
    world.bucket.put(data, different_reviews(range(200)))
    world.bucket.put(training, different_reviews(range(200)))
    with pytest.raises(EvaluationError) as refused:
        world.create(EvaluationKey=data, TrainKey=training)

    assert escaped_size(str(refused.value)) <= MESSAGE_BUDGET_BYTES


def test_overlap_that_is_accepted_passes_and_is_told(world: World) -> None:
    share(world, 200)
    world.create(TrainKey=TRAIN_KEY, AcceptOverlap=TRAIN_KEY)

    assert report(world)["overlap"]["share"] == 1


def test_acceptance_costs_no_new_evaluation(world: World) -> None:
    share(world, 200)
    with pytest.raises(EvaluationError):
        world.create(TrainKey=TRAIN_KEY)
    world.create(TrainKey=TRAIN_KEY, AcceptOverlap=TRAIN_KEY)

    assert world.loaded == 1


def test_acceptance_for_another_training_file_does_not_count(world: World) -> None:
    share(world, 200)
    with pytest.raises(EvaluationError, match="also stand in the training file"):
        world.create(TrainKey=TRAIN_KEY, AcceptOverlap=OTHER_TRAIN_KEY)


def test_overlap_with_a_training_file_that_is_gone_is_unknown(world: World) -> None:
    del world.bucket.objects[TRAIN_KEY]
    world.create(TrainKey=TRAIN_KEY)

    assert (report(world)["training"], report(world)["overlap"]) == (None, None)
    assert b"It is not known whether evaluation texts also stand in" in world.bucket.objects[PAGE]


def test_model_that_was_trained_elsewhere_has_no_training_file(world: World) -> None:
    world.create(TrainKey="")

    assert report(world)["overlap"] is None


def test_overlap_that_was_counted_outlives_the_training_file(world: World) -> None:
    first = world.create(TrainKey=TRAIN_KEY)
    del world.bucket.objects[TRAIN_KEY]

    assert world.update(first["PhysicalResourceId"], TrainKey=TRAIN_KEY) == first
    assert world.loaded == 1


def test_removing_the_training_file_does_not_hide_the_overlap(world: World) -> None:
    share(world, 3)
    with pytest.raises(EvaluationError):
        world.create(TrainKey=TRAIN_KEY)
    del world.bucket.objects[TRAIN_KEY]
    with pytest.raises(EvaluationError, match="3 of the 200 evaluation texts"):
        world.create(TrainKey=TRAIN_KEY)


def test_other_training_file_is_compared_anew(world: World) -> None:
    first = world.create(TrainKey=TRAIN_KEY)
    share(world, 1)
    second = world.update(first["PhysicalResourceId"], TrainKey=TRAIN_KEY)

    assert second["PhysicalResourceId"] != first["PhysicalResourceId"]
    assert report(world)["overlap"]["rows"] == 1


def test_training_file_that_may_not_be_read_names_the_permission(world: World) -> None:
    world.bucket.forbidden.add(TRAIN_KEY)
    with pytest.raises(EvaluationError, match=r"training file .* may not be read.*s3:GetObject"):
        world.create(TrainKey=TRAIN_KEY)


def test_rollback_needs_neither_data_nor_training_file(world: World) -> None:
    first = world.create(TrainKey=TRAIN_KEY)
    del world.bucket.objects[TRAIN_KEY], world.bucket.objects[DATA_KEY]

    assert world.update(first["PhysicalResourceId"], TrainKey=TRAIN_KEY) == first


def test_rollback_to_a_stack_that_knows_no_training_file_is_not_refused(world: World) -> None:
    share(world, 200)
    first = world.create(TrainKey=TRAIN_KEY, AcceptOverlap=TRAIN_KEY)
    del world.bucket.objects[DATA_KEY]

    assert world.update(first["PhysicalResourceId"]) == first


def test_time_that_does_not_suffice_is_told_with_the_remedies(world: World) -> None:
    world.remaining_seconds = lambda: (
        RESERVE_SECONDS - 1 if TRAIN_KEY in world.bucket.read else 840.0
    )
    with pytest.raises(EvaluationError) as refused:
        world.create(TrainKey=TRAIN_KEY)
    message = str(refused.value)

    assert "a smaller file in EvaluationKey" in message
    assert f"AcceptOverlap={TRAIN_KEY}" in message
    assert b"There was no time to look" in world.bucket.objects[PAGE]


def test_logs_and_report_hold_no_training_text(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.bucket.put(TRAIN_KEY, b"__label__positive secret\n")
    with caplog.at_level("DEBUG"):
        world.create(TrainKey=TRAIN_KEY)

    assert "secret" not in caplog.text
    assert b"secret" not in world.bucket.objects[PAGE]
