"""SageMaker's CloudFormation types, and the gaps of ministack's CloudFormation."""

import http.client
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from deployment.cdk_cli import CdkCli
from deployment.hosting_change import prepare_hosting_change
from local_aws.environment import client_environment
from tests.end_to_end.stand_in import (
    SERVERLESS,
    StandInAws,
    create_role,
    endpoint_template,
    running_stand_in,
)


@pytest.fixture(scope="module")
def aws() -> Iterator[StandInAws]:
    with running_stand_in() as aws:
        yield aws


def test_a_new_model_updates_the_stack_and_keeps_the_endpoint(aws: StandInAws) -> None:
    assert aws.deploy("Swap", endpoint_template(aws.upload_model("one"))) == "CREATE_COMPLETE"
    before = aws.outputs("Swap")
    assert aws.invoke(before["EndpointName"]) == "one"
    changed = endpoint_template(aws.upload_model("two"))
    assert aws.deploy("Swap", changed, "update") == "UPDATE_COMPLETE"
    after = aws.outputs("Swap")
    assert aws.invoke(before["EndpointName"]) == "two"
    assert after["EndpointArn"] == before["EndpointArn"]
    assert after["ModelName"] != before["ModelName"]
    aws.delete("Swap")


def test_the_replaced_model_and_config_are_deleted(aws: StandInAws) -> None:
    aws.deploy("Replace", endpoint_template(aws.upload_model("one")))
    aws.deploy("Replace", endpoint_template(aws.upload_model("two")), "update")
    sagemaker = aws.client("sagemaker")
    models = sagemaker.list_models(NameContains="Replace")["Models"]
    configs = sagemaker.list_endpoint_configs(NameContains="Replace")["EndpointConfigs"]
    assert (len(models), len(configs)) == (1, 1)
    aws.delete("Replace")


def test_a_model_that_cannot_serve_rolls_the_update_back(aws: StandInAws) -> None:
    aws.deploy("Rollback", endpoint_template(aws.upload_model("one")))
    before = aws.outputs("Rollback")
    broken = endpoint_template(aws.upload_model("crash"))
    assert aws.deploy("Rollback", broken, "update") == "UPDATE_ROLLBACK_COMPLETE"
    assert aws.outputs("Rollback") == before
    assert aws.invoke(before["EndpointName"]) == "one"
    assert "cannot load the model" in aws.events("Rollback")
    aws.delete("Rollback")


def test_a_model_that_cannot_serve_leaves_no_endpoint_behind(aws: StandInAws) -> None:
    broken = endpoint_template(aws.upload_model("crash"))
    assert aws.deploy("NeverUp", broken) == "ROLLBACK_COMPLETE"
    sagemaker = aws.client("sagemaker")
    assert sagemaker.list_endpoints(NameContains="NeverUp")["Endpoints"] == []
    assert sagemaker.list_models(NameContains="NeverUp")["Models"] == []
    aws.delete("NeverUp")


def test_a_deleted_stack_leaves_no_model_config_or_endpoint(aws: StandInAws) -> None:
    aws.deploy("Gone", endpoint_template(aws.upload_model("one")))
    aws.delete("Gone")
    sagemaker = aws.client("sagemaker")
    assert sagemaker.list_endpoints(NameContains="Gone")["Endpoints"] == []
    assert sagemaker.list_endpoint_configs(NameContains="Gone")["EndpointConfigs"] == []
    assert sagemaker.list_models(NameContains="Gone")["Models"] == []


def test_a_custom_named_model_cannot_be_replaced(aws: StandInAws) -> None:
    aws.deploy("Named", endpoint_template(aws.upload_model("one"), ModelName="fixed"))
    changed = endpoint_template(aws.upload_model("two"), ModelName="fixed")
    assert aws.deploy("Named", changed, "update") == "UPDATE_ROLLBACK_COMPLETE"
    assert "custom-named resource requires replacing" in aws.events("Named")
    aws.delete("Named")


