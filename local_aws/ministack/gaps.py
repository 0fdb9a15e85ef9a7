"""Everything we change in ministack, in one place.

ministack has no extension points, so SageMaker is put in from outside and a few
of its shortcuts are filled in. Each function names the line of 1.5.33 that it
works around. `check_ministack` runs first: another version, or internals that
have moved, stop the start with one error instead of failing in a deploy.
"""

import inspect
from collections.abc import Callable, Mapping
from importlib.metadata import version
from types import ModuleType
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime, persistence, router
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import (
    acm,
    apigateway_v1,
    budgets,
    cloudwatch,
    cloudwatch_logs,
    glue,
    iam,
    lambda_svc,
    s3,
    stepfunctions,
    sts,
    waf,
)
from ministack.services.cloudformation import (
    changesets,
    custom_resource,
    handlers,
    provisioners,
    stacks,
)

from local_aws.errors import MinistackChangedError
from local_aws.glue.job_runs import JobRuns
from local_aws.ministack import log_events, metrics
from local_aws.ministack.authorisation import enforce_iam, require
from local_aws.ministack.autoscaling import add_autoscaling
from local_aws.ministack.deletion import delete_during_operations
from local_aws.ministack.domain_certificates import refuse_unknown_certificates
from local_aws.ministack.encrypted_objects import ask_for_keys_of_objects
from local_aws.ministack.filter_log_events import filter_log_events
from local_aws.ministack.firewall import put_firewall_in_front
from local_aws.ministack.full_disk import fail_when_the_disk_is_full
from local_aws.ministack.function_concurrency import reserve_concurrency
from local_aws.ministack.function_limits import limit_functions
from local_aws.ministack.function_logs import FunctionLogs, name_log_groups
from local_aws.ministack.function_refusals import refuse_functions
from local_aws.ministack.gateway_failures import answer_with_gateway_responses
from local_aws.ministack.gateway_requests import tell_of_requests
from local_aws.ministack.glue import run_glue_jobs
from local_aws.ministack.method_settings import read_paths_of_method_settings
from local_aws.ministack.minute_metrics import keep_metrics_in_place
from local_aws.ministack.missing_objects import hide_missing_objects
from local_aws.ministack.node_functions import tell_node_functions_of_refusals
from local_aws.ministack.operations import record_operations
from local_aws.ministack.parameter_permissions import ask_for_each_parameter
from local_aws.ministack.service_permissions import ask_services_for_permission
from local_aws.ministack.service_quotas import add_service_quotas
from local_aws.ministack.unknown_operations import refuse_unknown_operations
from local_aws.ministack.watching_types import add_watching_types
from local_aws.sagemaker.cloudformation import SageMakerTypes
from local_aws.sagemaker.http_api import SageMakerApi
from local_aws.sagemaker.roles import Assume
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.service import SageMakerService
from local_aws.sagemaker.validation import service_model

VERIFIED_VERSION = "1.5.33"

_DEPLOY_PARAMETERS = (
    "stack_name stack_id template param_values disable_rollback tags is_update previous_stack"
    " retain_except_on_create imports"
)
_AUTHORIZE_PARAMETERS = (
    "api_id stage_name method_obj method request_path resource headers body query_params"
    " path_params stage owner_account_id owner_region"
)
_PROXY_PARAMETERS = (
    "integration api_id stage_name stage resource request_path method headers body query_params"
    " path_params owner_account_id owner_region binary_media_types authorizer_context"
    " caller_identity"
)
_EVENT_PARAMETERS = (
    "api_id stage_name stage resource request_path method headers body query_params path_params"
    " binary_media_types authorizer_context caller_identity"
)
_EXECUTE_PARAMETERS = (
    "request api_id stage_name method path headers body query_params owner_account_id owner_region"
)
_REFUSAL_PARAMETERS = "api_id stage_name error headers query_params"
_INVOKE_PARAMETERS = "api_id stage method execute_path headers query_params iam_action"
_VALIDATE_PARAMETERS = "method_obj api_id request headers body query_params"
_HANDLE_PARAMETERS = "host path method headers body query_params raw_path raw_query_string"
_ENFORCE_PARAMETERS = "access_key_id iam_action service region resource_arn service_context"
_RESOURCE_PARAMETERS = "service method path headers body query_params region account_id"
_DENIED_PARAMETERS = (
    "service action principal_arn request_id error_code message headers resource_arn explicit_deny"
    " resource_policy_arn"
)
_HISTORY_PARAMETERS = "alarm_name old_state new_state reason alarm_type reason_data"
_EMIT_PARAMETERS = "func request_id log_text error duration_ms log_source"
_OUTPUTS_PARAMETERS = "outputs_defs conditions resources param_values mappings stack_name stack_id"

