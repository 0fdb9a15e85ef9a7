"""Service Quotas' API for SageMaker's quotas."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from ministack import app
from ministack.core import router
from ministack.core.responses import get_account_id, get_region

from local_aws.ministack.json_api import JsonApi, Operation
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.quotas import Quotas
from local_aws.sagemaker.scope import Scope

_SERVICE = "sagemaker"
# "MaxResults … 100" (API reference, ListServiceQuotas).
_PAGE = 100


def add_service_quotas(quotas: Quotas) -> None:
    """app.py:411 has no Service Quotas; an unknown scope would go to S3."""
    operations = _operations(quotas)
    api = JsonApi("service-quotas", lambda: operations)
    app.SERVICE_HANDLERS["servicequotas"] = api.handle_request
    router.SERVICE_PATTERNS["servicequotas"] = {"target_prefixes": [api.target_prefix]}


def _operations(quotas: Quotas) -> dict[str, Operation]:
    def lists(applied: bool) -> Operation:
        return lambda request: _page(_described(quotas, request, applied), request)

    def gets(applied: bool) -> Operation:
        return lambda request: {"Quota": _find(_described(quotas, request, applied), request)}

    return {
        "ListServices": lambda _request: {
            "Services": [{"ServiceCode": _SERVICE, "ServiceName": "Amazon SageMaker"}]
        },
        "ListServiceQuotas": lists(True),
        "ListAWSDefaultServiceQuotas": lists(False),
        "GetServiceQuota": gets(True),
        "GetAWSDefaultServiceQuota": gets(False),
    }


def _described(
    quotas: Quotas, request: Mapping[str, Any], applied: bool
) -> Iterable[dict[str, Any]]:
    if request["ServiceCode"] != _SERVICE:
        raise _no_such_resource(f"The embedded AWS has no quotas of {request['ServiceCode']}.")
    scope = Scope(get_account_id(), get_region())
    for row in quotas.rows(applied=applied):
        owner = scope.account if applied else ""
        arn = f"arn:{scope.partition}:servicequotas:{scope.region}:{owner}:{_SERVICE}"
        yield row | {"QuotaArn": f"{arn}/{row['QuotaCode']}"}


def _page(rows: Iterable[dict[str, Any]], request: Mapping[str, Any]) -> dict[str, Any]:
    kept = [row for row in rows if request.get("QuotaCode", row["QuotaCode"]) == row["QuotaCode"]]
    try:
        start = int(base64.b64decode(request.get("NextToken", base64.b64encode(b"0"))))
    except (ValueError, binascii.Error):
        raise SageMakerError(
            "InvalidPaginationTokenException", "An invalid input was provided."
        ) from None
    end = start + request.get("MaxResults", _PAGE)
    more = {"NextToken": base64.b64encode(str(end).encode()).decode()} if end < len(kept) else {}
    return {"Quotas": kept[start:end], **more}


def _find(rows: Iterable[dict[str, Any]], request: Mapping[str, Any]) -> dict[str, Any]:
    for row in rows:
        if row["QuotaCode"] == request["QuotaCode"]:
            return row
    raise _no_such_resource(
        "The request failed because the specified service quota does not exist."
    )


def _no_such_resource(message: str) -> SageMakerError:
    return SageMakerError("NoSuchResourceException", message)
