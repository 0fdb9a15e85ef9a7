"""Between a trained model and the endpoint: the one place that knows where the gate stands."""

import math

from lambdas.evaluation.errors import EvaluationError
from lambdas.evaluation.evaluate import Evaluated
from lambdas.evaluation.inputs import Inputs, StoredObject
from lambdas.evaluation.metrics import Metrics
from lambdas.evaluation.properties import EvaluationProperties
from lambdas.evaluation.quality_gate import pass_gate
from lambdas.evaluation.report import make_report
from tests.lifecycle.provider import Json
from tests.lifecycle.timed_world import TimedWorld


def model_to_serve(world: TimedWorld, attributes: Json, properties: Json) -> str | None:
    """The model that the stack's Model resource takes from the evaluation's attributes.

    The evaluation finds what the job reported, and no row right where it reported nothing.
    None stands for an evaluation that fails, which rolls the stack back.
    """
    name, url = str(attributes["TrainingJobName"]), str(attributes["ModelDataUrl"])
    accuracy = world.accuracy_of(name)
    asked = EvaluationProperties(
        model_data_url=url,
        training_job_name=name,
        bucket_name=str(properties["BucketName"]),
        evaluation_key=str(properties["EvaluationKey"]),
        minimum_accuracy=float(properties["MinimumAccuracy"]),
        minimum_macro_f1=0,
        calibrate=False,
    )
    metrics = Metrics()
    metrics.rows = 10_000
    metrics.right = 0 if math.isnan(accuracy) else round(accuracy * metrics.rows)
    thing = StoredObject(bucket=asked.bucket_name, key="any", etag="any", size=1)
    report = make_report(
        asked,
        Inputs(model=thing, data=thing, calibrate=False),
        Evaluated(metrics=metrics, seconds=1),
        known_labels=[],
    )
    try:
        pass_gate(report, asked, "report.html")
    except EvaluationError:
        return None
    return url