# What we call, replace or write to: the module, the name, and for functions the parameters.
_INTERNALS: tuple[tuple[ModuleType, str, str | None], ...] = (
    (app, "SERVICE_HANDLERS", None),
    (lambda_svc, "_emit_lambda_logs", _EMIT_PARAMETERS),
    (app, "SERVICE_REGISTRY", None),
    (app, "AUTH", None),
    (app, "pin_request_origin", "source_ip secure_transport"),
    (app, "_authenticate_only", "service headers query_params request_id"),
    (iam, "_roles", None),
    (iam_actions, "access_denied_response", _DENIED_PARAMETERS),
    (iam_actions, "extract_iam_action", "service method path headers body query_params"),
    (iam_actions, "extract_resource_arn", _RESOURCE_PARAMETERS),
    (iam_actions, "request_tag_context", "service iam_action body params"),
    (iam_evaluator, "_is_root_key", "access_key_id"),
    (iam_evaluator, "enforce", _ENFORCE_PARAMETERS),
    (iam_evaluator, "evaluate_resource_policy", "doc ctx service named_only direct_only"),
    (iam_evaluator, "parse_policy_document", "doc"),
    (sts, "register_session", "access_key session"),
    (stepfunctions, "_call_lambda", "func_ref event"),
    (stepfunctions, "_execute_task", "state_def raw_input execution ctx"),
    (stepfunctions, "_state_machines", None),
    (app, "save_all", "services"),
    (app, "_build_persistence_save_dict", ""),
    (persistence, "_json_default", "obj"),
    (persistence, "_state_format_version", "service"),
    (persistence, "load_state", "service"),
    (router, "SERVICE_PATTERNS", None),
    (stacks, "_runs_on_worker_thread", "resource_type"),
    (stacks, "_provision_keeping_seed", "args"),
    (stacks, "_update_keeping_seed", "args"),
    (stacks, "_deploy_stack_async", _DEPLOY_PARAMETERS),
    (stacks, "_resolve_stack_outputs", _OUTPUTS_PARAMETERS),
    (changesets, "_deploy_stack_async", _DEPLOY_PARAMETERS),
    (provisioners, "_replacing_change", "resource_type old_props new_props"),
    (stacks, "_delete_stack_async", "stack_name stack_id retain_resources force"),
    (stacks, "_create_stack_task_in_region", "coro stack stack_id"),
    (stacks, "_roll_back_operation", "stack_name stack_id stack operation reason_override"),
    (cloudwatch, "_metrics", None),
    (cloudwatch, "_dims_key", "dims"),
    (cloudwatch, "_calc_stats", "points"),
    (cloudwatch, "_stat_value", "stats stat_name points"),
    (cloudwatch, "_evaluate_alarm", "alarm"),
    (cloudwatch, "_evaluate_all_alarms", ""),
    (cloudwatch, "_evaluate_parent_alarms", "child seen"),
    (cloudwatch, "_record_history", _HISTORY_PARAMETERS),
    (cloudwatch, "_dispatch_alarm_actions", "alarm old_state new_state reason"),
    (cloudwatch, "_evict_old_metrics", ""),
    (cloudwatch, "TWO_WEEKS_SECONDS", None),
    (cloudwatch_logs, "_append_log_events", "stream events"),
    (cloudwatch, "_put_composite_alarm", "params cbor_data is_cbor is_json"),
    (cloudwatch, "_delete_alarms", "params cbor_data is_cbor is_json"),
    (budgets, "_create_budget", "data"),
    (budgets, "_update_budget", "data"),
    (budgets, "_delete_budget", "data"),
    (provisioners, "_physical_name", "stack_name logical_id lowercase max_len seeded"),
    *((cloudwatch, f"_{store}", None) for store in metrics.STORES),
    (cloudwatch_logs, "_build_log_record", "ptr timestamp_ms message log_group log_stream"),
    (cloudwatch_logs, "_filter_log_events", "data"),
    (cloudwatch_logs, "_log_events_lock", None),
    (cloudwatch_logs, "_resolve_log_group_name", "data"),
    *((cloudwatch_logs, f"_{store}", None) for store in log_events.STORES),
    (custom_resource, "register_token", "token"),
    (custom_resource, "deliver_response", "token response"),
    (handlers, "_ACTION_HANDLERS", None),
    (handlers, "_resolve_stack", None),
    (provisioners, "_RESOURCE_HANDLERS", None),
    (provisioners, "_REPLACING_PROPERTIES", None),
    (provisioners, "_CUSTOM_NAME_REPLACEMENT", None),
    (provisioners, "_STACK_TAG_PROPERTY", None),
    (provisioners, "_s3_create", "logical_id props stack_name"),
    (provisioners, "_s3_update", "physical_id old_props new_props stack_name"),
    (provisioners, "_apigw_method_settings", "raw"),
    (provisioners, "_apigw_method_create", "logical_id props stack_name"),
    (provisioners, "_apigw_method_update", "physical_id old_props new_props stack_name"),
    (provisioners, "_glue_job_fields", "props"),
    (glue, "_jobs", None),
    (glue, "_job_runs", None),
    (glue, "_is_spark_job", "job"),
    (glue, "_create_job", "data"),
    (glue, "_update_job", "data"),
    (glue, "_delete_job", "data"),
    (glue, "_start_job_run", "data"),
    (glue, "_get_job_run", "data"),
    (glue, "_get_job_runs", "data"),
    (glue, "_batch_stop_job_run", "data"),
    (s3, "_bucket_tags", None),
    (apigateway_v1, "_authorize_request_v1", _AUTHORIZE_PARAMETERS),
    (apigateway_v1, "_call_lambda_raw", "function_ref event account_id region"),
    (apigateway_v1, "_gw_error", "response_type message"),
    (apigateway_v1, "_GatewayError", "response_type message error_type"),
    (apigateway_v1, "_gateway_error_response", "error request"),
    (apigateway_v1, "_lambda_proxy_response", "result"),
    (apigateway_v1, "_invoke_lambda_proxy_v1", _PROXY_PARAMETERS),
    (apigateway_v1, "_build_lambda_event_v1", _EVENT_PARAMETERS),
    (apigateway_v1, "_execute_in_scope", _EXECUTE_PARAMETERS),
    (apigateway_v1, "_check_api_key", "method_obj api_id stage_name headers"),
    (apigateway_v1, "_check_request_validation", _VALIDATE_PARAMETERS),
    (apigateway_v1, "_account_settings", None),
    (apigateway_v1, "_stages_v1", None),
    (apigateway_v1, "find_api_scope", "api_id"),
    (
        apigateway_v1,
        "authentication_error_response",
        "api_id stage_name error headers query_params",
    ),
    (apigateway_v1, "_AUTHENTICATION_GATEWAY_ERRORS", None),
    (app, "_enforce_execute_api", _INVOKE_PARAMETERS),
    (iam_evaluator, "AuthError", None),
    (app, "_handle_execute_api_request", _HANDLE_PARAMETERS),
    (cloudwatch_logs, "_create_log_stream", "data"),
    (cloudwatch_logs, "_put_log_events", "data"),
    (acm, "_certificates", None),
    (waf, "_associate_web_acl", "data"),
    (waf, "_disassociate_web_acl", "data"),
    (waf, "_associations", None),
    (waf, "_resolve_local_web_acl", "web_acl_arn"),
    (lambda_svc, "_functions", None),
    (apigateway_v1, "_request_validators", None),
    (apigateway_v1, "_resources", None),
    (s3, "_buckets", None),
    (s3, "_bucket_default_sse_headers", "bucket_name"),
    (s3, "_dispatch", "method bucket key headers body query_params"),
    (s3, "_atomic_write", "fpath data text"),
    (s3, "_persist_object", "bucket key obj"),
    (s3, "_persist_delete_marker", "bucket_name key marker"),
    (s3, "_persist_displaced_version", "bucket_name key prior_obj versioning"),
    (s3, "_object_disk_path", "bucket key account_id"),
    (s3, "_version_disk_path", "bucket key version_id account_id"),
    (s3, "_fire_s3_event_async", None),
    (s3, "_error", None),
    (s3, "_qp", None),
    (s3, "_object_tags", None),
    (s3, "_object_acl", None),
    (s3, "_object_annotations", None),
    (s3, "_object_retention", None),
    (s3, "_object_legal_hold", None),
    (s3, "_object_versions", None),
    (s3, "_multipart_uploads", None),
    (s3, "_completed_multipart_uploads", None),
    (s3, "S3_PERSIST", None),
    (lambda_svc, "_prune_orphan_code_blobs", "referenced"),
    (lambda_svc, "_write_code_blob", "code_zip"),
    (lambda_svc, "_validate_total_unzipped_size", "code_zip layers"),
    (lambda_svc, "_unzipped_size", "zip_data"),
    (lambda_svc, "_UNZIPPED_LIMIT_BYTES", None),
    (lambda_svc, "_fetch_code_from_s3", "bucket key version_id"),
    (lambda_svc, "_execute_function_warm", "func event request_id"),
    (lambda_svc, "_invoke", "name event headers path_qualifier query_params"),
    (provisioners, "_lambda_create", "logical_id props stack_name"),
    (provisioners, "_lambda_update", "physical_id old_props new_props stack_name logical_id"),
    (lambda_runtime, "Worker", "func_name config code_zip"),
    (lambda_runtime, "_workers", None),
    (lambda_runtime, "reset", ""),
    (lambda_runtime, "_NODEJS_WORKER_SCRIPT", None),
)
_DRAIN_PARAMETERS = "self first_line_wait idle_confirm hard_cap"


