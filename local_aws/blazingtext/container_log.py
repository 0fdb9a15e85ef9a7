"""The lines that the BlazingText container logs, in its words.

They are what SageMaker's built-in metric definitions read, so their form is a
contract. Two lines of the container's start-up have no counterpart here and are
left out: its warning about loggers, and how long `nvidia-smi` took.
"""

import sys
import threading
from datetime import UTC, datetime

from local_aws.blazingtext.container import ChannelFile


def _line(text: str = "") -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _logged(level: str, text: str) -> None:
    time = datetime.now(UTC).strftime("%m/%d/%Y %H:%M:%S")
    _line(f"[{time} {level} {threading.get_ident()}] {text}")


def started() -> None:
    """The first line of every job."""
    _line("Arguments: train")


def mode_chosen() -> None:
    """The hyperparameters are valid."""
    _logged("INFO", "Running single machine CPU BlazingText training using supervised mode.")


def processing(file: ChannelFile) -> None:
    """A channel's file was found."""
    _logged("INFO", f"Processing {file.shown} . File size: {file.size >> 20} MB")


def failed(reason: str) -> None:
    """The job ends here, with exit status 1."""
    _logged("ERROR", reason)


def vocabulary(million_words: int, words: int) -> None:
    """The training data was read once, for its vocabulary."""
    _line(f"Read {million_words}M words")
    _line(f"Number of words:  {words}")


def validation_loaded(file: ChannelFile) -> None:
    """The validation channel is ready for evaluations."""
    _line(f"Loading validation data from {file.shown}")
    _line("Loaded validation data.")


def progress(learning_rate: float, fraction: float, million_words_per_second: float) -> None:
    """How far training is: the fraction of all planned epochs, 0 to 1."""
    _line(
        f"##### Alpha: {max(learning_rate, 0):.4f}  Progress: {fraction:.2%}"
        f"  Million Words/sec: {million_words_per_second:.2f} #####"
    )


def end_of_epoch(epoch: int) -> None:
    """An epoch is over; epochs count from 1."""
    _line(f"-------------- End of epoch: {epoch}")


def evaluation(accuracy: float, without_improvement: int) -> None:
    """What early stopping found; `without_improvement` is 0 after an improvement."""
    _line("Using 1 threads for prediction!")
    _line(f"Validation accuracy: {accuracy:.6g}")
    if without_improvement:
        _line(f"Validation accuracy has not improved for last {without_improvement} epochs.")
    else:
        _line("Validation accuracy improved! Storing best weights...")


def finished(million_words: float, seconds: float) -> None:
    """Training is over; `seconds` leaves evaluations out."""
    _line("Training finished.")
    _line(f"Average throughput in Million words/sec: {million_words / max(seconds, 1e-9):.2f}")
    _line(f"Total training time in seconds: {seconds:.2f}")


def final_accuracy(channel: str, accuracy: float, examples: int) -> None:
    """The saved model's accuracy on a channel; the job's metric is read from this."""
    _line()
    _line(f"#{channel}_accuracy: {accuracy:.4f}")
    _line(f"Number of {channel} examples: {examples}")
