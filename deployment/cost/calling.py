"""What a call costs: the gateway, the firewall in front of it, and the functions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deployment.cost.line import Line, Section
from deployment.cost.price_table import (
    LAMBDA_GB_SECOND,
    LAMBDA_GB_SECOND_ARM,
    LAMBDA_REQUEST,
    LOGS_IN,
    LOGS_KEPT,
    METRIC,
    REST_REQUEST,
    TRACE,
    WEB_ACL,
    WEB_ACL_REQUEST,
    WEB_ACL_RULE,
    Rate,
)
from deployment.cost.template import Resource, Templates
from deployment.cost.work import Work

METRICS_OF_A_METHOD = 5
"""Count, Latency, IntegrationLatency, 4XXError and 5XXError."""
ACCESS_LOG_BYTES = 500
"""One line of an access log."""
POLL_SECONDS = 5
"""Between two polls of a training job (`QUERY_INTERVAL` of the stack)."""
_DAYS_A_MONTH = 30
_DAYS_A_YEAR = 365
_DEFAULT_MEMORY_MB = 128
_POLLS = {"lambdas.training_job.handler.is_complete", "framework.isComplete"}
_POLL_TAKES_SECONDS = 0.5


def rest_apis(resources: Sequence[Resource], _templates: Templates, work: Work) -> Iterator[Line]:
    """Requests to a REST API."""
    for _ in resources:
        yield Line(
            section=Section.TEXTS,
            what=f"{work.requests:,.0f} requests to a REST API",
            quantity=work.requests,
            rate=REST_REQUEST,
        )


def stages(resources: Sequence[Resource], templates: Templates, work: Work) -> Iterator[Line]:
    """What a stage measures, logs and traces of each request."""
    methods = len(templates.of("AWS::ApiGateway::Method"))
    for stage in resources:
        settings = stage.properties.get("MethodSettings", ())
        if any(_is_true(setting.get("MetricsEnabled")) for setting in settings):
            yield Line(
                section=Section.IN_USE,
                what=f"detailed metrics of {methods} methods, if all are called",
                quantity=METRICS_OF_A_METHOD * methods,
                rate=METRIC,
            )
        if "AccessLogSetting" in stage.properties:
            yield Line(
                section=Section.TEXTS,
                what=f"access logs, {ACCESS_LOG_BYTES} bytes a request",
                quantity=work.requests * ACCESS_LOG_BYTES / 1e9,
                rate=LOGS_IN,
            )
        if _is_true(stage.properties.get("TracingEnabled")):
            yield from _traces("the gateway", work)


def web_acls(resources: Sequence[Resource], _templates: Templates, work: Work) -> Iterator[Line]:
    """A firewall, its rules, and what it looks at."""
    for acl in resources:
        rules = len(acl.properties.get("Rules", ()))
        yield Line(section=Section.IDLE, what="a web ACL", quantity=1, rate=WEB_ACL)
        yield Line(
            section=Section.IDLE, what=f"{rules} rules of it", quantity=rules, rate=WEB_ACL_RULE
        )
        yield Line(
            section=Section.TEXTS,
            what="requests through the web ACL",
            quantity=work.requests,
            rate=WEB_ACL_REQUEST,
        )


def functions(resources: Sequence[Resource], templates: Templates, work: Work) -> Iterator[Line]:
    """Each function, by what it does; those that only clean up are left out."""
    waiting: list[tuple[Resource, float, float]] = []
    polls = work.training_minutes * 60 / POLL_SECONDS
    for function in resources:
        handler = str(function.properties.get("Handler", ""))
        if handler.startswith("lambdas.sentiment_api."):
            yield from _api_function(function, templates, work)
        elif handler.startswith("lambdas.evaluation."):
            seconds = work.evaluation_seconds
            yield _run(function, Section.RETRAINING, "the evaluation", calls=1, seconds=seconds)
        elif handler in _POLLS:
            waiting.append((function, polls, _POLL_TAKES_SECONDS))
        elif handler.startswith(("lambdas.training_job.", "framework.")):
            # The framework's function waits for ours.
            waiting.append((function, 1, work.evaluation_seconds))
    if waiting:
        yield Line(
            section=Section.RETRAINING,
            what=f"{len(waiting)} functions that start, ask and wait",
            quantity=sum(
                calls * seconds * _memory_mb(function) / 1024
                for function, calls, seconds in waiting
            ),
            rate=_gb_second(waiting[0][0]),
        )


def _api_function(function: Resource, templates: Templates, work: Work) -> Iterator[Line]:
    properties = function.properties
    seconds = work.function_ms / 1000
    yield _run(function, Section.TEXTS, "the API's function", calls=work.requests, seconds=seconds)
    yield Line(
        section=Section.TEXTS, what="its invocations", quantity=work.requests, rate=LAMBDA_REQUEST
    )
    gb = work.requests * work.log_bytes_per_request / 1e9
    yield Line(
        section=Section.TEXTS,
        what=f"its log, {work.log_bytes_per_request:,} bytes a request",
        quantity=gb,
        rate=LOGS_IN,
    )
    days, kept = _retention(function, templates)
    yield Line(
        section=Section.TEXTS,
        what=f"the log, {kept}",
        quantity=gb * days / _DAYS_A_MONTH,
        rate=LOGS_KEPT,
    )
    variables: Mapping[str, Any] = properties.get("Environment", {}).get("Variables", {})
    if "POWERTOOLS_METRICS_NAMESPACE" in variables:
        yield Line(
            section=Section.IN_USE,
            what=f"{work.metrics_in_use} metrics of the API's function",
            quantity=work.metrics_in_use,
            rate=METRIC,
        )
    traced = properties.get("TracingConfig", {}).get("Mode") == "Active"
    # Where the gateway traces a request, the function only adds to its trace.
    stages = templates.of("AWS::ApiGateway::Stage")
    if traced and not any(_is_true(stage.properties.get("TracingEnabled")) for stage in stages):
        yield from _traces("the function", work)


def _run(function: Resource, section: Section, what: str, *, calls: float, seconds: float) -> Line:
    memory = _memory_mb(function)
    return Line(
        section=section,
        what=f"{what}, {calls:,.0f} × {seconds:g} s with {memory:g} MB",
        quantity=calls * seconds * memory / 1024,
        rate=_gb_second(function),
    )


def _memory_mb(function: Resource) -> float:
    return function.number("MemorySize", default=_DEFAULT_MEMORY_MB)


def _gb_second(function: Resource) -> Rate:
    arm = "arm64" in function.properties.get("Architectures", ())
    return LAMBDA_GB_SECOND_ARM if arm else LAMBDA_GB_SECOND


def _retention(function: Resource, templates: Templates) -> tuple[float, str]:
    named = function.properties.get("LoggingConfig", {}).get("LogGroup", {})
    for group in templates.of("AWS::Logs::LogGroup"):
        if isinstance(named, Mapping) and named.get("Ref") == group.name:
            days = group.number("RetentionInDays", default=0)
            if days:
                return days, f"kept for {days:g} days"
    return _DAYS_A_YEAR, "kept for ever: the first year of it"


def _traces(whose: str, work: Work) -> Iterator[Line]:
    yield Line(
        section=Section.TEXTS,
        what=f"traces of {whose}, {work.trace_share:.0%} of the requests",
        quantity=work.requests * work.trace_share,
        rate=TRACE,
    )


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"
