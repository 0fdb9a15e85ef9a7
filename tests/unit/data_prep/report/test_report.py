"""`report`: what the page says, and that nothing in a review can become a part of it."""

import argparse
import base64
import hashlib
import json
import math
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from data_prep.errors import DataPrepError
from data_prep.report import page as module
from data_prep.report.figures import Figures, measure
from data_prep.report.page import add_commands, write_report
from data_prep.report.words import speaking_terms
from tier_layout.manifest import ManifestError, read_manifest

GOOD = [f"__label__positive a great film number {n}" for n in range(30)]
BAD = [f"__label__negative a dull film number {n}" for n in range(30, 60)]
OPENING = " ".join(f"w{n}" for n in range(20))


def write(
    folder: Path, train: Sequence[str], test: Sequence[str], validation: Sequence[str] | None = None
) -> Path:
    files = {"train.txt": train, "test.txt": test}
    for name, lines in (files | ({"validation.txt": validation} if validation else {})).items():
        content = "".join(f"{line}\n" for line in lines)
        (folder / name).write_text(content, encoding="utf-8", newline="\n")
    return folder


def write_manifest(folder: Path, **changes: object) -> None:
    files = {
        name: {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(), "bytes": 1}
        for name in ("train.txt", "test.txt")
    }
    manifest = {
        "format": 1,
        "command": "python -m data_prep prepare reviews.csv",
        "normaliser_version": "7",
        "rows_in": 1234,
        "rows_out": {"train": 50, "test": 10},
        "dropped": {"duplicate text": 97},
        "bad": {
            "broken quoting": {
                "count": 41,
                "examples": [{"where": "reviews.csv, line 7", "text": "the <b>row</b>"}],
            }
        },
        "labels": {"train": {"negative": 25, "positive": 25}, "test": {"negative": 10}},
        "files": files,
    }
    (folder / "dataset.json").write_text(json.dumps(manifest | changes), encoding="utf-8")


