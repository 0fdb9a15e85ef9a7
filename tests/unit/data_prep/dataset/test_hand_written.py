"""Files that `prepare` did not write are read as a whole, and refused with line and remedy."""

from collections.abc import Collection
from pathlib import Path

import pytest

from data_prep.dataset.accept import Accept
from data_prep.dataset.training_files import DatasetFiles, read_training_files
from data_prep.errors import DataPrepError

WORDS = ("lamp", "chair", "kettle", "spoon", "table")


def lines(first: int, count: int = 100) -> list[str]:
    """So many texts of two labels, none of which comes twice."""
    return [
        f"__label__{('good', 'bad')[number % 2]} the {WORDS[number % 5]} number {number}"
        for number in range(first, first + count)
    ]


TRAIN, VALIDATION, TEST = lines(0, 400), lines(1_000), lines(2_000)


def notes(
    folder: Path,
    *,
    train: list[str] = TRAIN,
    validation: list[str] | None = None,
    test: list[str] = TEST,
    accepted: Collection[Accept] = (),
) -> list[str]:
    """What is said of the files that are let through."""
    files = {"train": train, "validation": validation, "test": test}
    for name, content in files.items():
        if content is not None:
            text = "".join(f"{line}\n" for line in content)
            (folder / f"{name}.txt").write_text(text, encoding="utf-8", newline="\n")
    found = DatasetFiles.in_directory(folder, accepted=accepted)
    return [note.replace(f"{folder}/", "") for note in read_training_files(found).notes]


def refusal(folder: Path, **files: list[str]) -> str:
    with pytest.raises(DataPrepError) as caught:
        notes(folder, **files)  # type: ignore[arg-type]
    return str(caught.value).replace(f"{folder}/", "")


def test_sound_files_are_let_through_without_a_word(tmp_path: Path) -> None:
    assert notes(tmp_path, validation=VALIDATION) == []


def test_files_with_a_manifest_were_checked_when_they_were_prepared(tmp_path: Path) -> None:
    notes(tmp_path)
    (tmp_path / "dataset.json").write_text("{}")
    assert "not as `prepare` writes it" in refusal(tmp_path, train=["whatever"])


@pytest.mark.parametrize(
    "line",
    ["what a film", "__label__", "__label__ good film", "", "x__label__good film", "\u2003"],
)
def test_line_without_a_label_is_refused_by_number(tmp_path: Path, line: str) -> None:
    message = refusal(tmp_path, train=[*TRAIN, line])
    assert f"train.txt, line 401 ({line!r}) has no __label__" in message
    assert "with a blank behind it" in message
    assert "--accept" not in message


def test_byte_order_mark_is_named_as_what_it_is(tmp_path: Path) -> None:
    message = refusal(tmp_path, train=["\ufeff" + TRAIN[0], *TRAIN[1:]])
    assert "train.txt, line 1 " in message
    assert "byte order mark" in message


@pytest.mark.parametrize("line", ["__label__unsure what a film", "what a film __label__unsure"])
def test_label_that_the_api_needs_for_itself_is_refused(tmp_path: Path, line: str) -> None:
    assert "line 401 " in refusal(tmp_path, train=[*TRAIN, line])
    assert "has the label 'unsure'" in refusal(tmp_path, train=[*TRAIN, line])
    assert notes(tmp_path, train=[*TRAIN, line.replace("unsure", "good")]) == []


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("__label__good,what a film", "good,what"),
        ("__label__good: a film", "good:"),
        ("__label__goodwhat a film", "goodwhat"),
        ("__label__good\u00a0what a film", "good\u00a0what"),
    ],
)
def test_label_that_has_grown_together_with_a_word_is_refused(
    tmp_path: Path, line: str, label: str
) -> None:
    message = refusal(tmp_path, train=[*TRAIN, line])
    assert f"train.txt, line 401 ({line!r}): the label {label!r} " in message
    assert "A blank is missing behind the label" in message
    assert "--accept labels" in message
    assert notes(tmp_path, train=[*TRAIN, line], accepted=[Accept.LABELS])


def test_one_of_few_labels_that_has_grown_together_is_found(tmp_path: Path) -> None:
    few = [*TRAIN[:20], "__label__goodwhat a film"]
    assert "the label 'goodwhat' is rare" in refusal(tmp_path, train=few)


def test_two_spellings_of_a_label_are_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, train=[*TRAIN, "__label__Good a film"])
    assert "the label 'Good' is another one's in other capitals" in message
    assert "--accept labels" in message


def test_line_that_ends_with_a_carriage_return_alone_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, train=["\r".join(TRAIN)])
    assert "train.txt, line 1 (" in message
    assert "has a carriage return in it" in message


def test_labels_that_are_words_are_refused(tmp_path: Path) -> None:
    glued = [line.replace("good the ", "good").replace("bad the ", "bad") for line in TRAIN]
    numbered = [f"{line.split()[0]}{number % 40} x {number}" for number, line in enumerate(glued)]
    assert "has 40 labels in 400 lines" in refusal(tmp_path, train=numbered)


def test_labels_of_every_language_are_let_through(tmp_path: Path) -> None:
    def translated(texts: list[str]) -> list[str]:
        return [text.replace("good", "très_bon").replace("bad", "差评") for text in texts]

    assert notes(tmp_path, train=translated(TRAIN), test=translated(TEST)) == []


