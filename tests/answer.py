"""An HTTP response, as tests of the API look at it."""

import json
from dataclasses import dataclass
from email.message import Message
from typing import Any


@dataclass(frozen=True)
class Answer:
    """An HTTP response."""

    status: int
    headers: Message
    text: str

    @property
    def json(self) -> Any:
        """Its body, read as JSON."""
        return json.loads(self.text)
