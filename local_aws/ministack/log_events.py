"""Log events as files that only grow: a save writes what has come since the last one.

ministack 1.5.33 keeps all events of CloudWatch Logs in its one state file (cloudwatch_logs.py:120):
with 25,000 of them that is 20 MB for each second in which a line is logged. Here a save adds a
segment with the new events, and the state file holds everything else.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ministack.services import cloudwatch_logs

SEGMENT = "ministack/log_events.{:08}.jsonl"
"""A segment's path in the state directory, by its number."""

# So many segments are replaced by one with everything.
_MOST_SEGMENTS = 100

STORES = (
    "log_groups",
    "destinations",
    "resource_policies",
    "log_group_policies",
    "metric_filters",
    "queries",
    "log_records",
    "delivery_sources",
    "delivery_destinations",
    "deliveries",
)
"""What cloudwatch_logs.py:120 saves, and the module's name of each with an underscore before it."""

_Stream = tuple[str, str, str, str]
"""Account, region, log group, log stream."""


@dataclass(frozen=True)
class _Known:
    """A stream's list of events, and how many of them have been written."""

    events: list[Any]
    written: int


@dataclass(frozen=True)
class Segment:
    """What a save has to write, and what is superfluous once that is in place."""

    name: str
    content: bytes
    superseded: tuple[str, ...]
    _known: dict[_Stream, _Known]


class LogEvents:
    """The log events of one state directory."""

    def __init__(self, root: Path) -> None:
        """Look at a state directory; ministack must have been imported."""
        self._root = root
        self._known: dict[_Stream, _Known] = {}
        self._segments = sorted(root.glob(SEGMENT.replace("{:08}", "*")))
        self._number = int(self._segments[-1].name.split(".")[1]) if self._segments else 0
        # What an earlier run has written counts anew: streams are told apart by their lists.
        self._is_fresh = True

    def restore(self) -> None:
        """Put the events back into the streams that ministack has restored without them."""
        for segment in self._segments:
            for line in segment.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                account, region, group, name = row["stream"]
                found = cloudwatch_logs._log_groups._data.get((account, region, group))
                stream = found["streams"].get(name) if found else None
                if stream is not None:
                    stream["events"][row["from"] :] = row["events"]
        for (account, region, group, name), events in _streams():
            for event in events:
                _restore_record(account, region, group, name, event)

    def everything_else(self) -> dict[str, Any]:
        """The service's state without its events; a copy."""
        without = {id(events): list[Any]() for _, events in _streams()}
        state = {
            name: copy.deepcopy(getattr(cloudwatch_logs, f"_{name}"), dict(without))
            for name in STORES
            # Each repeats its event, and is made from it again.
            if name != "log_records"
        }
        return state | {"log_records": type(cloudwatch_logs._log_records)()}

    def new(self) -> Segment | None:
        """The events that have not been written yet; None when there are none.

        Call `written` when they have been.
        """
        afresh = self._is_fresh or len(self._segments) >= _MOST_SEGMENTS
        known: dict[_Stream, _Known] = {}
        rows = []
        with cloudwatch_logs._log_events_lock:
            for stream, events in _streams():
                before = None if afresh else self._known.get(stream)
                # A late batch makes a new list, and so does a stream that is made again.
                appended = before is not None and before.events is events
                start = before.written if before is not None and appended else 0
                start = start if start <= len(events) else 0
                known[stream] = _Known(events, len(events))
                if events[start:] or (start == 0 and before is not None):
                    rows.append({"stream": stream, "from": start, "events": events[start:]})
        if not rows and not (afresh and self._segments):
            return None
        content = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
        superseded = tuple(str(path) for path in self._segments) if afresh else ()
        return Segment(SEGMENT.format(self._number + 1), content, superseded, known)

    def written(self, segment: Segment) -> None:
        """A segment is in place: go on from there."""
        for path in segment.superseded:
            Path(path).unlink(missing_ok=True)
        kept = [path for path in self._segments if str(path) not in segment.superseded]
        self._segments = [*kept, self._root / segment.name]
        self._number, self._known, self._is_fresh = self._number + 1, segment._known, False


def _streams() -> Iterator[tuple[_Stream, list[Any]]]:
    for (account, region, group), content in list(cloudwatch_logs._log_groups._data.items()):
        for name, stream in list(content["streams"].items()):
            yield (account, region, group, name), stream["events"]


def _restore_record(account: str, region: str, group: str, stream: str, event: Any) -> None:
    """What cloudwatch_logs.py:639 keeps for each event that came through PutLogEvents."""
    pointer = event.get("eventId")
    if pointer is not None:
        record = cloudwatch_logs._build_log_record(
            ptr=pointer,
            timestamp_ms=event["timestamp"],
            message=event["message"],
            log_group=group,
            log_stream=stream,
        )
        cloudwatch_logs._log_records._data[account, region, pointer] = record