def check_ministack() -> None:
    """Refuse to start on a ministack that differs from what was verified.

    Raises:
        MinistackChangedError: lists every difference, and what to do.
    """
    problems = []
    installed = version("ministack")
    if installed != VERIFIED_VERSION:
        problems.append(f"its version is {installed}")
    for module, name, parameters in _INTERNALS:
        found = getattr(module, name, None)
        if found is None:
            problems.append(f"{module.__name__}.{name} is gone")
        elif parameters is not None and _parameters(found) != parameters:
            problems.append(f"{module.__name__}.{name} takes ({_parameters(found)})")
    drain = getattr(lambda_runtime.Worker, "_drain_stderr_bounded", None)
    if drain is None or _parameters(drain) != _DRAIN_PARAMETERS:
        problems.append("lambda_runtime.Worker._drain_stderr_bounded has changed")
    if problems:
        raise MinistackChangedError(
            f"The embedded AWS was verified with ministack {VERIFIED_VERSION}, but"
            f" {'; '.join(problems)}. Install ministack=={VERIFIED_VERSION}"
            " (`make setup`), or verify local_aws/ministack/gaps.py with the new one."
        )


def _parameters(function: Callable[..., Any]) -> str:
    return " ".join(inspect.signature(function).parameters)


def fill_gaps(
    service: SageMakerService, runs: JobRuns, assume: Assume, settled: Callable[[], None]
) -> None:
    """Put our SageMaker and our Glue job runs in, and fill the gaps that our stacks meet.

    Args:
        service: SageMaker.
        runs: Glue's job runs.
        assume: assumes roles for AWS's services.
        settled: called when a stack operation has ended.
    """
    check_ministack()
    enforce_iam(assume)
    ask_services_for_permission(assume)
    logs = FunctionLogs(assume)
    logs.ask_roles()
    logs.write_late_lines()
    name_log_groups()
    ask_for_each_parameter()
    tell_node_functions_of_refusals()
    hide_missing_objects()
    _add_sagemaker(service)
    _add_sagemaker_types(service)
    add_autoscaling(lambda: service.region(current_scope()).plane.endpoints.targets)
    add_service_quotas(service.quotas)
    add_watching_types()
    refuse_functions()
    limit_functions()
    reserve_concurrency()
    answer_with_gateway_responses()
    put_firewall_in_front()
    tell_of_requests(assume)
    read_paths_of_method_settings()
    refuse_unknown_certificates()
    _keep_bucket_tags()
    _keep_request_validators()
    _shorten_stderr_drain()
    ask_for_keys_of_objects()
    delete_during_operations()
    record_operations(settled)
    run_glue_jobs(runs)
    filter_log_events()
    keep_metrics_in_place()
    refuse_unknown_operations()
    fail_when_the_disk_is_full()
    _leave_saving_to_us()


