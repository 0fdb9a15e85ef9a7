"""The health check, which asks the model at most once in a few seconds, whoever asks it."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from lambdas.sentiment_api import observability
from lambdas.sentiment_api.models import HEALTH_MAX_AGE_SECONDS
from lambdas.sentiment_api.problems import ENDPOINT_FAILURES, Problem, ProblemError, unhealthy


@dataclass(kw_only=True)
class HealthChecks:
    """The last check of this function's process; each process has its own."""

    clock: Callable[[], float] = monotonic
    _problem: Problem | None = field(default=None, init=False)
    _checked: float | None = field(default=None, init=False)

    def age(self, check: Callable[[], None]) -> float:
        """Have the endpoint checked, or take what the last check found.

        Args:
            check: has the endpoint label one word; raises what the endpoint fails with.

        Returns:
            How many seconds ago the endpoint answered.

        Raises:
            ProblemError: 503, it did not answer as it should, now or a moment ago.
        """
        if self._checked is None or self.clock() - self._checked >= HEALTH_MAX_AGE_SECONDS:
            self._problem = _problem_of(check)
            # The time of the answer: an endpoint that times out takes longer than it stands.
            self._checked = self.clock()
        if self._problem is not None:
            raise ProblemError(self._problem)
        return self.clock() - self._checked


@functools.cache
def health_checks() -> HealthChecks:
    """Those of this process."""
    return HealthChecks()


def _problem_of(check: Callable[[], None]) -> Problem | None:
    try:
        check()
    except ENDPOINT_FAILURES as failure:
        observability.endpoint_failed(failure)
        return unhealthy(failure)
    return None
