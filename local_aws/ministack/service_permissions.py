"""What AWS's services may do for one another: API Gateway calls a function, Lambda takes a role.

ministack 1.5.33 evaluates a function's resource policy for callers of Lambda's API only.
"""

from collections.abc import Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import apigateway_v1, lambda_svc
from ministack.services.cloudformation import provisioners

from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.roles import Assume
from local_aws.sagemaker.scope import Scope

_API_GATEWAY = "apigateway.amazonaws.com"
_LAMBDA = "lambda.amazonaws.com"


def ask_services_for_permission(assume: Assume) -> None:
    """Hold API Gateway to functions' policies, and Lambda to roles' trust policies.

    Args:
        assume: assumes a role for a service.
    """
    _hold_api_gateway_to_functions_policies()
    _hold_lambda_to_trust_policies(assume)


def _hold_api_gateway_to_functions_policies() -> None:
    """apigateway_v1.py:738 invokes a function that no AWS::Lambda::Permission opens to the API."""
    call = apigateway_v1._call_lambda_raw

    async def call_if_permitted(
        function: str, event: Mapping[str, Any], *, account_id: Any = None, region: Any = None
    ) -> Any:
        account, where = account_id or get_account_id(), region or get_region()
        code, _, name = lambda_svc._get_func_record_for_ref_in_scope(
            function, account_id=account, region=where
        )
        if code is not None and not _permits(code, function, event, account, where):
            # API Gateway's own words, in the execution log that the caller does not see.
            return None, f"Invalid permissions on Lambda function {name}"
        return await call(function, event, account_id=account_id, region=region)

    apigateway_v1._call_lambda_raw = call_if_permitted


def _permits(
    function: Mapping[str, Any], arn: str, event: Mapping[str, Any], account: str, region: str
) -> bool:
    context = event["requestContext"]
    method = f"{context['httpMethod']}{context['resourcePath']}"
    source = (
        f"arn:aws:execute-api:{region}:{account}:{context['apiId']}/{context['stage']}/{method}"
    )
    asked = iam_evaluator.EvalContext(
        principal_arn=_API_GATEWAY,
        principal_type="Service",
        principal_account=account,
        action="lambda:InvokeFunction",
        resource_arn=arn,
        region=region,
        service_context={"aws:sourcearn": source, "aws:sourceaccount": account},
    )
    policy = function.get("policy")
    answer = iam_evaluator.evaluate_resource_policy(policy, asked, service=_API_GATEWAY)
    return bool(answer.decision == "Allow")


def _hold_lambda_to_trust_policies(assume: Assume) -> None:
    """provisioners.py:2356 creates a function whose role Lambda may not assume, or is not there."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]

    create, update = handlers["create"], handlers["update"]

    def refuse_role(properties: Mapping[str, Any]) -> None:
        scope = Scope(get_account_id(), get_region())
        try:
            assume(str(properties.get("Role", "")), _LAMBDA, scope)
        except SageMakerError:
            raise ValueError(
                "The role defined for the function cannot be assumed by Lambda."
            ) from None

    def create_with_role(logical_id: str, properties: Mapping[str, Any], *rest: Any) -> Any:
        refuse_role(properties)
        return create(logical_id, properties, *rest)

    def update_with_role(
        physical_id: str, old: Any, new: Mapping[str, Any], *rest: Any, **named: Any
    ) -> Any:
        refuse_role(new)
        return update(physical_id, old, new, *rest, **named)

    handlers["create"], handlers["update"] = create_with_role, update_with_role
