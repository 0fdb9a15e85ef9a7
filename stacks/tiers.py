"""Tiers: a name that prefixes every stack, and the settings that come with it.

The decisions in which a sandbox differs from production stand here and nowhere
else; stacks and constructs take them as arguments.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from constructs import Node

from stacks.repository import ROOT
from stacks.settings.api import ApiSettings
from stacks.settings.checks import Check, SettingsGroup
from stacks.settings.data import DataSettings
from stacks.settings.hosting import HostingSettings, has_local_storage
from stacks.settings.network import NetworkSettings
from stacks.settings.operations import OperationsSettings
from stacks.settings.training import TrainingSettings
from tier_layout.names import TIER_NAME, TIER_NAME_MAX, TierNames


class TierError(ValueError):
    """The tier, or its settings, cannot be deployed. The message lists every problem."""


@dataclass(frozen=True, kw_only=True)
class TierSettings(SettingsGroup):
    """What a tier decides. Every field has the default of a sandbox.

    Raises:
        TierError: on creation, listing every setting that cannot be deployed.
    """

    hosting: HostingSettings = field(default_factory=HostingSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    api: ApiSettings = field(default_factory=ApiSettings)
    data: DataSettings = field(default_factory=DataSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    operations: OperationsSettings = field(default_factory=OperationsSettings)

    def _checks(self) -> Sequence[Check]:
        types = (
            ("hosting.instance_type", self.hosting.instance_type),
            ("training.instance_type", self.training.instance_type),
        )
        return [
            (
                self.network.vpc_id is None or self.hosting.instance_type is not None,
                "network.vpc_id: serverless inference works in no VPC; leave it out, or host the "
                "model on instances (hosting.instance_type)",
            ),
            *(
                (
                    not (self.data.customer_key and has_local_storage(kind)),
                    f"data.customer_key=True with {name}={kind!r}: such an instance encrypts its "
                    "local storage with a key of its own, so SageMaker takes no other; take a type "
                    "without it (ml.m5.large, not ml.m5d.large), or customer_key=False",
                )
                for name, kind in types
            ),
        ]

    def __post_init__(self) -> None:
        problems = [
            f"{group.name}: {problem}"
            for group in fields(self)
            for problem in getattr(self, group.name).problems()
        ]
        if problems := [*problems, *self.problems()]:
            raise TierError("These tier settings cannot be deployed:\n  " + "\n  ".join(problems))


@dataclass(frozen=True, kw_only=True)
class Tier(TierNames):
    """A named deployment of the product."""

    settings: TierSettings
    settings_name: str
    """What `-c settings=` calls them."""


SANDBOX = TierSettings()

PRODUCTION = TierSettings(
    hosting=HostingSettings(
        instance_type="ml.m5.large",
        minimum_instances=2,
        maximum_instances=4,
        canary=True,
        network_isolation=True,
    ),
    training=TrainingSettings(minimum_accuracy=0.90, network_isolation=True),
    api=ApiSettings(
        authorization="iam",
        requests_per_second=100,
        burst=200,
        requests_per_day=1_000_000,
        total_requests_per_second=500,
        total_burst=1000,
        tracing=True,
        reserved_concurrency=100,
        access_logs=True,
    ),
    data=DataSettings(retain=True, customer_key=True, access_logs=True),
    operations=OperationsSettings(
        log_retention="THREE_MONTHS", watched=True, monthly_budget_usd=400
    ),
)

SETTINGS = {"Sandbox": SANDBOX, "Production": PRODUCTION}


def tier_from_context(node: "Node") -> Tier:
    """Read the tier from `-c tier=NAME`, `-c settings=NAME` and what `cdk.json` says of it.

    Raises:
        TierError: the tier is missing, its name is refused by CloudFormation, nothing
            says which settings it takes, or they cannot be deployed.
    """
    return find_tier(
        node.try_get_context("tier"),
        node.try_get_context("settings"),
        own=node.try_get_context("tiers") or {},
    )


def find_tier(
    name: str | None, settings: str | None = None, *, own: Mapping[str, Any] | str | None = None
) -> Tier:
    """Return the tier of that name.

    Args:
        name: of the tier.
        settings: whose settings it takes, for a tier of one's own.
        own: tiers of one's own, as the context `tiers` has them: an object, or its JSON, with for
            each tier's name the name of the `settings` that it starts from and what it has
            otherwise, by group: `{"Staging": {"settings": "Production", "hosting":
            {"maximum_instances": 2}}}`. None takes those of `cdk.json`.

    Raises:
        TierError: the message lists what is allowed.
    """
    known = " or ".join(SETTINGS)
    usage = (
        "  -c tier=Sandbox                   serverless, an API key, removed without a trace\n"
        "  -c tier=Production                autoscaled, IAM, canary rollouts, data retained\n"
        "  -c tier=Alice -c settings=Sandbox a tier of your own, with the settings of one of them\n"
        "What else it differs in stands in the context `tiers` of cdk.json."
    )
    if not name:
        raise TierError(f"Which tier? Say one of:\n{usage}")
    if not TIER_NAME.fullmatch(name) or len(name) > TIER_NAME_MAX:
        raise TierError(
            f"The tier name {name!r} cannot prefix a stack: it must start with a letter and hold "
            f"letters, digits and single hyphens only, {TIER_NAME_MAX} characters at the most. "
            f"Say one of:\n{usage}"
        )
    changes = dict(_own_tiers(own).get(name) or {})
    base = changes.pop("settings", None)
    chosen = settings or base or name
    if chosen not in SETTINGS:
        problem = (
            f"There are no settings named {chosen!r}."
            if settings or base
            else f"The tier {name!r} has no settings of its own."
        )
        raise TierError(f"{problem} Settings are {known}. Say one of:\n{usage}")
    return Tier(name=name, settings=_changed(SETTINGS[chosen], changes, name), settings_name=chosen)


def _own_tiers(own: Mapping[str, Any] | str | None) -> Mapping[str, Any]:
    if own is None:
        context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8")).get("context", {})
        own = context.get("tiers", {})
    try:
        tiers = json.loads(own) if isinstance(own, str) else own
    except ValueError as error:
        raise TierError(f"The context `tiers` is no JSON: {error}") from error
    if not isinstance(tiers, Mapping) or not all(
        isinstance(one, Mapping) for one in tiers.values()
    ):
        raise TierError(
            "The context `tiers` must be an object of objects, such as "
            '{"Staging": {"settings": "Production", "hosting": {"maximum_instances": 2}}}.'
        )
    return tiers


def _changed(base: TierSettings, changes: Mapping[str, Any], name: str) -> TierSettings:
    """Settings with some of their values changed, checked by type and by what can be deployed."""
    if not changes:
        return base
    # Needed by tiers of one's own only, and slow to import.
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415

    groups = asdict(base)
    wanted = {
        group: {**groups.get(group, {}), **values} if isinstance(values, Mapping) else values
        for group, values in {**groups, **changes}.items()
    }
    try:
        return TypeAdapter(TierSettings).validate_json(json.dumps(wanted))
    except ValidationError as error:
        found = error.errors(include_url=False)
        for one in found:
            if isinstance(refused := one.get("ctx", {}).get("error"), TierError):
                raise refused from error
        problems = "".join(f"\n  {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found)
        raise TierError(f"What the context `tiers` says of {name} is wrong:{problems}") from error