def scaled_template(model_data_url: str, instance_type: str, count: int = 2) -> dict[str, Any]:
    """An endpoint on instances, whose variant is a scalable target with a policy."""
    template = endpoint_template(
        model_data_url, {"InstanceType": instance_type, "InitialInstanceCount": count}
    )
    template["Resources"] |= {
        "Target": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "ServiceNamespace": "sagemaker",
                "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
                "ResourceId": {"Fn::Sub": "endpoint/${Endpoint.EndpointName}/variant/AllTraffic"},
                "MinCapacity": "2",
                "MaxCapacity": 4,
            },
        },
        "Policy": {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "PolicyName": "invocations",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": {"Ref": "Target"},
            },
        },
    }
    template["Outputs"]["Policy"] = {"Value": {"Ref": "Policy"}}
    return template


def scaled(aws: StandInAws) -> list[str]:
    """The ResourceIds of the variants that are scalable targets."""
    client = aws.client("application-autoscaling")
    rows = client.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    return [row["ResourceId"] for row in rows]


def test_a_variant_becomes_a_scalable_target_and_is_one_no_more(aws: StandInAws) -> None:
    template = scaled_template(aws.upload_model("one"), "ml.m5.large")
    assert aws.deploy("Scaling", template) == "CREATE_COMPLETE"
    outputs = aws.outputs("Scaling")
    variant = f"endpoint/{outputs['EndpointName']}/variant/AllTraffic"
    assert outputs["Policy"].endswith(f":resource/sagemaker/{variant}:policyName/invocations")
    assert scaled(aws) == [variant]
    aws.delete("Scaling")
    assert scaled(aws) == []


def test_another_instance_type_of_a_scaled_variant_rolls_the_update_back(aws: StandInAws) -> None:
    model = aws.upload_model("one")
    aws.deploy("Type", scaled_template(model, "ml.m5.large"))
    changed = scaled_template(model, "ml.c5.large")
    assert aws.deploy("Type", changed, "update") == "UPDATE_ROLLBACK_COMPLETE"
    assert "change its instance type from ml.m5.large to ml.c5.large" in aws.events("Type")
    name = aws.outputs("Type")["EndpointName"]
    assert (aws.invoke(name), scaled(aws)) == ("one", [f"endpoint/{name}/variant/AllTraffic"])
    aws.delete("Type")


def test_another_instance_type_comes_once_autoscaling_is_off(
    aws: StandInAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack, model = "Scaled-MachineLearningInfrastructure", aws.upload_model("one")
    aws.deploy(stack, scaled_template(model, "ml.m5.large"))
    changed = scaled_template(model, "ml.c5.large")
    (tmp_path / f"{stack}.template.json").write_text(json.dumps(changed))
    for name, value in client_environment(aws.url).items():
        monkeypatch.setenv(name, value)
    prepare_hosting_change(CdkCli(tier="Scaled", output=tmp_path))
    assert scaled(aws) == []
    assert aws.deploy(stack, changed, "update") == "UPDATE_COMPLETE"
    assert scaled(aws) == [f"endpoint/{aws.outputs(stack)['EndpointName']}/variant/AllTraffic"]
    aws.delete(stack)


def test_an_endpoint_on_instances_stays_when_it_is_asked_to_be_serverless(aws: StandInAws) -> None:
    model = aws.upload_model("one")
    aws.deploy("Back", endpoint_template(model, {"InstanceType": "ml.m5.large"}))
    assert aws.deploy("Back", endpoint_template(model), "update") == "UPDATE_ROLLBACK_COMPLETE"
    assert "cannot be converted to a serverless endpoint" in aws.events("Back")
    assert aws.invoke(aws.outputs("Back")["EndpointName"]) == "one"
    aws.delete("Back")


ALARM = "Canary-errors"


def canary_template(model_data_url: str) -> dict[str, Any]:
    """Two instances, and an alarm on the new fleet alone that rolls an update back."""
    instances = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
    template = endpoint_template(model_data_url, instances)
    config = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
    template["Resources"]["Alarm"] = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": ALARM,
            "Namespace": "AWS/SageMaker",
            "MetricName": "InvocationModelErrors",
            "Dimensions": [{"Name": "EndpointConfigName", "Value": config}],
            "Statistic": "Average",
            "Period": 3600,
            "EvaluationPeriods": 1,
            "Threshold": 0.05,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
        },
    }
    return template


