"""What a user of `sagemaker-core` writes: train, host, ask, remove; prints one JSON object.

A program of its own, because the package reads the environment where it is imported. Arguments:
the role's ARN.
"""

import json
import sys

from sagemaker.core.resources import Endpoint, EndpointConfig, Model, TrainingJob
from sagemaker.core.shapes import (
    AlgorithmSpecification,
    Channel,
    ContainerDefinition,
    DataSource,
    OutputDataConfig,
    ProductionVariant,
    ResourceConfig,
    S3DataSource,
    StoppingCondition,
)

IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1"
ROLE = sys.argv[1]

source = S3DataSource(s3_data_type="S3Prefix", s3_uri="s3://data/train.txt")
job = TrainingJob.create(
    training_job_name="by-core",
    role_arn=ROLE,
    algorithm_specification=AlgorithmSpecification(
        training_image=IMAGE, training_input_mode="File"
    ),
    hyper_parameters={"mode": "supervised", "answer": "core"},
    input_data_config=[
        Channel(channel_name="train", data_source=DataSource(s3_data_source=source))
    ],
    output_data_config=OutputDataConfig(s3_output_path="s3://data/models"),
    resource_config=ResourceConfig(
        instance_type="ml.c5.xlarge", instance_count=1, volume_size_in_gb=10
    ),
    stopping_condition=StoppingCondition(max_runtime_in_seconds=600),
)
job.wait(poll=1, timeout=60)
artifact = job.model_artifacts.s3_model_artifacts
model = Model.create(
    model_name="by-core",
    execution_role_arn=ROLE,
    primary_container=ContainerDefinition(image=IMAGE, model_data_url=artifact),
)
variant = ProductionVariant(
    variant_name="AllTraffic",
    model_name="by-core",
    instance_type="ml.m5.large",
    initial_instance_count=1,
)
config = EndpointConfig.create(endpoint_config_name="by-core", production_variants=[variant])
endpoint = Endpoint.create(endpoint_name="by-core", endpoint_config_name="by-core")
endpoint.wait_for_status("InService", poll=1, timeout=60)
answer = json.loads(endpoint.invoke(body=b"{}", content_type="application/json").body.read())
jobs = [one.training_job_name for one in TrainingJob.get_all(name_contains="by-core")]
endpoint.delete()
endpoint.wait_for_delete(poll=1, timeout=60)
config.delete()
model.delete()
left = [one.endpoint_name for one in Endpoint.get_all(name_contains="by-core")]
# The package's own progress display ends without a newline.
print()
print(
    json.dumps(
        {
            "status": job.training_job_status,
            "artifact": artifact,
            "answer": answer,
            "jobs": jobs,
            "left": left,
        }
    )
)
