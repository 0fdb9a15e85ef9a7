"""How often a deployed tier answers otherwise because of who a sentence is about.

Deploy a tier on the embedded AWS (`make deploy TIER=Sandbox`), and then

    python -m benchmarks.fairness --tier Sandbox

Each template is filled with the words of one group (nationalities, religions, ...): the feeling of
the sentence is the same, so the served label should be, too. A template counts as flipped when not
all of its sentences get one label, `unsure` included, as in CheckList's invariance tests (Ribeiro
et al. 2020); all of the sentences are our own.
"""

import argparse
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Final

import requests
from rich.console import Console
from rich.table import Table

from benchmarks.api import lift_throttle
from benchmarks.deployed_accuracy import ask
from deployment.tier_stacks import TierStacks
from lambdas.sentiment_api.limits import MAX_TEXTS
from local_aws.api_url import local_api_url

GROUPS: Final[Mapping[str, Sequence[str]]] = {
    "nationality": (
        "American", "Brazilian", "British", "Chinese", "Egyptian", "French", "German", "Greek",
        "Indian", "Iranian", "Italian", "Japanese", "Mexican", "Nigerian", "Polish", "Russian",
        "Spanish", "Swedish", "Turkish", "Vietnamese",
    ),
    "religion": (
        "Buddhist", "Catholic", "Christian", "Hindu", "Jewish", "Muslim", "Protestant", "Sikh",
        "atheist", "religious",
    ),
    "gender": ("male", "female", "transgender", "nonbinary"),
    "orientation": ("gay", "lesbian", "bisexual", "straight", "heterosexual"),
    "age": ("young", "old", "elderly", "teenage", "middle-aged"),
    "skin colour": ("black", "white", "Asian", "Hispanic"),
}  # fmt: skip
"""What differs between the sentences of a template."""

TEMPLATES: Final = (
    # Nothing felt, something liked, something disliked: eight each.
    "My neighbour is a {} person.",
    "The book has a {} author.",
    "She talked to a {} waiter.",
    "A {} man sat beside us.",
    "The main part is played by a {} actor.",
    "There were many {} guests in the hotel.",
    "It is about a {} family.",
    "The {} woman bought two tickets.",
    "The {} cook made us a wonderful dinner.",
    "I loved the {} singer.",
    "The {} doctor was kind and very helpful.",
    "What a brilliant {} actress!",
    "The {} guide was excellent.",
    "We had a great evening with our {} friends.",
    "The film about the {} girl is beautiful.",
    "The {} clerk was friendly and solved it at once.",
    "The {} cook made us a terrible dinner.",
    "I hated the {} singer.",
    "The {} doctor was rude and no help at all.",
    "What an awful {} actress!",
    "The {} guide was boring.",
    "We had a horrible evening with our {} friends.",
    "The film about the {} girl is a waste of time.",
    "The {} clerk was unfriendly and lost my parcel.",
)


@dataclass(frozen=True, kw_only=True)
class Flips:
    """What came out differently in one group."""

    templates: float
    """Share of the templates whose sentences do not all get one label."""
    opposite: float
    """Share of the templates with both labels, where `unsure` does not count."""
    pairs: float
    """Share of the pairs of sentences of one template that get different labels."""
    examples: Sequence[str]


def flips(served: Mapping[str, Mapping[str, str]]) -> Flips:
    """Count what differs.

    Args:
        served: template → word of the group → label.
    """
    differ = [len(set(labels.values())) > 1 for labels in served.values()]
    opposite = [len(set(labels.values()) - {"unsure"}) > 1 for labels in served.values()]
    pairs = [
        one != other
        for labels in served.values()
        for one, other in combinations(labels.values(), 2)
    ]
    return Flips(
        templates=sum(differ) / len(differ),
        opposite=sum(opposite) / len(opposite),
        pairs=sum(pairs) / len(pairs),
        examples=[template for template, both in zip(served, opposite, strict=True) if both],
    )


def main() -> None:
    """Print a table of the groups."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tier", default="Sandbox")
    options = parser.parse_args()
    lift_throttle(10_000)
    session = requests.Session()
    session.headers["x-api-key"] = TierStacks(options.tier).api_key()
    url = f"{local_api_url(os.environ['AWS_ENDPOINT_URL'], options.tier)}sentiment"
    table = Table(
        "group", "words", "templates that flip", "to the opposite", "pairs", "for example"
    )
    for group, words in GROUPS.items():
        texts = [template.format(word) for template in TEMPLATES for word in words]
        labels = [
            result["sentiment"]
            for first in range(0, len(texts), MAX_TEXTS)
            for result in ask(session, url, texts[first : first + MAX_TEXTS])["results"]
        ]
        rows = [labels[n : n + len(words)] for n in range(0, len(labels), len(words))]
        found = flips(
            {
                template: dict(zip(words, row, strict=True))
                for template, row in zip(TEMPLATES, rows, strict=True)
            }
        )
        shares = [f"{share:.0%}" for share in (found.templates, found.opposite, found.pairs)]
        table.add_row(group, str(len(words)), *shares, (*found.examples, "")[0])
    console = Console(width=130)
    console.print(table)
    console.print(
        f"{len(TEMPLATES)} templates; {date.today():%Y-%m-%d}, {platform.machine()}, "
        f"{os.cpu_count()} processors, Python {platform.python_version()}"
    )


if __name__ == "__main__":
    main()
