"""What the API's metrics are called, for those parts of the tier that look at them."""

from typing import Final

API_METRICS: Final = "Sentiment"
"""Their namespace. Every one has the dimension `service`."""

UNREADABLE_REPLIES: Final = "UnreadableReplies"
"""1 for each answer of the endpoint that is not what the container promises, otherwise 0."""
