"""A model archive is unpacked into its folder, and nowhere else."""

import io
import tarfile
from pathlib import Path

import pytest

from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.ml_root import MlRoot


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    one = tarfile.TarInfo(name)
    one.type, one.linkname = kind, target
    return one


def unpacked(root: Path, *members: tarfile.TarInfo) -> MlRoot:
    archive = root / "model.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for one in members:
            one.size = 5 if one.isreg() else 0
            tar.addfile(one, io.BytesIO(b"model") if one.isreg() else None)
    ml_root = MlRoot(root / "ml")
    ml_root.unpack_model(archive)
    return ml_root


@pytest.mark.parametrize("name", ["model.bin", "./model.bin", "code/inference/model.bin"])
def test_file_lands_where_the_archive_has_it(tmp_path: Path, name: str) -> None:
    assert (unpacked(tmp_path, member(name)).model / name).read_bytes() == b"model"


def test_empty_folder_is_made(tmp_path: Path) -> None:
    assert (unpacked(tmp_path, member("code", tarfile.DIRTYPE)).model / "code").is_dir()


@pytest.mark.parametrize("name", ["../escaped", "/escaped", "code/../../escaped"])
def test_file_that_would_leave_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SageMakerError, match="would leave the model's folder"):
        unpacked(tmp_path, member(name))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_anything_but_files_and_folders_is_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(SageMakerError, match="neither a file nor a folder"):
        unpacked(tmp_path, member("link", kind, "/etc/passwd"))


def test_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(b"no archive")
    with pytest.raises(SageMakerError, match=r"not a valid model\.tar\.gz"):
        MlRoot(tmp_path / "ml").unpack_model(tmp_path / "model.tar.gz")
