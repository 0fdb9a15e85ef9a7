"""The container's `train` program: `python -m local_aws.blazingtext.train`.

Reads and writes the directory in SM_ML_ROOT as the container contract says, and
logs the container's lines. SM_NUM_CPUS sets the number of training threads (by
default one for each CPU); with 1 the model is reproducible. Early stopping takes at
least two threads.

What differs from the container:

- fastText cannot stop at an epoch's end. Its position is known every 100 ms, and
  extrapolated in between, so an "end of epoch" is a few percent of an epoch off.
  Training is paused while an exact copy of its weights is evaluated, on one thread.
- Epochs much shorter than 100 ms pass unseen: of a training that is over before
  the second report, only the final weights are evaluated.
- Progress is logged once a second.
- What the container does with several files in a channel, a missing validation
  channel under early stopping, or an unknown boolean is not documented; here
  each fails the job.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from types import FrameType
from typing import NoReturn

from local_aws.blazingtext import container_log as log
from local_aws.blazingtext.container import ChannelFile, Container
from local_aws.blazingtext.errors import TrainingError
from local_aws.blazingtext.hyperparameters import parse_hyperparameters
from local_aws.blazingtext.lifeline import on_stdin_eof
from local_aws.blazingtext.training import Training

_EVALUATE = (sys.executable, "-m", "local_aws.blazingtext.evaluate")


def main() -> int:
    """Run the job; returns its exit status, 0 or 1."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    on_stdin_eof(lambda: os.kill(os.getpid(), signal.SIGTERM))
    container = Container(Path(os.environ.get("SM_ML_ROOT", "/opt/ml")).absolute())
    try:
        _run(container)
    except TrainingError as error:
        reason = f"ClientError: {error}"
    except Exception as error:
        traceback.print_exc()
        reason = f"AlgorithmError: {type(error).__name__}: {error}"
    else:
        return 0
    log.failed(reason)
    container.write_failure(reason)
    return 1


def _stop(signal_number: int, frame: FrameType | None) -> NoReturn:
    # Unwinding the stack ends the processes that we have started; nothing may interrupt that.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(128 + signal_number)


def _run(container: Container) -> None:
    log.started()
    hyperparameters = parse_hyperparameters(container.hyperparameters())
    container.require_one_host()
    log.mode_chosen()
    train, validation = container.channel_file("train"), container.channel_file("validation")
    if train is None:
        raise TrainingError("channel train is missing: add it to InputDataConfig")
    if hyperparameters.early_stopping and validation is None:
        raise TrainingError(
            "hyperparameter early_stopping='True' needs a validation channel, and there is none"
        )
    files = {"train": train} if validation is None else {"train": train, "validation": validation}
    for file in files.values():
        log.processing(file)
    container.model_file.parent.mkdir(parents=True, exist_ok=True)
    # In the same file system as the model, so that the best weights are moved, not copied.
    with tempfile.TemporaryDirectory(dir=container.root, prefix=".best-weights-") as directory:
        Training(hyperparameters, train, validation).run(container.model_file, Path(directory))
    _report_accuracy(container.model_file, files)


def _report_accuracy(model_file: Path, files: dict[str, ChannelFile]) -> None:
    """Log the saved model's accuracy on each channel; the channels are evaluated at once."""
    evaluations: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for channel, file in files.items():
            evaluations[channel] = subprocess.Popen(
                [*_EVALUATE, str(model_file), str(file.path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
            )
        for channel, process in evaluations.items():
            result = json.loads(_output_of(process))
            if result["examples"] == 0:
                raise TrainingError(f"no label in {files[channel].shown} is known to the model")
            log.final_accuracy(channel, result["accuracy"], result["examples"])
    finally:
        for process in evaluations.values():
            with process:
                process.kill()


def _output_of(process: subprocess.Popen[bytes]) -> bytes:
    """What the process has written when it ends; RuntimeError if it ends with a fault."""
    while True:
        # Short waits: a signal that comes just before one begins is handled after it.
        with contextlib.suppress(subprocess.TimeoutExpired):
            output, _ = process.communicate(timeout=0.5)
            break
    if process.returncode != 0:
        raise RuntimeError(f"the evaluating process ended with status {process.returncode}")
    return output


if __name__ == "__main__":
    sys.exit(main())
