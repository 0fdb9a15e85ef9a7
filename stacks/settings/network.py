"""Where a tier's functions, jobs and instances stand in a network."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stacks.settings.checks import Check, SettingsGroup

_ID = re.compile(r"(vpc|subnet|sg|rtb)-[0-9a-f]{8,17}")


@dataclass(frozen=True, kw_only=True)
class NetworkSettings(SettingsGroup):
    """A VPC of one's own for functions, training and instances. None by default."""

    vpc_id: str | None = None
    """The VPC; None leaves everything in AWS's own network."""
    subnet_ids: tuple[str, ...] = ()
    """Its private subnets. SageMaker and Lambda take up addresses in each."""
    security_group_ids: tuple[str, ...] = ()
    """They must let HTTPS (443) out, and in between themselves for the endpoints."""
    endpoints: bool = False
    """Whether the tier makes the VPC endpoints that it needs; False where there are some, or a way
    to the internet. Two tiers cannot both make them in one VPC."""
    route_table_ids: tuple[str, ...] = ()
    """The subnets' route tables, for the gateway endpoint of S3."""

    def _checks(self) -> Sequence[Check]:
        given = [
            *([self.vpc_id] if self.vpc_id else []),
            *self.subnet_ids,
            *self.security_group_ids,
            *self.route_table_ids,
        ]
        wrong = [one for one in given if not _ID.fullmatch(one)]
        inside = bool(self.vpc_id)
        return (
            (not wrong, f"{', '.join(wrong)}: no id of a VPC, subnet, group or route table"),
            (
                inside == bool(self.subnet_ids) == bool(self.security_group_ids),
                "vpc_id, subnet_ids and security_group_ids go together: give all three, or none",
            ),
            (
                not self.endpoints or bool(inside and self.route_table_ids),
                "endpoints=True needs vpc_id and route_table_ids, the way to S3",
            ),
        )
