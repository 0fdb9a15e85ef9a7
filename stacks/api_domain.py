"""A domain of one's own for the API."""

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as certificates
from constructs import Construct


def add_domain(
    scope: Construct, api: apigateway.RestApi, *, domain_name: str, certificate_arn: str
) -> None:
    """Answer on a domain, with TLS 1.2 or later, without the stage in the path.

    The DNS record that leads there is a person's to add: the zone may be anywhere. The output
    `ApiDomainTarget` is what it points at.
    """
    domain = apigateway.DomainName(
        scope,
        "Domain",
        domain_name=domain_name,
        certificate=certificates.Certificate.from_certificate_arn(
            scope, "Certificate", certificate_arn
        ),
        endpoint_type=apigateway.EndpointType.REGIONAL,
        security_policy=apigateway.SecurityPolicy.TLS_1_2,
    )
    domain.add_base_path_mapping(api, stage=api.deployment_stage)
    cdk.CfnOutput(
        scope,
        "ApiDomainUrl",
        value=f"https://{domain_name}/",
        description="POST <ApiDomainUrl>sentiment, once the DNS record is there",
    )
    cdk.CfnOutput(
        scope,
        "ApiDomainTarget",
        value=domain.domain_name_alias_domain_name,
        description=f"What the CNAME (or Route 53 alias) record of {domain_name} points at",
    )