def with_canary(template: dict[str, Any], wait_s: int = 600) -> dict[str, Any]:
    routing = {
        "Type": "CANARY",
        "CanarySize": {"Type": "INSTANCE_COUNT", "Value": "1"},
        "WaitIntervalInSeconds": wait_s,
    }
    template["Resources"]["Endpoint"]["Properties"]["DeploymentConfig"] = {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing},
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": {"Ref": "Alarm"}}]},
    }
    return template


def test_an_alarm_during_a_canary_rolls_the_stack_back(aws: StandInAws) -> None:
    aws.deploy("Canary", canary_template(aws.upload_model("one")))
    before, cloudwatch = aws.outputs("Canary"), aws.client("cloudwatch")
    aws.client("cloudformation").update_stack(
        StackName="Canary",
        TemplateBody=json.dumps(with_canary(canary_template(aws.upload_model("two")))),
    )
    seen = set[str]()
    deadline = time.monotonic() + 30
    while len(seen) < 2 and time.monotonic() < deadline:
        seen.add(aws.invoke(before["EndpointName"]))
    assert seen == {"one", "two"}
    cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="a test says so")
    assert aws.settle("Canary") == "UPDATE_ROLLBACK_COMPLETE"
    assert aws.outputs("Canary") == before
    assert {aws.invoke(before["EndpointName"]) for _ in range(4)} == {"one"}
    assert f"one or more CloudWatch alarms went into ALARM state: {ALARM}" in aws.events("Canary")
    # It watches the config that serves again, of which it knows nothing bad.
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    assert alarm["StateValue"] == "OK"
    aws.delete("Canary")


def test_what_fails_after_a_rollout_rolls_the_endpoint_back_too(aws: StandInAws) -> None:
    first = with_canary(canary_template(aws.upload_model("one")), wait_s=1)
    assert aws.deploy("After", first) == "CREATE_COMPLETE"
    before = aws.outputs("After")
    second = with_canary(canary_template(aws.upload_model("two")), wait_s=1)
    variant = {"VariantName": "All", "ModelName": "nobody", **SERVERLESS}
    second["Resources"]["Broken"] = {
        "Type": "AWS::SageMaker::EndpointConfig",
        "Properties": {"ProductionVariants": [variant]},
        "DependsOn": "Endpoint",
    }
    assert aws.deploy("After", second, "update") == "UPDATE_ROLLBACK_COMPLETE"
    assert aws.outputs("After") == before
    assert {aws.invoke(before["EndpointName"]) for _ in range(4)} == {"one"}
    aws.delete("After")


def test_invocations_are_metrics_within_seconds(aws: StandInAws) -> None:
    aws.deploy("Metrics", endpoint_template(aws.upload_model("one")))
    endpoint, cloudwatch = aws.outputs("Metrics")["EndpointName"], aws.client("cloudwatch")
    for _ in range(5):
        aws.invoke(endpoint)
    now = datetime.now(UTC)
    wanted: dict[str, Any] = {
        "Namespace": "AWS/SageMaker",
        "Dimensions": [
            {"Name": "EndpointName", "Value": endpoint},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ],
        "StartTime": now - timedelta(minutes=5),
        "EndTime": now + timedelta(minutes=5),
        "Period": 600,
    }
    deadline = time.monotonic() + 10
    counted: list[dict[str, Any]] = []
    while not counted and time.monotonic() < deadline:
        answer = cloudwatch.get_metric_statistics(
            **wanted, MetricName="Invocations", Statistics=["Sum"]
        )
        counted = answer["Datapoints"]
    assert sum(point["Sum"] for point in counted) == 5
    latency = cloudwatch.get_metric_statistics(
        **wanted, MetricName="ModelLatency", ExtendedStatistics=["p99"]
    )
    (point, *_) = latency["Datapoints"]
    assert 100 < point["ExtendedStatistics"]["p99"] < 30e6
    aws.delete("Metrics")


def test_more_instances_than_the_account_has_leave_nothing_behind(aws: StandInAws) -> None:
    template = scaled_template(aws.upload_model("one"), "ml.m5.large", count=21)
    assert aws.deploy("Large", template) == "ROLLBACK_COMPLETE"
    assert (
        "The account-level service limit 'ml.m5.large for endpoint usage' is 20 Instances, with"
        " current utilization of 0 Instances and a request delta of 21 Instances."
    ) in aws.events("Large")
    aws.delete("Large")


