"""The processes behind an endpoint, and which of two fleets answers the next request."""

import random
import threading
from dataclasses import dataclass, field
from pathlib import Path

from local_aws.sagemaker.data_capture import CaptureSettings
from local_aws.sagemaker.serving_process import ServingProcess


@dataclass
class Fleet:
    """The processes of one deployment, one for each production variant."""

    root: Path
    config_name: str
    capture: CaptureSettings | None = None
    """What of its requests and answers is captured; None for nothing."""
    processes: dict[str, ServingProcess] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    instances: dict[str, int] = field(default_factory=dict)
    """How many instances each variant stands for; 0 on serverless."""
    retired: threading.Event = field(default_factory=threading.Event)
    """Set once it is no longer to serve."""
    keepers: list[threading.Thread] = field(default_factory=list)
    """They start its processes again."""

    def pick(self, target: str | None) -> str:
        """The variant for the next request: the one asked for, or one by weight.

        Raises:
            KeyError: there is no variant of that name.
        """
        if target is not None:
            if target not in self.processes:
                raise KeyError(target)
            return target
        names = list(self.processes)
        if len(names) == 1:
            return names[0]
        weights = [self.weights[name] for name in names]
        return random.choices(names, weights if any(weights) else None)[0]  # noqa: S311


@dataclass
class Traffic:
    """The fleets of one endpoint: two while a deployment moves the traffic from one to the other.

    Used under its host's lock.
    """

    fleet: Fleet
    """The only one, or the old one."""
    coming: Fleet | None = None
    share: float = 0.0
    """The share of the requests that goes to the new one, 0 to 1."""
    _owed: float = 0.0
    """How much of a request the new one has not got yet: so no stretch of requests exceeds it."""

    def pick(self) -> Fleet:
        """The fleet for the next request."""
        if self.coming is None:
            return self.fleet
        self._owed += self.share
        # Ten shares of a tenth are a little less than one.
        if self._owed < 1 - 1e-9:
            return self.fleet
        self._owed -= 1
        return self.coming

    def fleets(self) -> list[Fleet]:
        """All of them."""
        return [self.fleet] if self.coming is None else [self.fleet, self.coming]


@dataclass(frozen=True)
class Lease:
    """The process that answers one request, and what the request counts for."""

    variant: str
    process: ServingProcess
    config_name: str
    instances: int
    capture: CaptureSettings | None
    in_rollout: bool
    """Whether two fleets serve, so that each has metrics of its own."""