def test_frequent_label_may_begin_like_another_one(tmp_path: Path) -> None:
    more = [line.replace("good", "good-enough") for line in lines(5_000)]
    held_out = [line.replace("good", "good-enough") for line in lines(6_000)]
    assert notes(tmp_path, train=[*TRAIN, *more], test=[*TEST, *held_out]) == []


def test_lines_with_several_labels_are_let_through_and_told(tmp_path: Path) -> None:
    several = [line.replace(" the ", " __label__home the ") for line in TRAIN]
    (told,) = notes(tmp_path, train=several)
    assert told.startswith("400 of the 400 lines of train.txt have several labels, first train.txt")
    assert "line 1 ('__label__good __label__home the lamp" in told


def test_texts_that_stand_in_both_files_are_refused(tmp_path: Path) -> None:
    seen = [line.replace("good", "bad") for line in TRAIN[:2]]
    message = refusal(tmp_path, test=[*TEST, *seen])
    assert "2 of the 102 texts of test.txt also stand in train.txt" in message
    assert "--accept overlap" in message


def test_one_in_a_hundred_may_by_chance_and_is_told(tmp_path: Path) -> None:
    (told,) = notes(tmp_path, test=[*TEST[:99], TRAIN[0]])
    assert told.startswith("1 of the 100 texts of test.txt also stand in train.txt")


def test_each_two_of_three_files_are_compared(tmp_path: Path) -> None:
    message = refusal(tmp_path, validation=TRAIN[:50], test=TRAIN[:100])
    assert "50 of the 50 texts of validation.txt also stand in train.txt" in message
    assert "100 of the 100 texts of test.txt also stand in train.txt" in message
    assert "50 of the 100 texts of test.txt also stand in validation.txt" in message


def test_one_class_is_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, train=[line for line in TRAIN if "good" in line])
    assert "train.txt has only the label good, and a classifier needs two" in message


def test_held_out_file_of_one_label_has_to_be_meant(tmp_path: Path) -> None:
    good = [line for line in TEST if "good" in line]
    assert "--accept one-label" in refusal(tmp_path, test=good)
    assert notes(tmp_path, test=good, accepted=[Accept.ONE_LABEL])


def test_label_that_no_model_could_answer_has_to_be_meant(tmp_path: Path) -> None:
    message = refusal(tmp_path, test=[*TEST, "__label__fair the spoon"])
    assert "test.txt, line 101 ('__label__fair the spoon') has the label 'fair'" in message
    assert "--accept unknown-labels" in message


def test_empty_texts_are_refused(tmp_path: Path) -> None:
    message = refusal(tmp_path, train=[*TRAIN, *["__label__good", "__label__bad  "] * 3])
    assert "6 of the 406 lines of train.txt have a label and no text, first" in message
    assert "line 401 ('__label__good')" in message
    assert "--accept empty-texts" in message


def test_texts_that_are_not_normalised_are_refused_with_their_number(tmp_path: Path) -> None:
    raw = [f"{line}, isn't it?" for line in TRAIN[:40]]
    message = refusal(tmp_path, train=[*TRAIN[40:], *raw])
    assert "40 of the 400 lines of train.txt have other words than the API asks" in message
    assert "line 361 (" in message
    assert "data_prep prepare" in message
    assert "--accept not-normalised" in message


def test_few_of_them_are_let_through_and_told(tmp_path: Path) -> None:
    (told,) = notes(tmp_path, train=[*TRAIN, "__label__good The lamp"])
    assert told.startswith("1 of the 401 lines of train.txt have other words")


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("i do n't ¬like it", True),
        ("¬like it", True),  # the second half of the former
        ("i do n't like it", False),
        ("¬Like it", False),
    ],
)
def test_negated_word_may_stand_behind_a_cut(tmp_path: Path, text: str, normalised: bool) -> None:
    told = notes(tmp_path, train=[*TRAIN, f"__label__bad {text}"])
    assert (told == []) is normalised


def test_white_space_of_other_kinds_changes_no_words(tmp_path: Path) -> None:
    assert notes(tmp_path, train=[line.replace(" ", " \t") + "\r" for line in TRAIN]) == []


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    message = refusal(tmp_path, train=[*TRAIN, "no label", "__label__good:so"], test=TRAIN[:9])
    assert "has no __label__" in message
    assert "'good:so'" in message
    assert "also stand in" in message
    assert "If it is meant: --accept labels --accept overlap" in message


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"__label__good fine\n__label__bad caf\xe9\n", "line 2 ('__label__bad caf\ufffd') is not"),
        ("__label__good fine\n".encode("utf-16"), "is not UTF-8"),
        (b"\x1f\x8b\x08\x00", "is compressed (gzip)"),
    ],
)
def test_file_that_is_no_text_is_named_as_what_it_is(
    tmp_path: Path, content: bytes, part: str
) -> None:
    notes(tmp_path)
    (tmp_path / "train.txt").write_bytes(content)
    with pytest.raises(DataPrepError) as caught:
        read_training_files(DatasetFiles.in_directory(tmp_path))
    assert part in str(caught.value)


def test_lines_are_counted_through_every_block(tmp_path: Path) -> None:
    many = lines(10_000, 60_000)
    assert "line 60,001 ('no label') has" in refusal(tmp_path, train=[*many, "no label"])