def current_scope() -> Scope:
    """The account and region of the request, or stack, that is being handled."""
    return Scope(get_account_id(), get_region())


def _add_sagemaker(service: SageMakerService) -> None:
    """app.py:411 and router.py:85 know no SageMaker; an unknown scope would go to S3."""
    api = SageMakerApi(service, current_scope, require)
    app.SERVICE_HANDLERS["sagemaker"] = api.handle_request
    router.SERVICE_PATTERNS["sagemaker"] = {"target_prefixes": ["SageMaker."]}


def _add_sagemaker_types(service: SageMakerService) -> None:
    """provisioners.py:15130 has no AWS::SageMaker types, nor 14984 what replaces them."""
    types = SageMakerTypes(lambda: service.region(current_scope()).plane)
    provisioners._RESOURCE_HANDLERS.update(types.handlers())
    for member in ("Model", "EndpointConfig"):
        shape = service_model().operation_model(f"Create{member}").input_shape
        created_with = tuple(name for name in shape.members if name != "Tags")
        provisioners._REPLACING_PROPERTIES[f"AWS::SageMaker::{member}"] = created_with
    provisioners._REPLACING_PROPERTIES["AWS::SageMaker::Endpoint"] = ("EndpointName",)
    for member in ("Model", "EndpointConfig", "Endpoint"):
        kind = f"AWS::SageMaker::{member}"
        provisioners._CUSTOM_NAME_REPLACEMENT[kind] = {"name": f"{member}Name"}
        provisioners._STACK_TAG_PROPERTY[kind] = ("Tags", "list")

    # stacks.py:78: a handler that blocks on the event loop would wait for itself, because
    # the model's artifact comes from S3 on that same loop.
    blocks = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda kind: kind.startswith("AWS::SageMaker::") or blocks(kind)


