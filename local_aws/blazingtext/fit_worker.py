"""The process in which fastText trains, driven by `training_process`.

fastText's `train` can be neither paused nor stopped nor asked for its weights at
an epoch's end. In a process of its own it can: signals pause and stop it, and a
fork is an exact copy of the weights at one moment, which can be evaluated and
saved at leisure (Redis takes its snapshots so).

Interface: settings in JSON as the only argument; fastText's own progress on
standard error, then `@trained` or `@failed <reason>`; commands as JSON lines on
standard input, answered by JSON lines on standard output. End of input ends it.
"""

import json
import os
import signal
import sys
import threading
import warnings
from typing import Any

import fasttext_pybind  # type: ignore[import-not-found]

TRAINED = b"@trained"
FAILED = b"@failed "


def main() -> None:
    """Start training, then obey commands until standard input ends."""
    # Copies report on standard output; nobody waits for their exit status.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # The interpreter warns of fork beside threads. The copy touches nothing that they lock.
    warnings.simplefilter("ignore", DeprecationWarning)
    model = fasttext_pybind.fasttext()
    settings = json.loads(sys.argv[1])
    threading.Thread(target=_train, args=(model, settings), daemon=True).start()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if "save" in command:
                model.saveModel(command["save"])
                _answer({"saved": True})
            else:
                _fork_snapshot(model, command)
        except Exception as error:
            _answer({"error": str(error)})
    # An ordinary exit would wait for the training threads.
    os._exit(0)


def _train(model: Any, settings: dict[str, Any]) -> None:
    arguments = fasttext_pybind.args()
    arguments.model = fasttext_pybind.model_name.supervised
    arguments.loss = fasttext_pybind.loss_name.softmax
    arguments.minn = arguments.maxn = 0
    arguments.verbose = 2
    for name, value in settings.items():
        setattr(arguments, name, value)
    try:
        fasttext_pybind.train(model, arguments)
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        os.write(2, b"\n" + FAILED + reason.encode() + b"\n")
    else:
        os.write(2, b"\n" + TRAINED + b"\n")


def _fork_snapshot(model: Any, command: dict[str, Any]) -> None:
    """Evaluate a copy of this process; save its weights when they beat `better_than`."""
    if os.fork() != 0:
        return
    try:
        _answer({"pid": os.getpid()})
        examples, accuracy, _ = model.test(command["test"], 1, 0.0)
        if examples and accuracy > command["better_than"]:
            model.saveModel(command["snapshot"])
        _answer({"examples": examples, "accuracy": accuracy if examples else 0.0})
    except Exception as error:
        _answer({"error": str(error)})
    finally:
        os._exit(0)


def _answer(value: dict[str, Any]) -> None:
    # One write: lines of the process and of its copies must not mix.
    os.write(1, json.dumps(value).encode() + b"\n")


if __name__ == "__main__":
    main()
