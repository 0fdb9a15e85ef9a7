"""Reads a CreateHyperParameterTuningJob: what the shapes cannot say, and what we do not offer."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from local_aws.sagemaker.errors import invalid
from local_aws.sagemaker.training_log import METRIC_NAMES
from local_aws.sagemaker.tuning_space import (
    Choice,
    FloatRange,
    IntegerRange,
    Parameter,
    SearchSpace,
)

Number = TypeVar("Number", int, float)

# BlazingText's integers have 32 bits, and Optuna's arithmetic fails far above that.
_INTEGER_BOUND = 2**31

_STRATEGIES = ("Bayesian", "Random")

# Members of the request, its config and its definition that mean a search of another kind.
_NOT_OFFERED = {
    "": ("TrainingJobDefinitions", "WarmStartConfig", "Autotune"),
    "HyperParameterTuningJobConfig": ("StrategyConfig", "TuningJobCompletionCriteria"),
    "TrainingJobDefinition": ("TuningObjective", "HyperParameterRanges"),
}

_RESOURCES_NOT_OFFERED = ("InstanceConfigs", "AllocationStrategy")
_TUNING_RESOURCES = "HyperParameterTuningResourceConfig"
"""What the SageMaker SDK's tuner sends in place of `ResourceConfig`: the same, of one type."""

_NOT_IN_A_TRAINING_JOB = frozenset({"DefinitionName", "StaticHyperParameters", _TUNING_RESOURCES})

_RANGE_KINDS = ("IntegerParameterRanges", "ContinuousParameterRanges", "CategoricalParameterRanges")


def read_search_space(request: Mapping[str, Any]) -> SearchSpace:
    """What a tuning job is to search.

    Raises:
        SageMakerError: `ValidationException` that names everything that is wrong with the
            request, or that the embedded AWS does not offer.
    """
    problems = [*_not_offered(request), *_contradictions(request)]
    parameters: list[Parameter] = []
    for kind, given in _ranges(request):
        try:
            parameters.append(_READERS[kind](given))
        except ValueError as problem:
            problems.append(f"range of {given['Name']}: {problem}")
    if problems:
        raise invalid(f"The tuning job cannot run on the embedded AWS: {'; '.join(problems)}.")
    config = request["HyperParameterTuningJobConfig"]
    return SearchSpace(
        parameters=tuple(parameters),
        maximise=config["HyperParameterTuningJobObjective"]["Type"] == "Maximize",
        trials=config["ResourceLimits"]["MaxNumberOfTrainingJobs"],
        guided=config["Strategy"] == "Bayesian",
        seed=config.get("RandomSeed"),
    )


def training_job_request(
    request: Mapping[str, Any], *, name: str, tuned: Mapping[str, str]
) -> dict[str, Any]:
    """The CreateTrainingJob of one training job of a tuning job, which has its tags, too."""
    definition = request["TrainingJobDefinition"]
    members = {key: one for key, one in definition.items() if key not in _NOT_IN_A_TRAINING_JOB}
    if _TUNING_RESOURCES in definition:
        members["ResourceConfig"] = dict(definition[_TUNING_RESOURCES])
    # SageMaker adds `_tuning_objective_metric` to these. Our BlazingText refuses names that
    # it does not know, for typing errors to be found, so it is left out.
    merged = {**definition.get("StaticHyperParameters", {}), **tuned}
    tags = {"Tags": request["Tags"]} if request.get("Tags") else {}
    return {**members, **tags, "TrainingJobName": name, "HyperParameters": merged}


def _not_offered(request: Mapping[str, Any]) -> Iterator[str]:
    config = request["HyperParameterTuningJobConfig"]
    for path, members in _NOT_OFFERED.items():
        given = request.get(path, {}) if path else request
        yield from (f"{member} is not offered" for member in members if given.get(member))
    resources = request.get("TrainingJobDefinition", {}).get(_TUNING_RESOURCES, {})
    for member in _RESOURCES_NOT_OFFERED:
        if resources.get(member):
            yield f"{_TUNING_RESOURCES}.{member} is not offered"
    if config["Strategy"] not in _STRATEGIES:
        yield f"Strategy {config['Strategy']} is not offered (only {' and '.join(_STRATEGIES)})"
    if config.get("TrainingJobEarlyStoppingType", "Off") != "Off":
        yield "TrainingJobEarlyStoppingType must be Off"
    if config.get("ParameterRanges", {}).get("AutoParameters"):
        yield "AutoParameters are not offered"


