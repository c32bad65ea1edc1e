"""The seal of a trained model: a manifest of hashes, signed with a key of the house.

The manifest holds the SHA-256 of every file; the signature covers the manifest's bytes. A key file is either an Ed25519
key in PEM (private to sign, public to check; RFC 8032) or a shared secret of at least 16 bytes (HMAC-SHA256, RFC 2104).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

FORMAT = "puhui-model-1"
MANIFEST = "manifest.json"
SIGNATURE = "signature.json"
ROLES = {"scorecard", "challenger", "trees"}
LEAST_SECRET = 16  # bytes


class ModelFilesInvalid(ValueError):
    """The model's folder is not what was trained, or not by whom; the message names the file and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A checked folder."""

    name: str  # of the model
    roles: dict[str, str]  # role → file
    signed: str  # "ed25519", "hmac-sha256" or "" if the signature was not checked


def write_manifest(
    folder: Path, *, name: str, roles: dict[str, str], files: list[str], key: Path | None
) -> list[Path]:
    """This function will write the manifest of `files` and, with a key, its signature. Returns what it wrote."""
    body = {
        "format": FORMAT,
        "name": name,
        "roles": roles,
        "files": {file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in sorted(files)},
    }
    data = (json.dumps(body, indent=1, ensure_ascii=False) + "\n").encode()
    (folder / MANIFEST).write_bytes(data)
    (folder / SIGNATURE).unlink(missing_ok=True)
    if key is None:
        return [folder / MANIFEST]
    signature = json.dumps(_sign(data, key), indent=1) + "\n"
    (folder / SIGNATURE).write_text(signature, encoding="utf-8")
    return [folder / MANIFEST, folder / SIGNATURE]


def check_manifest(folder: Path, *, key: Path | None) -> Manifest:
    """This function will check every hash of a model's folder and, with a key, the signature.

    Raises: ModelFilesInvalid for a missing or changed file, a missing or wrong signature, or an unknown format.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ModelFilesInvalid(f"{path}: no such file; --model is a folder that `puhui lab train` wrote")
    data = path.read_bytes()
    if key is not None:
        _check_signature(data, folder / SIGNATURE, key)
    body = _body(data, path)
    for file, wanted in body["files"].items():
        if Path(file).name != file or not (folder / file).is_file():
            raise ModelFilesInvalid(f"{folder / file}: the manifest names this file and it is not there")
        found = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        if found != wanted:
            raise ModelFilesInvalid(
                f"{folder / file}: sha256 is {found}, the manifest says {wanted}; the file was changed after training,"
                " restore it or train again"
            )
    unlisted = [file for file in body["roles"].values() if file not in body["files"]]
    if unlisted:
        raise ModelFilesInvalid(f"{path}: {unlisted[0]!r} has a role and no hash")
    return Manifest(name=body["name"], roles=body["roles"], signed=_algorithm(folder) if key else "")


def _body(data: bytes, path: Path) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except ValueError:
        raise ModelFilesInvalid(f"{path}: not JSON") from None
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise ModelFilesInvalid(f"{path}: format is not {FORMAT!r}")
    if set(body) != {"format", "name", "roles", "files"} or not set(body["roles"]) <= ROLES:
        raise ModelFilesInvalid(f"{path}: unknown or missing field")
    return body


def _algorithm(folder: Path) -> str:
    return str(json.loads((folder / SIGNATURE).read_text(encoding="utf-8"))["algorithm"])


def _sign(data: bytes, key: Path) -> dict[str, str]:
    loaded = _load(key)
    if isinstance(loaded, Ed25519PrivateKey):
        return {
            "algorithm": "ed25519",
            "key": _key_id(loaded.public_key()),
            "signature": loaded.sign(data).hex(),
        }
    if isinstance(loaded, Ed25519PublicKey):
        raise ModelFilesInvalid(f"{key}: this is a public key; signing needs the private one")
    return {
        "algorithm": "hmac-sha256",
        "key": _key_id(loaded),
        "signature": hmac.new(loaded, data, hashlib.sha256).hexdigest(),
    }


def _check_signature(data: bytes, path: Path, key: Path) -> None:
    if not path.is_file():
        raise ModelFilesInvalid(
            f"{path}: no such file; the model is not signed. Train it with --key, or score without"
        )
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
        algorithm, signature = stated["algorithm"], bytes.fromhex(stated["signature"])
    except (ValueError, KeyError, TypeError):
        raise ModelFilesInvalid(f"{path}: not a signature") from None
    loaded = _load(key)
    if isinstance(loaded, bytes):
        good = algorithm == "hmac-sha256" and hmac.compare_digest(
            hmac.new(loaded, data, hashlib.sha256).digest(), signature
        )
    else:
        public = loaded.public_key() if isinstance(loaded, Ed25519PrivateKey) else loaded
        good = algorithm == "ed25519" and _verifies(public, signature, data)
    if not good:
        raise ModelFilesInvalid(
            f"{path}: the signature is not by the key {key.name}; the model was changed or signed by somebody else"
        )


def _verifies(public: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    try:
        public.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _load(key: Path) -> Ed25519PrivateKey | Ed25519PublicKey | bytes:
    raw = key.read_bytes().strip()
    if not raw.startswith(b"-----BEGIN"):
        if len(raw) < LEAST_SECRET:
            raise ModelFilesInvalid(f"{key}: a shared secret has at least {LEAST_SECRET} bytes")
        return raw
    try:
        loaded = (
            load_pem_public_key(raw) if b"PUBLIC" in raw.split(b"\n")[0] else load_pem_private_key(raw, None)
        )
    except (ValueError, TypeError) as error:
        raise ModelFilesInvalid(f"{key}: not a PEM key without password ({error})") from None
    if not isinstance(loaded, Ed25519PrivateKey | Ed25519PublicKey):
        raise ModelFilesInvalid(f"{key}: not an Ed25519 key")
    return loaded


def _key_id(key: Ed25519PublicKey | bytes) -> str:
    """Which key it was, without giving a secret away."""
    if isinstance(key, bytes):
        return hmac.new(key, b"puhui key id", hashlib.sha256).hexdigest()[:16]
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]