def _keep_bucket_tags() -> None:
    """provisioners.py:1669 drops a bucket's Tags.

    CDK's autoDeleteObjects empties a bucket only if it finds its own tag on it.
    """
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create, update = handlers["create"], handlers["update"]

    def keep(outcome: tuple[str, dict[str, str]], props: Mapping[str, Any]) -> Any:
        tags = {tag["Key"]: tag["Value"] for tag in props.get("Tags", ())}
        if tags:
            s3._bucket_tags[outcome[0]] = tags
        else:
            s3._bucket_tags.pop(outcome[0], None)
        return outcome

    handlers["create"] = lambda logical_id, props, stack: keep(
        create(logical_id, props, stack), props
    )
    handlers["update"] = lambda physical_id, old, new, stack: keep(
        update(physical_id, old, new, stack), new
    )


def _keep_request_validators() -> None:
    """provisioners.py:6113 only invents an id, and 5281 drops a method's RequestValidatorId.

    apigateway_v1.py:2497 does validate, once the validator exists and the method names it.
    """

    def create_validator(
        _logical_id: str, props: Mapping[str, Any], _stack: str
    ) -> tuple[str, dict[str, str]]:
        validator_id = new_uuid().replace("-", "")[:6]
        return store(validator_id, props)

    def store(validator_id: str, props: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
        validators = apigateway_v1._request_validators.setdefault(props["RestApiId"], {})
        validators[validator_id] = {
            "id": validator_id,
            "name": props.get("Name", ""),
            "validateRequestBody": _is_true(props.get("ValidateRequestBody")),
            "validateRequestParameters": _is_true(props.get("ValidateRequestParameters")),
        }
        return validator_id, {"RequestValidatorId": validator_id}

    def delete_validator(physical_id: str, props: Mapping[str, Any]) -> None:
        apigateway_v1._request_validators.get(props["RestApiId"], {}).pop(physical_id, None)

    provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::RequestValidator"] = {
        "create": create_validator,
        "update": lambda physical_id, old, new, stack: store(physical_id, new),
        "delete": delete_validator,
    }
    provisioners._REPLACING_PROPERTIES["AWS::ApiGateway::RequestValidator"] = ("RestApiId", "Name")

    def naming_validator(put_method: Callable[..., Any]) -> Callable[..., Any]:
        def put(*arguments: Any) -> Any:
            outcome, props = put_method(*arguments), arguments[-2]
            resource = apigateway_v1._resources[props["RestApiId"]][props["ResourceId"]]
            method = resource["resourceMethods"][props.get("HttpMethod", "ANY")]
            method["requestValidatorId"] = props.get("RequestValidatorId")
            return outcome

        return put

    methods = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::Method"]
    for action in ("create", "update"):
        methods[action] = naming_validator(methods[action])


def _leave_saving_to_us() -> None:
    """app.py:3619 saves when it stops, file after file, which can be cut short in between.

    `durable_state.py` has saved everything by then.
    """
    app.save_all = lambda services: None


def _is_true(value: Any) -> bool:
    """A template's boolean, which may be the string "true"."""
    return str(value).lower() == "true"


def _shorten_stderr_drain() -> None:
    """lambda_runtime.py:1364 waits 50 ms for log lines after each invocation without any.

    The response is there already, so the wait is the caller's. Two milliseconds catch
    what the function wrote before it returned; a line that comes later stays in the
    worker's queue and is logged with the next invocation.
    """
    first_line_wait_s, idle_confirm_s, hard_cap_s = 0.002, 0.001, 0.250
    lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = (
        first_line_wait_s,
        idle_confirm_s,
        hard_cap_s,
    )
