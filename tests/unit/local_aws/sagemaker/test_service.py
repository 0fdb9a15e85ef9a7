"""SageMaker as a whole: what its accounts and regions share."""

from pathlib import Path
from typing import Any

from local_aws.sagemaker.quotas import hosting
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.service import Programs, SageMakerService

SERVES = hosting("ml.m5.large")


def service(folder: Path, **quotas: int) -> SageMakerService:
    def no_role(_arn: str, _principal: str, _scope: Scope) -> Any:
        raise AssertionError("nothing is asked of AWS here")

    return SageMakerService(
        assume=no_role,
        directory=folder,
        report=lambda _: None,
        programs=Programs(),
        quotas=quotas,
    )


def saved(one: SageMakerService) -> list[dict[str, Any]]:
    one.region(Scope())
    return one.snapshot()


def test_quotas_are_kept_with_the_state(tmp_path: Path) -> None:
    later = service(tmp_path)
    later.restore(saved(service(tmp_path, **{SERVES: 3})))
    assert later.quotas.value(SERVES) == 3


def test_a_quota_that_is_given_again_has_its_new_value(tmp_path: Path) -> None:
    later = service(tmp_path, **{SERVES: 5})
    later.restore(saved(service(tmp_path, **{SERVES: 3})))
    assert later.quotas.value(SERVES) == 5
