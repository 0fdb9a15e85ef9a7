"""The files of a dataset as they leave this machine: looked through, hashed, and as described."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

from data_prep.dataset.accept import Accept
from data_prep.dataset.hand_written import check_hand_written
from data_prep.dataset.label_lines import LabelLines
from data_prep.errors import DataPrepError
from review_text import NORMALISER_VERSION
from tier_layout.bucket import MANIFEST_FILE, TEST_FILE, TRAIN_FILE, VALIDATION_FILE
from tier_layout.dataset_keys import DatasetKeys
from tier_layout.manifest import Manifest, ManifestError, parse_manifest

_BLOCK_BYTES = 2**20
_PREPARE = "`python -m data_prep prepare`"


@dataclass(frozen=True, kw_only=True)
class DatasetFiles:
    """Where the files of a dataset are."""

    train: Path
    test: Path
    validation: Path | None = None
    manifest: Path | None = None
    accepted: frozenset[Accept] = frozenset()
    """What somebody accepts in files without a manifest."""

    @classmethod
    def of(
        cls,
        train: Path,
        test: Path,
        validation: Path | None = None,
        *,
        accepted: Iterable[Accept] = (),
    ) -> Self:
        """The files that somebody names.

        Where they are called as `prepare` calls them and stand beside its manifest, that goes with
        them, and so does the validation file that nobody has named.
        """
        directory = train.resolve().parent
        manifest = train.parent / MANIFEST_FILE
        files = {TRAIN_FILE: train, TEST_FILE: test, VALIDATION_FILE: validation}
        described = manifest.is_file() and all(
            file is None or file.resolve() == directory / name for name, file in files.items()
        )
        if not described:
            return cls(train=train, test=test, validation=validation, accepted=frozenset(accepted))
        beside = train.parent / VALIDATION_FILE
        validation = validation or (beside if beside.is_file() else None)
        return cls(train=train, test=test, validation=validation, manifest=manifest)

    @classmethod
    def in_directory(cls, directory: Path, *, accepted: Iterable[Accept] = ()) -> Self:
        """What `prepare` wrote, or what is called so."""
        validation = directory / VALIDATION_FILE
        return cls.of(
            directory / TRAIN_FILE,
            directory / TEST_FILE,
            validation if validation.is_file() else None,
            accepted=accepted,
        )

    @property
    def texts(self) -> dict[str, Path]:
        """The files with texts that there are, by what `prepare` calls them."""
        named = {TRAIN_FILE: self.train, VALIDATION_FILE: self.validation, TEST_FILE: self.test}
        return {name: file for name, file in named.items() if file is not None}


@dataclass(frozen=True, kw_only=True)
class KnownFile:
    """A file as it was when it was read."""

    path: Path
    sha256: str
    state: tuple[int, ...]
    """Changes with the content."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Hash a file of any kind.

        Raises:
            OSError: it cannot be read.
        """
        with path.open("rb") as file:
            state = _state(file)
            return cls(
                path=path, sha256=hashlib.file_digest(file, "sha256").hexdigest(), state=state
            )

    @property
    def size(self) -> int:
        """In bytes."""
        return self.state[-1]

    def open(self) -> BinaryIO:
        """The same file again.

        Raises:
            DataPrepError: it has changed since.
        """
        file = self.path.open("rb")
        if _state(file) != self.state:
            file.close()
            raise DataPrepError(f"{self.path} has changed meanwhile. Run the command again")
        return file


@dataclass(frozen=True, kw_only=True)
class TrainingFiles:
    """A dataset that may be trained on, and the keys that its content gives it."""

    texts: dict[str, KnownFile]
    """The training, the validation (if there is one) and the test file, by their names as
    `data_prep prepare` gives them."""
    manifest: KnownFile | None = None
    """`dataset.json`, if `data_prep prepare` wrote the files: what it describes was checked when it
    was prepared. Its key is beside them, so that
    whoever knows where a model was trained finds how it was made."""
    training_texts: int | None = None
    """By the manifest, without their parts."""
    notes: list[str] = field(default_factory=list)
    """What is odd in files without one, and lets them pass."""

    @property
    def keys(self) -> "DatasetKeys":
        """Where they belong in a tier's bucket."""
        sha256 = {name: file.sha256 for name, file in self.texts.items()}
        return DatasetKeys.of(sha256, self.training_texts)

    @property
    def objects(self) -> list[tuple[KnownFile, str]]:
        """Every file that is uploaded, with its key."""
        objects = [(file, self.keys.key(name)) for name, file in self.texts.items()]
        if self.manifest:
            objects.append((self.manifest, self.keys.key(MANIFEST_FILE)))
        return objects


