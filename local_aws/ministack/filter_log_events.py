"""FilterLogEvents with its filters and its pages.

ministack 1.5.33 (cloudwatch_logs.py:1338) knows neither logStreamNamePrefix nor nextToken, ignores
case, and lets every event pass a JSON pattern.
"""

import base64
import heapq
import json
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import cloudwatch_logs

from local_aws.ministack.filter_pattern import compile_pattern
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.validation import check_request

_MOST_EVENTS = 10_000
_MOST_BYTES = 1 << 20
"""Of one page (API reference, FilterLogEvents)."""

_Place = tuple[int, str, int]
"""Timestamp, stream, and number in it: the order, and where a page ends."""


def filter_log_events() -> None:
    """Put it in."""
    cloudwatch_logs._filter_log_events = _answer


def _answer(request: dict[str, Any]) -> Any:
    group = cloudwatch_logs._resolve_log_group_name(request)
    try:
        _check(request)
        matches = compile_pattern(request.get("filterPattern") or "")
        after = _place(request.get("nextToken"))
    except SageMakerError as error:
        return error_response_json("InvalidParameterException", error.message, 400)
    except ValueError as error:
        return error_response_json("InvalidParameterException", f"Invalid request: {error}", 400)
    found = cloudwatch_logs._log_groups.get(group)
    if found is None:
        return error_response_json(
            "ResourceNotFoundException", "The specified log group does not exist.", 400
        )
    page: list[dict[str, Any]] = []
    size, last = 0, after
    limit = min(request.get("limit", _MOST_EVENTS), _MOST_EVENTS)
    for place, event in _events(found["streams"], request):
        if after is not None and place <= after:
            continue
        if not matches(event.get("message", "")):
            continue
        size += len(event["message"].encode()) + 26
        if len(page) == limit or (page and size > _MOST_BYTES):
            return json_response({"events": page, "nextToken": _token(last)})
        page.append(_shown(event, place))
        last = place
    return json_response({"events": page, "searchedLogStreams": []})


def _check(request: Mapping[str, Any]) -> None:
    check_request("FilterLogEvents", request, service="logs")
    if request.get("logStreamNames") and request.get("logStreamNamePrefix"):
        raise ValueError("logStreamNames and logStreamNamePrefix cannot be used together")


def _events(
    streams: Mapping[str, Any], request: Mapping[str, Any]
) -> Iterator[tuple[_Place, dict[str, Any]]]:
    """What lies in the asked streams and time, from all of them in the order of time."""
    names = request.get("logStreamNames")
    prefix = request.get("logStreamNamePrefix") or ""
    start, end = request.get("startTime"), request.get("endTime")
    with cloudwatch_logs._log_events_lock:
        chosen = {
            name: list(stream["events"])
            for name, stream in list(streams.items())
            if name.startswith(prefix) and (not names or name in names)
        }

    def of(name: str) -> Iterator[tuple[_Place, dict[str, Any]]]:
        for number, event in enumerate(chosen[name]):
            time = event["timestamp"]
            if (start is None or time >= start) and (end is None or time <= end):
                yield (time, name, number), event

    yield from heapq.merge(*(of(name) for name in chosen), key=lambda found: found[0])


def _shown(event: Mapping[str, Any], place: _Place) -> dict[str, Any]:
    # What functions log has no id of its own here (lambda_svc.py:5075).
    identity = event.get("eventId") or f"{place[0]}{place[2]:020}"
    return {**event, "logStreamName": place[1], "eventId": identity}


def _token(place: _Place | None) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place(token: str | None) -> _Place | None:
    if token is None:
        return None
    try:
        time, stream, number = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError):
        raise ValueError("The specified nextToken is invalid.") from None
    return int(time), str(stream), int(number)
