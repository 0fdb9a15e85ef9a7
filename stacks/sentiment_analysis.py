"""Stack `{tier}-SentimentAnalysis`: the REST API in front of the endpoint."""

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from lambdas.sentiment_api.access import Access
from lambdas.sentiment_api.limits import MAX_TEXTS
from stacks.api_access_logs import (
    access_log_destination,
    access_log_format,
    give_account_a_role,
)
from stacks.api_domain import add_domain
from stacks.api_firewall import ApiFirewall
from stacks.encryption_key import key_statements
from stacks.gateway_problems import add_gateway_problems
from stacks.lambda_bundle import lambda_architecture, lambda_code, lambda_runtime
from stacks.lambda_target import LambdaTarget
from stacks.log_group import tier_log_group
from stacks.machine_learning import MachineLearningInfrastructureStack
from stacks.sagemaker_arns import sagemaker_arns
from stacks.tiers import Tier
from tier_layout.bucket import VOCABULARIES_PREFIX
from tier_layout.metrics import API_METRICS

GATEWAY_TIMEOUT = cdk.Duration.seconds(29)
"""A REST API's own limit (API Gateway's default quota)."""
FUNCTION_TIMEOUT = cdk.Duration.seconds(25)
"""Shorter than the gateway's, so that the caller gets the function's answer; longer than the
22 s after which the function gives up on the endpoint."""
STAGE = "v1"
OPEN_ROUTES = ("health", "openapi.json")
"""What everybody may GET."""


