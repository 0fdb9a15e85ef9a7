"""Stack `{tier}-MachineLearningInfrastructure`: a training job, and the endpoint of its model."""

import aws_cdk as cdk
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from stacks.blazingtext_image import BlazingTextImage
from stacks.execution_role import MODELS_PREFIX
from stacks.sentiment_endpoint import SentimentEndpoint
from stacks.tiers import CUSTOM_RESOURCE_TIMEOUT_SECONDS, Tier
from stacks.training_job import TrainingJobStack
from stacks.training_parameters import TrainingParameters


class MachineLearningInfrastructureStack(cdk.Stack):
    """Trains a model on the data that its parameters name, and serves it.

    A retraining is an update of this stack with other parameters: a new training job, a new
    model and endpoint config, the same endpoint. A job that fails, or whose model falls under
    the gate, rolls the stack back before the endpoint is touched.
    """

    def __init__(
        self, scope: Construct, id: str, *, tier: Tier, training: TrainingJobStack
    ) -> None:
        super().__init__(scope, id, description=f"The model of {tier.name} and its endpoint")
        settings = tier.settings
        parameters = TrainingParameters(self, "Parameters", settings=settings)
        image = BlazingTextImage(self, "BlazingText")

        job = cdk.CustomResource(
            self,
            "TrainingJob",
            resource_type="Custom::TrainingJob",
            service_token=training.service_token,
            service_timeout=cdk.Duration.seconds(CUSTOM_RESOURCE_TIMEOUT_SECONDS),
            properties={
                "JobNamePrefix": tier.job_name_prefix,
                "TrainingImage": image.uri,
                "RoleArn": training.execution_role.role_arn,
                "BucketName": training.bucket.bucket_name,
                "TrainKey": parameters.train_key,
                "TestKey": parameters.test_key,
                "OutputPath": training.bucket.s3_url_for_object(MODELS_PREFIX),
                "InstanceType": settings.training_instance_type,
                "VolumeSizeInGB": str(settings.training_volume_gb),
                "MaxRuntimeInSeconds": str(settings.training_seconds),
                "MinimumAccuracy": parameters.minimum_accuracy,
                "HyperParameters": parameters.hyperparameters,
            },
        )
        job_name = job.get_att_string("TrainingJobName")
        accuracy = job.get_att_string("ValidationAccuracy")
        model_data_url = job.get_att_string("ModelDataUrl")

        serving = SentimentEndpoint(
            self,
            "SentimentEndpoint",
            tier=tier,
            image_uri=image.uri,
            model_data_url=model_data_url,
            execution_role_arn=training.execution_role.role_arn,
        )
        description = ssm.StringParameter(
            self,
            "ModelDescription",
            parameter_name=tier.model_parameter_name,
            string_value=self.to_json_string(
                {
                    "training_job": job_name,
                    "validation_accuracy": cdk.Token.as_number(job.get_att("ValidationAccuracy")),
                    "training_data": parameters.train_key,
                }
            ),
            description="The model that the endpoint serves, for the API's answers",
        )
        # The API must not speak of a model that does not serve yet.
        description.node.add_dependency(serving.endpoint)

        for name, value, meaning in (
            ("EndpointName", serving.endpoint_name, "The same after every retraining"),
            ("TrainingJobName", job_name, "The training job whose model is served"),
            ("ValidationAccuracy", accuracy, "Share of the held-out reviews labelled right"),
            ("ModelDataUrl", model_data_url, "The model's archive, model.tar.gz"),
        ):
            cdk.CfnOutput(self, name, value=value, description=meaning)
