"""The train program, run as a process on generated text."""

import re
import signal
import subprocess
import time
from pathlib import Path

import fasttext_pybind  # type: ignore[import-not-found]
import pytest

from tests.unit.local_aws.blazingtext.blazingtext_job import (
    HYPERPARAMETERS,
    TRAIN_PROGRAM,
    JobResult,
    make_job,
    reviews,
)

ENDLESS = HYPERPARAMETERS | {"epochs": "1000000"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[JobResult, Path]:
    """A job without early stopping, and its model."""
    root = tmp_path_factory.mktemp("job") / "ml"
    job = make_job(root, train=reviews(600), validation=reviews(100, seed=1))
    return job.train(), job.model_file


@pytest.fixture(scope="module")
def overfitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[JobResult, Path, Path]:
    """A job whose validation accuracy falls from 10/11 to 1/11 after about eight epochs.

    `often` stands in nine lines of class a for each of class b, so at first it
    speaks for a. Later `marker` explains those nine, and `often` speaks for b.
    The wide vectors make an epoch last long enough for its end to be seen.
    """
    both = "__label__a " + "often marker " * 250 + "\n"
    alone = "__label__b " + "often " * 500 + "\n"
    root = tmp_path_factory.mktemp("job") / "ml"
    job = make_job(
        root,
        hyperparameters=HYPERPARAMETERS
        | {"epochs": "30", "learning_rate": "0.0033", "vector_dim": "800", "word_ngrams": "1"}
        | {"early_stopping": "True", "min_epochs": "2", "patience": "12"},
        train=(both * 9 + alone) * 100,
        validation="__label__a often\n" * 10 + "__label__b often\n",
    )
    return job.train(), job.model_file, job.root / "input/data/validation/validation.txt"


def accuracy_of(model_file: Path, text: Path) -> float:
    model = fasttext_pybind.fasttext()
    model.loadModel(str(model_file))
    return float(model.test(str(text), 1, 0.0)[1])


def test_log_has_the_containers_lines_in_its_order(trained: tuple[JobResult, Path]) -> None:
    header = r"\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d INFO \d+\] "
    assert re.fullmatch(
        r"Arguments: train\n"
        + header
        + r"Running single machine CPU BlazingText training using supervised mode\.\n"
        + header
        + r"Processing /opt/ml/input/data/train/train\.txt \. File size: 0 MB\n"
        + header
        + r"Processing /opt/ml/input/data/validation/validation\.txt \. File size: 0 MB\n"
        r"Read 0M words\n"
        r"Number of words:  \d+\n"
        r"Loading validation data from /opt/ml/input/data/validation/validation\.txt\n"
        r"Loaded validation data\.\n"
        r"##### Alpha: 0\.0000  Progress: 100\.00%  Million Words/sec: \d+\.\d\d #####\n"
        r"Training finished\.\n"
        r"Average throughput in Million words/sec: \d+\.\d\d\n"
        r"Total training time in seconds: \d+\.\d\d\n"
        r"\n"
        r"#train_accuracy: 1\.0000\n"
        r"Number of train examples: 600\n"
        r"\n"
        r"#validation_accuracy: 1\.0000\n"
        r"Number of validation examples: 100\n",
        trained[0].log,
    )


def test_completed_job_leaves_no_failure(trained: tuple[JobResult, Path]) -> None:
    assert (trained[0].status, trained[0].failure) == (0, None)


def test_model_predicts_labels_with_their_prefix(trained: tuple[JobResult, Path]) -> None:
    model = fasttext_pybind.fasttext()
    model.loadModel(str(trained[1]))
    [(_, label)] = model.predict("a lovely film\n", 1, 0.0, "strict")
    assert label == "__label__positive"


def test_library_gets_every_hyperparameter_explicitly(trained: tuple[JobResult, Path]) -> None:
    model = fasttext_pybind.fasttext()
    model.loadModel(str(trained[1]))
    used = model.getArgs()
    assert (used.dim, used.epoch, used.minCount, used.wordNgrams, used.bucket, used.loss) == (
        4,
        5,
        1,
        2,
        1000,
        fasttext_pybind.loss_name.softmax,
    )


def test_one_thread_makes_the_same_model_again(
    trained: tuple[JobResult, Path], tmp_path: Path
) -> None:
    job = make_job(tmp_path / "ml", train=reviews(600))
    job.train()
    # The model file holds the path of its training data, so compare what was learned.
    weights = []
    for model_file in (trained[1], job.model_file):
        model = fasttext_pybind.fasttext()
        model.loadModel(str(model_file))
        weights.append(bytes(memoryview(model.getInputMatrix())))
    assert weights[0] == weights[1]


def test_job_without_validation_channel_reports_train_accuracy_only(tmp_path: Path) -> None:
    result = make_job(tmp_path / "ml", train=reviews(100)).train()
    assert re.findall(r"#(\w+): [0-9.]+", result.log) == ["train_accuracy"]


def test_early_stopping_restores_the_best_weights(
    overfitted: tuple[JobResult, Path, Path],
) -> None:
    _, model_file, validation = overfitted
    assert accuracy_of(model_file, validation) == pytest.approx(10 / 11)


def test_early_stopping_reports_the_best_accuracy_not_the_last(
    overfitted: tuple[JobResult, Path, Path],
) -> None:
    log = overfitted[0].log
    assert re.findall(r"^Validation accuracy: (.*)$", log, re.M)[-1] == "0.0909091"
    assert re.findall(r"#validation_accuracy: ([0-9\.]+)", log) == ["0.9091"]


def test_training_stops_when_patience_is_exhausted(
    overfitted: tuple[JobResult, Path, Path],
) -> None:
    log = overfitted[0].log
    last_epoch = int(re.findall(r"^-+ End of epoch: (\d+)$", log, re.M)[-1])
    assert last_epoch < 30
    assert "Validation accuracy has not improved for last 12 epochs.\nTraining finished." in log


def test_nothing_is_evaluated_before_min_epochs(
    overfitted: tuple[JobResult, Path, Path],
) -> None:
    before, _, _ = overfitted[0].log.partition("Using 1 threads for prediction!\n")
    assert int(re.findall(r"^-+ End of epoch: (\d+)$", before, re.M)[-1]) >= 2


def test_evaluation_is_logged_in_the_containers_words(
    overfitted: tuple[JobResult, Path, Path],
) -> None:
    assert re.search(
        r"-------------- End of epoch: \d+\n"
        r"Using 1 threads for prediction!\n"
        r"Validation accuracy: 0\.909091\n"
        r"Validation accuracy improved! Storing best weights\.\.\.\n",
        overfitted[0].log,
    )


def test_evaluated_weights_on_the_way_are_not_left_behind(
    overfitted: tuple[JobResult, Path, Path],
) -> None:
    root = overfitted[1].parent.parent
    assert sorted(path.name for path in root.iterdir()) == ["input", "model"]


@pytest.mark.parametrize(
    ("hyperparameters", "train", "validation", "reason"),
    [
        (
            HYPERPARAMETERS | {"epochs": "ten"},
            reviews(10),
            None,
            "ClientError: hyperparameter epochs='ten' is not a positive integer",
        ),
        (
            HYPERPARAMETERS | {"mode": "skipgram"},
            reviews(10),
            None,
            "ClientError: hyperparameter mode='skipgram' is not available on this machine"
            " (only supervised is)",
        ),
        (
            HYPERPARAMETERS | {"min_count": "5000"},
            reviews(10),
            None,
            "ClientError: hyperparameter min_count='5000' leaves no word of"
            " /opt/ml/input/data/train/train.txt in the vocabulary: lower it",
        ),
        (
            HYPERPARAMETERS | {"learning_rate": "1e30"},
            reviews(100),
            None,
            "ClientError: training diverged with hyperparameter learning_rate='1e+30'"
            " (Encountered NaN): lower it",
        ),
        (
            HYPERPARAMETERS | {"early_stopping": "True"},
            reviews(10),
            None,
            "ClientError: hyperparameter early_stopping='True' needs a validation channel,"
            " and there is none",
        ),
        (
            HYPERPARAMETERS,
            None,
            reviews(10),
            "ClientError: channel train is missing: add it to InputDataConfig",
        ),
        (
            HYPERPARAMETERS,
            "no label here\n",
            None,
            "ClientError: channel train has no line with a __label__ in"
            " /opt/ml/input/data/train/train.txt",
        ),
        (
            HYPERPARAMETERS | {"early_stopping": "True"},
            reviews(10),
            "__label__other words\n",
            "ClientError: no label in /opt/ml/input/data/validation/validation.txt occurs in"
            " /opt/ml/input/data/train/train.txt",
        ),
    ],
    ids=[
        "ill-typed",
        "mode",
        "vocabulary",
        "nan",
        "no-validation",
        "no-train",
        "no-label",
        "other-labels",
    ],
)
def test_failed_job_leaves_its_reason(
    tmp_path: Path,
    hyperparameters: dict[str, str],
    train: str | None,
    validation: str | None,
    reason: str,
) -> None:
    job = make_job(
        tmp_path / "ml", hyperparameters=hyperparameters, train=train, validation=validation
    )
    result = job.train()
    assert (result.status, result.failure) == (1, reason)
    assert not job.model_file.exists()


def wait_for(process: subprocess.Popen[bytes], text: bytes) -> None:
    assert process.stdout is not None
    while line := process.stdout.readline():
        if text in line:
            return
    raise AssertionError(f"the program ended without logging {text!r}")


def processes_of(root: Path) -> list[str]:
    """Command lines of running programs that mention this job's directory."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(root) in command:
            lines.append(command)
    return lines


def is_any_paused(root: Path) -> bool:
    for path in Path("/proc").glob("[0-9]*"):
        try:
            # The state follows the program's name in parentheses; T is "stopped".
            state = (path / "stat").read_text().rpartition(")")[2].split()[0]
            if state == "T" and str(root).encode() in (path / "cmdline").read_bytes():
                return True
        except OSError:
            continue
    return False


def is_eventually_alone(root: Path) -> bool:
    deadline = time.monotonic() + 5
    while processes_of(root) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not processes_of(root)


def test_sigterm_stops_training_at_once(tmp_path: Path) -> None:
    job = make_job(tmp_path / "ml", hyperparameters=ENDLESS, train=reviews(600))
    with job.start(TRAIN_PROGRAM) as process:
        wait_for(process, b"Number of words")
        process.terminate()
        assert process.wait(5) == 128 + signal.SIGTERM
    assert is_eventually_alone(job.root)
    assert not job.model_file.exists()


def test_end_of_standard_input_stops_training(tmp_path: Path) -> None:
    job = make_job(tmp_path / "ml", hyperparameters=ENDLESS, train=reviews(600))
    with job.start(TRAIN_PROGRAM) as process:
        wait_for(process, b"Number of words")
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(5) != 0
    assert is_eventually_alone(job.root)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc to see other processes")
@pytest.mark.parametrize("paused", [False, True], ids=["training", "evaluating"])
def test_killed_trainer_leaves_no_process(tmp_path: Path, paused: bool) -> None:
    hyperparameters = ENDLESS | {"epochs": "20000"}
    if paused:
        hyperparameters |= {"early_stopping": "True", "min_epochs": "1"}
    job = make_job(
        tmp_path / "ml",
        hyperparameters=hyperparameters,
        train=reviews(600),
        # Takes long enough to evaluate that the kill comes in between.
        validation=reviews(600_000 if paused else 100),
    )
    with job.start(TRAIN_PROGRAM) as process:
        wait_for(process, b"End of epoch" if paused else b"Number of words")
        time.sleep(0.1)
        assert processes_of(job.root)
        assert is_any_paused(job.root) == paused
        process.kill()
        process.wait(5)
        assert is_eventually_alone(job.root)