def test_a_buckets_tags_are_kept(aws: StandInAws) -> None:
    tag = {"Key": "aws-cdk:auto-delete-objects", "Value": "true"}
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tagged", "Tags": [tag]}}
    aws.deploy("Tags", {"Resources": {"Bucket": bucket}})
    assert aws.client("s3").get_bucket_tagging(Bucket="tagged")["TagSet"] == [tag]
    aws.delete("Tags")


def validated_api() -> dict[str, Any]:
    """A REST API whose method has a model and a request validator, before a mock."""
    api, root = {"Ref": "Api"}, {"Fn::GetAtt": ["Api", "RootResourceId"]}
    schema = {"type": "object", "required": ["instances"]}
    mock = {
        "Type": "MOCK",
        "RequestTemplates": {"application/json": '{"statusCode": 200}'},
        "IntegrationResponses": [{"StatusCode": "200"}],
    }
    method = {
        "RestApiId": api,
        "ResourceId": root,
        "HttpMethod": "POST",
        "AuthorizationType": "NONE",
        "RequestValidatorId": {"Ref": "Validator"},
        "RequestModels": {"application/json": {"Ref": "Request"}},
        "Integration": mock,
        "MethodResponses": [{"StatusCode": "200"}],
    }
    model = {"RestApiId": api, "ContentType": "application/json", "Schema": schema}
    properties: dict[str, dict[str, Any]] = {
        "RestApi": {"Name": "validated"},
        "Model": model | {"Name": "Request"},
        "RequestValidator": {"RestApiId": api, "ValidateRequestBody": True},
        "Method": method,
    }
    names = {"RestApi": "Api", "Model": "Request", "RequestValidator": "Validator"}
    resources: dict[str, Any] = {
        names.get(kind, kind): {"Type": f"AWS::ApiGateway::{kind}", "Properties": content}
        for kind, content in properties.items()
    }
    resources["Deployment"] = {
        "Type": "AWS::ApiGateway::Deployment",
        "DependsOn": "Method",
        "Properties": {"RestApiId": api, "StageName": "prod"},
    }
    return {"Resources": resources, "Outputs": {"Api": {"Value": api}}}


def test_a_request_validator_validates(aws: StandInAws) -> None:
    assert aws.deploy("Api", validated_api()) == "CREATE_COMPLETE"

    def status(body: bytes) -> int:
        connection = http.client.HTTPConnection(urlsplit(aws.url).netloc, timeout=10)
        path = f"/_aws/execute-api/{aws.outputs('Api')['Api']}/prod/"
        connection.request("POST", path, body, {"content-type": "application/json"})
        answer = connection.getresponse().status
        connection.close()
        return answer

    assert status(b'{"instances": []}') == 200
    assert status(b"{}") == 400
    aws.delete("Api")


def watching(budget: int) -> dict[str, Any]:
    """A topic, a budget that tells it, and an alarm on another alarm."""
    told = {
        "Notification": {
            "NotificationType": "ACTUAL",
            "ComparisonOperator": "GREATER_THAN",
            "Threshold": 100,
        },
        "Subscribers": [{"SubscriptionType": "SNS", "Address": {"Ref": "Topic"}}],
    }
    return {
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Silent": {
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": {
                    "Namespace": "Trial",
                    "MetricName": "Requests",
                    "Statistic": "Sum",
                    "Period": 3600,
                    "EvaluationPeriods": 1,
                    "Threshold": 1,
                    "ComparisonOperator": "LessThanThreshold",
                    "TreatMissingData": "breaching",
                },
            },
            "Both": {
                "Type": "AWS::CloudWatch::CompositeAlarm",
                "Properties": {
                    "AlarmRule": {"Fn::Sub": 'ALARM("${Silent.Arn}")'},
                    "AlarmActions": [{"Ref": "Topic"}],
                },
            },
            "Budget": {
                "Type": "AWS::Budgets::Budget",
                "Properties": {
                    "Budget": {
                        "BudgetType": "COST",
                        "TimeUnit": "MONTHLY",
                        "BudgetLimit": {"Amount": budget, "Unit": "USD"},
                    },
                    "NotificationsWithSubscribers": [told],
                },
            },
        }
    }


