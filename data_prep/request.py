"""What `prepare` was asked for, in a form that reaches a Spark job."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from data_prep.dataset.additions import Additions
from data_prep.reading.bad_rows import MOST_BAD
from data_prep.reading.labels import LabelMap
from data_prep.reading.layout import Layout, Quoting
from data_prep.transform.split import Choice


@dataclass(frozen=True, kw_only=True)
class Request:
    """Everything that decides what becomes of the rows, whichever engine works on them."""

    layout: Layout
    command: str
    """As the user typed it, for the manifest."""
    choice: Choice = field(default_factory=Choice)
    additions: Additions = field(default_factory=Additions)
    most_bad: float = MOST_BAD
    """How many of the rows may be unusable, 0 to 1."""

    def to_json(self) -> str:
        """The request as one argument of a job."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Request":
        """What `to_json` wrote."""
        given: dict[str, Any] = json.loads(text)
        layout = given["layout"]
        for name in ("text", "columns", "only"):
            layout[name] = layout[name] and tuple(layout[name])
        layout["quoting"] = layout["quoting"] and Quoting(layout["quoting"])
        layout["labels"] = LabelMap(layout["labels"]["names"])
        return cls(
            layout=Layout(**layout),
            command=given["command"],
            choice=Choice(**given["choice"]),
            additions=Additions(**given["additions"]),
            most_bad=given["most_bad"],
        )
