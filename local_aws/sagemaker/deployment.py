"""One attempt to put a config behind an endpoint, and what carries it out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from local_aws.sagemaker.deployment_config import alarm_names
from local_aws.sagemaker.endpoint import Endpoint, Variant
from local_aws.sagemaker.models import Definition
from local_aws.sagemaker.rollout import Rollout, Step


class Ledger(Protocol):
    """Where it is written down how a deployment goes: the control plane's endpoints."""

    def hosted_variants(
        self, config: Definition, variants: Iterable[Mapping[str, Any]]
    ) -> tuple[Variant, ...]:
        """What production variants ask to host."""

    def alarm_states(self, names: Iterable[str]) -> dict[str, str]:
        """The states of those of CloudWatch's alarms that exist."""

    def shifted(self, name: str, attempt: int, step: Step) -> None:
        """A deployment has given the new fleet a step's share of the traffic."""

    def rolling_back(self, name: str, attempt: int, reason: str) -> None:
        """A deployment goes back to what served before, and why."""

    def finish(
        self,
        name: str,
        attempt: int,
        config: Definition,
        failure: str | None,
        *,
        variants: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """A deployment has ended."""


class Hosting(Protocol):
    """What puts models behind the endpoints that the control plane keeps."""

    def deploy(self, deployment: "Deployment") -> None:
        """Begin to serve these variants and return at once; report to `deployment`.

        Where the endpoint serves already, traffic moves only when the new models
        answer, in the steps of the deployment's rollout, and stays where it is when they never do.
        """

    def remove(self, endpoint_name: str) -> None:
        """Stop serving an endpoint; one that does not serve is no error."""

    def weigh(self, endpoint_name: str, weights: Mapping[str, float]) -> None:
        """Give variants of an endpoint that serves other weights."""


class Deployment:
    """One attempt to put a config behind an endpoint, as its host sees it.

    Each report counts once, and only while this is the endpoint's latest attempt.
    """

    def __init__(
        self,
        ledger: Ledger,
        endpoint: Endpoint,
        config: Definition,
        variants: Sequence[Mapping[str, Any]],
        rollout: Rollout,
    ) -> None:
        self._ledger, self._attempt = ledger, endpoint.attempt
        self._config, self._variants = config, variants
        self._alarms = alarm_names(endpoint.deployment_config)
        self.endpoint_name = endpoint.name
        self.endpoint_arn = endpoint.arn
        self.config_name = config.name
        self.capture_config = config.request.get("DataCaptureConfig")
        self.rollout = rollout
        self.variants: tuple[Variant, ...] = ledger.hosted_variants(config, variants)

    def shifted(self, step: Step) -> None:
        """The new models have a step's share of the traffic, and are watched."""
        self._ledger.shifted(self.endpoint_name, self._attempt, step)

    def tripped(self) -> str | None:
        """Why the deployment must go back: one of its alarms is in ALARM; None while none is."""
        states = self._ledger.alarm_states(self._alarms)
        in_alarm = [name for name in self._alarms if states.get(name) == "ALARM"]
        if not in_alarm:
            return None
        return (
            "The deployment was rolled back because one or more CloudWatch alarms went into ALARM"
            f" state: {', '.join(in_alarm)}."
        )

    def rolling_back(self, reason: str) -> None:
        """The traffic goes back to the old models."""
        self._ledger.rolling_back(self.endpoint_name, self._attempt, reason)

    def in_service(self) -> None:
        """The new models answer, and have the traffic."""
        self._ledger.finish(
            self.endpoint_name, self._attempt, self._config, None, variants=self._variants
        )

    def failed(self, reason: str) -> None:
        """The new models never answered; an endpoint that served before still does."""
        self._ledger.finish(self.endpoint_name, self._attempt, self._config, reason)
