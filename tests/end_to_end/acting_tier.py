"""What a deployed tier is asked to do that needs its roles' permissions."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.answer import Answer
from tests.end_to_end.conftest import SMALL_MODEL, DeployedTier
from tests.end_to_end.trial_stacks import JOB, Outcome, TrialStack, wait_for
from tier_layout.bucket import MODELS_PREFIX
from tier_layout.names import TierNames

_REPEATED = (
    "RoleArn",
    "HyperParameters",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
)
"""What a training job has of another one, beside its image."""


@dataclass
class ActingTier:
    """A deployed tier, and what it can be asked to do."""

    tier: DeployedTier
    name: str
    reviews: str = ""
    """S3 address of raw reviews, for `prepare`."""
    folder: Path = field(default_factory=Path)
    """Takes what `prepare` makes."""
    trials: list[TrialStack] = field(default_factory=list)
    """Every stack that was created."""
    models: int = 0
    """How many models were asked for."""

    def __post_init__(self) -> None:
        """Find out where things are."""
        self.names, self.s3 = TierNames(self.name), self.tier.aws.client("s3")
        self.bucket = self.tier.outputs(self.names.training_job)["DataBucketName"]

    def new_model(self, **parameters: str) -> dict[str, str]:
        """Parameters of a model that nobody has asked for yet."""
        self.models += 1
        buckets = int(SMALL_MODEL["Buckets"]) + self.models
        return SMALL_MODEL | {"Buckets": str(buckets)} | parameters

    def create(self, parameters: Mapping[str, str], kinds: tuple[str, ...] = JOB) -> TrialStack:
        """Begin to create a stack with parts of the model."""
        stack = TrialStack(self.tier, self.name, kinds, parameters)
        self.trials.append(stack)
        return stack

    def resource(self, stack: str, kind: str, beginning: str = "") -> str:
        """The physical id of the one resource of its type, or of those so named in the template."""
        resources = self.tier.aws.client("cloudformation").describe_stack_resources(
            StackName=stack
        )["StackResources"]
        (found,) = (
            str(one["PhysicalResourceId"])
            for one in resources
            if one["ResourceType"] == kind and one["LogicalResourceId"].startswith(beginning)
        )
        return found

    def waiter_history(self) -> str:
        """What the state machine that waits for jobs has noted of its latest execution."""
        states = self.tier.aws.client("stepfunctions")
        machine = self.resource(self.names.training_job, "AWS::StepFunctions::StateMachine")
        executions = states.list_executions(stateMachineArn=machine)["executions"]
        latest = max(executions, key=lambda execution: execution["startDate"])
        history = states.get_execution_history(executionArn=latest["executionArn"])
        return json.dumps(history["events"], default=str)

    def retrain(self) -> Outcome:
        """Update the tier's own model, by the CDK CLI."""
        result = self.tier.deploy(self.names.machine_learning, self.new_model())
        return Outcome(result.returncode == 0, "the CDK's output", result.stdout + result.stderr)

    def train(self) -> Outcome:
        """Have SageMaker train once more what is served, without a stack."""
        sagemaker = self.tier.aws.client("sagemaker")
        served = self.tier.outputs(self.names.machine_learning)["TrainingJobName"]
        request = sagemaker.describe_training_job(TrainingJobName=served)
        image = request["AlgorithmSpecification"]["TrainingImage"]
        name = f"{self.name}-again-{time.time_ns()}"
        try:
            sagemaker.create_training_job(
                TrainingJobName=name,
                AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
                **{member: request[member] for member in _REPEATED},
            )
        except ClientError as error:
            return Outcome(False, "CreateTrainingJob's answer", str(error))

        def job() -> dict[str, Any]:
            described: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=name)
            return described

        wait_for(lambda: job()["TrainingJobStatus"] != "InProgress")
        ended = job()
        reason = str(ended.get("FailureReason", ""))
        return Outcome(ended["TrainingJobStatus"] == "Completed", "FailureReason", reason)

    def host(self) -> Outcome:
        """Have SageMaker host once more what serves, on an endpoint of its own."""
        sagemaker = self.tier.aws.client("sagemaker")
        endpoint = sagemaker.describe_endpoint(EndpointName=self.names.endpoint_name)
        config = sagemaker.describe_endpoint_config(
            EndpointConfigName=endpoint["EndpointConfigName"]
        )
        (variant,) = config["ProductionVariants"]
        model = sagemaker.describe_model(ModelName=variant["ModelName"])
        name = f"{self.name}-again-{time.time_ns()}"
        sagemaker.create_model(
            ModelName=name,
            PrimaryContainer={
                member: model["PrimaryContainer"][member] for member in ("Image", "ModelDataUrl")
            },
            ExecutionRoleArn=model["ExecutionRoleArn"],
        )
        one = {"InitialInstanceCount": 1} if "InstanceType" in variant else {}
        sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[variant | {"ModelName": name} | one],
            **{member: config[member] for member in ("KmsKeyId",) if member in config},
        )
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)

        def described() -> dict[str, Any]:
            found: dict[str, Any] = sagemaker.describe_endpoint(EndpointName=name)
            return found

        wait_for(lambda: described()["EndpointStatus"] != "Creating")
        ended = described()
        sagemaker.delete_endpoint(EndpointName=name)
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
        sagemaker.delete_model(ModelName=name)
        reason = str(ended.get("FailureReason", ""))
        return Outcome(ended["EndpointStatus"] == "InService", "FailureReason", reason)

    def call(self) -> Outcome:
        """Have a text labelled by a worker of the API's function that has read nothing yet."""
        name = self.resource(self.names.sentiment_analysis, "AWS::Lambda::Function")
        # Another environment: Lambda starts workers anew.
        with self._environment(name, TRIAL=str(time.time_ns())) as read_log:
            answer = self.request({"instances": ["a wonderful film"]})
        log = read_log()
        # Without its model, an answer cannot be accounted for; without the model's words it looks
        # like any other. No answer may show an ARN.
        done = (
            answer.status == 200
            and bool(answer.json["model"])
            and "vocabulary not read" not in log
            and "arn:" not in answer.text
        )
        return Outcome(done, "the function's log", log)

    def expire(self) -> Outcome:
        """Delete a stack's job while every model is old, with one that nobody has served."""
        stack = self.create({})
        created = stack.created()
        assert created.done, created.said
        unserved = f"{MODELS_PREFIX}/unserved-{time.time_ns()}/output/model.tar.gz"
        self.s3.put_object(Bucket=self.bucket, Key=unserved, Body=b"a model")
        name = self.resource(self.names.training_job, "AWS::Lambda::Function", "PollTrainingJob")
        with self._environment(name, OLD_MODEL_DAYS="-1") as read_log:
            stack.begin_deletion()
            deleted = stack.deleted()
        assert deleted.done, deleted.said
        left = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=unserved)["KeyCount"]
        return Outcome(not left, "the function's log", read_log())

    @contextmanager
    def _environment(self, function: str, **variables: str) -> Iterator[Callable[[], str]]:
        """Change a function's environment for a while; gives what reads its log of that time."""
        lambda_, logs = self.tier.aws.client("lambda"), self.tier.aws.client("logs")
        known = lambda_.get_function_configuration(FunctionName=function)
        group, since = known["LoggingConfig"]["LogGroup"], int(time.time() * 1000)

        def change(environment: Mapping[str, str]) -> None:
            lambda_.update_function_configuration(
                FunctionName=function, Environment={"Variables": environment}
            )

        change(known["Environment"]["Variables"] | variables)
        try:
            yield lambda: "\n".join(
                event["message"]
                for event in logs.filter_log_events(logGroupName=group, startTime=since)["events"]
            )
        finally:
            change(known["Environment"]["Variables"])

    def request(self, body: object) -> Answer:
        """Call the API with its key and signed, as the strictest tier asks for."""
        environment, content = self.tier.aws.environment, json.dumps(body).encode()
        request = AWSRequest(
            "POST",
            self.tier.url + "sentiment",
            {"content-type": "application/json", "x-api-key": self.tier.api_key},
            content,
        )
        keys = Credentials(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(keys, "execute-api", environment["AWS_DEFAULT_REGION"]).add_auth(request)
        return self.tier.call(body=content, headers=dict(request.headers))

    def prepare(self) -> Outcome:
        """Prepare the raw reviews by the Glue job."""
        job = self.tier.outputs(self.names.data_preparation)["DataPreparationJobName"]
        command = self.tier.aws.run(
            *(sys.executable, "-m", "data_prep", "prepare", self.reviews, "--on", "glue"),
            *("--tier", self.name, "--text", "text", "--label", "label"),
            *("--map", "0=negative", "--map", "1=positive"),
            *("--out", str(self.folder / f"prepared-{time.time_ns()}")),
        )
        runs = self.tier.aws.client("glue").get_job_runs(JobName=job)["JobRuns"]
        latest = max(runs, key=lambda run: run["StartedOn"])
        # Also what the command shows, which is the error that the script itself has noted.
        said = f"{latest.get('ErrorMessage', '')}\n{command.stderr}"
        return Outcome(command.returncode == 0, "the run's ErrorMessage", said)
