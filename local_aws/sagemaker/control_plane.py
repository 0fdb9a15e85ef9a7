"""The SageMaker control plane: every operation, behind one `call`.

It knows neither processes nor HTTP. A `Trainer` runs its jobs and a `Hosting`
serves its endpoints, so a test can drive their states by hand.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from local_aws.sagemaker.clock import Clock, utc_now
from local_aws.sagemaker.definition_checks import check_model, check_serverless, check_variants
from local_aws.sagemaker.deployment import Hosting
from local_aws.sagemaker.deployment_config import AlarmStates
from local_aws.sagemaker.endpoints import Endpoints
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.invocation_limits import Invocations
from local_aws.sagemaker.invocation_metrics import InvocationMetrics
from local_aws.sagemaker.models import Definitions
from local_aws.sagemaker.quotas import Quotas
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.tags import Tags
from local_aws.sagemaker.training_jobs import Trainer, TrainingJobs
from local_aws.sagemaker.tuning_alarm import Alarm, daemon_alarm
from local_aws.sagemaker.tuning_jobs import TuningJobs
from local_aws.sagemaker.tuning_optuna import OptunaOptimiser
from local_aws.sagemaker.tuning_space import Optimiser
from local_aws.sagemaker.validation import check_request

Operation = Callable[[Mapping[str, Any]], dict[str, Any]]


class ControlPlane:
    """SageMaker of one account and region. Safe to call from any thread."""

    def __init__(
        self,
        *,
        trainer: Trainer,
        hosting: Hosting,
        clock: Clock = utc_now,
        scope: Scope | None = None,
        quotas: Quotas | None = None,
        optimiser: Optimiser | None = None,
        alarm: Alarm = daemon_alarm,
        alarm_states: AlarmStates = lambda names: {},
        report: Callable[[str], None] = lambda event: None,
    ) -> None:
        """An empty control plane.

        Args:
            trainer: runs the training jobs.
            hosting: serves the endpoints.
            clock: gives every timestamp.
            scope: the account and region in the ARNs; 000000000000 in us-east-1 by default.
            quotas: how much may run at once; the default values unless given.
            optimiser: chooses the hyperparameters of tuning jobs; Optuna by default.
            alarm: ends the tuning jobs that run for too long.
            alarm_states: gives the states of CloudWatch's alarms; there is none by default.
            report: takes one line for each event of a tuning job that a person cares about.
        """
        self.scope = scope or Scope()
        self.quotas = quotas or Quotas()
        self.hosting = hosting
        self.clock = clock
        lock = threading.RLock()
        self.tags = Tags()
        self.training_jobs = TrainingJobs(
            trainer=trainer,
            quotas=self.quotas,
            scope=self.scope,
            tags=self.tags,
            lock=lock,
            clock=clock,
        )
        self.tuning_jobs = TuningJobs(
            training_jobs=self.training_jobs,
            optimiser=optimiser or OptunaOptimiser(),
            alarm=alarm,
            report=report,
            scope=self.scope,
            tags=self.tags,
            lock=lock,
            clock=clock,
        )

        def definitions(
            kind: str, member: str, check: Callable[[Mapping[str, Any]], None]
        ) -> Definitions:
            return Definitions(
                kind,
                member=member,
                check=check,
                scope=self.scope,
                tags=self.tags,
                lock=lock,
                clock=clock,
            )

        self.models = definitions("model", "Model", check_model)
        self.endpoint_configs = definitions(
            "endpoint-config", "EndpointConfig", self._check_endpoint_config
        )
        self.endpoints = Endpoints(
            hosting=hosting,
            models=self.models,
            configs=self.endpoint_configs,
            quotas=self.quotas,
            scope=self.scope,
            tags=self.tags,
            lock=lock,
            clock=clock,
            alarm_states=alarm_states,
        )
        self.invocations = Invocations()
        self.invocation_metrics = InvocationMetrics()
        self._operations = self._operation_table()

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one API operation.

        Args:
            operation: its name, such as `CreateTrainingJob`.
            request: its members as boto3 takes them.

        Returns:
            The response as boto3 gives it: timestamps are `datetime` objects.

        Raises:
            SageMakerError: the request is refused; it has SageMaker's code and words.
        """
        check_request(operation, request)
        try:
            carry_out = self._operations[operation]
        except KeyError:
            raise SageMakerError(
                "UnknownOperationException",
                f"The embedded AWS does not offer SageMaker's {operation}; it offers"
                f" {', '.join(sorted(self._operations))}.",
            ) from None
        return carry_out(request)

    def _check_endpoint_config(self, request: Mapping[str, Any]) -> None:
        check_variants(request)
        for variant in request["ProductionVariants"]:
            self.models.find(variant["ModelName"])
        check_serverless(request, self.models)

    def _operation_table(self) -> dict[str, Operation]:
        return {
            "CreateTrainingJob": self.training_jobs.create,
            "DescribeTrainingJob": self.training_jobs.describe,
            "ListTrainingJobs": self.training_jobs.list_jobs,
            "StopTrainingJob": self.training_jobs.stop,
            "DeleteTrainingJob": self.training_jobs.delete,
            "CreateHyperParameterTuningJob": self.tuning_jobs.create,
            "DescribeHyperParameterTuningJob": self.tuning_jobs.describe,
            "ListHyperParameterTuningJobs": self.tuning_jobs.list_jobs,
            "StopHyperParameterTuningJob": self.tuning_jobs.stop,
            "DeleteHyperParameterTuningJob": self.tuning_jobs.delete,
            "ListTrainingJobsForHyperParameterTuningJob": self.tuning_jobs.list_training_jobs,
            "CreateModel": self.models.create,
            "DescribeModel": self.models.describe,
            "ListModels": self.models.list_all,
            "DeleteModel": self.models.delete,
            "CreateEndpointConfig": self.endpoint_configs.create,
            "DescribeEndpointConfig": self.endpoint_configs.describe,
            "ListEndpointConfigs": self.endpoint_configs.list_all,
            "DeleteEndpointConfig": self.endpoint_configs.delete,
            "CreateEndpoint": self.endpoints.create,
            "UpdateEndpoint": self.endpoints.update,
            "UpdateEndpointWeightsAndCapacities": self.endpoints.update_weights_and_capacities,
            "DescribeEndpoint": self.endpoints.describe,
            "ListEndpoints": self.endpoints.list_all,
            "DeleteEndpoint": self.endpoints.delete,
            "AddTags": self.tags.add_tags,
            "ListTags": self.tags.list_tags,
            "DeleteTags": self.tags.delete_tags,
        }