class Page(HTMLParser):
    """The words a reader sees, and every element."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "rect", "line"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def page_of(folder: Path) -> Page:
    return Page(write_report(folder).read_text(encoding="utf-8"))


def test_figures_are_counted_from_the_files(tmp_path: Path) -> None:
    train = [*GOOD, *BAD, GOOD[0], "no label here", "__label__negative"]
    test = ["__label__positive brand new", BAD[3], BAD[3]]
    write(tmp_path, train, test)
    figures = measure(tmp_path / "train.txt", tmp_path / "test.txt")
    assert figures.train.lines == 63
    assert figures.train.labels == {"negative": 31, "positive": 31}
    assert (figures.train.unlabelled, figures.train.empty, figures.train.repeated) == (1, 1, 1)
    assert figures.files[1].repeated == 1
    (shared,) = figures.in_common
    assert shared.leaked == 2
    assert [(e.line, e.content) for e in shared.leaked_examples] == [(2, BAD[3]), (3, BAD[3])]
    assert figures.train.words == 61 * 5 + 3
    assert figures.train.lengths.longest == 5
    assert figures.files[1].lengths.percentiles[2] == 5
    assert sum(figures.train.shares) == pytest.approx(1)
    assert figures.labels == ["negative", "positive"]


def test_repeated_emoticons_are_told_from_repeated_reviews(tmp_path: Path) -> None:
    write(tmp_path, [*GOOD, *BAD, *["__label__positive :)"] * 20], GOOD)
    figures = measure(tmp_path / "train.txt", tmp_path / "test.txt")
    assert (figures.train.repeated, figures.train.repeated_words) == (0, 19)


def test_contradictions_and_similar_beginnings_are_found(tmp_path: Path) -> None:
    train = [*GOOD, *BAD, GOOD[1].replace("positive", "negative"), f"__label__positive {OPENING} a"]
    test = [f"__label__positive {OPENING} b", f"__label__positive {OPENING}", "__label__negative z"]
    write(tmp_path, train, test)
    figures = measure(tmp_path / "train.txt", tmp_path / "test.txt")
    assert figures.contradictions == 1
    (shared,) = figures.in_common
    assert shared.leaked == 0
    assert [example.line for example in shared.similar_examples] == [1]


def test_each_two_of_three_files_are_compared(tmp_path: Path) -> None:
    looked_at, held_out = "__label__positive looked at", "__label__negative held out"
    write(tmp_path, [*GOOD, *BAD], [looked_at, held_out], [GOOD[1], BAD[1], looked_at])
    files = [tmp_path / f"{name}.txt" for name in ("train", "validation", "test")]
    assert [(c.name, c.seen_in, c.leaked) for c in measure(*files).in_common] == [
        ("validation.txt", "train.txt", 2),
        ("test.txt", "train.txt", 0),
        ("test.txt", "validation.txt", 1),
    ]


def test_page_says_that_two_files_make_the_accuracy_optimistic(tmp_path: Path) -> None:
    write(tmp_path, [*GOOD, *BAD], GOOD)
    assert "! look There is no validation.txt: early stopping" in page_of(tmp_path).text
    write(tmp_path, [*GOOD, *BAD], GOOD, BAD)
    assert "✓ good Early stopping and tuning look at validation.txt" in page_of(tmp_path).text


def test_words_are_ranked_as_in_the_paper(tmp_path: Path) -> None:
    write(tmp_path, [*GOOD, *BAD], GOOD)
    vocabulary = speaking_terms(tmp_path / "train.txt", words=300)
    negative, positive = vocabulary.labels
    assert [term.text for term in negative.words] == ["dull"]
    assert [term.text for term in positive.words] == ["great"]
    assert [term.text for term in positive.pairs] == ["a great", "great film"]
    # Counts: a 60, film 60, number 60, great 30, dull 30; five terms make a prior of five.
    y, n, prior = 30, 120, 5 * 30 / 240
    log_odds = math.log((y + prior) / (n + 5 - y - prior)) - math.log(prior / (n + 5 - prior))
    z = log_odds / math.sqrt(1 / (y + prior) + 1 / prior)
    assert positive.words[0].log_odds == pytest.approx(log_odds)
    assert positive.words[0].z == pytest.approx(z)
    assert (positive.words[0].here, positive.words[0].elsewhere) == (30, 0)


def test_a_word_counts_once_a_review(tmp_path: Path) -> None:
    write(tmp_path, [*GOOD, "__label__positive dull dull dull dull dull dull", *BAD], GOOD)
    words = speaking_terms(tmp_path / "train.txt", words=300).labels[0].words
    assert [(term.text, term.elsewhere) for term in words if term.text == "dull"] == [("dull", 1)]


def test_pairs_do_not_reach_into_the_next_review(tmp_path: Path) -> None:
    write(tmp_path, [*["__label__a x y", "__label__b z z"] * 9], GOOD)
    labels = speaking_terms(tmp_path / "train.txt", words=100).labels
    assert {term.text for speaking in labels for term in speaking.pairs} == {"x y", "z z"}


def test_large_files_are_sampled_and_the_page_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, [*GOOD, *BAD], GOOD)
    vocabulary = speaking_terms(tmp_path / "train.txt", words=300, max_words=100)
    assert (vocabulary.every, vocabulary.reviews) == (3, 20)
    assert [term.here for term in vocabulary.labels[0].words if term.text == "dull"] == [10]
    monkeypatch.setattr(
        module,
        "speaking_terms",
        lambda file, words: speaking_terms(file, words=words, max_words=100),
    )
    assert "one line in 3 of train.txt (20 reviews)" in page_of(tmp_path).text


def test_page_shows_manifest_and_agreement(tmp_path: Path) -> None:
    write_manifest(write(tmp_path, [*GOOD, *BAD], GOOD))
    text = page_of(tmp_path).text
    for part in ("duplicate text", "97", "broken quoting", "41", "the <b>row</b>", "1,234"):
        assert part in text
    assert "train.txt is the file that dataset.json describes" in text
    assert "30 reviews in test.txt whose text is in train.txt, too" in text


def test_page_tells_when_a_file_is_not_the_manifest_s(tmp_path: Path) -> None:
    write_manifest(write(tmp_path, [*GOOD, *BAD], GOOD))
    (tmp_path / "test.txt").write_text("__label__positive other\n__label__negative text\n")
    assert "! look test.txt is not the file that dataset.json describes" in page_of(tmp_path).text


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "there is no dataset.json"),
        ("{", "not as `prepare` writes it"),
        ("[]", "not as `prepare` writes it"),
        ('{"format": 3}', "has the format 3"),
        ('{"format": 1, "command": "x"}', "not as `prepare` writes it"),
        ("[" * 100_000, "not as `prepare` writes it"),
    ],
)
def test_page_does_without_a_manifest(tmp_path: Path, content: str | None, problem: str) -> None:
    write(tmp_path, [*GOOD, *BAD], GOOD)
    if content is not None:
        (tmp_path / "dataset.json").write_text(content)
    text = page_of(tmp_path).text
    assert "! look Nothing to compare the files with: " in text
    assert problem in text


@pytest.mark.parametrize("name", ["dropped", "bad", "files", "labels", "rows_in", "rows_out"])
@pytest.mark.parametrize("value", [None, "text", {"x": "y"}, {"x": {"y": None}}, [1]])
def test_manifest_of_another_shape_is_refused(tmp_path: Path, name: str, value: object) -> None:
    write_manifest(write(tmp_path, GOOD, BAD), **{name: value})
    with pytest.raises(ManifestError):
        read_manifest(tmp_path)


HOSTILE = "</style><script>alert(1)</script><img src=x onerror=alert(2)> \"&amp;' {{ 7 * 7 }}"


def test_review_text_stays_text(tmp_path: Path) -> None:
    line = f"__label__<b>&x {HOSTILE} \u202eevil\x1b[31m"
    write(tmp_path, [line] * 9 + BAD, [line])
    write_manifest(
        tmp_path,
        command=HOSTILE,
        dropped={HOSTILE: 3},
        bad={HOSTILE: {"count": 1, "examples": [{"where": HOSTILE, "text": HOSTILE}]}},
        rows_out={HOSTILE: 1},
        labels={HOSTILE: {HOSTILE: 1}},
    )
    page = page_of(tmp_path)
    assert not page.tags() & {"script", "img", "b", "link", "iframe", "object", "base", "form"}
    assert page.open == []
    assert "7 * 7" in page.text
    assert "‹U+202E›evil‹U+001B›" in page.text


def test_page_needs_no_network_and_runs_nothing(tmp_path: Path) -> None:
    write_manifest(write(tmp_path, [*GOOD, *BAD], GOOD))
    source = write_report(tmp_path).read_text(encoding="utf-8")
    page = Page(source)
    names = {name for _, attributes in page.elements for name in attributes}
    assert not names & {"src", "href", "srcset", "style", "xlink:href", "action"}
    assert not [name for name in names if name.startswith("on")]
    assert "url(" not in source
    assert "@import" not in source
    style = re.search("<style>(.*?)</style>", source, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policies = [a["content"] for _, a in page.elements if a.get("http-equiv")]
    expected = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'"
    assert policies == [f"{expected}; form-action 'none'"]


def test_policy_stands_before_all_that_it_must_hold_for(tmp_path: Path) -> None:
    # A browser applies it from where it stands (Content Security Policy 3, §3.3).
    page = page_of(write(tmp_path, [*GOOD, *BAD], GOOD))
    policy = next(n for n, (_, a) in enumerate(page.elements) if a.get("http-equiv"))
    assert {tag for tag, _ in page.elements[:policy]} <= {"html", "head", "meta"}


def test_same_files_give_the_same_page(tmp_path: Path) -> None:
    write(tmp_path, [*GOOD, *BAD], GOOD)
    assert write_report(tmp_path).read_bytes() == write_report(tmp_path).read_bytes()


@pytest.mark.parametrize(
    ("train", "test", "part"),
    [
        (GOOD, GOOD, "A classifier needs two labels"),
        (["nothing", "labelled"], ["at", "all"], "4 lines without a label"),
        (["__label__a", "__label__b"], ["__label__a", "__label__b"], "4 lines without a text"),
        ([*GOOD, "__label__rare x"], GOOD, "Labels that not every file has: rare"),
        ([*GOOD, *BAD[:5]], [GOOD[0], BAD[0]], "6.00 times the reviews"),
        ([f"__label__{n % 5} word {n}" for n in range(50)], GOOD, "Labels that not every file has"),
        (["__label__a " + "x " * 200_000 + "y", *BAD], GOOD, "longest"),
    ],
    ids=["one label", "none", "no text", "missing label", "unbalanced", "five", "long"],
)
def test_odd_files_make_a_page(
    tmp_path: Path, train: list[str], test: list[str], part: str
) -> None:
    assert part in page_of(write(tmp_path, train, test)).text


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataPrepError, match=r"has no train\.txt and no test\.txt"):
        write_report(tmp_path)
    write(tmp_path, [], GOOD)
    with pytest.raises(DataPrepError, match=r"train\.txt is empty"):
        write_report(tmp_path)
    (tmp_path / "train.txt").write_bytes(b"__label__a caf\xe9\n")
    with pytest.raises(DataPrepError, match="is not UTF-8"):
        write_report(tmp_path)
    assert not (tmp_path / "report.html").exists()


def test_page_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    write(tmp_path, [*GOOD, *BAD], GOOD)
    with pytest.raises(DataPrepError, match="--out"):
        write_report(tmp_path, tmp_path / "missing/page.html")
    with pytest.raises(DataPrepError, match="--out"):
        write_report(tmp_path, tmp_path / "train.txt")
    with pytest.raises(DataPrepError, match="--out"):
        write_report(tmp_path, tmp_path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["test.txt", "train.txt"]


def test_page_that_was_half_written_when_its_writer_was_killed_is_cleared_away(
    tmp_path: Path,
) -> None:
    write(tmp_path, [*GOOD, *BAD], GOOD)
    (tmp_path / ".report.html.partial").write_text("<!DOC")
    (tmp_path / ".report.html.lock").touch()
    write_report(tmp_path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        "report.html",
        "test.txt",
        "train.txt",
    ]


def test_page_about_files_that_are_replaced_meanwhile_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, new = tmp_path / "data", tmp_path / "new"
    for directory in (folder, new):
        directory.mkdir()
        write(directory, [*GOOD, *BAD], GOOD)

    def replace_meanwhile(*files: Path) -> Figures:
        figures = measure(*files)
        folder.rename(tmp_path / "former")
        new.rename(folder)
        return figures

    monkeypatch.setattr(module, "measure", replace_meanwhile)
    with pytest.raises(DataPrepError, match="prepared anew while"):
        write_report(folder)
    assert sorted(entry.name for entry in folder.iterdir()) == ["test.txt", "train.txt"]


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, [*GOOD, *BAD], GOOD)
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())
    out = tmp_path / "page.html"
    options = parser.parse_args(["report", str(tmp_path), "--out", str(out)])
    options.run(options)
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert str(out) in capsys.readouterr().err
