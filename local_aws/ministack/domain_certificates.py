"""Certificates of an API's own domain, as API Gateway wants them.

ministack 1.5.33 creates a domain with any (provisioners.py:5926). The words are API Gateway's.
"""

from collections.abc import Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import acm
from ministack.services.cloudformation import provisioners


def refuse_unknown_certificates() -> None:
    """Refuse a domain whose certificate is elsewhere, somebody else's, or not there."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::DomainName"]
    create, update = handlers["create"], handlers["update"]

    def create_checked(logical_id: str, props: Mapping[str, Any], stack: str) -> Any:
        _check(props.get("RegionalCertificateArn"))
        return create(logical_id, props, stack)

    def update_checked(physical_id: str, old: Any, new: Mapping[str, Any], stack: str) -> Any:
        _check(new.get("RegionalCertificateArn"))
        return update(physical_id, old, new, stack)

    handlers["create"], handlers["update"] = create_checked, update_checked


def _check(arn: str | None) -> None:
    if not arn:
        return
    region, account = arn.split(":")[3:5]
    if region != get_region():
        raise ValueError(
            f"Invalid certificate ARN: {arn}. Certificate must be in '{get_region()}'."
        )
    if account != get_account_id():
        raise ValueError(
            "The certificate provided must be owned by the account creating the domain."
        )
    if arn not in acm._certificates:
        raise ValueError("The provided certificate does not exist.")
