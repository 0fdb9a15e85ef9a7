"""The BlazingText image's URI in every region: one account and URI each."""

import json
from importlib import metadata

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
