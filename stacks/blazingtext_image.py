"""Where SageMaker keeps the BlazingText image: a mapping from region to URI."""

from aws_cdk import Aws, CfnMapping
from constructs import Construct

from stacks.blazingtext_regions import blazingtext_image_uris


class BlazingTextImage(Construct):
    """A CloudFormation mapping from region to image URI.

    A mapping, and not the URI of one region, so that one synthesized template deploys
    to every region and synth needs to know none.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        mapping = CfnMapping(
            self,
            "Uris",
            mapping={region: {"Uri": uri} for region, uri in blazingtext_image_uris().items()},
        )
        self.uri: str = mapping.find_in_map(Aws.REGION, "Uri")
