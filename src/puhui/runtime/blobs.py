"""Files of the blob store: content addressed, sealed, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings

from puhui.runtime.sealing import SealBroken, seal_bytes, unseal_bytes


class BlobMissing(Exception):
    """No such blob, or its file is not where the table says. Restore the folder `blobs` of VAR_DIR from the backup."""


class BlobDamaged(Exception):
    """The file of a blob does not hold the content of its name. Restore it from the backup."""


def folder() -> Path:
    """This function will return the folder of the blob files."""
    return Path(settings.VAR_DIR) / "blobs"


def path_of(sha256: str) -> Path:
    """This function will return where the content named `sha256` lies: blobs/ab/cdef…"""
    return folder() / sha256[:2] / sha256[2:]


def write_file(content: bytes) -> str:
    """This function will write `content` sealed under its SHA-256 unless it is there, and return the SHA-256."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = path_of(sha256)
    if not path.exists():
        replace_file(path, seal_bytes(content, context=sha256))
    return sha256


def replace_file(path: Path, data: bytes) -> None:
    """This function will put `data` at `path` in one step: a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            if not settings.DEMO:  # the demo may lose its last second in a power cut; a lender may not
                out.flush()
                os.fsync(out.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if not settings.DEMO:
        _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_file(sha256: str) -> bytes:
    """This function will return the content named `sha256`. Raises: BlobMissing, BlobDamaged."""
    try:
        sealed = path_of(sha256).read_bytes()
    except FileNotFoundError:
        raise BlobMissing(f"blobs/{sha256[:2]}/{sha256[2:]} is missing") from None
    try:
        content = unseal_bytes(sealed, context=sha256)
    except SealBroken as error:
        raise BlobDamaged(f"blobs/{sha256[:2]}/{sha256[2:]}: {error}") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise BlobDamaged(f"blobs/{sha256[:2]}/{sha256[2:]} holds other content")
    return content