def read_training_files(
    files: DatasetFiles, *, progress: Callable[[int], None] = lambda _: None
) -> TrainingFiles:
    """Hashes the files, and makes sure that BlazingText can learn from them what the API asks.

    Args:
        files: Where they are.
        progress: Is told how many further bytes have been read.

    Raises:
        DataPrepError: a file is missing or empty; the manifest describes other files or texts that
            were normalised otherwise than the API does; or, where there is none, the files would
            not do: see `check_hand_written`.
    """
    if files.manifest:
        texts = {name: _read(file, progress) for name, file in files.texts.items()}
        manifest, described = _read_manifest(files.manifest, texts)
        return TrainingFiles(
            texts=texts, manifest=described, training_texts=manifest.rows_out.get("train")
        )
    looks = {name: LabelLines(path=file) for name, file in files.texts.items()}
    texts = {name: _read(look.path, progress, look.take) for name, look in looks.items()}
    return TrainingFiles(texts=texts, notes=check_hand_written(looks, files.accepted))


def described_keys(manifest: Path) -> DatasetKeys:
    """The keys of the files that `prepare --on glue` has left in the bucket.

    Raises:
        DataPrepError: the manifest cannot be used, or its texts were normalised otherwise than the
            API does.
    """
    described, _ = _parsed(manifest)
    if missing := {TRAIN_FILE, TEST_FILE} - described.sha256.keys():
        raise DataPrepError(
            f"{manifest} does not describe {min(missing)}. Write it with {_PREPARE}"
        )
    return DatasetKeys.of(described.sha256, described.rows_out.get("train"))


def _read_manifest(path: Path, files: dict[str, KnownFile]) -> tuple[Manifest, KnownFile]:
    manifest, described = _parsed(path)
    if missing := sorted(manifest.sha256.keys() - files.keys()):
        raise DataPrepError(
            f"{path} describes {', '.join(missing)}, which is not there. Prepare it again "
            f"(`{manifest.command}`)"
        )
    for name, file in files.items():
        if manifest.sha256.get(name) != file.sha256:
            raise DataPrepError(
                f"{file.path} is not the file that {path} describes (SHA-256 {file.sha256[:12]}…, "
                f"not {str(manifest.sha256.get(name))[:12]}…). Prepare it again "
                f"(`{manifest.command}`), or remove {path.name} to use the files without it"
            )
    return manifest, described


def _parsed(path: Path) -> tuple[Manifest, KnownFile]:
    try:
        with path.open("rb") as file:
            content, state = file.read(), _state(file)
        manifest = parse_manifest(content)
    except OSError as error:
        raise DataPrepError(f"cannot read {path}: {error.strerror}") from error
    except ManifestError as error:
        raise DataPrepError(f"{path.parent}: {error}. Write it with {_PREPARE}") from error
    if manifest.normaliser_version != NORMALISER_VERSION:
        raise DataPrepError(
            f"{path.parent} was prepared with the text normaliser {manifest.normaliser_version}, "
            f"and the API has {NORMALISER_VERSION}: it would ask for other words than the model "
            f"learned. Prepare it again: `{manifest.command}`"
        )
    digest = hashlib.sha256(content).hexdigest()
    return manifest, KnownFile(path=path, sha256=digest, state=state)


def _read(
    path: Path,
    progress: Callable[[int], None],
    look: Callable[[bytes], None] = lambda _: None,
) -> KnownFile:
    """Hashes a file; whoever looks gets all of its lines, block by block."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            state = _state(file)
            for block in _blocks_of_lines(file):
                digest.update(block)
                look(block)
                progress(len(block))
    except OSError as error:
        raise DataPrepError(
            f"cannot read {path}: {error.strerror}. `python -m data_prep sample` or "
            "`… prepare FILE.csv` writes it"
        ) from error
    if state[-1] == 0:
        raise DataPrepError(f"{path} is empty: there is nothing to train on")
    return KnownFile(path=path, sha256=digest.hexdigest(), state=state)


def _blocks_of_lines(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(_BLOCK_BYTES):
        yield block + file.readline()


def _state(file: BinaryIO) -> tuple[int, ...]:
    found = os.fstat(file.fileno())
    return (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)
