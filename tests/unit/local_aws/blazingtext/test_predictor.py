"""Bodies of invocations, and the answers to them."""

import json
from pathlib import Path

import pytest

from local_aws.blazingtext.predictor import InvocationError, Predictor
from tests.unit.local_aws.blazingtext.blazingtext_job import make_job, reviews


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    job = make_job(tmp_path_factory.mktemp("job") / "ml", train=reviews(600))
    job.train()
    return Predictor(job.model_file)


def invoke_json(predictor: Predictor, request: object) -> list[dict[str, list[object]]]:
    body, content_type = predictor.invoke(json.dumps(request).encode(), "application/json")
    assert content_type == "application/json"
    answer: list[dict[str, list[object]]] = json.loads(body)
    return answer


def refusal(predictor: Predictor, body: bytes, content_type: str | None) -> tuple[int, str]:
    with pytest.raises(InvocationError) as error:
        predictor.invoke(body, content_type)
    return error.value.status, str(error.value)


def test_answers_come_in_the_order_of_the_instances(predictor: Predictor) -> None:
    answer = invoke_json(predictor, {"instances": ["a dull film", "a superb film"]})
    assert [a["label"] for a in answer] == [["__label__negative"], ["__label__positive"]]


def test_k_asks_for_more_labels_the_likeliest_first(predictor: Predictor) -> None:
    [answer] = invoke_json(predictor, {"instances": ["a poor film"], "configuration": {"k": 2}})
    assert answer["label"] == ["__label__negative", "__label__positive"]
    assert [float(str(p)) > 0.5 for p in answer["prob"]] == [True, False]


def test_k_beyond_the_labels_gives_every_label(predictor: Predictor) -> None:
    [answer] = invoke_json(predictor, {"instances": ["film"], "configuration": {"k": 100}})
    assert len(answer["label"]) == 2


def test_text_is_read_as_a_line_of_the_training_file(predictor: Predictor) -> None:
    [(probability, _)] = predictor._model.predict("a dull film\n", 1, 0.0, "strict")
    assert predictor.predict("a dull film", 1)["prob"] == [min(probability, 1.0)]


def test_no_probability_is_above_one(predictor: Predictor) -> None:
    certain = " ".join(["great lovely superb"] * 50)
    raw = predictor._model.predict(certain + "\n", 1, 0.0, "strict")[0][0]
    assert raw > 1
    assert predictor.predict(certain, 1)["prob"] == [1.0]


def test_answer_is_ascii_whatever_the_labels(tmp_path: Path) -> None:
    text = "__label__schön gut\n__label__übel schlecht\n" * 50
    job = make_job(tmp_path / "ml", train=text)
    job.train()
    body, _ = Predictor(job.model_file).invoke(b'{"instances": ["gut"]}', "application/json")
    assert b'"__label__sch\\u00f6n"' in body


@pytest.mark.parametrize("text", ["", "unheard of", "caf\u00e9 \U0001f600", "nul \0 inside", "\r"])
def test_any_line_of_text_gets_a_label(predictor: Predictor, text: str) -> None:
    [answer] = invoke_json(predictor, {"instances": [text]})
    assert len(answer["label"]) == 1


def test_json_lines_are_answered_line_by_line(predictor: Predictor) -> None:
    body = b'{"source": "a dull film"}\n\n{"source": "a superb film", "k": 2}\n'
    answer, content_type = predictor.invoke(body, "application/jsonlines")
    assert content_type == "application/jsonlines"
    assert [json.loads(line)["label"] for line in answer.splitlines()] == [
        ["__label__negative"],
        ["__label__positive", "__label__negative"],
    ]


def test_content_type_may_have_parameters(predictor: Predictor) -> None:
    body, _ = predictor.invoke(b'{"instances": ["film"]}', "Application/JSON; charset=utf-8")
    assert len(json.loads(body)) == 1


@pytest.mark.parametrize(
    ("content_type", "named"),
    [
        ("text/csv", "text/csv"),
        ("", "application/octet-stream"),
        (None, "application/octet-stream"),
    ],
)
def test_other_content_types_are_415_in_the_containers_words(
    predictor: Predictor, content_type: str | None, named: str
) -> None:
    assert refusal(predictor, b"film", content_type) == (415, f"content-type {named} not supported")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "The body is not valid JSON."),
        (b"{", "The body is not valid JSON."),
        (b"\xff\xfe\xff", "The body is not valid JSON."),
        (b"[" * 100_000, "The body is not valid JSON."),
        (b"[]", "The body must be a JSON object."),
        (b"{}", "The body must have instances, a list of strings."),
        (b'{"instances": "film"}', "The body must have instances, a list of strings."),
        (b'{"instances": ["a", 1]}', "The value of instances[1] must be a string."),
        (b'{"instances": ["a\\nb"]}', "The value of instances[0] must be one line of text."),
        (b'{"instances": ["\\ud800"]}', "The value of instances[0] has a lone surrogate."),
        (b'{"instances": [], "configuration": 2}', "The configuration must be an object."),
        *(
            (
                b'{"instances": ["a"], "configuration": {"k": %s}}' % k,
                "The value of configuration.k must be a positive integer.",
            )
            for k in (b"0", b"-1", b"1.5", b"true", b'"2"', b"null", b"99999999999")
        ),
    ],
)
def test_malformed_json_is_400_with_one_sentence(
    predictor: Predictor, body: bytes, sentence: str
) -> None:
    assert refusal(predictor, body, "application/json") == (400, sentence)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"source": "a"}\nfilm\n', "Line 2 is not valid JSON."),
        (b'"film"', "Line 1 must be a JSON object."),
        (b'{"text": "film"}', "The value of source in line 1 must be a string."),
        (b'{"source": "a", "k": 0}', "The value of k in line 1 must be a positive integer."),
    ],
)
def test_malformed_json_lines_are_400_with_the_line(
    predictor: Predictor, body: bytes, sentence: str
) -> None:
    assert refusal(predictor, body, "application/jsonlines") == (400, sentence)


def test_file_that_is_no_model_cannot_be_loaded(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"not a model")
    with pytest.raises(ValueError, match="wrong file format"):
        Predictor(tmp_path / "model.bin")
