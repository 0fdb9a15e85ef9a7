"""AWS WAF in front of REST APIs: web ACLs are associated by templates, and rates are counted.

ministack 1.5.33 stores web ACLs (waf.py:221), has no AWS::WAFv2::WebACLAssociation
(provisioners.py:15885), and lets every request through. Rule groups of AWS are not public: they are
stored, and match nothing here.
"""

import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.services import apigateway_v1, waf
from ministack.services.cloudformation import provisioners

_WINDOW_S = 300
"""A rate-based rule's evaluation window, if it says no other (WAFv2, RateBasedStatement)."""
_BLOCKED = "Forbidden"


def put_firewall_in_front() -> None:
    """Associate web ACLs with stages, and hold callers to their rate-based rules."""
    _add_associations()
    _count_requests()


def _add_associations() -> None:
    def associate(props: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
        request = {name: props[name] for name in ("WebACLArn", "ResourceArn")}
        status, _headers, body = waf._associate_web_acl(request)
        if status >= 400:
            raise ValueError(body.decode())
        return "|".join(request.values()), {}

    def disassociate(_physical_id: str, props: Mapping[str, Any]) -> None:
        waf._disassociate_web_acl({"ResourceArn": props["ResourceArn"]})

    provisioners._RESOURCE_HANDLERS["AWS::WAFv2::WebACLAssociation"] = {
        "create": lambda _logical_id, props, _stack: associate(props),
        "delete": disassociate,
    }
    provisioners._REPLACING_PROPERTIES["AWS::WAFv2::WebACLAssociation"] = (
        "ResourceArn",
        "WebACLArn",
    )


def _count_requests() -> None:
    """apigateway_v1.py:2580 asks no web ACL."""
    execute = apigateway_v1._execute_in_scope
    seen: defaultdict[tuple[str, str, str], deque[float]] = defaultdict(deque)

    async def execute_if_admitted(request: Any, api: str, stage: str, *rest: Any) -> Any:
        acl = _acl_of(f"arn:aws:apigateway:{rest[-1]}::/restapis/{api}/stages/{stage}")
        stages = apigateway_v1._stages_v1.get(api, {})
        if acl is not None and stage in stages:
            request["stage"] = stages[stage]
            for name, limit, window in _rates(acl):
                if _is_over(seen[(acl["ARN"], name, _address(request))], limit, window):
                    return apigateway_v1._gw_error("WAF_FILTERED", _BLOCKED)
        return await execute(request, api, stage, *rest)

    apigateway_v1._execute_in_scope = execute_if_admitted


def _acl_of(resource: str) -> Mapping[str, Any] | None:
    arn = waf._associations.get(resource)
    acl, error = waf._resolve_local_web_acl(arn) if arn else (None, None)
    return None if error else acl


def _rates(acl: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    """Name, limit and window of each rule that blocks an address by its rate."""
    for rule in acl["Rules"]:
        rate = rule.get("Statement", {}).get("RateBasedStatement")
        if rate and "Block" in rule.get("Action", {}):
            yield rule["Name"], int(rate["Limit"]), int(rate.get("EvaluationWindowSec", _WINDOW_S))


def _address(request: Mapping[str, Any]) -> str:
    return str(request["headers"].get("x-forwarded-for", "127.0.0.1")).partition(",")[0].strip()


def _is_over(times: deque[float], limit: int, window: int) -> bool:
    """Count one more request; whether there were more than the limit within the window."""
    now = time.monotonic()
    while times and times[0] <= now - window:
        times.popleft()
    times.append(now)
    return len(times) > limit
