"""`python -m deployment promote`: a model goes to another tier as it is, or not at all."""

import gzip
import hashlib
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

import deployment.__main__
import deployment.deploy_command
from data_prep.__main__ import main as data_prep
from deployment.__main__ import main
from tests.unit.deployment.promote.fake_promotion import (
    DATASET,
    GATE,
    JOB,
    KEYS,
    MODEL_KEY,
    FakeAws,
    outputs_of,
)

ROOT = Path(__file__).parents[4]
MODEL_OF_SANDBOX = "Sandbox-MachineLearningInfrastructure"
MODEL_OF_PRODUCTION = "Production-MachineLearningInfrastructure"
FROM, TO = "sandbox-bucket", "production-bucket"
MODEL = bytes(range(256)) * 100
REPORT = f"evaluations/{JOB}/0123456789ab.json"
WORDS = f"vocabularies/{JOB}/0123456789ab.bin"
LATEST = [f"evaluations/{JOB}/report.json", f"evaluations/{JOB}/report.html"]

Promote = Callable[..., int]


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    folder = tmp_path / "bin"
    folder.mkdir()
    fake = FakeAws(folder)
    monkeypatch.setenv("PATH", fake.path)
    monkeypatch.setattr(boto3, "client", fake.client)
    # Where templates are written.
    monkeypatch.setattr(deployment.__main__, "ROOT", tmp_path)
    monkeypatch.setattr(deployment.deploy_command, "require_health", lambda _: None)
    fake.s3.put(FROM, MODEL_KEY, MODEL, part=7000)
    fake.s3.put(FROM, KEYS["TrainKey"], b"__label__a good\n" * 999, part=5000)
    fake.s3.put(FROM, KEYS["TestKey"], b"__label__a fine\n")
    fake.s3.put(FROM, f"{DATASET}/dataset.json", b"{}")
    for key in (REPORT, WORDS, *LATEST):
        fake.s3.put(FROM, key, key.encode())
    return fake


@pytest.fixture
def promote(aws: FakeAws) -> Promote:
    def run(*options: str, to: str = "Production") -> int:
        source = () if "--model" in options else ("--from", "Sandbox")
        return main(["promote", "--to", to, *source, *options])

    return run


def deploy_production(aws: FakeAws) -> None:
    aws.outputs |= outputs_of("Production")
    aws.parameters[MODEL_OF_PRODUCTION] = {"TestKey": "datasets/own/test.txt"}
    aws.s3.put(TO, "datasets/own/test.txt", b"__label__a own\n")


# --- from a tier ------------------------------------------------------------------------


def test_stacks_are_deployed_in_this_order(aws: FakeAws, promote: Promote) -> None:
    assert promote() == 0
    assert aws.deployed == [
        "Production-TrainingJob",
        MODEL_OF_PRODUCTION,
        "Production-SentimentAnalysis",
        "Production-Operations",
    ]


def test_model_is_named_in_the_tiers_own_bucket_with_the_data_that_it_comes_from(
    aws: FakeAws, promote: Promote
) -> None:
    promote()
    assert aws.given(MODEL_OF_PRODUCTION) == {
        "ModelDataUrl": f"s3://{TO}/{MODEL_KEY}",
        **KEYS,
        "ValidationKey": "",
        "EvaluationKey": "",
        "AcceptOverlap": "",
    }


def test_validation_file_goes_with_the_model(aws: FakeAws, promote: Promote) -> None:
    key = f"{DATASET}/validation.txt"
    aws.parameters[MODEL_OF_SANDBOX]["ValidationKey"] = key
    aws.s3.put(FROM, key, b"__label__a nice\n")
    promote()
    assert aws.given(MODEL_OF_PRODUCTION)["ValidationKey"] == key
    assert key in aws.s3.keys(TO)


def test_model_data_manifest_and_reports_are_copied(aws: FakeAws, promote: Promote) -> None:
    promote()
    expected = {MODEL_KEY, *KEYS.values(), f"{DATASET}/dataset.json", REPORT, WORDS}
    assert aws.s3.keys(TO) == expected
    assert all(aws.s3.objects[TO, k].content == aws.s3.objects[FROM, k].content for k in expected)


