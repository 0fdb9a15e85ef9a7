"""The limits of single routes, as templates write them.

ministack 1.5.33 (apigateway_v1.py:2182) looks for `/path/METHOD`. CloudFormation's ResourcePath has
`~1` for a slash, so that a route deployed by a template got the limits of `*/*`.
"""

from collections.abc import Mapping
from typing import Any

from ministack.services import apigateway_v1


def find_route_limits() -> None:
    """Put it in."""
    find = apigateway_v1._method_throttle_settings

    def found(stage: Mapping[str, Any], resource_path: str, http_method: str) -> Any:
        settings = stage.get("methodSettings") or {}
        key = f"/{resource_path.replace('/', '~1')}/{http_method}"
        return settings.get(key) or find(stage, resource_path, http_method)

    apigateway_v1._method_throttle_settings = found
