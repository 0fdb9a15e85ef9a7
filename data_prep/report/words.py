"""The words and pairs of words that speak most for each label.

The measure is the log-odds ratio with an informative Dirichlet prior of Monroe, Colaresi and Quinn,
"Fightin' Words" (Political Analysis 16, 2008, equations 15 to 22), by its z-score: unlike a plain
ratio it is not led by words that occur three times, and unlike a difference of frequencies not by
"the". A word counts once a review, so that one review about "Baldwin" weighs no more than another.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data_prep.report.figures import readable

# So many words take about 0.7 GB; with more, one review in n is looked at.
MAX_WORDS = 10_000_000
TOP = 20
# Rarer ones cannot reach the top of any real data set.
MIN_REVIEWS = 5
TURNS = 4


@dataclass(frozen=True, kw_only=True)
class Term:
    """A word, or two in a row."""

    text: str
    log_odds: float
    z: float
    here: int
    """Reviews of the label that have it."""
    elsewhere: int
    """Reviews of other labels that have it."""


@dataclass(frozen=True, kw_only=True)
class Speaking:
    """What speaks most for a label, best first."""

    label: str
    words: list[Term]
    pairs: list[Term]


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The answer, and on how much of the file it rests."""

    every: int
    """One review in so many was looked at."""
    reviews: int
    labels: list[Speaking]


def speaking_terms(file: Path, *, words: int, max_words: int = MAX_WORDS) -> Vocabulary:
    """Looks at all reviews of a training file, or at one in n if they are too many.

    Args:
        file: The training file.
        words: How many it has.
        max_words: How many may be held in memory.

    Raises:
        DataPrepError: the file cannot be read.
    """
    every = max(1, -(-words // max_words))
    with readable(file), file.open("rb") as opened:
        tokens = (
            pl.scan_lines(opened, glob=False, row_index_name="review")
            .filter(pl.col("review") % every == 0, pl.col("line").str.starts_with("__label__"))
            .select(pl.col("review").cast(pl.UInt32), token=pl.col("line").str.split(" "))
            .with_columns(label=pl.col("token").list.first().str.slice(len("__label__")))
            .with_columns(pl.col("token").list.slice(1), pl.col("label").cast(pl.Categorical))
            .explode("token")
            .filter(pl.col("token").is_not_null())
            .with_columns(pl.col("token").cast(pl.Categorical))
            .collect(engine="streaming")
        )
    single = _count(tokens, ["token"])
    follows = tokens.select(
        "review",
        "label",
        "token",
        following=pl.when(pl.col("review") == pl.col("review").shift(-1)).then(
            pl.col("token").shift(-1)
        ),
    )
    double = _count(follows, ["token", "following"])
    labels = tokens["label"].cast(pl.String).unique().sort().to_list()
    return Vocabulary(
        every=every,
        reviews=tokens["review"].n_unique(),
        labels=[
            Speaking(label=label, words=_top(single, label), pairs=_top(double, label))
            for label in (labels if len(labels) > 1 else [])
        ],
    )


def _count(terms: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """In how many reviews of each label a term occurs, at least `MIN_REVIEWS` in all.

    In turns, each for a part of the first words: the table of pairs seen so far is by far the
    largest thing in memory.
    """
    turns = [
        terms.lazy()
        .filter(pl.col("token").to_physical() % TURNS == turn)
        .drop_nulls()
        .unique(["review", *names])
        .group_by(*names, "label")
        .agg(reviews=pl.len().cast(pl.Float64))
        .filter(pl.col("reviews").sum().over(names) >= MIN_REVIEWS)
        .select(
            term=pl.concat_str([pl.col(name).cast(pl.String) for name in names], separator=" "),
            label=pl.col("label").cast(pl.String),
            reviews="reviews",
        )
        .collect(engine="streaming")
        for turn in range(TURNS)
    ]
    return pl.concat(turns)


def _top(counts: pl.DataFrame, label: str) -> list[Term]:
    """The names are those of the paper: y counts, n sums, alpha prior, delta log-odds ratio."""
    y, rest, alpha = pl.col("here"), pl.col("elsewhere"), pl.col("alpha")
    n, n_rest, alpha_0 = y.sum(), rest.sum(), alpha.sum()
    here = (y + alpha) / (n + alpha_0 - y - alpha)
    elsewhere = (rest + alpha) / (n_rest + alpha_0 - rest - alpha)
    is_here = pl.col("label") == label
    ranked = (
        counts.group_by("term")
        .agg(
            here=pl.col("reviews").filter(is_here).sum(),
            elsewhere=pl.col("reviews").filter(~is_here).sum(),
        )
        # The prior: as many made-up occurrences as there are terms, spread as in the whole file.
        .with_columns(alpha=(y + rest) / (y + rest).sum() * pl.len())
        .with_columns(log_odds=here.log() - elsewhere.log())
        .with_columns(z=pl.col("log_odds") / (1 / (y + alpha) + 1 / (rest + alpha)).sqrt())
        .filter(pl.col("z") > 0)
        .sort("z", "term", descending=[True, False])
        .head(TOP)
    )
    return [
        Term(
            text=row["term"],
            log_odds=row["log_odds"],
            z=row["z"],
            here=int(row["here"]),
            elsewhere=int(row["elsewhere"]),
        )
        for row in ranked.iter_rows(named=True)
    ]