class SentimentAnalysisStack(cdk.Stack):
    """`POST /sentiment`, `GET /health` and `GET /openapi.json`.

    The function is granted InvokeEndpoint on this tier's endpoint alone. Labelling needs an
    API key or AWS credentials, unless the tier says that it is open to everyone; health and the
    API's description are open, and throttled for themselves.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        tier: Tier,
        machine_learning: MachineLearningInfrastructureStack,
    ) -> None:
        super().__init__(scope, id, description=f"The sentiment API of {tier.name}")
        # The endpoint's name is known, and need not be imported: but it must exist.
        self.add_stack_dependency(machine_learning)
        function = self._function(tier, data_bucket_name=machine_learning.data_bucket_name)
        api = self._api(tier)
        self._routes(api, function, tier)
        if tier.settings.api.authorization != "none":
            self._usage_plan(api, tier)
        if tier.settings.api.firewall:
            ApiFirewall(
                self,
                "Firewall",
                stage=api.deployment_stage,
                requests_of_an_address=tier.settings.api.firewall_requests,
            )
        if tier.settings.api.domain_name and tier.settings.api.certificate_arn:
            add_domain(
                self,
                api,
                domain_name=tier.settings.api.domain_name,
                certificate_arn=tier.settings.api.certificate_arn,
            )

        cdk.CfnOutput(self, "ApiUrl", value=api.url, description="POST <ApiUrl>sentiment")

    def _function(self, tier: Tier, *, data_bucket_name: str) -> lambda_.Function:
        target = LambdaTarget.from_context(self.node)
        function = lambda_.Function(
            self,
            "Function",
            function_name=tier.api_name,
            description=f"Labels texts through the endpoint {tier.endpoint_name}",
            code=lambda_code(
                "sentiment_api",
                target=target,
                packages=["review_text", "lambdas/confidence"],
            ),
            handler="lambdas.sentiment_api.handler.handler",
            runtime=lambda_runtime(target),
            architecture=lambda_architecture(target),
            # CPU comes with memory: 1 GB halves the cold start of 512 MB.
            memory_size=1024,
            timeout=FUNCTION_TIMEOUT,
            reserved_concurrent_executions=tier.settings.api.reserved_concurrency,
            tracing=(
                lambda_.Tracing.ACTIVE if tier.settings.api.tracing else lambda_.Tracing.DISABLED
            ),
            environment={
                "ENDPOINT_NAME": tier.endpoint_name,
                "MODEL_PARAMETER": tier.model_parameter_name,
                "COMING_MODEL_PARAMETER": tier.coming_model_parameter_name,
                "DATA_BUCKET": data_bucket_name,
                **Access(
                    authorization=tier.settings.api.authorization,
                    cors_origins=tier.settings.api.cors_origins,
                ).environment,
                # It would look for some in every package of the bundle: a shorter cold start.
                "PYDANTIC_DISABLE_PLUGINS": "__all__",
                "POWERTOOLS_SERVICE_NAME": tier.api_name,
                "POWERTOOLS_METRICS_NAMESPACE": API_METRICS,
                "POWERTOOLS_LOG_LEVEL": "INFO",
            },
            log_group=tier_log_group(self, "FunctionLogs", tier.settings),
        )
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["sagemaker:InvokeEndpoint"],
                resources=sagemaker_arns(self, "endpoint", tier.endpoint_name),
            )
        )
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=["ssm:GetParameters"],
                resources=[
                    self.format_arn(
                        service="ssm",
                        resource="parameter",
                        resource_name=name.removeprefix("/"),
                    )
                    for name in (tier.model_parameter_name, tier.coming_model_parameter_name)
                ],
            )
        )
        for statement in (
            iam.PolicyStatement(
                actions=["s3:GetObject"],
                resources=[
                    # By its name, which the model's stack imports as well.
                    self.format_arn(
                        service="s3",
                        region="",
                        account="",
                        resource=data_bucket_name,
                        resource_name=f"{VOCABULARIES_PREFIX}/*",
                    )
                ],
            ),
            *key_statements(self, tier, writes=False),
        ):
            function.add_to_role_policy(statement)
        return function

    def _api(self, tier: Tier) -> apigateway.RestApi:
        settings = tier.settings.api
        api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=tier.api_name,
            description="Labelled, readable sentiment",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(
                access_log_destination=(
                    access_log_destination(self, tier.settings) if settings.access_logs else None
                ),
                access_log_format=access_log_format() if settings.access_logs else None,
                tracing_enabled=settings.tracing,
                stage_name=STAGE,
                # Never the bodies: they are review text.
                data_trace_enabled=False,
                metrics_enabled=True,
                # Every route that no usage plan covers has this for itself.
                throttling_rate_limit=settings.open_requests_per_second,
                throttling_burst_limit=settings.open_burst,
                method_options={
                    **{
                        f"/{path}/GET": apigateway.MethodDeploymentOptions(
                            throttling_rate_limit=settings.open_requests_per_second,
                            throttling_burst_limit=settings.open_burst,
                        )
                        for path in OPEN_ROUTES
                    },
                    "/sentiment/POST": apigateway.MethodDeploymentOptions(
                        throttling_rate_limit=settings.total_requests_per_second,
                        throttling_burst_limit=settings.total_burst,
                    ),
                },
            ),
        )
        if settings.access_logs and settings.account_log_role:
            give_account_a_role(api.deployment_stage)
        add_gateway_problems(
            api, signed=settings.authorization == "iam", cors_origins=settings.cors_origins
        )
        return api

    def _routes(self, api: apigateway.RestApi, function: lambda_.Function, tier: Tier) -> None:
        integration = apigateway.LambdaIntegration(
            function, timeout=GATEWAY_TIMEOUT, allow_test_invoke=False
        )
        # The function alone knows 404 from 405, and what `Allow` and a preflight say: API
        # Gateway would answer 403 to both.
        sentiment = api.root.add_resource("sentiment")
        for path in (api.root, api.root.add_proxy(any_method=False), sentiment):
            _add_open_method(path, "ANY", integration)
        for name in OPEN_ROUTES:
            path = api.root.add_resource(name)
            _add_open_method(path, "GET", integration)
            _add_open_method(path, "ANY", integration)

        schema = apigateway.JsonSchemaType
        model = api.add_model(
            "SentimentRequest",
            content_type="application/json",
            description="The outline of a request; the function looks at each text",
            schema=apigateway.JsonSchema(
                schema=apigateway.JsonSchemaVersion.DRAFT4,
                type=schema.OBJECT,
                required=["instances"],
                properties={
                    "instances": apigateway.JsonSchema(
                        type=schema.ARRAY, min_items=1, max_items=MAX_TEXTS
                    )
                },
            ),
        )
        sentiment.add_method(
            "POST",
            integration,
            authorization_type=(
                apigateway.AuthorizationType.IAM
                if tier.settings.api.authorization == "iam"
                else apigateway.AuthorizationType.NONE
            ),
            api_key_required=tier.settings.api.authorization != "none",
            request_models={"application/json": model},
            request_validator_options=apigateway.RequestValidatorOptions(
                validate_request_body=True
            ),
        )

    def _usage_plan(self, api: apigateway.RestApi, tier: Tier) -> None:
        settings = tier.settings.api
        plan = api.add_usage_plan(
            "UsagePlan",
            name=tier.api_name,
            throttle=apigateway.ThrottleSettings(
                rate_limit=settings.requests_per_second, burst_limit=settings.burst
            ),
            quota=apigateway.QuotaSettings(
                limit=settings.requests_per_day, period=apigateway.Period.DAY
            ),
            api_stages=[apigateway.UsagePlanPerApiStage(api=api, stage=api.deployment_stage)],
        )
        # The key's value is generated by API Gateway, and so stands in no template.
        key = api.add_api_key("Key", description=f"The first client of {tier.name}")
        plan.add_api_key(key)
        cdk.CfnOutput(
            self,
            "ApiKeyId",
            value=key.key_id,
            description="aws apigateway get-api-key --include-value --api-key <ApiKeyId>",
        )


def _add_open_method(
    path: apigateway.IResource, verb: str, integration: apigateway.Integration
) -> None:
    path.add_method(verb, integration, authorization_type=apigateway.AuthorizationType.NONE)
