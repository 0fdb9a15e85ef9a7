"""What accuracy to expect of few texts, and which algorithm learns more from them: five folds.

Each fifth is asked of a model that has learned from the others, so that every text is held out
once. A single held-out tenth of 1,000 texts would leave 8 points of doubt.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Final

from data_prep.dataset.additions import Additions, lines_with_parts
from tier_layout.few_texts import FEW_TEXTS, suited
from tier_layout.labels import LABEL_PREFIX

FOLDS: Final = 5
BLAZINGTEXT: Final = "BlazingText"
LOGISTIC_REGRESSION: Final = "logistic regression"
STEPS: Final = FOLDS * len((BLAZINGTEXT, LOGISTIC_REGRESSION))
"""Each algorithm learns from each four fifths."""
_Z95: Final = 1.96
# What the stack's defaults are, as far as few texts leave a choice. Fewer hash buckets do for
# them, and are made in no time.
_DIMENSIONS, _RATE, _LEAST_COUNT, _BUCKETS = 10, 0.5, 2, 200_000
# Words and pairs; C as scikit-learn's guide to text has it (more is level on both data sets here).
_INVERSE_REGULARISATION = 10.0

Line = tuple[str, str]
"""Label and normalised text."""
Predict = Callable[[Sequence[str]], Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """How an algorithm did on texts that it had not learned from."""

    algorithm: str
    right: Sequence[bool]
    """For each text."""

    @property
    def accuracy(self) -> float:
        """From 0 to 1."""
        return sum(self.right) / len(self.right)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, 95 % (Wilson 1927); for models that learn from four fifths of the texts."""
        n, p = len(self.right), self.accuracy
        middle = (p + _Z95**2 / (2 * n)) / (1 + _Z95**2 / n)
        half = _Z95 / (1 + _Z95**2 / n) * sqrt(p * (1 - p) / n + _Z95**2 / (4 * n * n))
        return middle - half, middle + half

    def is_better_than(self, other: "Estimate") -> bool:
        """Whether it was right more often than chance explains: McNemar's test at 5 %."""
        mine = sum(a and not b for a, b in zip(self.right, other.right, strict=True))
        others = sum(b and not a for a, b in zip(self.right, other.right, strict=True))
        return mine > others and mine - others > _Z95 * sqrt(mine + others)


def estimates(
    lines: Sequence[str],
    additions: Additions,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Estimate]:
    """What each algorithm makes of the texts that a model would learn from.

    Args:
        lines: Of a training file, without parts and lexicons, in the order of their hashes.
        additions: What a training file gets beside them; BlazingText learns from it, too.
        progress: Is told of each fold of each algorithm that is through: `STEPS` in all.
    """
    parted = [line.removeprefix(LABEL_PREFIX).partition(" ") for line in lines]
    texts = [(label, text) for label, _, text in parted]
    learners = {BLAZINGTEXT: _fasttext, LOGISTIC_REGRESSION: _logistic_regression}
    found = []
    for algorithm, learn in learners.items():
        right = [False] * len(texts)
        for fold in range(FOLDS):
            learned = [line for n, line in enumerate(texts) if n % FOLDS != fold]
            asked = range(fold, len(texts), FOLDS)
            if asked:
                answers = _learned(learn, learned, additions)([texts[n][1] for n in asked])
                for n, answer in zip(asked, answers, strict=True):
                    right[n] = answer == texts[n][0]
            progress(1)
        found.append(Estimate(algorithm=algorithm, right=right))
    return found


def in_words(found: Sequence[Estimate]) -> Iterator[str]:
    """Lines for a person."""
    for one in found:
        low, high = one.interval
        yield (
            f"{one.algorithm}: accuracy about {one.accuracy:.3f} ({FOLDS} folds of "
            f"{len(one.right):,} texts; 95 %: {low:.3f} to {high:.3f})"
        )
    best = max(found, key=lambda one: one.accuracy)
    if all(best.is_better_than(other) for other in found if other is not best):
        yield f"Of so many texts of this kind {best.algorithm} learns more."
    else:
        yield "They differ by no more than chance explains: take the one that is at hand."


def _learned(
    learn: Callable[[Sequence[Line], Additions], Predict],
    lines: Sequence[Line],
    additions: Additions,
) -> Predict:
    """A model; of lines with a single label, which nobody can learn from, one that gives that."""
    (label, _), *_ = lines
    if all(other == label for other, _ in lines):
        return lambda texts: [label] * len(texts)
    return learn(lines, additions)


def _fasttext(learned: Sequence[Line], additions: Additions) -> Predict:
    """As a training job would, on one thread: the same answers each time."""
    # Imported here, as the other: nobody else waits for them.
    import fasttext  # noqa: PLC0415

    lines = [f"{LABEL_PREFIX}{label} {text}" for label, text in learned]
    labels = {label for label, _ in learned}
    content = [*(lines_with_parts(lines) if additions.parts else lines)]
    content += additions.emoticon_lines(labels)
    values = suited(FEW_TEXTS - 1)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "train.txt")
        file.write_text("".join(f"{line}\n" for line in content), encoding="utf-8", newline="\n")
        model = fasttext.train_supervised(
            input=str(file),
            lr=_RATE,
            dim=_DIMENSIONS,
            epoch=int(values["Epochs"]),
            wordNgrams=int(values["WordNgrams"]),
            minCount=_LEAST_COUNT,
            bucket=_BUCKETS,
            thread=1,
            verbose=0,
        )

    def predict(texts: Sequence[str]) -> list[str]:
        answers, _ = model.predict(list(texts))
        return [one[0].removeprefix(LABEL_PREFIX) if one else "" for one in answers]

    return predict


def _logistic_regression(learned: Sequence[Line], _additions: Additions) -> Predict:
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415

    model = make_pipeline(
        TfidfVectorizer(
            tokenizer=str.split,
            token_pattern=None,
            lowercase=False,
            ngram_range=(1, 2),
            sublinear_tf=True,
        ),
        LogisticRegression(C=_INVERSE_REGULARISATION, max_iter=1000),
    )
    model.fit([text for _, text in learned], [label for label, _ in learned])

    def predict(texts: Sequence[str]) -> list[str]:
        return [str(label) for label in model.predict(list(texts))]

    return predict
