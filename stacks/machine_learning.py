"""Stack `{tier}-MachineLearningInfrastructure`: a training job, and the endpoint of its model."""

import aws_cdk as cdk
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from lambdas.evaluation.inputs import EVALUATOR_VERSION
from review_text import SPOKEN
from stacks.blazingtext_image import BlazingTextImage
from stacks.encryption_key import key_arn
from stacks.evaluation import MEMORY_MIB, SERVICE_TIMEOUT
from stacks.evaluation_parameters import EvaluationParameters
from stacks.log_group import endpoint_log_group
from stacks.sentiment_endpoint import SentimentEndpoint
from stacks.serving_memory import serving_memory_mib
from stacks.settings.training import CUSTOM_RESOURCE_TIMEOUT_SECONDS
from stacks.tiers import Tier
from stacks.training_job import TrainingJobStack
from stacks.training_parameters import TrainingParameters
from tier_layout.bucket import MODELS_PREFIX


class MachineLearningInfrastructureStack(cdk.Stack):
    """Trains a model on the data that its parameters name, and serves it.

    A retraining is an update of this stack with other parameters: a new training job, a new
    model and endpoint config, the same endpoint. A job that fails, or whose model does not pass
    its evaluation, rolls the stack back before the endpoint is touched.
    """

    def __init__(
        self, scope: Construct, id: str, *, tier: Tier, training: TrainingJobStack
    ) -> None:
        super().__init__(scope, id, description=f"The model of {tier.name} and its endpoint")
        self.data_bucket_name: str = training.bucket.bucket_name
        """Of the bucket that holds the models' words, for the API."""
        settings = tier.settings
        parameters = TrainingParameters(self, "Parameters")
        gate = EvaluationParameters(
            self, "EvaluationParameters", settings=settings.training, test_key=parameters.test_key
        )
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
                "ValidationKey": parameters.validation_key,
                "TestKey": parameters.test_key,
                "OutputPath": training.bucket.s3_url_for_object(MODELS_PREFIX),
                "InstanceType": settings.training.instance_type,
                "VolumeSizeInGB": str(settings.training.volume_gb),
                "MaxRuntimeInSeconds": str(settings.training.seconds),
                "HyperParameters": parameters.hyperparameters,
                "TuningJobs": parameters.tuning_jobs,
                "TuningParallelJobs": str(settings.training.tuning_parallel_jobs),
                "TuningJobNamePrefix": tier.tuning_job_name_prefix,
                "ModelDataUrl": parameters.model_data_url,
                # Looked at before anything is paid for; none of them shapes the job.
                "EvaluationKey": gate.evaluation_key,
                "EvaluationMemoryInMiB": str(MEMORY_MIB),
                "ServingMemoryInMiB": serving_memory_mib(settings.hosting),
                # How the job is kept apart: another key or network is no other model either.
                "KmsKeyId": key_arn(self, tier) or "",
                "Subnets": ",".join(settings.network.subnet_ids),
                "SecurityGroupIds": ",".join(settings.network.security_group_ids),
                "EnableNetworkIsolation": str(settings.training.network_isolation).lower(),
            },
        )
        job_name = job.get_att_string("TrainingJobName")
        evaluation = cdk.CustomResource(
            self,
            "Evaluation",
            resource_type="Custom::Evaluation",
            service_token=training.evaluation.service_token,
            service_timeout=SERVICE_TIMEOUT,
            properties={
                "ModelDataUrl": job.get_att_string("ModelDataUrl"),
                "TrainingJobName": job_name,
                "BucketName": training.bucket.bucket_name,
                "EvaluationKey": gate.evaluation_key,
                "TrainKey": parameters.train_key,
                "ValidationKey": parameters.validated_on,
                "AcceptOverlap": gate.accept_overlap,
                # Changes with the normaliser's rules, so that every model is held against them.
                "NormaliserVersions": ",".join(SPOKEN),
                # Changes with what is measured, so that every model is measured anew.
                "EvaluatorVersion": EVALUATOR_VERSION,
                "MinimumAccuracy": gate.minimum_accuracy,
                "MinimumMacroF1": gate.minimum_macro_f1,
                "Calibrate": gate.calibrate,
            },
        )
        validation_accuracy = job.get_att_string("ValidationAccuracy")
        accuracy = evaluation.get_att_string("Accuracy")
        # The evaluation's, not the job's: nothing is served that was not evaluated.
        model_data_url = evaluation.get_att_string("ModelDataUrl")

        serving = SentimentEndpoint(
            self,
            "SentimentEndpoint",
            tier=tier,
            image_uri=image.uri,
            model_data_url=model_data_url,
            execution_role_arn=training.hosting_role.role_arn,
            bucket_name=training.bucket.bucket_name,
        )
        serving.endpoint.node.add_dependency(endpoint_log_group(self, "EndpointLogs", tier))
        described = self.to_json_string(
            {
                "training_job": job_name,
                "accuracy": cdk.Token.as_number(evaluation.get_att("Accuracy")),
                "accuracy_interval": [
                    cdk.Token.as_number(evaluation.get_att("AccuracyLow")),
                    cdk.Token.as_number(evaluation.get_att("AccuracyHigh")),
                ],
                "evaluated_on": evaluation.get_att_string("EvaluatedOn"),
                "training_data": parameters.train_key,
                "normaliser": evaluation.get_att_string("NormaliserVersion"),
                # Written without quotes, as the JSON that they are. They travel with the
                # model that they were measured on.
                "calibration": cdk.Token.as_number(evaluation.get_att("Calibration")),
                "vocabulary": evaluation.get_att_string("VocabularyKey"),
                "fingerprint": cdk.Token.as_number(evaluation.get_att("ModelFingerprint")),
                "unsure": cdk.Token.as_number(gate.unsure),
            }
        )
        coming = ssm.StringParameter(
            self,
            "ComingModelDescription",
            parameter_name=tier.coming_model_parameter_name,
            string_value=described,
            description="The model that the endpoint serves, or will when its update is done",
        )
        # While an update swaps models, both answer: what either is must be known before.
        serving.endpoint.node.add_dependency(coming)
        description = ssm.StringParameter(
            self,
            "ModelDescription",
            parameter_name=tier.model_parameter_name,
            string_value=described,
            description="The model that the endpoint serves, for the API's answers",
        )
        # Until it is served alone, the description of the model before it must last.
        description.node.add_dependency(serving.endpoint)

        for name, value, meaning in (
            ("EndpointName", serving.endpoint_name, "The same after every retraining"),
            ("TrainingJobName", job_name, "The training job whose model is served"),
            ("ValidationAccuracy", validation_accuracy, "What the training job itself reports"),
            ("Accuracy", accuracy, "Share of the evaluated reviews that the model labels right"),
            (
                "EvaluatedOn",
                evaluation.get_att_string("EvaluatedOn"),
                "Key of the reviews that the model was asked about",
            ),
            (
                "ValidatedOn",
                evaluation.get_att_string("ValidatedOn"),
                "Key of the reviews that early stopping and tuning looked at",
            ),
            ("MacroF1", evaluation.get_att_string("MacroF1"), "Mean of the labels' F1"),
            ("ReportKey", evaluation.get_att_string("ReportKey"), "Where the report is kept"),
            (
                "EvaluationReport",
                evaluation.get_att_string("ReportUrl"),
                "A page on how good the model is: copy it, and open it in a browser",
            ),
            ("ModelDataUrl", model_data_url, "The model's archive, model.tar.gz"),
        ):
            cdk.CfnOutput(self, name, value=value, description=meaning)
