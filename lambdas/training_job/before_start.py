"""What can be known before money is spent is checked before: all of it, in one message."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from lambdas.custom_resource.messages import shown
from lambdas.training_job.aws_api import S3
from lambdas.training_job.data_sample import Sample, look_at
from lambdas.training_job.label_check import (
    foreign_label_problems,
    reserved_label_problems,
    training_labels,
)
from lambdas.training_job.messages import Problem, TrainingJobError
from lambdas.training_job.model_size import size_problems
from lambdas.training_job.properties import TrainingJobProperties
from lambdas.training_job.training_data import (
    EVALUATION,
    TEST,
    UPLOAD,
    DataFile,
    FoundFiles,
    find_files,
)
from tier_layout.bucket import DATASETS_PREFIX, VALIDATION_FILE
from tier_layout.labels import LABEL_PREFIX

_LABELLED_TEXT: Final = (
    "BlazingText reads UTF-8 text with one example a line, each with a label like "
    f"{LABEL_PREFIX}positive. {UPLOAD}"
)
_OTHER_EVALUATION: Final = (
    "Name a file of labelled text in EvaluationKey; `EvaluationKey=` (empty) evaluates on TestKey."
)
_OTHER_FILES: Final = (
    "`python -m data_prep prepare` makes a dataset's files, with the same labels and no text in "
    "two of them."
)


def require_startable(
    properties: TrainingJobProperties, channels: Sequence[DataFile], s3: S3
) -> None:
    """Refuse a job whose model could not be trained, evaluated or served.

    Only for a job that is about to be started: what exists was checked then, and a rollback
    to it must not fail. No message quotes a line of the data: it may be a person's review.

    Args:
        properties: what the stack asks for.
        channels: the files of `train` and `validation`.
        s3: the service.

    Raises:
        TrainingJobError: lists every problem; its cause is the refusal if a file may not be read.
        ClientError, BotoCoreError: S3 did not answer.
    """
    evaluation = _find_evaluation(properties, s3)
    samples = {file.name: look_at(file, s3) for file in (*channels, *evaluation.files)}
    train = _file_of("train", channels)
    held_out = [file for file in (*channels, *evaluation.files) if file is not train]
    unfit = [*_unfit_channels(channels, samples), *_of_another_dataset(properties)]
    in_vain = [
        *size_problems(properties),
        *_unfit_evaluation(evaluation, channels, samples),
        *_label_problems(properties, train, held_out, samples, s3),
    ]
    if not unfit and not in_vain:
        return
    problems = [*unfit, *in_vain]
    remedies = dict.fromkeys(problem.remedy for problem in problems)
    raise TrainingJobError(
        f"Training with the data in the bucket {properties.bucket_name} would be in vain:"
        if in_vain
        else f"The data in the bucket {properties.bucket_name} cannot be trained on:",
        detail="; ".join(problem.what for problem in problems) + ".",
        after=" ".join([*remedies, "Nothing was started."]),
    ) from evaluation.refusal


def _find_evaluation(properties: TrainingJobProperties, s3: S3) -> FoundFiles:
    """Look the evaluation's own file up; it has none when it reads the one of `validation`."""
    key = properties.evaluation_key
    own = key not in {"", properties.channel_keys["validation"]}
    name = TEST if key == properties.test_key else EVALUATION
    return find_files(properties.bucket_name, {name: key} if own else {}, s3)


def _unfit_channels(
    channels: Sequence[DataFile], samples: Mapping[str, Sample]
) -> Iterator[Problem]:
    unfit = [file for file in channels if samples[file.name].problem]
    for file in unfit:
        yield Problem(what=f"{file} {samples[file.name].problem}", remedy=_LABELLED_TEXT)
    if not unfit and len({channel.content for channel in channels}) == 1:
        yield Problem(
            what="both channels have the same content, so that the accuracy would be measured on "
            "what the model was trained on",
            remedy=_LABELLED_TEXT,
        )


def _of_another_dataset(properties: TrainingJobProperties) -> Iterator[Problem]:
    """Find a ValidationKey that CloudFormation has kept while a person named new data."""
    train, validation = properties.train_key, properties.validation_key
    folder, _, name = validation.rpartition("/")
    by_upload = folder.startswith(f"{DATASETS_PREFIX}/") and name == VALIDATION_FILE
    if by_upload and folder != train.rpartition("/")[0]:
        yield Problem(
            what=f"{shown(validation)} (ValidationKey) belongs to another dataset than "
            f"{shown(train)} (TrainKey)",
            remedy="CloudFormation keeps a parameter that is not named again: name ValidationKey, "
            "too, or `ValidationKey=` (empty) for a dataset of two files.",
        )


def _unfit_evaluation(
    evaluation: FoundFiles, channels: Sequence[DataFile], samples: Mapping[str, Sample]
) -> Iterator[Problem]:
    for what in evaluation.problems:
        yield Problem(what=what, remedy=_OTHER_EVALUATION)
    train, validation = (_file_of(name, channels) for name in ("train", "validation"))
    for file in evaluation.files:
        problem = samples[file.name].problem
        if not problem and file.content == train.content:
            problem = "has the content of the training data, which the model knows by heart"
        elif not problem and file.name == TEST and file.content == validation.content:
            problem = (
                "has the content of the validation data, by which early stopping and tuning "
                "choose the model"
            )
        if problem:
            remedy = _OTHER_FILES if file.name == TEST else _OTHER_EVALUATION
            yield Problem(what=f"{file} {problem}", remedy=remedy)


def _label_problems(
    properties: TrainingJobProperties,
    train: DataFile,
    held_out: Sequence[DataFile],
    samples: Mapping[str, Sample],
    s3: S3,
) -> Iterator[Problem]:
    labels = training_labels(train, samples["train"], s3)
    yield from reserved_label_problems(train, labels)
    if not properties.evaluation_key:
        return  # a stack of former times, which is held against nothing that it did not say
    causes = {
        "validation": "ValidationKey" if properties.validation_key else "TestKey",
        TEST: "TestKey",
        EVALUATION: "EvaluationKey",
    }
    for file in held_out:
        remedy = _OTHER_EVALUATION if file.name == EVALUATION else _OTHER_FILES
        what = f"{shown(file.key)} ({causes[file.name]})"
        yield from foreign_label_problems(what, samples[file.name].labels, labels, remedy)


def _file_of(channel: str, channels: Sequence[DataFile]) -> DataFile:
    return next(file for file in channels if file.name == channel)
