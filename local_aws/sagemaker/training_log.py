"""What the control plane reads from a training container's log.

The lines are those of the BlazingText container; AWS does not publish the
regular expressions that it attaches to built-in algorithms, these match its logs.
"""

import re
from collections.abc import Callable

_FINAL_METRICS = {
    "train:accuracy": re.compile(r"#train_accuracy: ([0-9.]+)"),
    "validation:accuracy": re.compile(r"#validation_accuracy: ([0-9.]+)"),
    "train:mean_rho": re.compile(r"#mean_rho: ([0-9.]+)"),
}
METRIC_NAMES = tuple(_FINAL_METRICS)
"""The metrics that a training job can end with, by their SageMaker names."""

_END_OF_EPOCH = re.compile(r"^-+ End of epoch: (\d+)")
_EPOCH_ACCURACY = re.compile(r"^Validation accuracy: ([0-9.]+)")


class TrainingLog:
    """Follows a log line by line."""

    def __init__(
        self, *, metric: Callable[[str, float], None], progress: Callable[[str], None]
    ) -> None:
        """Watch a job's log.

        Args:
            metric: takes each final metric, by its SageMaker name.
            progress: takes a line for a person, such as `epoch 5: validation accuracy 0.8912`.
        """
        self._metric, self._progress = metric, progress
        self._epoch = "?"
        self.lines: list[str] = []
        self.metrics: dict[str, float] = {}
        """The final metrics so far, by their SageMaker names."""
        self.publish: Callable[[str], None] = lambda line: None
        """Takes each line."""

    def feed(self, line: str) -> None:
        """Take the next line, without its line break."""
        self.lines.append(line)
        self.publish(line)
        for name, pattern in _FINAL_METRICS.items():
            if found := pattern.search(line):
                self.metrics[name] = float(found[1])
                self._metric(name, self.metrics[name])
        if found := _END_OF_EPOCH.match(line):
            self._epoch = found[1]
        elif found := _EPOCH_ACCURACY.match(line):
            self._progress(f"epoch {self._epoch}: validation accuracy {float(found[1]):.4f}")
