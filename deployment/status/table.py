"""A tier's status as lines of text, for a person."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from deployment.served_model import OPTIMISTIC
from deployment.status.fields import (
    DataStatus,
    EndpointStatus,
    IdleCost,
    JobStatus,
    ParameterStatus,
    QualityStatus,
    StackStatus,
    TierStatus,
    VariantStatus,
)
from stacks.lambda_target import points_here
from tier_layout.names import TierNames

_INDENT = 18
_LABELS_SHOWN = 10
_DECIMALS = 4


def table(status: TierStatus) -> str:
    """The lines, each short enough for a terminal where AWS's names are."""
    rows: list[tuple[str, Iterable[str]]] = [
        ("training job", _job(status.training_job) if status.training_job else ["none serves"]),
    ]
    if status.latest_job:
        rows.append(("latest job", _job(status.latest_job)))
    rows += [
        ("data", _data(status.data) if status.data else [_without_data(status.training_job)]),
        ("accuracy", _quality(status.quality) if status.quality else ["unknown"]),
        ("parameters", _parameters(status.parameters)),
        ("endpoint", _endpoint(status.endpoint) if status.endpoint else ["none"]),
        ("API", _api(status)),
        ("stacks", _stacks(status.stacks)),
        ("cost while idle", _cost(status.idle_cost)),
    ]
    lines = [f"{status.tier} in {status.region}", ""]
    for title, texts in rows:
        titles = [title]
        for text in texts:
            lines.append(f"{titles.pop() if titles else '':<{_INDENT}}{_printable(text)}")
    return "\n".join(lines)


def _api(status: TierStatus) -> Iterable[str]:
    yield status.api_url or "none"
    # An AWS on this machine has the API under another address than the one that AWS computes.
    if status.api_url and points_here():
        stack = TierNames(status.tier).sentiment_analysis
        yield f"here: $(python -m local_aws url {stack})"


def _job(job: JobStatus) -> Iterable[str]:
    yield f"{job.name}: {job.status or 'not known to SageMaker here'}"
    if job.imported:
        yield "brought in by promote: this tier has not trained it"
    if job.tuning_job:
        yield f"of tuning job {job.tuning_job}"
    if job.started and job.duration_seconds is not None:
        verb = "for" if job.status in {"InProgress", "Stopping"} else "took"
        on = f" on {job.instance_type}" if job.instance_type else ""
        yield f"started {_utc(job.started)}, {verb} {_duration(job.duration_seconds)}{on}"
    if job.failure_reason:
        yield job.failure_reason


def _without_data(job: JobStatus | None) -> str:
    return "unknown" if job and job.imported else "none"


def _data(data: DataStatus) -> Iterable[str]:
    yield f"s3://{data.bucket}/{data.train_key}" if data.bucket else f"{data.train_key}"
    if data.content_hash:
        yield f"content hash {data.content_hash}"
    for name, count in (data.rows or {}).items():
        labels = _labels((data.labels or {}).get(name, {}))
        yield f"{count:,} texts in {name}{f': {labels}' if labels else ''}"
    if data.manifest_problem:
        yield f"rows unknown: {data.manifest_problem}"


def _labels(labels: Mapping[str, int]) -> str:
    shown = [f"{count:,} {label}" for label, count in list(labels.items())[:_LABELS_SHOWN]]
    further = len(labels) - len(shown)
    return ", ".join([*shown, *([f"{further} further labels"] if further else [])])


def _quality(quality: QualityStatus) -> Iterable[str]:
    macro = "" if quality.macro_f1 is None else f", macro F1 {quality.macro_f1:.{_DECIMALS}f}"
    yield f"{quality.accuracy:.{_DECIMALS}f} by {quality.measured_by}{macro}"
    if quality.evaluated_on:
        yield f"on {quality.evaluated_on}"
        if quality.evaluated_on == quality.validated_on:
            yield OPTIMISTIC
    if quality.report:
        yield quality.report


def _parameters(parameters: list[ParameterStatus]) -> Iterable[str]:
    """Those that somebody has decided on, and how many have not been."""
    decided = [p for p in parameters if p.value and p.source != "the default"]
    width = max((len(parameter.name) for parameter in decided), default=0)
    for parameter in decided:
        yield f"{parameter.name:<{width}}  {parameter.value}: {parameter.source}"
    others = len(parameters) - len(decided)
    yield f"{others} others have their defaults" if parameters else "none"


def _endpoint(endpoint: EndpointStatus) -> Iterable[str]:
    yield f"{endpoint.name}: {endpoint.status}"
    if endpoint.failure_reason:
        yield endpoint.failure_reason
    for variant in endpoint.variants:
        yield f"{variant.name}: {_hosting(variant)}"


def _hosting(variant: VariantStatus) -> str:
    if variant.serverless_memory_mb is None:
        count = "unknown number of" if variant.instances is None else variant.instances
        return f"{count} × {variant.instance_type or 'unknown instance type'}"
    warm = variant.provisioned_concurrency
    kept = f", {warm} of them kept warm" if warm else ""
    return (
        f"serverless, {variant.serverless_memory_mb} MB, "
        f"{variant.serverless_concurrency} requests at once{kept}"
    )


def _stacks(stacks: list[StackStatus]) -> Iterable[str]:
    statuses = {stack.name: stack.status or "not deployed" for stack in stacks}
    width, status_width = max(map(len, statuses)), max(map(len, statuses.values()))
    for stack in stacks:
        time = f"  {_utc(stack.last_deployed)}" if stack.last_deployed else ""
        yield f"{stack.name:<{width}}  {statuses[stack.name]:<{status_width}}{time}".rstrip()
        if stack.reason:
            yield f"  {stack.reason}"


def _cost(cost: IdleCost) -> Iterable[str]:
    if cost.usd_per_hour is None:
        yield "unknown: the price table has no entry for it"
    else:
        cents = round(cost.usd_per_hour, 2) == cost.usd_per_hour
        yield f"${cost.usd_per_hour:.{2 if cents else 4}f} an hour, and storage and logs"
    yield f"prices of {cost.prices_region}, {cost.prices_as_of}: check before quoting"


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join([*parts, f"{rest} s"])


def _printable(text: str) -> str:
    """Reasons and labels come from elsewhere, and must not steer the terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
