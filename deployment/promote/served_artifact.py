"""What a tier serves, and everything in its bucket that belongs to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from deployment.progress import step
from deployment.rollout import settle
from deployment.tier_stacks import TierStacks
from lambdas.evaluation.report_store import LATEST, PAGE
from stacks.tiers import find_tier
from tier_layout.bucket import EVALUATIONS_PREFIX, VOCABULARIES_PREFIX, manifest_key
from tier_layout.s3_address import S3Address


class SourceError(ValueError):
    """There is nothing that could be promoted."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """An object that goes with a model."""

    key: str
    what: str
    needed: bool = False
    """Whether there is no promotion without it."""
    replace: bool = False
    """Whether it may replace an object of other content: nothing is made from it."""


@dataclass(frozen=True, kw_only=True)
class ServedArtifact:
    """The model that a tier serves, and where it comes from."""

    tier: str
    training_job: str
    model: S3Address
    bucket: str
    """The tier's data bucket."""
    train_key: str
    """Empty for a model that was trained elsewhere."""
    validation_key: str
    """Empty where early stopping looked at `test_key`."""
    test_key: str
    evaluation_key: str
    """Empty where the model is evaluated on `test_key`."""

    @classmethod
    def of(cls, tier: str) -> Self:
        """The model of a tier in the account and region that the environment points at.

        Raises:
            SourceError: the tier is not deployed, or not in a state that can be trusted.
            TierError: its name cannot be a tier's.
        """
        # Its settings do not matter here.
        find_tier(tier, "Sandbox")
        stacks = TierStacks(tier)
        settle(stacks.machine_learning, stacks)
        with step(f"Read what {tier} serves") as reading:
            artifact = cls._read(stacks)
            reading.result = artifact.training_job
        return artifact

    @classmethod
    def _read(cls, stacks: TierStacks) -> Self:
        tier, stack = stacks.name, stacks.machine_learning
        outputs = stacks.outputs(stack)
        data = stacks.outputs(stacks.training_job)
        missing = [s for s, o in ((stacks.training_job, data), (stack, outputs)) if not o]
        if missing:
            raise SourceError(
                f"{tier} serves nothing in this account and region that could be promoted: there "
                f"is no deployed stack {' and no '.join(missing)}. Both tiers must be in one "
                "account and region: AWS_PROFILE and AWS_DEFAULT_REGION choose it."
            )
        status = stacks.status(stack)
        if not status.endswith("_COMPLETE"):
            # Its outputs and parameters may be of different models.
            raise SourceError(
                f"Stack {stack} is {status}, so that it is not known what {tier} serves. Put it "
                f"right first: make deploy TIER={tier}"
            )
        parameters = stacks.parameters(stack)
        return cls(
            tier=tier,
            training_job=outputs["TrainingJobName"],
            model=S3Address.parse(outputs["ModelDataUrl"]),
            bucket=data["DataBucketName"],
            train_key=parameters.get("TrainKey", ""),
            validation_key=parameters.get("ValidationKey", ""),
            test_key=parameters.get("TestKey", ""),
            evaluation_key=parameters.get("EvaluationKey", ""),
        )

    def parameters(self, bucket: str) -> dict[str, str]:
        """The stack parameters that serve this model from another bucket."""
        return {
            "ModelDataUrl": str(S3Address(bucket, self.model.key)),
            "TrainKey": self.train_key,
            "ValidationKey": self.validation_key,
            "TestKey": self.test_key,
            "EvaluationKey": self.evaluation_key,
        }

    def items(self, s3: Any) -> Iterator[Item]:
        """Everything that a tier needs to serve the model and to know where it comes from."""
        yield Item(key=self.model.key, what="model", needed=True)
        evaluated = self.evaluation_key or self.test_key
        yield Item(key=evaluated, what="evaluation data", needed=True)
        for key, what in (
            (self.test_key, "test data"),
            (self.validation_key, "validation data"),
            (self.train_key, "training data"),
        ):
            if key and key != evaluated:
                yield Item(key=key, what=what)
        beside = self.train_key or self.test_key
        if beside:
            yield Item(key=manifest_key(beside), what="manifest", replace=True)
        for prefix, what in (
            (EVALUATIONS_PREFIX, "evaluation"),
            (VOCABULARIES_PREFIX, "vocabulary"),
        ):
            for key in self._evaluated(s3, prefix):
                yield Item(key=key, what=what, replace=True)

    def _evaluated(self, s3: Any, above: str) -> Iterator[str]:
        """The keys of all that the model's evaluations have left, so that none need be repeated.

        Without the latest report and its page: the other tier's evaluation writes those itself.
        """
        prefix = f"{above}/{self.training_job}/"
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        for page in pages:
            for entry in page.get("Contents", ()):
                if entry["Key"] not in {f"{prefix}{LATEST}", f"{prefix}{PAGE}"}:
                    yield entry["Key"]
