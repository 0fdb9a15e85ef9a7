"""A control plane as JSON, so that it survives a restart of the embedded AWS."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.endpoint import Endpoint
from local_aws.sagemaker.models import Definition
from local_aws.sagemaker.training_job import TrainingJob
from local_aws.sagemaker.tuning_job import TuningJob

_TIME = "$time"


def snapshot(plane: ControlPlane) -> dict[str, Any]:
    """Everything the control plane keeps, as JSON values."""
    return {
        # Before the training jobs, so that none of them is further in here than in there.
        "tuning_jobs": [_plain(asdict(one)) for one in plane.tuning_jobs.snapshot()],
        "training_jobs": [_plain(asdict(one)) for one in plane.training_jobs.snapshot()],
        "models": [_plain(asdict(one)) for one in plane.models.snapshot()],
        "endpoint_configs": [_plain(asdict(one)) for one in plane.endpoint_configs.snapshot()],
        "endpoints": [_plain(asdict(one)) for one in plane.endpoints.snapshot()],
        "scalable_targets": _plain(plane.endpoints.targets.snapshot()),
        "quotas": plane.quotas.snapshot(),
        "tags": plane.tags.snapshot(),
    }


def restore(plane: ControlPlane, saved: Mapping[str, Any]) -> None:
    """Take over what `snapshot` gave; begins to serve the endpoints that served."""
    plane.tags.restore(saved["tags"])
    plane.training_jobs.restore(
        [TrainingJob(**_rich(one)) for one in saved["training_jobs"]], plane.clock()
    )
    plane.tuning_jobs.restore(
        [TuningJob.saved(_rich(one)) for one in saved.get("tuning_jobs", ())], plane.clock()
    )
    plane.models.restore([Definition(**_rich(one)) for one in saved["models"]])
    plane.endpoint_configs.restore([Definition(**_rich(one)) for one in saved["endpoint_configs"]])
    plane.endpoints.targets.restore(_rich(saved.get("scalable_targets", {})))
    plane.endpoints.restore([Endpoint(**_rich(one)) for one in saved["endpoints"]])


def interrupted(saved: Mapping[str, Any]) -> list[str]:
    """A line for each thing in a snapshot that had lost its process when it was restored."""
    ended = "when the embedded AWS ended"
    return [
        *(
            f"training job {job.name} was running {ended}: it is Failed"
            for job in (TrainingJob(**_rich(one)) for one in saved["training_jobs"])
            if not job.is_over
        ),
        *(
            f"tuning job {job['name']} was running {ended}: it is Failed"
            for job in saved.get("tuning_jobs", ())
            if job["status"] in {"InProgress", "Stopping"}
        ),
        *(
            f"endpoint {endpoint['name']} was being {done} {ended}: {now}"
            for endpoint in saved["endpoints"]
            for status, done, now in (
                ("Creating", "created", "it is Failed"),
                ("Updating", "updated", "it serves what it served before"),
                ("RollingBack", "rolled back", "it serves what it served before"),
            )
            if endpoint["status"] == status
        ),
    ]


def _plain(value: Any) -> Any:
    """`value` with its datetimes as tagged ISO strings."""
    if isinstance(value, datetime):
        return {_TIME: value.isoformat()}
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _rich(value: Any) -> Any:
    """The inverse of `_plain`."""
    if isinstance(value, dict):
        if value.keys() == {_TIME}:
            return datetime.fromisoformat(value[_TIME])
        return {key: _rich(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rich(one) for one in value]
    return value
