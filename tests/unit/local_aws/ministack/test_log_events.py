"""Log events as segments: what a save adds, and what comes back."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from stacks.repository import ROOT

PRELUDE = """
import sys
from pathlib import Path
from ministack.core.responses import request_scope
from ministack.services import cloudwatch_logs as logs
from local_aws.ministack.log_events import LogEvents

root = Path(sys.argv[1])

def stream(name="s"):
    with request_scope("000000000000", "us-east-1"):
        group = logs._log_groups.setdefault("g", {"streams": {}})
        return group["streams"].setdefault(name, {"events": []})

def put(events, *messages):
    for message in messages:
        events["events"].append({"timestamp": 1, "message": message, "eventId": message})

def save(kept):
    segment = kept.new()
    if segment is not None:
        (root / segment.name).parent.mkdir(parents=True, exist_ok=True)
        (root / segment.name).write_bytes(segment.content)
        kept.written(segment)
    return segment

def messages(name="s"):
    return [event["message"] for event in stream(name)["events"]]

def come_back():
    '''What a new process has: streams without events, and the segments.'''
    with request_scope("000000000000", "us-east-1"):
        for one in logs._log_groups["g"]["streams"].values():
            one["events"] = []
    LogEvents(root).restore()
"""


def run(tmp_path: Path, script: str) -> None:
    """Run it in a process of its own: ministack keeps its state in module globals."""
    completed = subprocess.run(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(script), str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr


def test_second_save_writes_only_what_is_new(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        kept = LogEvents(root)
        put(stream(), *("x" * 1000 for _ in range(100)))
        assert len(save(kept).content) > 100_000
        put(stream(), "one more")
        assert len(save(kept).content) < 200
        come_back()
        assert len(messages()) == 101 and messages()[-1] == "one more"
        """,
    )


def test_nothing_new_is_no_segment(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        kept = LogEvents(root)
        put(stream(), "a")
        assert save(kept) and save(kept) is None
        """,
    )


def test_late_batch_that_makes_a_new_list_is_written_whole(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        kept = LogEvents(root)
        put(stream(), "b")
        save(kept)
        stream()["events"] = [{"timestamp": 0, "message": "a"}, *stream()["events"]]
        save(kept)
        come_back()
        assert messages() == ["a", "b"]
        """,
    )


def test_stream_that_was_deleted_stays_away(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        kept = LogEvents(root)
        put(stream(), "a")
        put(stream("other"), "b")
        save(kept)
        with request_scope("000000000000", "us-east-1"):
            del logs._log_groups["g"]["streams"]["other"]
        come_back()
        assert messages() == ["a"]
        with request_scope("000000000000", "us-east-1"):
            assert list(logs._log_groups["g"]["streams"]) == ["s"]
        """,
    )


def test_stream_made_again_has_none_of_the_former_ones_events(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        kept = LogEvents(root)
        put(stream(), "a", "b")
        save(kept)
        with request_scope("000000000000", "us-east-1"):
            del logs._log_groups["g"]["streams"]["s"]
        put(stream(), "c")
        save(kept)
        come_back()
        assert messages() == ["c"]
        """,
    )


def test_record_of_an_event_is_made_again(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        kept = LogEvents(root)
        put(stream(), "a")
        save(kept)
        come_back()
        with request_scope("000000000000", "us-east-1"):
            assert logs._log_records["a"]["@message"] == "a"
        """,
    )


def test_many_segments_become_one(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        kept = LogEvents(root)
        for number in range(150):
            put(stream(), str(number))
            save(kept)
        assert len(list(root.glob("ministack/log_events.*"))) < 60
        come_back()
        assert messages() == [str(number) for number in range(150)]
        """,
    )


def test_a_new_process_writes_everything_once_and_drops_the_former_segments(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        kept = LogEvents(root)
        put(stream(), "a")
        save(kept)
        again = LogEvents(root)
        again.restore()
        put(stream(), "b")
        save(again)
        assert len(list(root.glob("ministack/log_events.*"))) == 1
        come_back()
        assert messages() == ["a", "b"]
        """,
    )


def test_state_file_has_no_events(tmp_path: Path) -> None:
    run(
        tmp_path,
        """
        put(stream(), "a")
        state = LogEvents(root).everything_else()
        (group,) = state["log_groups"]._data.values()
        assert group["streams"]["s"]["events"] == [] and messages() == ["a"]
        assert set(state) == set(logs.get_state())
        """,
    )
