"""One training in supervised mode, from its vocabulary to the saved weights."""

import os
from pathlib import Path

from local_aws.blazingtext import container_log as log
from local_aws.blazingtext.container import ChannelFile
from local_aws.blazingtext.early_stopping import EarlyStopping, EpochClock
from local_aws.blazingtext.errors import TrainingError
from local_aws.blazingtext.hyperparameters import SupervisedHyperparameters
from local_aws.blazingtext.training_process import (
    Failed,
    Progress,
    Trained,
    TrainingProcess,
    VocabularyRead,
)

_LOG_PROGRESS_EVERY_S = 1.0


class Training:
    """Follows one training from its vocabulary to the saved model."""

    def __init__(
        self,
        hyperparameters: SupervisedHyperparameters,
        train: ChannelFile,
        validation: ChannelFile | None,
    ) -> None:
        """Train on one channel's file, and evaluate on the other's.

        Args:
            hyperparameters: with early stopping only if there is a validation file.
            train: the file of channel train.
            validation: the file of channel validation, if the job has one.
        """
        self._hyperparameters, self._train, self._validation = hyperparameters, train, validation
        self._stopping = EarlyStopping(patience=hyperparameters.patience)
        self._clock = EpochClock(epochs=hyperparameters.epochs)
        self._epochs_ended = 0
        self._progress_logged_at, self._end_logged = 0.0, False

    def run(self, model_file: Path, directory: Path) -> None:
        """Train, and leave the final or (under early stopping) the best weights.

        Args:
            model_file: where the weights go, in fastText's binary format.
            directory: an empty directory in the same file system, for weights on the way.

        Raises:
            TrainingError: the hyperparameters do not suit the data.
            RuntimeError: the library failed for a reason of its own.
        """
        snapshot = directory / "model.bin"
        with TrainingProcess(self._arguments()) as process:
            while not self._stopping.is_exhausted:
                if self._is_over(process):
                    self._take_final_weights(process, snapshot)
                    break
                if self._hyperparameters.early_stopping:
                    self._end_epochs(self._clock.ended(process.seconds()), process, snapshot)
            million_words = self._epochs_ended * self._train.tokens / 1e6
            log.finished(million_words, process.seconds())
        snapshot.replace(model_file)

    def _arguments(self) -> dict[str, str | int | float]:
        """Settings of fastText's `Args` for BlazingText's hyperparameters."""
        given = self._hyperparameters
        threads = int(os.environ.get("SM_NUM_CPUS") or os.cpu_count() or 1)
        return {
            "input": str(self._train.path),
            "lr": given.learning_rate,
            "dim": given.vector_dim,
            "epoch": given.epochs,
            "minCount": given.min_count,
            "wordNgrams": given.word_ngrams,
            # Without word n-grams nothing is hashed: fastText's own front ends do the same.
            "bucket": given.buckets if given.word_ngrams > 1 else 0,
            # With one thread the library reports no progress, so no epoch's end would be seen.
            "thread": max(threads, 2) if given.early_stopping else threads,
        }

    def _is_over(self, process: TrainingProcess) -> bool:
        """Handle the next event, or wait for the next end of an epoch."""
        timeout = None
        if self._hyperparameters.early_stopping:
            timeout = self._clock.seconds_to_next_end(process.seconds())
        match process.next_event(timeout):
            case VocabularyRead() as vocabulary:
                self._take_vocabulary(vocabulary)
            case Progress() as progress:
                self._clock.report(progress.fraction, progress.at)
                self._log_progress(progress)
            case Failed(reason):
                raise self._failure(reason)
            case Trained():
                return True
        return False

    def _take_vocabulary(self, vocabulary: VocabularyRead) -> None:
        log.vocabulary(vocabulary.million_words, vocabulary.words)
        if vocabulary.words == 0:
            raise TrainingError(
                f"hyperparameter min_count='{self._hyperparameters.min_count}' leaves no word of"
                f" {self._train.shown} in the vocabulary: lower it"
            )
        if self._validation is not None:
            log.validation_loaded(self._validation)

    def _log_progress(self, progress: Progress) -> None:
        due_at = self._progress_logged_at + _LOG_PROGRESS_EVERY_S
        # The library reports the end of training twice.
        is_first_of_the_end = progress.fraction == 1 and not self._end_logged
        if self._end_logged or (progress.at < due_at and not is_first_of_the_end):
            return
        self._progress_logged_at, self._end_logged = progress.at, progress.fraction == 1
        words = progress.fraction * self._hyperparameters.epochs * self._train.tokens
        log.progress(progress.learning_rate, progress.fraction, words / 1e6 / progress.at)

    def _take_final_weights(self, process: TrainingProcess, snapshot: Path) -> None:
        if self._hyperparameters.early_stopping:
            self._end_epochs(self._hyperparameters.epochs, process, snapshot)
        else:
            self._epochs_ended = self._hyperparameters.epochs
            process.save(snapshot)

    def _end_epochs(self, ended: int, process: TrainingProcess, snapshot: Path) -> None:
        """Log the epochs that have ended, and evaluate the weights if one has."""
        if ended <= self._epochs_ended:
            return
        for epoch in range(self._epochs_ended + 1, ended + 1):
            log.end_of_epoch(epoch)
        self._epochs_ended = ended
        # Only evaluated weights are saved, so the last epoch is evaluated even when
        # min_epochs is beyond it.
        first = min(self._hyperparameters.min_epochs, self._hyperparameters.epochs)
        if ended < first or self._validation is None:
            return
        examples, accuracy = process.evaluate(
            self._validation.path, better_than=self._stopping.best_accuracy, snapshot=snapshot
        )
        if examples == 0:
            raise TrainingError(
                f"no label in {self._validation.shown} occurs in {self._train.shown}"
            )
        self._stopping.record(accuracy)
        log.evaluation(accuracy, self._stopping.without_improvement)

    def _failure(self, reason: str) -> Exception:
        given = self._hyperparameters
        if "NaN" in reason:
            return TrainingError(
                f"training diverged with hyperparameter learning_rate='{given.learning_rate:g}'"
                f" ({reason.rstrip('.')}): lower it"
            )
        if "bad_alloc" in reason:
            return TrainingError(
                f"hyperparameters vector_dim='{given.vector_dim}' and buckets='{given.buckets}'"
                " need more memory than this machine has: lower them"
            )
        return RuntimeError(reason)
