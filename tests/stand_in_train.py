"""Stands for the train program of a container, for tests of what runs it.

Hyperparameters tell it what to do: `sleep` seconds, `fail` with a reason, `exit` with a
status, or write `answer` as the model. On SIGTERM it saves a model if it has `save`.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

ROOT = Path(os.environ["SM_ML_ROOT"])
PARAMETERS = json.loads((ROOT / "input/config/hyperparameters.json").read_text())


def end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(3)


def stop(_number: int, _frame: FrameType | None) -> None:
    if "save" in PARAMETERS:
        (ROOT / "model/model.bin").write_text(PARAMETERS["save"])
    os._exit(0)


signal.signal(signal.SIGTERM, stop)
threading.Thread(target=end_with_parent, daemon=True).start()
print("Arguments: train", flush=True)
for channel in sorted((ROOT / "input/data").glob("*/*")):
    print(f"Processing {channel.parent.name}/{channel.name}", flush=True)
time.sleep(float(PARAMETERS.get("sleep", "0")))
if "fail" in PARAMETERS:
    (ROOT / "output/failure").write_text(PARAMETERS["fail"])
    os._exit(1)
if "exit" in PARAMETERS:
    os._exit(int(PARAMETERS["exit"]))
(ROOT / "model/model.bin").write_text(PARAMETERS.get("answer", "first"))
print("-------------- End of epoch: 5")
print("Validation accuracy: 0.891234")
print("#train_accuracy: 0.9512")
print("#validation_accuracy: 0.9053", flush=True)
os._exit(0)