def test_copies_have_the_etags_of_what_was_sent_in_parts_of_any_size(
    aws: FakeAws, promote: Promote
) -> None:
    promote()
    etags = [(aws.s3.objects[FROM, k].etag, aws.s3.objects[TO, k].etag) for k in aws.s3.keys(TO)]
    assert all(one == other for one, other in etags)


def test_it_is_said_by_what_the_bytes_were_compared(
    aws: FakeAws, promote: Promote, capsys: pytest.CaptureFixture[str]
) -> None:
    promote()
    output = capsys.readouterr().out
    assert "Copy what Sandbox serves: the same bytes by ETag and size" in output
    assert f"Production serves {JOB}, accuracy 0.8912." in output
    assert "nothing was trained" in output


def test_etag_that_says_nothing_is_replaced_by_sha256(
    aws: FakeAws, promote: Promote, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.s3.put(FROM, KEYS["TestKey"], b"__label__a fine\n", etag_of="0" * 32)
    assert promote() == 0
    assert "the same bytes by ETag and size or SHA-256" in capsys.readouterr().out


def test_copy_with_other_bytes_is_not_deployed(
    aws: FakeAws, promote: Promote, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.s3.spoil = lambda content: content[:-1] + b"!"
    assert promote() == 2
    assert f"s3://{TO}/{MODEL_KEY} has other bytes than s3://{FROM}/" in capsys.readouterr().out
    assert aws.deployed == ["Production-TrainingJob"]


def test_what_is_there_is_not_copied_again(
    aws: FakeAws, promote: Promote, capsys: pytest.CaptureFixture[str]
) -> None:
    promote()
    sent = list(aws.s3.sent)
    assert promote() == 0
    assert aws.s3.sent == sent
    assert "already there, the same bytes" in capsys.readouterr().out


def test_another_model_in_the_place_is_not_replaced(
    aws: FakeAws, promote: Promote, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.s3.put(TO, MODEL_KEY, b"another")
    assert promote() == 2
    assert f"aws s3 rm s3://{TO}/{MODEL_KEY}" in capsys.readouterr().out
    assert aws.s3.objects[TO, MODEL_KEY].content == b"another"


def test_another_manifest_is_replaced(aws: FakeAws, promote: Promote) -> None:
    aws.s3.put(TO, f"{DATASET}/dataset.json", b'{"old": 1}')
    assert promote() == 0
    assert aws.s3.objects[TO, f"{DATASET}/dataset.json"].content == b"{}"


def test_evaluation_data_of_its_own_go_along(aws: FakeAws, promote: Promote) -> None:
    aws.parameters[MODEL_OF_SANDBOX]["EvaluationKey"] = "datasets/imdb/test.txt"
    aws.s3.put(FROM, "datasets/imdb/test.txt", b"__label__a well\n")
    assert promote() == 0
    assert "datasets/imdb/test.txt" in aws.s3.keys(TO)
    assert aws.given(MODEL_OF_PRODUCTION)["EvaluationKey"] == "datasets/imdb/test.txt"


@pytest.mark.parametrize("key", [MODEL_KEY, KEYS["TestKey"]])
def test_nothing_is_deployed_without_the_model_or_what_it_is_evaluated_on(
    aws: FakeAws, promote: Promote, capsys: pytest.CaptureFixture[str], key: str
) -> None:
    del aws.s3.objects[FROM, key]
    assert promote() == 2
    assert f"of Sandbox is gone: there is no object s3://{FROM}/{key}" in capsys.readouterr().out
    assert MODEL_OF_PRODUCTION not in aws.deployed


def test_training_data_that_are_gone_are_told_and_left_out(
    aws: FakeAws, promote: Promote, capsys: pytest.CaptureFixture[str]
) -> None:
    del aws.s3.objects[FROM, KEYS["TrainKey"]]
    assert promote() == 0
    assert f"training data: s3://{FROM}/{KEYS['TrainKey']} is not there" in capsys.readouterr().out


def test_imported_model_of_a_tier_goes_without_training_data(
    aws: FakeAws, promote: Promote
) -> None:
    aws.parameters[MODEL_OF_SANDBOX]["TrainKey"] = ""
    assert promote() == 0
    assert KEYS["TrainKey"] not in aws.s3.keys(TO)
    assert aws.given(MODEL_OF_PRODUCTION)["TrainKey"] == ""


# --- refusals ---------------------------------------------------------------------------


def test_gate_of_the_tier_refuses_and_what_serves_is_named(
    aws: FakeAws, promote: Promote, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy_production(aws)
    aws.refuse(MODEL_OF_PRODUCTION)
    assert promote() == 1
    output = capsys.readouterr().out
    assert GATE in output
    assert "Production still serves Production-blazingtext-0123456789ab, accuracy 0.89" in output


def test_refusal_of_a_new_tier_leaves_it_serving_nothing(
    aws: FakeAws, promote: Promote, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.refuse(MODEL_OF_PRODUCTION)
    assert promote() == 1
    assert "Production serves nothing yet." in capsys.readouterr().out


def test_model_that_serves_is_not_blamed_for_the_apis_stack(
    aws: FakeAws, promote: Promote, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.refuse("Production-SentimentAnalysis")
    assert promote() == 1
    assert "serves nothing" not in capsys.readouterr().out


def test_same_tier_twice_is_refused(
    aws: FakeAws, promote: Promote, capsys: pytest.CaptureFixture[str]
) -> None:
    assert promote(to="Sandbox") == 2
    assert "--from and --to are the same tier, Sandbox" in capsys.readouterr().out
    assert aws.calls == []


@pytest.mark.parametrize("stack", ["Sandbox-TrainingJob", MODEL_OF_SANDBOX])
def test_tier_that_is_not_deployed_cannot_be_promoted_from(
    aws: FakeAws, promote: Promote, capsys: pytest.CaptureFixture[str], stack: str
) -> None:
    del aws.outputs[stack]
    assert promote() == 2
    output = capsys.readouterr().out
    assert f"there is no deployed stack {stack}. Both tiers must be in one account" in output
    assert aws.calls == []


def test_tier_in_an_unknown_state_cannot_be_promoted_from(
    aws: FakeAws, promote: Promote, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.statuses[MODEL_OF_SANDBOX] = "UPDATE_ROLLBACK_FAILED"
    assert promote() == 2
    assert "is UPDATE_ROLLBACK_FAILED" in capsys.readouterr().out


def test_data_do_not_go_with_a_tiers_model(
    promote: Promote, capsys: pytest.CaptureFixture[str]
) -> None:
    assert promote("--data", "data/prepared") == 2
    assert "--data and --test go with --model" in capsys.readouterr().out


def test_one_source_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["promote", "--to", "Production"])
    assert caught.value.code == 2
    assert "one of the arguments --from --model is required" in capsys.readouterr().err


# --- a model that was trained elsewhere -------------------------------------------------


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(gzip.compress(b"model.bin", mtime=0))
    return path


def imported(content_hash: str) -> str:
    return f"models/imported-{content_hash[:12]}/output/model.tar.gz"


def test_model_of_a_file_is_named_after_its_content(
    aws: FakeAws, promote: Promote, archive: Path
) -> None:
    deploy_production(aws)
    assert promote("--model", str(archive)) == 0
    key = imported(hashlib.sha256(archive.read_bytes()).hexdigest())
    assert aws.s3.objects[TO, key].content == archive.read_bytes()
    assert aws.given(MODEL_OF_PRODUCTION)["ModelDataUrl"] == f"s3://{TO}/{key}"


def test_model_in_s3_is_copied_and_named_after_its_etag(aws: FakeAws, promote: Promote) -> None:
    deploy_production(aws)
    aws.s3.put("elsewhere", "a/model.tar.gz", MODEL, part=9000)
    etag = aws.s3.objects["elsewhere", "a/model.tar.gz"].etag
    assert promote("--model", "s3://elsewhere/a/model.tar.gz") == 0
    assert aws.s3.objects[TO, imported(etag.strip('"'))].etag == etag


def test_former_model_of_the_tier_itself_keeps_its_name(aws: FakeAws, promote: Promote) -> None:
    deploy_production(aws)
    key = "models/Production-blazingtext-ba9876543210/output/model.tar.gz"
    aws.s3.put(TO, key, MODEL)
    assert promote("--model", f"s3://{TO}/{key}") == 0
    assert aws.given(MODEL_OF_PRODUCTION)["ModelDataUrl"] == f"s3://{TO}/{key}"
    assert aws.s3.sent == []


def test_imported_model_is_evaluated_on_what_the_tier_has(
    aws: FakeAws, promote: Promote, archive: Path
) -> None:
    deploy_production(aws)
    promote("--model", str(archive))
    given = aws.given(MODEL_OF_PRODUCTION)
    assert given["TrainKey"] == ""
    assert given["TestKey"] == "datasets/own/test.txt"


def test_prepared_reviews_are_uploaded_and_named(
    aws: FakeAws, promote: Promote, archive: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("train.txt", "test.txt"):
        (data / name).write_text(f"__label__a good {name[:-4]}\n__label__b bad {name[:-4]}\n")
    assert promote("--model", str(archive), "--data", str(data)) == 0
    given = aws.given(MODEL_OF_PRODUCTION)
    assert {given["TrainKey"], given["TestKey"]} <= aws.s3.keys(TO)
    assert given["EvaluationKey"] == ""


def test_labelled_file_is_uploaded_for_the_evaluation_alone(
    aws: FakeAws, promote: Promote, archive: Path, tmp_path: Path
) -> None:
    test = tmp_path / "held-out.txt"
    test.write_text("__label__a good\n")
    assert promote("--model", str(archive), "--test", str(test)) == 0
    given = aws.given(MODEL_OF_PRODUCTION)
    assert aws.s3.objects[TO, given["TestKey"]].content == test.read_bytes()
    assert (given["TrainKey"], given["EvaluationKey"]) == ("", "")


def test_key_in_the_tiers_bucket_is_taken_as_it_is(
    aws: FakeAws, promote: Promote, archive: Path
) -> None:
    deploy_production(aws)
    assert promote("--model", str(archive), "--test", "datasets/own/test.txt") == 0
    assert aws.given(MODEL_OF_PRODUCTION)["TestKey"] == "datasets/own/test.txt"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("", "There is nothing to evaluate the model on"),
        ("--test none.txt", "There is no file none.txt, and no object of that key"),
        ("--data none", "none is not a directory"),
        ("--data none --test none.txt", "Say --data or --test, not both"),
    ],
)
def test_without_evaluation_data_nothing_happens(
    aws: FakeAws, archive: Path, capsys: pytest.CaptureFixture[str], options: str, problem: str
) -> None:
    command = ["promote", "--to", "Production", "--model", str(archive)]
    assert main([*command, *options.split()]) == 2
    assert problem in capsys.readouterr().out
    assert aws.calls == []


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ("none.tar.gz", "There is no file none.tar.gz"),
        (__file__, "is no gzip archive"),
        ("s3://elsewhere", "say s3://BUCKET/KEY"),
        ("s3://elsewhere/none.tar.gz", "There is no model s3://elsewhere/none.tar.gz"),
    ],
)
def test_model_that_is_none_is_refused_before_anything_happens(
    aws: FakeAws, promote: Promote, capsys: pytest.CaptureFixture[str], model: str, problem: str
) -> None:
    deploy_production(aws)
    assert promote("--model", model) == 2
    assert problem in capsys.readouterr().out
    assert aws.calls == []


# --- parameters -------------------------------------------------------------------------


def test_further_parameters_are_passed_on(aws: FakeAws, promote: Promote) -> None:
    promote("--parameter", "Epochs=8", "--parameter", "TuningJobs=0")
    given = aws.given(MODEL_OF_PRODUCTION)
    assert (given["Epochs"], given["TuningJobs"]) == ("8", "0")


@pytest.mark.parametrize(
    "command",
    [
        ["promote", "--from", "Sandbox", "--to", "Production"],
        ["deploy", "--tier", "Sandbox"],
    ],
)
def test_unknown_parameter_is_refused_with_the_known_ones_before_anything_is_deployed(
    aws: FakeAws, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert main([*command, "--parameter", "Epoch=8", "--parameter", "Epochs=8"]) == 2
    output = capsys.readouterr().out
    known = "(AlarmEmail, )?EarlyStopping, Epochs, EvaluationKey, LearningRate, "
    assert re.search(f"is no parameter Epoch. There are: {known}", output)
    assert aws.deployed == []


def test_unknown_parameter_is_refused_before_reviews_are_prepared(
    aws: FakeAws, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = str(tmp_path / "none.csv")
    assert main(["retrain", "--tier", "Sandbox", "--data", missing, "--parameter", "Epoch=8"]) == 2
    assert "is no parameter Epoch" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("Epochs", "'Epochs': a parameter is NAME=VALUE"),
        ("=8", "'=8': a parameter is NAME=VALUE"),
        ("TrainKey=a", "TrainKey cannot be given: it follows from the data"),
        ("ModelDataUrl=s3://a/b", "ModelDataUrl cannot be given: `promote"),
        ("EvaluationKey=a", "EvaluationKey cannot be given: it comes with the model"),
    ],
)
def test_parameter_that_cannot_be_given_is_refused_with_the_reason(
    aws: FakeAws, promote: Promote, capsys: pytest.CaptureFixture[str], given: str, problem: str
) -> None:
    assert promote("--parameter", given) == 2
    assert problem in capsys.readouterr().out
    assert aws.calls == []


def test_parameter_that_is_given_twice_is_refused(
    promote: Promote, capsys: pytest.CaptureFixture[str]
) -> None:
    assert promote("--parameter", "Epochs=8", "--parameter", "Epochs=9") == 2
    assert "Epochs is given twice, as '8' and as '9'" in capsys.readouterr().out


def test_evaluation_key_may_be_given_to_a_tier_that_trains(aws: FakeAws) -> None:
    assert main(["deploy", "--tier", "Sandbox", "--parameter", "EvaluationKey=datasets/a"]) == 0
    assert aws.given(MODEL_OF_SANDBOX) == {"EvaluationKey": "datasets/a"}


# --- training after a promotion, and make -----------------------------------------------


@pytest.mark.parametrize("command", ["deploy", "retrain"])
def test_new_training_data_end_the_serving_of_a_promoted_model(
    aws: FakeAws, tmp_path: Path, command: str
) -> None:
    for name in ("train.txt", "test.txt"):
        (tmp_path / name).write_text(f"__label__a good {name[:-4]}\n__label__b bad {name[:-4]}\n")
    options = {
        "deploy": ["--train", str(tmp_path / "train.txt"), "--test", str(tmp_path / "test.txt")],
        "retrain": ["--data", str(prepared(tmp_path / "data"))],
    }
    assert main([command, "--tier", "Sandbox", *options[command]]) == 0
    assert aws.given(MODEL_OF_SANDBOX)["ModelDataUrl"] == ""


def prepared(directory: Path) -> Path:
    source = directory.with_suffix(".csv")
    rows = "".join(f"text {number},{number % 2}\n" for number in range(40))
    source.write_text(f"text,label\n{rows}")
    assert data_prep(["prepare", str(source), "--preset", "imdb", "--out", str(directory)]) == 0
    return directory


def test_make_passes_everything_on() -> None:
    variables = ["FROM=Sandbox", "TO=Alice", "SETTINGS=Production"]
    done = subprocess.run(
        ["make", "--no-print-directory", "-n", "promote", *variables, "PARAMETERS=A=1 B=2"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert shlex.join(shlex.split(done.stdout.replace("\\\n", " "))).endswith(
        "python -m deployment promote --from Sandbox --to Alice --settings Production "
        "--parameter A=1 --parameter B=2"
    )


def test_make_passes_a_model_and_its_data_on() -> None:
    variables = ["MODEL=s3://a/b c.tar.gz", "TO=Alice", "DATA=my data", "TEST=t.txt"]
    done = subprocess.run(
        ["make", "--no-print-directory", "-n", "promote", *variables],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert shlex.join(shlex.split(done.stdout.replace("\\\n", " "))).endswith(
        "python -m deployment promote --model 's3://a/b c.tar.gz' --to Alice "
        "--data 'my data' --test t.txt"
    )


@pytest.mark.parametrize("target", ["deploy", "retrain"])
def test_make_passes_parameters_on(target: str) -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "-n", target, "DATA=d", "PARAMETERS=A=1 B=2"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert "--parameter A=1 --parameter B=2" in shlex.join(
        shlex.split(done.stdout.replace("\\\n", " "))
    )
