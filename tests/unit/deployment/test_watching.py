"""The stack of dashboard and alarms: when a deployment includes it, and its parameter."""

from collections.abc import Mapping

import pytest

from deployment.cdk_cli import CdkCli
from deployment.rollout import deploy_operations
from deployment.stack_parameters import Given, ParameterError
from deployment.tier_stacks import TierStacks
from deployment.watching import is_watched, known_parameters, stacks_to_deploy
from tests.unit.deployment.fake_template import template_of

ADDRESS = Given({"AlarmEmail": "ops@example.org"})


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Mapping[str, str]]]:
    """What the CDK CLI was told to deploy: stacks with the parameters that were passed."""
    calls: list[tuple[str, Mapping[str, str]]] = []
    monkeypatch.setattr(CdkCli, "template", lambda _, stack: template_of(stack))
    monkeypatch.setattr(
        CdkCli, "deploy", lambda _, stack, parameters: calls.append((stack, parameters))
    )
    there(monkeypatch)
    return calls


def there(monkeypatch: pytest.MonkeyPatch, **stacks: Mapping[str, str]) -> None:
    """Have these stacks deployed, by the second part of their name, with their parameters."""

    def of(name: str) -> Mapping[str, str] | None:
        return stacks.get(name.rpartition("-")[2])

    monkeypatch.setattr(
        TierStacks, "status", lambda _, name: "" if of(name) is None else "CREATE_COMPLETE"
    )
    monkeypatch.setattr(TierStacks, "kept_parameters", lambda _, name: of(name) or {})


def sandbox() -> CdkCli:
    return CdkCli(tier="Sandbox")


def production() -> CdkCli:
    return CdkCli(tier="Production")


@pytest.mark.usefixtures("deployed")
def test_production_is_watched() -> None:
    assert stacks_to_deploy(production())[-1] == "Production-Operations"


@pytest.mark.usefixtures("deployed")
def test_sandbox_is_not() -> None:
    assert not is_watched(sandbox())


@pytest.mark.usefixtures("deployed")
def test_a_stack_that_was_deployed_by_hand_is_kept_in_step(monkeypatch: pytest.MonkeyPatch) -> None:
    there(monkeypatch, Operations={})
    assert stacks_to_deploy(sandbox())[-1] == "Sandbox-Operations"


@pytest.mark.usefixtures("deployed")
def test_a_tier_of_ones_own_may_be_watched() -> None:
    context = {"tiers": '{"Sandbox": {"operations": {"watched": true}}}'}
    assert is_watched(CdkCli(tier="Sandbox", context=context))


def test_an_address_is_passed_to_the_stack(deployed: list[tuple[str, Mapping[str, str]]]) -> None:
    deploy_operations(production(), given=ADDRESS)
    assert deployed == [("Production-Operations", {"AlarmEmail": "ops@example.org"})]


def test_an_address_that_is_not_given_again_is_kept(
    deployed: list[tuple[str, Mapping[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    there(monkeypatch, Operations={"AlarmEmail": "ops@example.org"})
    deploy_operations(production(), given=Given())
    assert deployed == [("Production-Operations", {})]
    assert "AlarmEmail  ops@example.org: kept" in capsys.readouterr().out


def test_an_empty_address_takes_the_former_one_away(
    deployed: list[tuple[str, Mapping[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    there(monkeypatch, Operations={"AlarmEmail": "ops@example.org"})
    deploy_operations(production(), given=Given({"AlarmEmail": ""}))
    assert deployed == [("Production-Operations", {"AlarmEmail": ""})]


@pytest.mark.usefixtures("deployed")
def test_a_tier_that_tells_nobody_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    deploy_operations(production(), given=Given())
    assert "AlarmEmail  –: nobody is told of alarms until" in capsys.readouterr().out


def test_nothing_is_deployed_where_nobody_watches(
    deployed: list[tuple[str, Mapping[str, str]]],
) -> None:
    deploy_operations(sandbox(), given=Given())
    assert deployed == []


@pytest.mark.usefixtures("deployed")
def test_an_address_where_nobody_watches_is_refused_with_what_to_do() -> None:
    with pytest.raises(ParameterError, match=r'(?s)AlarmEmail .*-Operations.*"watched": true'):
        known_parameters(sandbox(), ADDRESS)


@pytest.mark.usefixtures("deployed")
def test_an_address_is_a_parameter_of_a_watched_tier() -> None:
    assert "AlarmEmail" in [one.name for one in known_parameters(production(), ADDRESS)]
