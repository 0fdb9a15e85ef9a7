"""Tags of every SageMaker resource, kept by ARN."""

from collections.abc import Iterable, Mapping
from typing import Any

from local_aws.sagemaker.errors import SageMakerError, invalid

# AWS's for every resource (docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html).
_MOST = 50


class Tags:
    """Which resources exist, as far as tagging goes, and their tags."""

    def __init__(self) -> None:
        self._by_arn: dict[str, dict[str, str]] = {}

    def register(self, arn: str, tags: Iterable[Mapping[str, str]] = ()) -> None:
        """Begin to keep the tags of a new resource."""
        self._by_arn[arn] = {tag["Key"]: tag["Value"] for tag in tags}

    def forget(self, arn: str) -> None:
        """Drop the tags of a deleted resource."""
        self._by_arn.pop(arn, None)

    def add_tags(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """AddTags: a key that is there already takes the new value."""
        tags = self._of(request["ResourceArn"])
        added = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        if len(tags | added) > _MOST:
            raise SageMakerError(
                "ResourceLimitExceeded",
                f"A resource has {_MOST} tags at the most; {request['ResourceArn']} would have"
                f" {len(tags | added)}.",
            )
        tags.update(added)
        return {"Tags": _as_list(tags)}

    def list_tags(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """ListTags; at most 50 tags a resource, so that one page always holds them."""
        return {"Tags": _as_list(self._of(request["ResourceArn"]))}

    def delete_tags(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DeleteTags: a key that is not there is no error."""
        tags = self._of(request["ResourceArn"])
        for key in request["TagKeys"]:
            tags.pop(key, None)
        return {}

    def snapshot(self) -> dict[str, dict[str, str]]:
        """Every resource's tags, for the state file."""
        return {arn: dict(tags) for arn, tags in self._by_arn.items()}

    def restore(self, snapshot: Mapping[str, Mapping[str, str]]) -> None:
        """Take over what `snapshot` gave."""
        self._by_arn = {arn: dict(tags) for arn, tags in snapshot.items()}

    def _of(self, arn: str) -> dict[str, str]:
        try:
            return self._by_arn[arn]
        except KeyError:
            raise invalid(f"Could not find the resource with ARN {arn}.") from None


def _as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
