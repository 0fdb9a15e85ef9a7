"""cdk-nag finds nothing in any kind of tier that is not acknowledged."""

import json
import re
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks

from stacks.acknowledged_findings import ACKNOWLEDGED
from tests.stacks.conftest import EVERYTHING, composed

KINDS = ("Sandbox", "Production", EVERYTHING)
CONTROL = "Control"


@pytest.mark.parametrize("name", KINDS)
def test_every_finding_is_acknowledged(name: str, tmp_path: Path) -> None:
    app, _ = composed(name, tmp_path)
    # Something that both packs object to, so that silence is not taken for peace.
    s3.CfnBucket(cdk.Stack(app, CONTROL), "Bare")
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    cdk.Validations.of(app).add_plugins(NIST80053R5Checks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    report = json.loads((tmp_path / "validation-report.json").read_text())
    found = [
        (violation["ruleName"], construct["constructPath"])
        for pack in report["pluginReports"]
        for violation in pack["violations"]
        for construct in violation["violatingConstructs"]
    ]
    assert {rule.partition("-")[0] for rule, _ in found} == {"AwsSolutions", "NIST.800.53.R5"}
    assert [one for one in found if not one[1].startswith(CONTROL)] == []


def test_every_acknowledgement_is_of_a_resource(tmp_path: Path) -> None:
    paths = [
        node.node.path.removeprefix(f"{name}-").removesuffix("/Resource")
        for name in KINDS
        for node in composed(name, tmp_path / name)[0].node.find_all()
    ]
    for one in ACKNOWLEDGED:
        assert any(re.fullmatch(one.where, path) for path in paths), one.where
