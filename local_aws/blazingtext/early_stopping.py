"""When epochs end, and when training should."""

# fastText reports its progress every 100 ms; beyond this, an estimate is a guess.
_LONGEST_EXTRAPOLATION_S = 0.15


class EarlyStopping:
    """BlazingText's rule: stop after `patience` evaluations in a row without improvement."""

    def __init__(self, *, patience: int) -> None:
        self._patience = patience
        self.best_accuracy = -1.0
        """The highest accuracy so far, 0 to 1; -1 before the first evaluation."""
        self.without_improvement = 0
        """Evaluations since the best one."""

    def record(self, accuracy: float) -> bool:
        """Take the next evaluation's accuracy; returns whether it is the best so far."""
        if accuracy > self.best_accuracy:
            self.best_accuracy, self.without_improvement = accuracy, 0
            return True
        self.without_improvement += 1
        return False

    @property
    def is_exhausted(self) -> bool:
        """Whether training should stop."""
        return self.without_improvement >= self._patience


class EpochClock:
    """Tells which epochs have ended, between progress reports too.

    An epoch over a laptop-sized data set takes a few of fastText's report
    intervals, so its end is extrapolated from the last two reports. Times are
    seconds of training: pauses do not count.
    """

    def __init__(self, *, epochs: int) -> None:
        """Follow a training that plans this many epochs."""
        self._epochs = epochs
        self._position = 0.0
        self._reported_at = 0.0
        self._epochs_per_second: float | None = None

    def report(self, fraction: float, now: float) -> None:
        """Take a progress report: the fraction of all planned epochs that is done, 0 to 1."""
        position = fraction * self._epochs
        if self._reported_at > 0 and now > self._reported_at:
            self._epochs_per_second = (position - self._position) / (now - self._reported_at)
        self._position, self._reported_at = position, now

    def ended(self, now: float) -> int:
        """How many epochs are over; never the last one, which only the library can tell."""
        position = self._position
        if self._epochs_per_second is not None:
            elapsed = min(now - self._reported_at, _LONGEST_EXTRAPOLATION_S)
            position += self._epochs_per_second * elapsed
        # Reports have one decimal of a percent, and times a little jitter.
        return min(int(position + 1e-6), self._epochs - 1)

    def seconds_to_next_end(self, now: float) -> float | None:
        """How long to wait for the end of the current epoch; None while that is unknown."""
        if not self._epochs_per_second:
            return None
        next_end = self.ended(now) + 1
        due_at = self._reported_at + (next_end - self._position) / self._epochs_per_second
        return max(due_at - now, 0.001)
