"""The limits that a template gives single routes of a stage.

ministack 1.5.33 enforces them (apigateway_v1.py:2180), and looks for them by the route's path, as
UpdateStage stores them; templates write a slash as `~1` (JSON Pointer), which
provisioners.py:5609 leaves as it is.
"""

from typing import Any

from ministack.services.cloudformation import provisioners


def read_paths_of_method_settings() -> None:
    """Store a template's settings of a route under the route's path."""
    settings_of = provisioners._apigw_method_settings

    def settings_by_path(properties: Any) -> dict[str, Any]:
        settings = settings_of(properties)
        return {
            key if key == "*/*" else f"/{key.replace('~1', '/').lstrip('/')}": value
            for key, value in settings.items()
        }

    provisioners._apigw_method_settings = settings_by_path
