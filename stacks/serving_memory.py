"""How much memory a tier's hosting has for a model."""

import re

from stacks.settings.hosting import HostingSettings

_INSTANCE = re.compile(r"ml\.(?P<family>[cmr])[5-9][a-z]*\.(?:(?P<times>\d*)x)?large")
_MIB_OF_TWO_PROCESSORS = {"c": 4096, "m": 8192, "r": 16384}
"""Memory of a `.large` of the families C, M and R since their fifth generation
(aws.amazon.com/ec2/instance-types)."""


def serving_memory_mib(settings: HostingSettings) -> str:
    """The memory in MiB that serves the model, as text; empty where the type is not known here."""
    if settings.instance_type is None:
        return str(settings.serverless_memory_mb)
    found = _INSTANCE.fullmatch(settings.instance_type)
    if found is None:
        return ""
    times = found["times"]
    larges = 1 if times is None else 2 * int(times or 1)
    return str(_MIB_OF_TWO_PROCESSORS[found["family"]] * larges)
