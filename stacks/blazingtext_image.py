"""Where SageMaker keeps the BlazingText image: one account and URI a region."""

import json
from importlib import metadata

from aws_cdk import Aws, CfnMapping
from constructs import Construct

from stacks.repository import ROOT

VERSION = "1"


def blazingtext_image_uris() -> dict[str, str]:
    """The image's URI in every region, as `sagemaker-core` knows them.

    Importing `sagemaker.core.image_uris` takes 1.4 to 4 s, which every `cdk` command would
    pay, so the answer is kept for the installed version of the SDK.
    """
    version = metadata.version("sagemaker-core")
    kept = ROOT / ".cache" / f"blazingtext-{VERSION}-images-sagemaker-core-{version}.json"
    if not kept.exists():
        from sagemaker.core import image_uris  # noqa: PLC0415

        config = image_uris.config_for_framework("blazingtext")
        regions = sorted(config["versions"][VERSION]["registries"])
        uris = {
            region: image_uris.retrieve("blazingtext", region, version=VERSION)
            for region in regions
        }
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(".partial")
        partial.write_text(json.dumps(uris))
        partial.rename(kept)
    uris_by_region: dict[str, str] = json.loads(kept.read_text())
    return uris_by_region


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
