"""ARNs of SageMaker resources, as IAM compares them."""

import aws_cdk as cdk


def sagemaker_arns(stack: cdk.Stack, resource: str, name: str) -> list[str]:
    """The ARN of a resource in both spellings that IAM may see.

    SageMaker writes names in ARNs in lower case, IAM compares them with case, and which
    spelling a request is checked against has differed between operations and over time
    (aws-solutions/research-service-workbench-on-aws#1048, boto/boto3#4606).

    Args:
        stack: whose account, region and partition the ARN has.
        resource: the ARN's resource type, such as `training-job`.
        name: the resource's name; may end in `*`.
    """
    return [
        stack.format_arn(service="sagemaker", resource=resource, resource_name=spelling)
        for spelling in dict.fromkeys((name, name.lower()))
    ]
