"""When training stops early, and how epochs are told from progress reports."""

import pytest

from local_aws.blazingtext.early_stopping import EarlyStopping, EpochClock


def test_patience_is_exhausted_by_that_many_evaluations_without_improvement() -> None:
    stopping = EarlyStopping(patience=2)
    exhausted = []
    for accuracy in (0.8, 0.7, 0.7):
        stopping.record(accuracy)
        exhausted.append(stopping.is_exhausted)
    assert exhausted == [False, False, True]


def test_improvement_starts_the_count_again() -> None:
    stopping = EarlyStopping(patience=2)
    for accuracy in (0.8, 0.7, 0.9, 0.85):
        stopping.record(accuracy)
    assert (stopping.best_accuracy, stopping.without_improvement) == (0.9, 1)


def test_equal_accuracy_is_no_improvement() -> None:
    stopping = EarlyStopping(patience=1)
    assert [stopping.record(0.8), stopping.record(0.8)] == [True, False]


def test_first_evaluation_is_the_best_even_when_nothing_is_right() -> None:
    assert EarlyStopping(patience=1).record(0.0)


def test_reported_epochs_have_ended() -> None:
    clock = EpochClock(epochs=10)
    clock.report(0.31, now=1.0)
    assert clock.ended(1.0) == 3


def test_epoch_ends_between_two_reports() -> None:
    clock = EpochClock(epochs=10)
    clock.report(0.26, now=1.0)
    clock.report(0.29, now=1.1)
    assert clock.seconds_to_next_end(1.1) == pytest.approx(1 / 30)
    assert (clock.ended(1.12), clock.ended(1.14)) == (2, 3)


def test_stalled_training_ends_no_epochs() -> None:
    clock = EpochClock(epochs=10)
    clock.report(0.10, now=1.0)
    clock.report(0.15, now=1.1)
    assert clock.ended(60.0) == 2


def test_only_the_library_ends_the_last_epoch() -> None:
    clock = EpochClock(epochs=3)
    clock.report(0.9, now=1.0)
    clock.report(1.0, now=1.1)
    assert clock.ended(1.1) == 2


def test_next_end_is_unknown_before_the_second_report() -> None:
    clock = EpochClock(epochs=3)
    clock.report(0.1, now=0.1)
    assert clock.seconds_to_next_end(0.1) is None
