"""What cdk-nag finds in a tier and we leave as it is, and why.

The packs are AwsSolutions and NIST 800-53 R5; `tests/stacks/test_nag.py` runs them over every kind
of tier. A finding is acknowledged on the resource that has it, and a line that nothing needs any
more fails the test.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import aws_cdk as cdk

from stacks.data_preparation import names_in_context
from stacks.tiers import Tier

_SAGEMAKER = "arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>"
_LOGS = "arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group"
_DATA = "Resource::<DataBucketE3889A50.Arn>"
_BUCKET_NAME = "{tier}-TrainingJob:ExportsOutputRefDataBucketE3889A50250F5285"
_EXPORTED_DATA = "Resource::{tier}-TrainingJob:ExportsOutputFnGetAttDataBucketE3889A50Arn98F8399F"
_GLUE_LOGS = (
    f"Resource::{_LOGS}:/aws-glue/jobs/{{tier}}/"
    '{"Fn::Select":[0,{"Fn::Split":["-",{"Fn::Select":[2,{"Fn::Split":["/",'
    '{"Ref":"AWS::StackId"}]}]}]}]}/*'
)
_BUCKET = "{bucket}"
_JOBS = tuple(
    f"Resource::{_SAGEMAKER}:{kind}/{prefix}*"
    for kind, prefix in (
        ("training-job", "{tier}-blazingtext-"),
        ("training-job", "{lower}-blazingtext-"),
        ("training-job", "{tuning}-tune-"),
        ("training-job", "{lower_tuning}-tune-"),
        ("hyper-parameter-tuning-job", "{tuning}-tune-"),
        ("hyper-parameter-tuning-job", "{lower_tuning}-tune-"),
    )
)


@dataclass(frozen=True)
class Acknowledged:
    """Findings of one rule that stand for one reason."""

    rule: str
    where: str
    """A regular expression for paths of resources, from the stack's name without the tier's."""
    why: str
    findings: tuple[str, ...] = ()
    """For a rule that finds several things in a resource: which."""

    def ids(self, tier: Tier, review_buckets: Iterable[str]) -> Iterable[str]:
        """As cdk-nag calls them in a tier, which may read further buckets."""
        if not self.findings:
            yield self.rule
        names = {
            "{tier}": tier.name,
            "{lower}": tier.name.lower(),
            "{tuning}": tier.tuning_job_name_prefix,
            "{lower_tuning}": tier.tuning_job_name_prefix.lower(),
        }
        for finding in self.findings:
            for placeholder, name in names.items():
                finding = finding.replace(placeholder, name)  # noqa: PLW2901
            each = review_buckets if _BUCKET in finding else [""]
            yield from (f"{self.rule}[{finding.replace(_BUCKET, name)}]" for name in each)


ACKNOWLEDGED = (
    # Who may do what.
    Acknowledged(
        "AwsSolutions-IAM5",
        r"TrainingJob/(ChooseTrainingJob|PollTrainingJob|Evaluation/Evaluate|ExecutionRole)/.*Policy",
        "The whole bucket is the tier's own, and training data may lie anywhere in it.",
        (f"{_DATA}/*",),
    ),
    Acknowledged(
        "AwsSolutions-IAM5",
        r"TrainingJob/(PollTrainingJob|Evaluation/Evaluate|ExecutionRole|HostingRole)/.*Policy",
        "Reports and models have names of their own, below one prefix of the tier's bucket.",
        (f"{_DATA}/evaluations/*", f"{_DATA}/vocabularies/*", f"{_DATA}/models/*"),
    ),
    Acknowledged(
        "AwsSolutions-IAM5",
        r"DataPreparation/ExecutionRole/Role/DefaultPolicy",
        "Reviews and data sets have names of their own, below prefixes of the tier's bucket.",
        tuple(f"{_EXPORTED_DATA}/{prefix}/*" for prefix in ("raw", "datasets", "preparations")),
    ),
    Acknowledged(
        "AwsSolutions-IAM5",
        r"TrainingJob/(ChooseTrainingJob|PollTrainingJob)/ServiceRole/DefaultPolicy",
        "A job's name is a hash behind the tier's prefix. ARNs are compared in both spellings.",
        _JOBS,
    ),
    Acknowledged(
        "AwsSolutions-IAM5",
        r"TrainingJob/(Evaluation/)?Provider/.*/DefaultPolicy",
        "The CDK's provider framework calls its functions in every version of theirs.",
        tuple(
            f"Resource::<{function}.Arn>:*"
            for function in (
                "ChooseTrainingJob08815ED2",
                "PollTrainingJobBB1531AE",
                "EvaluationEvaluate9E5B90B0",
                "ProviderframeworkisComplete26D7B0CB",
                "ProviderframeworkonTimeout0B47CA38",
            )
        ),
    ),
    Acknowledged(
        "AwsSolutions-IAM5",
        r"(TrainingJob|SentimentAnalysis)/.*ServiceRole",
        "A log group has a generated name, which begins with its stack's; Lambda names streams.",
        tuple(
            f"Resource::{_LOGS}:{beginning}{{tier}}-{stack}-*"
            for beginning in ("", "/aws/lambda/")
            for stack in ("TrainingJob", "SentimentAnalysis")
        ),
    ),
    Acknowledged(
        "AwsSolutions-IAM5",
        r"TrainingJob/(ExecutionRole|HostingRole)/Role/DefaultPolicy",
        "Streams of one log group; AWS's account of the image is another in each region; a "
        "registry's token, metrics and network interfaces know no resource.",
        (
            f"Resource::{_LOGS}:/aws/sagemaker/TrainingJobs:*",
            f"Resource::{_LOGS}:/aws/sagemaker/Endpoints/{{tier}}-sentiment:*",
            "Resource::arn:<AWS::Partition>:ecr:<AWS::Region>:*:repository/blazingtext",
            "Resource::*",
        ),
    ),
    Acknowledged(
        "AwsSolutions-IAM5",
        r"DataPreparation/ExecutionRole/Role/DefaultPolicy",
        "Glue names the log groups of a job below the prefix that it is given.",
        (_GLUE_LOGS,),
    ),
    Acknowledged(
        "AwsSolutions-IAM5",
        r"DataPreparation/ExecutionRole/Role/DefaultPolicy",
        "A bucket of reviews that somebody named (context reviewBuckets): all of it may be read.",
        (f"Resource::arn:<AWS::Partition>:s3:::{_BUCKET}/*",),
    ),
    Acknowledged(
        "AwsSolutions-IAM5",
        r"SentimentAnalysis/Function/ServiceRole/DefaultPolicy",
        "The words of each evaluated model have a name of their own, below one prefix.",
        (f"Resource::arn:<AWS::Partition>:s3:::{_BUCKET_NAME}/vocabularies/*",),
    ),
    Acknowledged(
        "AwsSolutions-IAM5",
        r"SentimentAnalysis/Function/ServiceRole/DefaultPolicy",
        "X-Ray knows no resource for what a function sends.",
        ("Resource::*",),
    ),
    Acknowledged(
        "AwsSolutions-IAM5",
        r".*ServiceRole",
        "EC2 knows no resource for most of what Lambda does with network interfaces.",
        ("Resource::*",),
    ),
    Acknowledged(
        "AwsSolutions-IAM5",
        r"SentimentAnalysis/GatewayLogRole",
        "The role of the whole account for API Gateway's logs; it has one in each region.",
        (f"Resource::{_LOGS}:*",),
    ),
    Acknowledged(
        "AwsSolutions-IAM5",
        r"TrainingJob/HostingRole/Role/DefaultPolicy",
        "SageMaker names what it captures, below one prefix of the tier's bucket.",
        (f"{_DATA}/captures/*",),
    ),
    Acknowledged(
        "NIST.800.53.R5-IAMNoInlinePolicy",
        r".*(DefaultPolicy|ServiceRole|GatewayLogRole)",
        "It belongs to one role and goes with it; nobody else is meant to have it.",
    ),
    # The API.
    Acknowledged(
        "AwsSolutions-APIG2",
        r"SentimentAnalysis/Api",
        "The one method that takes a body validates it; the others take nothing.",
    ),
    Acknowledged(
        "AwsSolutions-APIG4",
        r"SentimentAnalysis/Api/Default/.*(ANY|GET|OPTIONS|POST)",
        "Health and the document are open on purpose, what no route takes is refused; in a "
        "sandbox texts ask for an API key.",
    ),
    Acknowledged(
        "AwsSolutions-COG4",
        r"SentimentAnalysis/Api/Default/.*(ANY|GET|OPTIONS|POST)",
        "Callers are programs: they sign with IAM or have a key. There are no users to log in.",
    ),
    Acknowledged(
        "AwsSolutions-APIG6",
        r"SentimentAnalysis/Api/DeploymentStage.v1",
        "Execution logs can hold bodies, which are review text; access logs never do.",
    ),
    Acknowledged(
        "NIST.800.53.R5-APIGWExecutionLoggingEnabled",
        r"SentimentAnalysis/Api/DeploymentStage.v1",
        "Execution logs can hold bodies, which are review text; access logs never do.",
    ),
    Acknowledged(
        "AwsSolutions-APIG1",
        r"SentimentAnalysis/Api/DeploymentStage.v1",
        "A sandbox changes nothing of its account: access logs need a role of the whole account.",
    ),
    Acknowledged(
        "AwsSolutions-APIG3",
        r"SentimentAnalysis/Api/DeploymentStage.v1",
        "A firewall costs while idle: a setting (api.firewall).",
    ),
    Acknowledged(
        "NIST.800.53.R5-APIGWAssociatedWithWAF",
        r"SentimentAnalysis/Api/DeploymentStage.v1",
        "A firewall costs while idle: a setting (api.firewall).",
    ),
    Acknowledged(
        "NIST.800.53.R5-WAFv2LoggingEnabled",
        r"SentimentAnalysis/Firewall/WebAcl",
        "What it refuses is counted by rule; its logs would hold callers' addresses.",
    ),
    Acknowledged(
        "NIST.800.53.R5-APIGWCacheEnabledAndEncrypted",
        r"SentimentAnalysis/Api/DeploymentStage.v1",
        "Each text is another one, and none is to be kept.",
    ),
    Acknowledged(
        "NIST.800.53.R5-APIGWSSLEnabled",
        r"SentimentAnalysis/Api/DeploymentStage.v1",
        "A client certificate is for backends on the internet; this one is a Lambda function.",
    ),
    # Functions.
    Acknowledged(
        "AwsSolutions-L1",
        r"(TrainingJob|SentimentAnalysis)/.*",
        "A bundle's wheels are of the Python that it is built for (context lambdaPython).",
    ),
    Acknowledged(
        "NIST.800.53.R5-LambdaConcurrency",
        r"(TrainingJob|SentimentAnalysis)/.*",
        "CloudFormation calls those of the training one at a time; for the API it is a setting "
        "(api.reserved_concurrency), which small accounts cannot spare.",
    ),
    Acknowledged(
        "NIST.800.53.R5-LambdaDLQ",
        r"(TrainingJob|SentimentAnalysis)/.*",
        "The API's is called synchronously. What the CDK's provider loses, CloudFormation times "
        "out and rolls back.",
    ),
    Acknowledged(
        "NIST.800.53.R5-LambdaInsideVPC",
        r"(TrainingJob|SentimentAnalysis)/.*",
        "They call AWS's services only; a VPC is a setting (network).",
    ),
    Acknowledged(
        "AwsSolutions-SF1",
        r"TrainingJob/Provider/waiter-state-machine",
        "Its executions hold CloudFormation's presigned answer URL; their history says the rest.",
    ),
    Acknowledged(
        "AwsSolutions-SF2",
        r"TrainingJob/Provider/waiter-state-machine",
        "It asks every few seconds whether a job is done; there is nothing to trace.",
    ),
    # Data.
    Acknowledged(
        "AwsSolutions-S1",
        r"TrainingJob/DataBucket",
        "A setting (data.access_logs), off in a sandbox.",
    ),
    Acknowledged(
        "NIST.800.53.R5-S3BucketLoggingEnabled",
        r"TrainingJob/DataBucket",
        "A setting (data.access_logs), off in a sandbox.",
    ),
    Acknowledged(
        "NIST.800.53.R5-S3BucketReplicationEnabled",
        r"TrainingJob/(DataBucket|AccessLogs)",
        "Data sets and models can be made again from the reviews, whose copies are their owner's.",
    ),
    Acknowledged(
        "NIST.800.53.R5-S3DefaultEncryptionKMS",
        r"TrainingJob/DataBucket",
        "A setting (data.customer_key), off in a sandbox: a key costs while idle.",
    ),
    Acknowledged(
        "NIST.800.53.R5-S3DefaultEncryptionKMS",
        r"TrainingJob/AccessLogs",
        "S3 delivers access logs to buckets with its own key only.",
    ),
    Acknowledged(
        "NIST.800.53.R5-CloudWatchLogGroupEncrypted",
        r".*Logs",
        "A setting (data.customer_key), off in a sandbox: a key costs while idle.",
    ),
    Acknowledged(
        "NIST.800.53.R5-SageMakerEndpointConfigurationKMSKeyConfigured",
        r"MachineLearningInfrastructure/SentimentEndpoint/Config",
        "Serverless inference has no volume to encrypt; on instances data.customer_key does it.",
    ),
    Acknowledged(
        "NIST.800.53.R5-SNSEncryptedKMS",
        r"Operations/Alarms/Topic",
        "A setting (data.customer_key), off in a sandbox: a key costs while idle.",
    ),
    Acknowledged(
        "AwsSolutions-GL1",
        r"DataPreparation/Job",
        "The log groups are the tier's own, and encrypted as such (data.customer_key).",
    ),
    Acknowledged("AwsSolutions-GL3", r"DataPreparation/Job", "The job keeps no bookmarks."),
    # Alarms.
    Acknowledged(
        "NIST.800.53.R5-CloudWatchAlarmAction",
        r"MachineLearningInfrastructure/SentimentEndpoint/Rollout/.*",
        "Its action is SageMaker's, which rolls the deployment back.",
    ),
    Acknowledged(
        "NIST.800.53.R5-CloudWatchAlarmAction",
        r"Operations/.*/(BusyDay|SilentHour)",
        "A part of a composite alarm, which has the action.",
    ),
)


def acknowledge_findings(stacks: Iterable[cdk.Stack], tier: Tier) -> None:
    """Acknowledge each finding on the resource that has it."""
    for stack in stacks:
        buckets = names_in_context(stack, "reviewBuckets")
        for node in stack.node.find_all():
            if not isinstance(node, cdk.CfnResource):
                continue
            path = node.node.path.removeprefix(f"{tier.name}-").removesuffix("/Resource")
            here = [
                cdk.Acknowledgment(id=finding, reason=one.why)
                for one in ACKNOWLEDGED
                if re.fullmatch(one.where, path)
                for finding in one.ids(tier, buckets)
            ]
            if here:
                cdk.Validations.of(node).acknowledge(*here)
