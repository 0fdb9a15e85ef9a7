"""The command line's own refusals."""

import pytest

from local_aws.cli import main


@pytest.mark.parametrize(
    ("quota", "said"),
    [
        ("ml.m5.large for endpoint usage", "say NAME=NUMBER"),
        ("ml.m5.large for endpoint usage=many", "say NAME=NUMBER"),
        ("ml.m5.large for endpoint usage=-1", "say NAME=NUMBER"),
        ("ml.m5.large=2", "There is no quota 'ml.m5.large'"),
    ],
)
def test_a_quota_that_is_none_is_refused(
    capsys: pytest.CaptureFixture[str], quota: str, said: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["up", "--quota", quota])
    assert caught.value.code == 2
    assert said in capsys.readouterr().err
