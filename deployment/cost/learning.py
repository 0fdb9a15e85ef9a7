"""What a new model costs: its training job, what waits for it, and data prepared on Glue."""

from collections.abc import Iterator, Sequence

from deployment.cost.calling import POLL_SECONDS
from deployment.cost.line import Line, Section
from deployment.cost.price_table import DPU_HOUR, STATE_TRANSITION, TRAINING_VOLUME, training
from deployment.cost.template import Resource, Templates
from deployment.cost.work import HOURS_A_MONTH, Work

_DPUS = {"G.025X": 0.25, "G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8}


def training_jobs(
    resources: Sequence[Resource], _templates: Templates, work: Work
) -> Iterator[Line]:
    """The instance and its disk, for the minutes that are billed."""
    hours = work.training_minutes / 60
    for job in resources:
        kind = job.properties["InstanceType"]
        volume = job.number("VolumeSizeInGB")
        yield Line(
            section=Section.RETRAINING,
            what=f"{kind} for {work.training_minutes:g} min",
            quantity=hours,
            rate=training(kind),
        )
        yield Line(
            section=Section.RETRAINING,
            what=f"its disk of {volume:g} GB",
            quantity=volume * hours / HOURS_A_MONTH,
            rate=TRAINING_VOLUME,
        )


def state_machines(
    resources: Sequence[Resource], _templates: Templates, work: Work
) -> Iterator[Line]:
    """What asks whether the job is done: each poll is a transition."""
    polls = work.training_minutes * 60 / POLL_SECONDS
    yield Line(
        section=Section.RETRAINING,
        what=f"{polls:.0f} state transitions",
        quantity=polls * len(resources),
        rate=STATE_TRANSITION,
    )


def glue_jobs(resources: Sequence[Resource], _templates: Templates, work: Work) -> Iterator[Line]:
    """One run of each job."""
    for job in resources:
        workers = job.number("NumberOfWorkers")
        kind = job.properties["WorkerType"]
        if kind not in _DPUS:
            raise ValueError(f"workers of type {kind} have no price here")
        yield Line(
            section=Section.PREPARATION,
            what=f"{workers:g} × {kind} for {work.preparation_minutes:g} min",
            quantity=workers * _DPUS[kind] * work.preparation_minutes / 60,
            rate=DPU_HOUR,
        )
