"""Attachment bytes are whole or absent, named by what they are, never by what a sender called them."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from storage.sql.files import FolderFiles


async def test_bytes_come_back_by_their_hash(tmp_path: Path) -> None:
    files = FolderFiles(tmp_path / "deep" / "attachments")
    content = bytes(range(256)) * 100
    name = await files.keep(content)
    assert name == hashlib.sha256(content).hexdigest()
    assert await files.read(name) == content


async def test_the_same_bytes_are_one_file_however_many_keep_them(tmp_path: Path) -> None:
    files = FolderFiles(tmp_path)
    names = await asyncio.gather(*(files.keep(b"same") for _ in range(20)))
    assert len(set(names)) == 1
    assert _files_in(tmp_path) == [files.path(names[0])]


async def test_what_a_crash_left_behind_is_no_attachment(tmp_path: Path) -> None:
    files = FolderFiles(tmp_path)
    name = hashlib.sha256(b"whole").hexdigest()
    (tmp_path / name[:2]).mkdir()
    (tmp_path / name[:2] / ".new-abc").write_bytes(b"who")
    with pytest.raises(FileNotFoundError):
        await files.read(name)
    assert await files.keep(b"whole") == name
    assert await files.read(name) == b"whole"


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
async def test_only_a_hash_names_a_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="sha256"):
        await FolderFiles(tmp_path).read(name)


async def test_bytes_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    files = FolderFiles(tmp_path / "attachments")
    path = files.path(await files.keep(b"secret"))
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


async def test_a_disk_that_refuses_leaves_nothing_half_done(tmp_path: Path) -> None:
    files = FolderFiles(tmp_path)
    name = hashlib.sha256(b"x").hexdigest()
    (tmp_path / name[:2]).write_bytes(b"a file where the folder should be")
    with pytest.raises(OSError, match=name[:2]):
        await files.keep(b"x")
    assert _files_in(tmp_path) == [tmp_path / name[:2]]


def _files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
