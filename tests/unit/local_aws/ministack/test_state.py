"""What survives the end of the process: files that change together, and who saves them."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from local_aws.errors import StateNotSavedError
from local_aws.ministack.state_files import COMMIT, commit, finish_commit
from local_aws.ministack.state_saver import StateSaver
from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.state import interrupted, restore, snapshot
from tests.manual_sagemaker import ManualHosting, ManualTrainer
from tests.unit.local_aws.sagemaker.test_control_plane import job_request

# --- files ------------------------------------------------------------------------------

OLD = {"ministack/one.json": b"old one", "sagemaker/two.json": b"old two"}
NEW = {"ministack/one.json": b"new one", "sagemaker/two.json": b"new two"}


def content(root: Path) -> dict[str, bytes]:
    """Every file but directories."""
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_commit_replaces_every_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    commit(tmp_path, OLD)
    commit(tmp_path, NEW)
    assert content(tmp_path) == NEW


def test_files_that_are_not_committed_stay(tmp_path: Path) -> None:
    commit(tmp_path, OLD)
    commit(tmp_path, {"ministack/one.json": b"new one"})
    assert content(tmp_path) == {**OLD, "ministack/one.json": b"new one"}


STEPS = 7
"""Two files and the marker are written, each is put in place, and the marker goes."""


class KilledError(BaseException):
    """Nothing handles it, as nothing handles SIGKILL."""


@pytest.mark.parametrize("step", range(STEPS))
def test_commit_cut_short_at_any_step_is_all_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    commit(tmp_path, OLD)
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        kill_at(step, patch)
        commit(tmp_path, NEW)
    finish_commit(tmp_path)
    assert content(tmp_path) == (OLD if step < 4 else NEW)


def kill_at(step: int, patch: pytest.MonkeyPatch) -> None:
    """Before one of the calls that change a directory."""
    done = 0

    def counting(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            nonlocal done
            if done == step:
                raise KilledError
            done += 1
            return call(*arguments, **named)

        return counted

    for name in ("write_bytes", "write_text", "replace", "unlink"):
        patch.setattr(Path, name, counting(getattr(Path, name)))


def test_disk_that_is_full_leaves_the_old_files(tmp_path: Path) -> None:
    commit(tmp_path, OLD)
    with pytest.raises(OSError, match="No space left"):
        commit(tmp_path, FullAfterOne(NEW))
    assert content(tmp_path) == OLD


class FullAfterOne(dict[str, bytes]):
    """Files whose second one does not fit any more."""

    def items(self) -> Any:
        yield from list(super().items())[:1]
        raise OSError(28, "No space left on device")


def test_finishing_without_a_commit_changes_nothing(tmp_path: Path) -> None:
    commit(tmp_path, OLD)
    finish_commit(tmp_path)
    assert content(tmp_path) == OLD
    assert not (tmp_path / COMMIT).exists()


# --- the saver --------------------------------------------------------------------------


class Disk:
    """What a saver saves to; may be full."""

    def __init__(self) -> None:
        self.saved: list[float] = []
        self.changed = False
        self.full = False
        self.reports: list[str] = []

    def has_saved(self, times: int) -> bool:
        return len(self.saved) == times

    def save(self) -> bool:
        if self.full:
            raise OSError(28, "No space left on device")
        if self.changed:
            self.saved.append(time.monotonic())
        self.changed, changed = False, self.changed
        return changed


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_first_change_is_saved_at_once() -> None:
    disk = Disk()
    saver = StateSaver(disk.save, disk.reports.append, interval_s=3600)
    saver.start()
    disk.changed = True
    saver.touch()
    wait_until(lambda: disk.saved)
    saver.close()


def test_many_changes_are_saved_no_oftener_than_the_interval() -> None:
    disk = Disk()
    saver = StateSaver(disk.save, disk.reports.append, interval_s=0.1)
    saver.start()
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        disk.changed = True
        saver.touch()
        time.sleep(0.001)
    saved = len(disk.saved)
    saver.close()
    assert 2 <= saved <= 6


def test_what_must_not_be_lost_is_saved_without_a_pause() -> None:
    disk = Disk()
    saver = StateSaver(disk.save, disk.reports.append, interval_s=3600)
    saver.start()
    for number in (1, 2):
        disk.changed = True
        saver.hurry()
        wait_until(partial(disk.has_saved, number))
    saver.close()


def test_closing_says_that_what_changed_last_is_lost() -> None:
    disk = Disk()
    saver = StateSaver(disk.save, disk.reports.append)
    saver.start()
    disk.full = True
    with pytest.raises(StateNotSavedError, match="Make room on the disk"):
        saver.close()


def starts_of_two_saves(*, took_s: float, interval_s: float) -> tuple[float, float]:
    started: list[float] = []

    def slow() -> bool:
        started.append(time.monotonic())
        time.sleep(took_s)
        return True

    saver = StateSaver(slow, lambda _: None, interval_s=interval_s)
    saver.start()
    saver.touch()
    wait_until(lambda: len(started) >= 2)
    saver.close()
    return started[0], started[1]


def test_length_of_a_save_does_not_put_the_next_one_off() -> None:
    first, second = starts_of_two_saves(took_s=0.2, interval_s=0.5)
    assert second - first < 0.2 + 0.5


def test_save_that_takes_longer_than_the_interval_leaves_half_of_the_time() -> None:
    first, second = starts_of_two_saves(took_s=0.1, interval_s=0.0)
    assert second - first >= 2 * 0.1


def test_change_that_outlasts_its_request_is_saved_without_another() -> None:
    disk = Disk()
    saver = StateSaver(disk.save, disk.reports.append, interval_s=0.05)
    saver.start()
    disk.changed = True
    saver.touch()
    wait_until(lambda: disk.saved)
    disk.changed = True
    wait_until(lambda: len(disk.saved) == 2)
    saver.close()


def test_close_saves_what_changed_last() -> None:
    disk = Disk()
    saver = StateSaver(disk.save, disk.reports.append, interval_s=3600)
    saver.start()
    disk.changed = True
    saver.close()
    assert len(disk.saved) == 1
    assert "state-saver" not in {thread.name for thread in threading.enumerate()}


def test_save_that_fails_is_reported_once_and_tried_again() -> None:
    disk = Disk()
    disk.full = disk.changed = True
    saver = StateSaver(disk.save, disk.reports.append, interval_s=0.01)
    saver.start()
    saver.touch()
    wait_until(lambda: disk.reports)
    time.sleep(0.1)
    assert len(disk.reports) == 1
    assert "No space left on device" in disk.reports[0]
    disk.full = False
    wait_until(lambda: disk.saved)
    saver.close()
    assert disk.reports[1:] == ["the state is saved again"]


# --- SageMaker --------------------------------------------------------------------------


def plane() -> ControlPlane:
    return ControlPlane(trainer=ManualTrainer(), hosting=ManualHosting())


def after_a_crash(before: ControlPlane) -> tuple[ControlPlane, Mapping[str, Any]]:
    saved = json.loads(json.dumps(snapshot(before)))
    again = plane()
    restore(again, saved)
    return again, saved


def create_endpoint(control_plane: ControlPlane) -> None:
    container = {"Image": "blazingtext:1", "ModelDataUrl": "s3://data/model.tar.gz"}
    control_plane.call("CreateModel", {"ModelName": "one", "PrimaryContainer": container})
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    variant = {"VariantName": "All", "ModelName": "one", "ServerlessConfig": serverless}
    for name in ("first", "second"):
        control_plane.call(
            "CreateEndpointConfig", {"EndpointConfigName": name, "ProductionVariants": [variant]}
        )
    control_plane.call("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "first"})


def endpoint(control_plane: ControlPlane) -> dict[str, Any]:
    return control_plane.call("DescribeEndpoint", {"EndpointName": "e"})


def test_job_that_ran_is_failed_and_named() -> None:
    before = plane()
    before.call("CreateTrainingJob", job_request("lost"))
    after, saved = after_a_crash(before)
    job = after.call("DescribeTrainingJob", {"TrainingJobName": "lost"})
    assert job["TrainingJobStatus"] == "Failed"
    assert interrupted(saved) == [
        "training job lost was running when the embedded AWS ended: it is Failed"
    ]


def test_endpoint_that_was_being_created_is_failed_and_named() -> None:
    before = plane()
    create_endpoint(before)
    after, saved = after_a_crash(before)
    assert endpoint(after)["EndpointStatus"] == "Failed"
    assert interrupted(saved) == [
        "endpoint e was being created when the embedded AWS ended: it is Failed"
    ]


def test_endpoint_that_was_being_updated_serves_what_it_served() -> None:
    before = plane()
    create_endpoint(before)
    hosting = before.hosting
    assert isinstance(hosting, ManualHosting)
    hosting.deployments["e"].in_service()
    before.call("UpdateEndpoint", {"EndpointName": "e", "EndpointConfigName": "second"})
    after, saved = after_a_crash(before)
    assert isinstance(after.hosting, ManualHosting)
    after.hosting.deployments["e"].in_service()
    shown = endpoint(after)
    assert (shown["EndpointStatus"], shown["EndpointConfigName"]) == ("InService", "first")
    assert interrupted(saved) == [
        "endpoint e was being updated when the embedded AWS ended: it serves what it served before"
    ]


def test_nothing_is_said_of_what_had_ended() -> None:
    before = plane()
    create_endpoint(before)
    assert isinstance(before.hosting, ManualHosting)
    before.hosting.deployments["e"].in_service()
    assert interrupted(after_a_crash(before)[1]) == []
