"""Attachment bytes in a folder, named by their own hash: never by anything a sender chose."""

import asyncio
import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Final

_HASH: Final = re.compile(r"[0-9a-f]{64}")


class FolderFiles:
    """Two letters of the hash make the sub-folder, so that no folder grows beyond what file systems like."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, content: bytes) -> str:
        return await asyncio.to_thread(self._keep, content)

    async def read(self, sha256: str) -> bytes:
        return await asyncio.to_thread(self.path(sha256).read_bytes)

    def path(self, sha256: str) -> Path:
        if not _HASH.fullmatch(sha256):
            raise ValueError("not a sha256 in hex")
        return self._folder / sha256[:2] / sha256

    def _keep(self, content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        path = self.path(name)
        if not path.exists():
            self._make(path.parent)
            _write_whole(path, content)
        return name

    def _make(self, folder: Path) -> None:
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sync_folder(self._folder)
            _sync_folder(self._folder.parent)


def _write_whole(path: Path, content: bytes) -> None:
    """Either the whole file is there after a crash or none: written beside, synced, renamed, folder synced."""
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).rename(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
