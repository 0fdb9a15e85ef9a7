"""`python -m data_prep download`: the Amazon reviews that the challenge is about.

Everything is written beside the target under hidden names, and the target appears whole: whoever
finds it can use it. Whatever ends a run early, the next one goes on from there.
"""

import argparse
import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from data_prep.dataset.lock import claimed
from data_prep.download.extract import explained, extract
from data_prep.download.fetch import Advance, Patience, Remote, fetch
from data_prep.errors import DataPrepError
from data_prep.terminal import byte_progress

FILES = frozenset({"train.csv", "test.csv"})
NOTE = ".download.json"
# English text in gzip keeps about 40 % of its size; a file that grows more is not these reviews.
UNPACKED_PER_PACKED = 4


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A data set that is published as one `.tgz` with `train.csv` and `test.csv`."""

    name: str
    title: str
    remote: Remote


# Sizes and sums as fastai records them (fastai/fastai, fastai/data/checks.txt).
ARCHIVES = (
    Archive(
        name="amazon-full",
        title="3,650,000 Amazon reviews, 1 to 5 stars (644 MB)",
        remote=Remote(
            url="https://s3.amazonaws.com/fast-ai-nlp/amazon_review_full_csv.tgz",
            size=643_695_014,
            md5_first_mib="4a1196cf0adaea22f4bc3f592cddde90",
        ),
    ),
    Archive(
        name="amazon-polarity",
        title="4,000,000 Amazon reviews, good or bad (688 MB)",
        remote=Remote(
            url="https://s3.amazonaws.com/fast-ai-nlp/amazon_review_polarity_csv.tgz",
            size=688_339_454,
            md5_first_mib="676f7e5208ec343c8274b4bb085bc938",
        ),
    ),
)


def download(
    archive: Archive,
    target: Path,
    *,
    patience: Patience | None = None,
    advance: Advance | None = None,
) -> bool:
    """Makes `target` a directory with the archive's `train.csv` and `test.csv`.

    Returns:
        False if it already was one, and nothing had to be done.

    Raises:
        DataPrepError: the target is something else, the disk is too small, the archive cannot be
            had as it should be, or another process is at it. The target does not exist then.
    """
    target = target.resolve()
    files = _Leftovers.of(target)
    with _plain_errors(target):
        # Without a claim: where it stands, there may be no permission to write.
        if _is_complete(archive, target) and not files.any_left():
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        with claimed(target):
            return _download(archive, target, files, patience=patience, advance=advance)


@dataclass(frozen=True, kw_only=True)
class _Leftovers:
    """What stands beside the target until it is whole, and after a run that was killed."""

    part: Path
    whole: Path
    unpacked: Path

    @classmethod
    def of(cls, target: Path) -> Self:
        return cls(
            part=target.with_name(f".{target.name}.tgz.part"),
            whole=target.with_name(f".{target.name}.tgz"),
            unpacked=target.with_name(f".{target.name}.unpacked"),
        )

    def any_left(self) -> bool:
        """Whether a former run was killed before it had cleared everything away."""
        hidden = f"{self.unpacked.stem}."
        return any(entry.name.startswith(hidden) for entry in self.unpacked.parent.iterdir())


def _download(
    archive: Archive,
    target: Path,
    files: _Leftovers,
    *,
    patience: Patience | None,
    advance: Advance | None,
) -> bool:
    if _is_complete(archive, target):
        files.whole.unlink(missing_ok=True)  # a former run was killed just before it did
        return False
    present = files.whole if files.whole.exists() else files.part
    _check_space(archive.remote, target, present=present)
    if not files.whole.exists():
        fetch(archive.remote, files.part, patience=patience, advance=advance)
        _rename(files.part, files.whole)
    shutil.rmtree(files.unpacked, ignore_errors=True)
    files.unpacked.mkdir()
    try:
        _unpack(archive, files.whole, files.unpacked)
        _rename(files.unpacked, target)
    finally:
        shutil.rmtree(files.unpacked, ignore_errors=True)
    files.whole.unlink()
    return True


def _unpack(archive: Archive, whole: Path, unpacked: Path) -> None:
    limit = _unpacked_limit(archive.remote)
    with explained(whole, archive.remote.url):
        sizes = extract(whole, unpacked, wanted=FILES, limit=limit)
    note = {"archive": archive.name, "md5_first_mib": archive.remote.md5_first_mib, "files": sizes}
    (unpacked / NOTE).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")


def _is_complete(archive: Archive, target: Path) -> bool:
    """Whether a former run ended well here; an older leftover or a user's folder is refused."""
    try:
        if not target.exists():
            return False
        note = json.loads((target / NOTE).read_text(encoding="utf-8"))
        same = note["md5_first_mib"] == archive.remote.md5_first_mib
        whole = {name: (target / name).stat().st_size for name in FILES} == note["files"]
    except (OSError, ValueError, KeyError, TypeError):
        same = whole = False
    if not (same and whole):
        raise DataPrepError(
            f"{target} exists, and is not a whole download of {archive.name}. Remove it, or "
            "choose another directory with --out"
        )
    return True


def _unpacked_limit(remote: Remote) -> int:
    return remote.size * UNPACKED_PER_PACKED


def _check_space(remote: Remote, target: Path, *, present: Path) -> None:
    there = present.stat().st_size if present.exists() else 0
    needed = remote.size - min(there, remote.size) + _unpacked_limit(remote)
    free = shutil.disk_usage(target.parent).free
    if free < needed:
        raise DataPrepError(
            f"{target.parent} has {free / 1e9:.1f} GB of free space, and archive and files may "
            f"take {needed / 1e9:.1f} GB. Free some, or choose another directory with --out"
        )


def _rename(source: Path, target: Path) -> None:
    """In one step, and only after the content is on the disk."""
    for file in [*source.iterdir()] if source.is_dir() else [source]:
        with file.open("rb+") as content:
            os.fsync(content.fileno())
    source.rename(target)


@contextlib.contextmanager
def _plain_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataPrepError(
            f"cannot write to {error.filename or target.parent}: {error.strerror or error}. "
            "Run the command again to go on, or choose another directory with --out"
        ) from error


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `download` to the command line."""
    described = "; ".join(f"{archive.name}: {archive.title}" for archive in ARCHIVES)
    parser = commands.add_parser(
        "download", help="the Amazon reviews of the challenge", description=described
    )
    parser.set_defaults(run=_run)
    parser.add_argument("name", choices=[archive.name for archive in ARCHIVES])
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: data/NAME")
    parser.add_argument("--url", help="a mirror of the same archive")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")


def _run(options: argparse.Namespace) -> None:
    archive = next(archive for archive in ARCHIVES if archive.name == options.name)
    if options.url:
        archive = replace(archive, remote=replace(archive.remote, url=options.url))
    target = options.out or Path("data", archive.name)
    size = archive.remote.size
    name = f"downloading {archive.name}"
    with byte_progress(name, total=size, quiet=options.quiet) as advance:
        fetched = download(archive, target, advance=advance)
    print(f"{target}: {'downloaded' if fetched else 'already there'}", file=sys.stderr)
