"""Optuna as the optimiser of tuning jobs."""

from typing import TYPE_CHECKING

from local_aws.sagemaker.tuning_space import (
    FloatRange,
    IntegerRange,
    Parameter,
    Search,
    SearchSpace,
    as_text,
)

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.study import Study
    from optuna.trial import Trial

# A Bayesian search has to see something before it can learn. Optuna's own 10 trials
# would make most tuning jobs of this size blind.
_MOST_BLIND_TRIALS = 10
_BLIND_SHARE = 3

_NUMPY_SEEDS = 2**32


class OptunaOptimiser:
    """Searches with Optuna: TPE for Bayesian, independent draws for Random."""

    def begin(self, space: SearchSpace) -> Search:
        """Start a search; the first one imports Optuna, which takes about a second."""
        import optuna  # noqa: PLC0415 - slow, and most embedded AWSs never tune

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(
            direction="maximize" if space.maximise else "minimize", sampler=_sampler(space)
        )
        return _OptunaSearch(study, space)


class _OptunaSearch:
    """One study in memory, driven by ask and tell."""

    def __init__(self, study: "Study", space: SearchSpace) -> None:
        self._study = study
        self._distributions = {one.name: _distribution(one) for one in space.parameters}
        self._trials: list[Trial] = []

    def ask(self) -> dict[str, str]:
        """The next trial's hyperparameters."""
        trial = self._study.ask(self._distributions)
        self._trials.append(trial)
        return {name: as_text(trial.params[name]) for name in self._distributions}

    def tell(self, trial: int, objective: float | None) -> None:
        """Let later trials learn from this one."""
        from optuna.trial import TrialState  # noqa: PLC0415 - as above

        state = TrialState.FAIL if objective is None else TrialState.COMPLETE
        self._study.tell(self._trials[trial], objective, state=state)


def _sampler(space: SearchSpace) -> "BaseSampler":
    from optuna.samplers import RandomSampler, TPESampler  # noqa: PLC0415 - as above

    seed = None if space.seed is None else space.seed % _NUMPY_SEEDS
    if not space.guided:
        return RandomSampler(seed=seed)
    blind = min(_MOST_BLIND_TRIALS, max(1, space.trials // _BLIND_SHARE))
    # Multivariate, because the best learning rate depends on the number of epochs; the
    # constant liar keeps trials apart that run side by side.
    return TPESampler(seed=seed, n_startup_trials=blind, multivariate=True, constant_liar=True)


def _distribution(parameter: Parameter) -> "BaseDistribution":
    from optuna import distributions  # noqa: PLC0415 - as above

    if isinstance(parameter, IntegerRange):
        return distributions.IntDistribution(
            parameter.low, parameter.high, log=parameter.logarithmic
        )
    if isinstance(parameter, FloatRange):
        return distributions.FloatDistribution(
            parameter.low, parameter.high, log=parameter.logarithmic
        )
    return distributions.CategoricalDistribution(parameter.values)
