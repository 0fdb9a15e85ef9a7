"""The gate between a trained model and the endpoint."""

from collections.abc import Mapping
from typing import Any, Final

from lambdas.custom_resource.messages import shown
from lambdas.evaluation.errors import EvaluationError
from lambdas.evaluation.properties import EvaluationProperties
from lambdas.evaluation.report import Report

DECIMALS: Final = 4
"""Of the figures that the gate compares: what a person sees is what is compared."""
MOST_OVERLAP: Final = 0.01
"""Share of the evaluation texts that may stand in the training or in the validation file. Short
texts ("great!") come up again by chance; were all of them known by heart, they would add at most
one point of accuracy."""


def pass_gate(report: Report, properties: EvaluationProperties, report_key: str) -> None:
    """Let a model through that the API can ask, and whose figures reach what the stack demands.

    Raises:
        EvaluationError: says what is wrong, and where the report is. An accuracy is not spoken of
            when it is worth nothing, because the model was taught other words than the API asks
            for, or has seen the evaluation texts.
    """
    where = f"Report: s3://{properties.bucket_name}/{report_key} on {report['rows']:,} rows."
    _require_spoken_words(report, properties)
    _require_unseen_texts(report, properties, where)
    _require_figures(report, properties, where)


def _require_spoken_words(report: Report, properties: EvaluationProperties) -> None:
    normaliser, spoken = report["normaliser"], properties.normaliser_versions
    if not spoken or normaliser["version"] in spoken:
        return
    assumed = "" if normaliser["known"] else " (which the API spoke when it was first evaluated)"
    raise EvaluationError(
        f"The model of {report['job']} was trained on texts normalised by "
        f"{normaliser['version']}{assumed}, and the API of this deployment speaks",
        detail=f"{', '.join(spoken)}:",
        after="it would ask for other words than the model has learned. Prepare the reviews again "
        "and retrain (`make retrain TIER=… DATA=…`), or deploy the former version of the code.",
    )


def _require_unseen_texts(report: Report, properties: EvaluationProperties, where: str) -> None:
    # A rollback to a version of the stack that knows no training file was never asked for this.
    if not properties.train_key or properties.accepts_overlap or report["training"] is None:
        return
    _require_unseen_in(
        f"training file {shown(properties.train_key)}", report["overlap"], properties, where
    )
    # Where it is the evaluation file itself, the report says what its figures are worth.
    if report["validation"] and not report["optimistic"]:
        seen_in = f"validation file {shown(properties.validation_key)}"
        _require_unseen_in(seen_in, report["validation_overlap"], properties, where)


def _require_unseen_in(
    seen_in: str, overlap: Mapping[str, Any] | None, properties: EvaluationProperties, where: str
) -> None:
    accept = (
        f"deploy with `--accept-overlap` (the parameter AcceptOverlap={properties.train_key}) "
        "where it is meant."
    )
    if overlap is None:
        raise EvaluationError(
            f"The time did not suffice to look for the evaluation texts in the {seen_in}, because "
            "a Lambda has only 15 minutes: it is not known whether the model has seen them.",
            after=f"{where} Name a smaller file in EvaluationKey (a random sample of 100,000 rows "
            f"gives the accuracy to 0.2 points), or {accept}",
        )
    if overlap["share"] <= MOST_OVERLAP:
        return
    counts = f"{overlap['rows']:,} of the {overlap['texts']:,} evaluation texts"
    raise EvaluationError(
        f"{counts} in {shown(properties.evaluation_key)} ({100 * overlap['share']:.2f} %) also "
        f"stand in the {seen_in}, and at most {100 * MOST_OVERLAP:g} % may: an "
        "accuracy on texts that the model has seen is worth nothing, and it is not deployed.",
        after=f"{where} Evaluate on texts that the model has not seen (`EvaluationKey=` takes the "
        f"data's own test file), or {accept}",
    )


def _require_figures(report: Report, properties: EvaluationProperties, where: str) -> None:
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
        after=f"{where} Train on more or better data, change the hyperparameters (a higher "
        "LearningRate or more Epochs), or lower MinimumAccuracy or MinimumMacroF1, which reuses "
        "job and evaluation.",
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
