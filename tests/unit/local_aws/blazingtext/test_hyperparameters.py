"""BlazingText's hyperparameters: names, types, defaults, and what is refused."""

import pytest

from local_aws.blazingtext.errors import TrainingError
from local_aws.blazingtext.hyperparameters import SupervisedHyperparameters, parse_hyperparameters

SUPERVISED = {"mode": "supervised"}


def test_defaults_are_blazingtexts_and_not_fasttexts() -> None:
    assert parse_hyperparameters(SUPERVISED) == SupervisedHyperparameters(
        buckets=2_000_000,
        early_stopping=False,
        epochs=5,
        learning_rate=0.05,
        min_count=5,
        min_epochs=5,
        patience=4,
        vector_dim=100,
        word_ngrams=2,
    )


def test_every_value_is_read_from_its_string() -> None:
    given = SUPERVISED | {
        "buckets": "1000",
        "early_stopping": "True",
        "epochs": "10",
        "learning_rate": "2.5e-1",
        "min_count": "0",
        "min_epochs": "3",
        "patience": "2",
        "vector_dim": "10",
        "word_ngrams": "1",
    }
    assert parse_hyperparameters(given) == SupervisedHyperparameters(
        buckets=1000,
        early_stopping=True,
        epochs=10,
        learning_rate=0.25,
        min_count=0,
        min_epochs=3,
        patience=2,
        vector_dim=10,
        word_ngrams=1,
    )


def test_word2vec_hyperparameters_are_tolerated() -> None:
    given = SUPERVISED | {"window_size": "5", "negative_samples": "5", "subwords": "False"}
    assert parse_hyperparameters(given) == SupervisedHyperparameters()


@pytest.mark.parametrize(
    ("name", "value", "expectation"),
    [
        ("epochs", "ten", "is not a positive integer"),
        ("epochs", "0", "is not a positive integer"),
        ("epochs", "5.0", "is not a positive integer"),
        ("epochs", "", "is not a positive integer"),
        ("buckets", "2147483648", "is not a positive integer"),
        ("patience", "-1", "is not a positive integer"),
        ("vector_dim", "１０", "is not a positive integer"),
        ("min_count", "-1", "is not a non-negative integer"),
        ("learning_rate", "0", "is not a positive number"),
        ("learning_rate", "nan", "is not a positive number"),
        ("learning_rate", "1e999", "is not a positive number"),
        ("learning_rate", "-0.1", "is not a positive number"),
        ("early_stopping", "yes", "is not True or False"),
        ("epoch", "5", "is unknown"),
        ("mode", "skipgram", "is not available on this machine"),
        ("mode", "super", "is not one of"),
    ],
)
def test_refusal_names_hyperparameter_value_and_expectation(
    name: str, value: str, expectation: str
) -> None:
    with pytest.raises(TrainingError) as refusal:
        parse_hyperparameters(SUPERVISED | {name: value})
    assert str(refusal.value).startswith(f"hyperparameter {name}='{value}' {expectation}")


def test_missing_mode_is_refused() -> None:
    with pytest.raises(TrainingError, match="hyperparameter mode is missing"):
        parse_hyperparameters({})


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(TrainingError, match=r"mode='cbow'.*epochs='x'.*unheard_of='1'"):
        parse_hyperparameters({"mode": "cbow", "epochs": "x", "unheard_of": "1"})


def test_longest_permitted_value_is_shown_in_part() -> None:
    with pytest.raises(TrainingError) as refusal:
        parse_hyperparameters(SUPERVISED | {"epochs": "9" * 2500})
    assert len(str(refusal.value)) < 150
