"""What every List operation shares: filters, sorting, and pages."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from local_aws.sagemaker.errors import invalid

# SageMaker's page size when a request names none (botocore, ListEndpoints).
DEFAULT_PAGE = 10


def select(
    rows: Iterable[Mapping[str, Any]],
    request: Mapping[str, Any],
    *,
    name: str,
    status: str | None = None,
    descending: bool = True,
    sort_members: Mapping[str, str] | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """The page of `rows` that a List request asks for.

    Args:
        rows: summaries as they go on the wire.
        request: the List request, already validated.
        name: the member that holds a row's name.
        status: the member that holds a row's status, where there is one.
        descending: the operation's own default order.
        sort_members: more values of `SortBy`, each with the member that it sorts by.

    Returns:
        The rows of this page, and the token of the next page or None.

    Raises:
        SageMakerError: the request's `NextToken` is not one of ours.
    """
    kept = [dict(row) for row in rows if _matches(row, request, name, status)]
    members = {"Name": name, "Status": status, **(sort_members or {})}
    sort_member = members.get(request.get("SortBy", "")) or "CreationTime"
    order = request.get("SortOrder", "Descending" if descending else "Ascending")
    kept.sort(key=lambda row: (row[sort_member], row[name]), reverse=order == "Descending")
    start = _offset(request.get("NextToken"))
    end = start + request.get("MaxResults", DEFAULT_PAGE)
    return kept[start:end], _token(end) if end < len(kept) else None


def _matches(
    row: Mapping[str, Any], request: Mapping[str, Any], name: str, status: str | None
) -> bool:
    if request.get("NameContains", "").lower() not in row[name].lower():
        return False
    if status and request.get("StatusEquals", row[status]) != row[status]:
        return False
    for member in ("CreationTime", "LastModifiedTime"):
        after, before = request.get(f"{member}After"), request.get(f"{member}Before")
        if after is not None and row[member] < _instant(after):
            return False
        if before is not None and row[member] > _instant(before):
            return False
    return True


def _instant(value: datetime | float | str) -> datetime:
    """A request's timestamp: the wire has seconds since 1970, in-process callers a datetime."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return datetime.fromtimestamp(value, UTC)


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode()


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error):
        raise invalid(f"Invalid pagination token: {token}") from None
