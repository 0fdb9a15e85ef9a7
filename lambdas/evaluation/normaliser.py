"""Which version of the text normaliser a model was trained with.

A model knows the words that one version of the rules makes of a review. Asked for those of another
one, it answers as well as it can, and nobody sees that it is wrong more often.
"""

import logging
import re

from botocore.exceptions import ClientError

from lambdas.custom_resource.aws_errors import is_missing_object
from lambdas.evaluation.aws_api import S3
from lambdas.evaluation.properties import VERSION, EvaluationProperties
from lambdas.evaluation.report import Normaliser, Report
from lambdas.evaluation.report_store import ReportStore
from tier_layout.bucket import TRAIN_FILE, manifest_key
from tier_layout.manifest import LARGEST_MANIFEST_BYTES, ManifestError, parse_manifest

logger = logging.getLogger(__name__)


def with_normaliser(report: Report, properties: EvaluationProperties, store: ReportStore) -> Report:
    """The report, with the version that the model was trained with.

    The manifest's word counts most; then what a report on the model has, because an API of other
    rules may have come since; then the version that the API speaks now.
    """
    said = _version_in_manifest(properties, store.s3)
    if said:
        settled = Normaliser(version=said, known=True)
    else:
        settled = report["normaliser"]
        if not settled["version"]:
            settled = store.find_normaliser(report) or Normaliser(
                version=properties.current_normaliser, known=False
            )
    if settled == report["normaliser"]:
        return report
    settled_report: Report = {**report, "normaliser": settled}
    store.keep(settled_report)
    return settled_report


def _version_in_manifest(properties: EvaluationProperties, s3: S3) -> str:
    """What stands in the manifest beside the training file; "" when it cannot be relied on."""
    train_key = properties.train_key
    # A file of another name may lie beside a manifest that is not about it.
    if train_key.rpartition("/")[2] != TRAIN_FILE:
        return ""
    key = manifest_key(train_key)
    try:
        body = s3.get_object(Bucket=properties.bucket_name, Key=key)["Body"]
    except ClientError as error:
        if is_missing_object(error):
            return ""
        raise
    with body:
        content = body.read(LARGEST_MANIFEST_BYTES + 1)
    try:
        return _version_for_training(content)
    except ManifestError as error:
        logger.warning("%s is not relied on: %s", key, error)
        return ""


def _version_for_training(content: bytes) -> str:
    """The version in a manifest that describes a training file.

    Raises:
        ManifestError: it does not, or is no manifest.
    """
    if len(content) > LARGEST_MANIFEST_BYTES:
        raise ManifestError(f"it has more than {LARGEST_MANIFEST_BYTES // 1024**2} MiB")
    manifest = parse_manifest(content)
    if TRAIN_FILE not in manifest.sha256:
        raise ManifestError(f"it does not describe {TRAIN_FILE}")
    if not re.fullmatch(VERSION, manifest.normaliser_version):
        raise ManifestError("what it calls the normaliser's version is none")
    return manifest.normaliser_version
