"""Commands on a directory that is somebody else's, and on ours with a file of a person in it."""

import subprocess
import sys
from pathlib import Path

import pytest

from local_aws.cli import main
from local_aws.instance import StateDirectory
from local_aws.ministack.state_files import finish_commit
from local_aws.state_marker import MARKER

PLACES = (
    "notes.txt",
    "notes.partial",
    "photos/notes.partial",
    "tmp/notes.txt",
    "instance.json",
    "instance.partial",
    "commit.json",
    "commit.json.partial",
    "local_aws.log",
    "events.log",
    "lock",
    "local_aws.state",
    "s3/000000000000/bucket/notes.txt",
    "ministack/notes.json",
    "ministack/notes.partial",
    "sagemaker/notes.json",
    "sagemaker/notes.partial",
    "sagemaker/000000000000/us-east-1/notes/notes.txt",
)
# What nothing of ours is called: it stays whatever is done to our directory.
FOREIGN = ("notes.txt", "notes.partial", "photos/notes.partial", "commit.partial", "lock.txt")
COMMANDS = (
    ["up"],
    ["up", "--detach"],
    ["down"],
    ["status"],
    ["url", "A-Stack"],
    ["env"],
    ["reset"],
)


def put(root: Path, *places: str, content: str = "[]") -> None:
    for place in places:
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(content)


def tree(root: Path) -> dict[str, tuple[str | None, int]]:
    """Everything below a directory, with its content and when it was changed."""
    return {
        str(path.relative_to(root)): (
            None if path.is_dir() else path.read_text(),
            path.stat().st_mtime_ns,
        )
        for path in [root, *root.rglob("*")]
    }


def use(state: Path) -> None:
    """Start to use a directory, as `up` does, and give it up again."""
    directory = StateDirectory(state)
    directory.acquire()
    directory.release()


def run(command: list[str], state: Path) -> int:
    return main([*command, "--state", str(state)])


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("place", PLACES)
def test_a_foreign_directory_is_refused_and_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, command: list[str]
) -> None:
    put(tmp_path, place)
    before = tree(tmp_path)
    assert run(command, tmp_path) == 2
    assert tree(tmp_path) == before
    assert capsys.readouterr().err == (
        f"local_aws: {tmp_path} is not the state of an embedded AWS, and not empty: nothing in it"
        " was changed. Name a new or empty directory with --state.\n"
    )


def test_a_directory_with_all_of_our_names_but_no_marker_is_refused(tmp_path: Path) -> None:
    put(tmp_path, *(place for place in PLACES if place != MARKER))
    before = tree(tmp_path)
    assert run(["reset"], tmp_path) == 2
    assert tree(tmp_path) == before


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_link_to_a_foreign_directory_is_refused(tmp_path: Path, command: list[str]) -> None:
    put(tmp_path / "papers", "tmp/notes.txt")
    (tmp_path / "link").symlink_to("papers")
    before = tree(tmp_path)
    assert run(command, tmp_path / "link") == 2
    assert tree(tmp_path) == before


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    assert run(command, file) == 2
    assert capsys.readouterr().err == (
        f"local_aws: {file} is a file: name a directory with --state.\n"
    )


@pytest.mark.parametrize("command", COMMANDS[2:], ids=" ".join)
@pytest.mark.parametrize("exists", [False, True], ids=["missing", "empty"])
def test_a_command_that_only_looks_creates_nothing(
    tmp_path: Path, command: list[str], exists: bool
) -> None:
    state = tmp_path / "state"
    if exists:
        state.mkdir()
    before = tree(tmp_path)
    run(command, state)
    assert tree(tmp_path) == before


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="/proc takes no directories")
def test_where_nothing_can_be_made_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["up"], Path("/proc/state")) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("local_aws: The state directory /proc/state cannot be written")


def test_a_reset_leaves_a_persons_files_in_our_directory(tmp_path: Path) -> None:
    use(tmp_path)
    put(tmp_path, *PLACES[3:10], "s3/000000000000/bucket/object", "sagemaker/sagemaker.json")
    put(tmp_path, *FOREIGN, content="mine")
    assert run(["reset"], tmp_path) == 0
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {*FOREIGN, "lock", MARKER, "instance.partial", "commit.json.partial"}


def test_a_start_leaves_a_persons_files_in_our_directory(tmp_path: Path) -> None:
    use(tmp_path)
    put(tmp_path, *FOREIGN, content="mine")
    finish_commit(tmp_path)
    use(tmp_path)
    assert all((tmp_path / place).read_text() == "mine" for place in FOREIGN)


def test_a_reset_directory_is_still_ours(tmp_path: Path) -> None:
    use(tmp_path)
    put(tmp_path, "notes.txt")
    assert run(["reset"], tmp_path) == 0
    use(tmp_path)


def test_a_directory_of_the_version_without_marker_is_taken_over(tmp_path: Path) -> None:
    put(tmp_path, "ministack/s3.json", "sagemaker/sagemaker.json", "tmp/scratch")
    put(tmp_path, "lock", content="")
    use(tmp_path)
    assert (tmp_path / "ministack/s3.json").exists()
    assert (tmp_path / MARKER).exists()


@pytest.mark.parametrize("left", ["lock", MARKER])
def test_a_start_that_was_cut_short_at_once_can_be_repeated(tmp_path: Path, left: str) -> None:
    put(tmp_path, left, content="")
    use(tmp_path)
    assert (tmp_path / MARKER).read_text().startswith("This directory is the state of an embedded")


def test_what_no_command_line_started_refuses_a_foreign_directory_too(tmp_path: Path) -> None:
    put(tmp_path, "tmp/notes.txt")
    before = tree(tmp_path)
    program = (
        "import sys; from pathlib import Path; from local_aws.server import EmbeddedAws;"
        "EmbeddedAws(state=Path(sys.argv[1])).start()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "is not the state of an embedded AWS" in ended.stderr
    assert tree(tmp_path) == before