def limits(aws: StandInAws) -> list[str]:
    """Of the account's budgets."""
    found = aws.client("budgets").describe_budgets(AccountId="000000000000")
    return [budget["BudgetLimit"]["Amount"] for budget in found.get("Budgets", ())]


def test_composite_alarms_and_budgets_come_change_and_go(aws: StandInAws) -> None:
    def composites() -> list[str]:
        alarms = aws.client("cloudwatch").describe_alarms(AlarmTypes=["CompositeAlarm"])
        return [alarm["AlarmName"] for alarm in alarms["CompositeAlarms"]]

    assert aws.deploy("Watching", watching(100)) == "CREATE_COMPLETE"
    assert len(composites()) == 1
    assert limits(aws) == ["100"]
    assert aws.deploy("Watching", watching(200), "update") == "UPDATE_COMPLETE"
    assert limits(aws) == ["200"]
    aws.delete("Watching")
    assert (composites(), limits(aws)) == ([], [])


def test_composite_alarm_on_one_that_is_not_there_is_refused(aws: StandInAws) -> None:
    template = watching(100)
    template["Resources"]["Both"]["Properties"]["AlarmRule"] = "ALARM(Missing)"
    assert aws.deploy("Unwatched", template) == "ROLLBACK_COMPLETE"
    assert "do not exist" in aws.events("Unwatched")


def test_a_stage_with_an_access_log_needs_the_accounts_role(aws: StandInAws) -> None:
    template = validated_api()
    del template["Resources"]["Deployment"]["Properties"]["StageName"]
    group = "arn:aws:logs:us-east-1:000000000000:log-group:requests"
    template["Resources"]["Stage"] = {
        "Type": "AWS::ApiGateway::Stage",
        "Properties": {
            "RestApiId": {"Ref": "Api"},
            "DeploymentId": {"Ref": "Deployment"},
            "StageName": "prod",
            "AccessLogSetting": {"DestinationArn": group, "Format": "$context.requestId"},
        },
    }
    assert aws.deploy("Logged", template) == "ROLLBACK_COMPLETE"
    assert "CloudWatch Logs role ARN must be set in account settings" in aws.events("Logged")
    aws.delete("Logged")


def test_api_gateway_takes_no_role_that_it_may_not_assume(aws: StandInAws) -> None:
    role = create_role(aws.client("iam"), "lambda.amazonaws.com", "of-functions")
    account = {"Type": "AWS::ApiGateway::Account", "Properties": {"CloudWatchRoleArn": role}}
    assert aws.deploy("Account", {"Resources": {"Account": account}}) == "ROLLBACK_COMPLETE"
    assert "Please grant trust permission for API Gateway" in aws.events("Account")
    aws.delete("Account")


def test_a_function_leaves_concurrency_for_the_others(aws: StandInAws) -> None:
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": create_role(aws.client("iam"), "lambda.amazonaws.com", "of-greedy"),
            "Code": {"ZipFile": "def handler(event, context): return 1"},
            "ReservedConcurrentExecutions": 901,
        },
    }
    assert aws.deploy("Greedy", {"Resources": {"Function": function}}) == "ROLLBACK_COMPLETE"
    assert "below its minimum value of [100]" in aws.events("Greedy")
    aws.delete("Greedy")


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("us-east-1:000000000000", "The provided certificate does not exist"),
        ("eu-west-1:000000000000", "Certificate must be in 'us-east-1'"),
        ("us-east-1:123456789012", "must be owned by the account creating the domain"),
    ],
)
def test_a_domain_needs_a_certificate_that_is_there(aws: StandInAws, where: str, said: str) -> None:
    domain = {
        "Type": "AWS::ApiGateway::DomainName",
        "Properties": {
            "DomainName": "api.example.com",
            "RegionalCertificateArn": f"arn:aws:acm:{where}:certificate/made-up",
            "EndpointConfiguration": {"Types": ["REGIONAL"]},
        },
    }
    assert aws.deploy("Domain", {"Resources": {"Domain": domain}}) == "ROLLBACK_COMPLETE"
    assert said in aws.events("Domain")
    aws.delete("Domain")
