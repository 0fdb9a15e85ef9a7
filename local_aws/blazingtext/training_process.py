"""Runs fastText's training in a process that can be paused, copied and stopped."""

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from local_aws.blazingtext.fit_worker import FAILED, TRAINED

_VOCABULARY = re.compile(rb"Number of words:\s+(\d+)")
_MILLION_WORDS = re.compile(rb"Read (\d+)M words")
_PROGRESS = re.compile(rb"Progress:\s*([0-9.]+)%.*?lr:\s*(-?[0-9.]+)")
# A signal that comes just before a wait begins is handled after it, so no wait is long.
_LONGEST_WAIT_S = 0.5


@dataclass(frozen=True)
class VocabularyRead:
    """The training data was read once; `words` are those that min_count left."""

    million_words: int
    words: int


@dataclass(frozen=True)
class Progress:
    """The fraction of all planned epochs that is done (0 to 1), at a time of training."""

    fraction: float
    learning_rate: float
    at: float


@dataclass(frozen=True)
class Trained:
    """All planned epochs are over."""


@dataclass(frozen=True)
class Failed:
    """The library gave up; `reason` is its message."""

    reason: str


Event = VocabularyRead | Progress | Trained | Failed


class TrainingProcess:
    """One training. Leaving the context ends it, whatever it is doing."""

    def __init__(self, arguments: Mapping[str, str | int | float]) -> None:
        """Start training with these attributes of fastText's `Args`."""
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._started = time.monotonic()
        self._paused_at: float | None = None
        self._paused_in_all = 0.0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "local_aws.blazingtext.fit_worker", json.dumps(arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Signals for the process and its copies together. And should we be killed
            # during a pause: a stopped group whose parent has gone is hung up by the kernel.
            process_group=0,
        )
        self._readers = [
            threading.Thread(target=self._read_events, args=(self._process.stderr,), daemon=True),
            threading.Thread(target=self._read_answers, args=(self._process.stdout,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # It may have ended by itself, with or without a copy left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for reader in self._readers:
            reader.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def seconds(self) -> float:
        """How long training has run since the vocabulary was read, pauses left out."""
        now = time.monotonic() if self._paused_at is None else self._paused_at
        return now - self._started - self._paused_in_all

    def next_event(self, timeout_s: float | None) -> Event | None:
        """Wait for the next event; None when there was none in time, or for half a second."""
        wait_s = _LONGEST_WAIT_S if timeout_s is None else min(timeout_s, _LONGEST_WAIT_S)
        try:
            return self._events.get(timeout=wait_s)
        except queue.Empty:
            return None

    def evaluate(self, text: Path, *, better_than: float, snapshot: Path) -> tuple[int, float]:
        """Pause training, and evaluate the weights as they are now.

        Args:
            text: labelled lines.
            better_than: weights with a higher accuracy are saved.
            snapshot: the model file that they are saved to.

        Returns:
            How many lines have a known label, and the accuracy on them, 0 to 1.
        """
        self._command({"test": str(text), "better_than": better_than, "snapshot": str(snapshot)})
        copy = int(self._answer()["pid"])
        self._process.send_signal(signal.SIGSTOP)
        self._paused_at = time.monotonic()
        try:
            answer = self._answer(of=copy)
        finally:
            self._paused_in_all += time.monotonic() - self._paused_at
            self._paused_at = None
            self._process.send_signal(signal.SIGCONT)
        return answer["examples"], answer["accuracy"]

    def save(self, path: Path) -> None:
        """Save the weights; only after `Trained`."""
        self._command({"save": str(path)})
        self._answer()

    def _command(self, command: dict[str, Any]) -> None:
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        # After its end there is nobody to write to; `_answer` says so.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(command).encode() + b"\n")
            self._process.stdin.flush()

    def _answer(self, *, of: int | None = None) -> dict[str, Any]:
        ended, answer = False, None
        while answer is None:
            try:
                answer = self._answers.get(timeout=_LONGEST_WAIT_S)
            except queue.Empty:
                # A copy that was killed (out of memory, say) leaves no other trace. But one that
                # has just ended may have answered in the moment in which we gave up waiting.
                if ended:
                    answer = {"error": "the evaluating process ended without an answer"}
                ended = of is not None and not _is_alive(of)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def _read_answers(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            self._answers.put(json.loads(line))
        self._answers.put({"error": "the training process ended without an answer"})

    def _read_events(self, pipe: IO[bytes]) -> None:
        rest, million_words, ended = b"", 0, False
        while data := os.read(pipe.fileno(), 1 << 16):
            *lines, rest = re.split(rb"[\r\n]", rest + data)
            for line in lines:
                if found := _MILLION_WORDS.match(line):
                    million_words = int(found[1])
                elif found := _VOCABULARY.match(line):
                    self._started = time.monotonic()
                    self._events.put(VocabularyRead(million_words, int(found[1])))
                elif found := _PROGRESS.match(line):
                    fraction = min(float(found[1]) / 100, 1.0)
                    self._events.put(Progress(fraction, float(found[2]), self.seconds()))
                elif line.startswith((TRAINED, FAILED)):
                    ended = True
                    reason = line.removeprefix(FAILED).decode("utf-8", errors="replace")
                    self._events.put(Trained() if line == TRAINED else Failed(reason))
        if not ended:
            self._events.put(Failed("the training process was killed, perhaps for its memory"))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
