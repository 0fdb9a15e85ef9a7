"""To whom each parameter of the model's stack belongs, which decides when its value ends.

CloudFormation keeps the value of a parameter that nobody names again. So every parameter has an
owner: what is deployed writes the owners into its template, and what deploys reads them there.
"""

from enum import StrEnum
from typing import Final

METADATA: Final = "ParameterOwners"
"""The member of a template's `Metadata`: parameter → `{"owner": …, "value": …}`, in which `value`
is what the settings say, where they own it."""


class Owner(StrEnum):
    """Who decides on a parameter's value, and with whom it goes."""

    DATA = "data"
    """Belongs to the data: whoever names other data sets all of these, or they are empty again."""
    SETTINGS = "settings"
    """Follows the tier's settings in the code, unless a person has set it; empty follows again."""
    PERSON = "person"
    """A person's choice, kept until somebody makes another one."""
