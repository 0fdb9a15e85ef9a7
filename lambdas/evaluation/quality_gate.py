"""The gate between a trained model and the endpoint."""

from typing import Final

from lambdas.custom_resource.messages import shown
from lambdas.evaluation.errors import EvaluationError
from lambdas.evaluation.properties import EvaluationProperties
from lambdas.evaluation.report import Report

DECIMALS: Final = 4
"""Of the figures that the gate compares: what a person sees is what is compared."""


def pass_gate(report: Report, properties: EvaluationProperties, report_key: str) -> None:
    """Let a model through whose figures reach what the stack demands.

    Raises:
        EvaluationError: says every figure that does not, and where the report is.
    """
    low, high = report["interval"]
    misses = []
    if round(report["accuracy"], DECIMALS) < properties.minimum_accuracy:
        misses.append(
            f"an accuracy of {report['accuracy']:.4f} (95 % interval {low:.4f} to {high:.4f}), "
            f"and the gate demands at least {properties.minimum_accuracy:g}"
        )
    if round(report["macro_f1"], DECIMALS) < properties.minimum_macro_f1:
        misses.append(
            f"a macro F1 of {report['macro_f1']:.4f}, and the gate demands at least "
            f"{properties.minimum_macro_f1:g}"
        )
    if not misses:
        return
    raise EvaluationError(
        f"The model of {report['job']} reaches {'; and '.join(misses)}: it is not deployed.",
        detail=_unknown_labels(report),
        after=f"Report: s3://{properties.bucket_name}/{report_key} on {report['rows']:,} rows. "
        "Train on more or better data, change the hyperparameters (a higher LearningRate or more "
        "Epochs), or lower MinimumAccuracy or MinimumMacroF1, which reuses job and evaluation.",
    )


def _unknown_labels(report: Report) -> str:
    """Say so when the evaluation file has labels that the model was never taught."""
    unknown = report["unknown_labels"]
    if not unknown:
        return ""
    rows = sum(unknown.values())
    named = ", ".join(map(shown, sorted(unknown)[:3]))
    return (
        f"{rows:,} of the rows have labels that the model does not know ({named}) and count as "
        "wrong: are training and evaluation file of the same kind?"
    )
