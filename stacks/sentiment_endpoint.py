"""The SageMaker endpoint: model, endpoint config, endpoint, and what watches over them."""

from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.encryption_key import key_arn
from stacks.rollout_alarms import RolloutAlarms
from stacks.settings.hosting import HostingSettings
from stacks.tiers import Tier
from tier_layout.bucket import CAPTURES_PREFIX

VARIANT = "AllTraffic"
"""One production variant, of one name: a blue/green update needs the same in both configs."""
PROVISIONING_SECONDS = 1_800
"""What a rollout may take beside its waits: instances start, models load, requests drain."""
INVOCATIONS_PER_MINUTE = 2_000
"""Autoscaling's target for one instance; about half of what an `ml.m5.large` sustains
is the customary headroom. Measure yours and change it."""


class SentimentEndpoint(Construct):
    """A SageMaker endpoint whose name never changes while its model does.

    Model and endpoint config take generated names: both are replaced by every retraining,
    and CloudFormation can only create the new one before it deletes the old one when the
    name is not fixed. The endpoint's name is fixed, because it is only ever updated in
    place, and the alarms that roll an update back must know it before it exists.

    What SageMaker refuses to update in place (`HostingSettings.instance_type` says what) rolls the
    stack back to the endpoint as it was; no order of resources in one template avoids it, because
    CloudFormation takes away last what a template no longer has.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        tier: Tier,
        image_uri: str,
        model_data_url: str,
        execution_role_arn: str,
        bucket_name: str,
    ) -> None:
        super().__init__(scope, id)
        settings, network = tier.settings.hosting, tier.settings.network
        model = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=execution_role_arn,
            # SageMaker itself fetches the model, so an isolated container has all it needs.
            enable_network_isolation=True if settings.network_isolation else None,
            vpc_config=(
                sagemaker.CfnModel.VpcConfigProperty(
                    subnets=list(network.subnet_ids),
                    security_group_ids=list(network.security_group_ids),
                )
                if network.vpc_id
                else None
            ),
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=image_uri, model_data_url=model_data_url
            ),
        )
        config = sagemaker.CfnEndpointConfig(
            self,
            "Config",
            production_variants=[_variant(model, settings)],
            # Of the instances' volumes: serverless inference has none.
            kms_key_id=key_arn(self, tier) if settings.instance_type else None,
            data_capture_config=_capture(settings, bucket_name),
        )
        rollout = None
        if settings.canary:
            watched = config.attr_endpoint_config_name
            watch = RolloutAlarms(self, "Rollout", tier=tier, variant=VARIANT, config_name=watched)
            rollout = _canary(watch.alarms, settings.canary_wait_seconds)
        self.endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=tier.endpoint_name,
            endpoint_config_name=config.attr_endpoint_config_name,
            deployment_config=rollout,
            # An update keeps the number of instances that autoscaling has reached. Where nothing
            # scales, it would keep a number that the settings have changed.
            retain_all_variant_properties=True if settings.autoscaled else None,
        )
        if settings.autoscaled:
            self._autoscale(tier)
        self.endpoint_name: str = self.endpoint.attr_endpoint_name

    def _autoscale(self, tier: Tier) -> None:
        target = autoscaling.CfnScalableTarget(
            self,
            "Instances",
            service_namespace="sagemaker",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            resource_id=f"endpoint/{tier.endpoint_name}/variant/{VARIANT}",
            min_capacity=tier.settings.hosting.minimum_instances,
            max_capacity=tier.settings.hosting.maximum_instances,
        )
        target.node.add_dependency(self.endpoint)
        autoscaling.CfnScalingPolicy(
            self,
            "InvocationsPerInstance",
            policy_name=f"{tier.endpoint_name}-invocations",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=(
                autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                    target_value=INVOCATIONS_PER_MINUTE,
                    predefined_metric_specification=(
                        autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                            predefined_metric_type="SageMakerVariantInvocationsPerInstance"
                        )
                    ),
                    scale_in_cooldown=300,
                    scale_out_cooldown=60,
                )
            ),
        )


def _variant(
    model: sagemaker.CfnModel, settings: HostingSettings
) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
    if settings.instance_type is None:
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=VARIANT,
            model_name=model.attr_model_name,
            initial_variant_weight=1,
            serverless_config=sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
                max_concurrency=settings.serverless_concurrency,
                memory_size_in_mb=settings.serverless_memory_mb,
            ),
        )
    return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
        variant_name=VARIANT,
        model_name=model.attr_model_name,
        initial_variant_weight=1,
        instance_type=settings.instance_type,
        initial_instance_count=settings.minimum_instances,
    )


def _capture(
    settings: HostingSettings, bucket_name: str
) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty | None:
    """A share of requests and answers in the data bucket; nothing unless a person has asked."""
    if not settings.data_capture_percent:
        return None
    config = sagemaker.CfnEndpointConfig
    return config.DataCaptureConfigProperty(
        enable_capture=True,
        initial_sampling_percentage=settings.data_capture_percent,
        destination_s3_uri=f"s3://{bucket_name}/{CAPTURES_PREFIX}",
        capture_options=[
            config.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")
        ],
        # Any other content would be in Base64.
        capture_content_type_header=config.CaptureContentTypeHeaderProperty(
            json_content_types=["application/json"]
        ),
    )


def _canary(
    alarms: list[cloudwatch.Alarm], wait_seconds: int
) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
    """One instance, then all, then the end of the old ones, each after a wait under alarms."""
    endpoint = sagemaker.CfnEndpoint
    return endpoint.DeploymentConfigProperty(
        blue_green_update_policy=endpoint.BlueGreenUpdatePolicyProperty(
            traffic_routing_configuration=endpoint.TrafficRoutingConfigProperty(
                type="CANARY",
                canary_size=endpoint.CapacitySizeProperty(type="INSTANCE_COUNT", value=1),
                wait_interval_in_seconds=wait_seconds,
            ),
            termination_wait_in_seconds=wait_seconds,
            maximum_execution_timeout_in_seconds=2 * wait_seconds + PROVISIONING_SECONDS,
        ),
        auto_rollback_configuration=endpoint.AutoRollbackConfigProperty(
            alarms=[endpoint.AlarmProperty(alarm_name=alarm.alarm_name) for alarm in alarms]
        ),
    )