def _contradictions(request: Mapping[str, Any]) -> Iterator[str]:
    config = request["HyperParameterTuningJobConfig"]
    if not request.get("TrainingJobDefinition"):
        yield "TrainingJobDefinition is missing"
    elif request["TrainingJobDefinition"].keys() >= {"ResourceConfig", _TUNING_RESOURCES}:
        yield f"ResourceConfig and {_TUNING_RESOURCES} exclude each other"
    if "MaxNumberOfTrainingJobs" not in config["ResourceLimits"]:
        yield "ResourceLimits.MaxNumberOfTrainingJobs is missing"
    objective = config.get("HyperParameterTuningJobObjective")
    if not objective:
        yield "HyperParameterTuningJobObjective is missing"
    elif objective["MetricName"] not in METRIC_NAMES:
        yield (
            f"the algorithm does not report the objective {objective['MetricName']}"
            f" (it reports {', '.join(METRIC_NAMES)})"
        )
    names = [given["Name"] for _, given in _ranges(request)]
    static = request.get("TrainingJobDefinition", {}).get("StaticHyperParameters", {})
    if not names:
        yield "ParameterRanges has no range"
    for name in sorted(set(names)):
        if names.count(name) > 1:
            yield f"{name} has more than one range"
        if name in static:
            yield f"{name} has a range and stands in StaticHyperParameters"


def _ranges(request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    ranges = request["HyperParameterTuningJobConfig"].get("ParameterRanges", {})
    for kind in _RANGE_KINDS:
        for given in ranges.get(kind, ()):
            yield kind, given


def _integer_range(given: Mapping[str, Any]) -> IntegerRange:
    low, high = _bounds(given, int, "an integer")
    if not -_INTEGER_BOUND <= low <= high < _INTEGER_BOUND:
        raise ValueError(f"{low} to {high} is not a range of 32-bit integers")
    return IntegerRange(given["Name"], low, high, _is_logarithmic(given, low))


def _float_range(given: Mapping[str, Any]) -> FloatRange:
    low, high = _bounds(given, float, "a number")
    return FloatRange(given["Name"], low, high, _is_logarithmic(given, low))


def _choice(given: Mapping[str, Any]) -> Choice:
    if len(set(given["Values"])) < len(given["Values"]):
        raise ValueError(f"a value stands there twice ({', '.join(given['Values'])})")
    return Choice(given["Name"], tuple(given["Values"]))


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Parameter]] = {
    "IntegerParameterRanges": _integer_range,
    "ContinuousParameterRanges": _float_range,
    "CategoricalParameterRanges": _choice,
}


def _bounds(
    given: Mapping[str, Any], parse: Callable[[str], Number], expectation: str
) -> tuple[Number, Number]:
    values = []
    for member in ("MinValue", "MaxValue"):
        try:
            values.append(parse(given[member]))
        except ValueError:
            raise ValueError(f"{member} {given[member]!r} is not {expectation}") from None
    low, high = values
    if not math.isfinite(high - low):
        raise ValueError(f"{given['MinValue']} to {given['MaxValue']} is not a finite range")
    if low > high:
        raise ValueError(f"MinValue {given['MinValue']} is above MaxValue {given['MaxValue']}")
    return low, high


def _is_logarithmic(given: Mapping[str, Any], low: float) -> bool:
    """Whether the scale is; `Auto` leaves the choice to the service, and ours is linear."""
    scale = given.get("ScalingType", "Auto")
    if scale == "ReverseLogarithmic":
        raise ValueError("ScalingType ReverseLogarithmic is not offered")
    if scale == "Logarithmic" and low <= 0:
        raise ValueError(f"MinValue {given['MinValue']} of a logarithmic scale must be above 0")
    return bool(scale == "Logarithmic")
