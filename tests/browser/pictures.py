"""Small pictures for the documents: a page's screenshot as an indexed PNG of at most 256 colours, written plainly."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = 256


def _chunks(png: bytes) -> dict[bytes, bytes]:
    at, found = len(SIGNATURE), {}
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        found[kind] = found.get(kind, b"") + png[at + 8 : at + 8 + size]
        at += 12 + size
    return found


def _pixels(png: bytes) -> NDArray[np.uint8]:
    """Undo the filters of an 8-bit RGB or RGBA picture (PNG specification, section 9)."""
    chunks = _chunks(png)
    width, height, depth, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert depth == 8 and kind in (2, 6), "Chromium writes 8-bit RGB or RGBA"
    step = 3 if kind == 2 else 4
    raw = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + width * step)
    lines = np.zeros((height, width * step), np.uint8)
    above = np.zeros(width * step, np.uint8)
    for row in range(height):
        above = lines[row] = _unfilter(int(raw[row, 0]), raw[row, 1:], above, step)
    return lines.reshape(height, width, step)[:, :, :3]


def _unfilter(how: int, line: NDArray[np.uint8], above: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    if how == 0:
        return line.copy()
    if how == 2:
        return line + above
    if how == 1:
        return np.add.accumulate(line.reshape(-1, step), axis=0, dtype=np.uint8).reshape(-1)
    done = bytearray(len(line))
    for i, value in enumerate(line.tolist()):
        left = done[i - step] if i >= step else 0
        up = int(above[i])
        corner = int(above[i - step]) if i >= step else 0
        done[i] = (value + ((left + up) // 2 if how == 3 else _paeth(left, up, corner))) & 255
    return np.frombuffer(bytes(done), np.uint8)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    distances = (abs(guess - left), abs(guess - up), abs(guess - corner))
    return (left, up, corner)[distances.index(min(distances))]


def shrink(png: bytes) -> bytes:
    """Return the same picture with at most 256 colours: the commonest ones, each other pixel the nearest of them."""
    pixels = _pixels(png)
    height, width, _ = pixels.shape
    flat = pixels.reshape(-1, 3).astype(np.int32)
    coded = (flat[:, 0] << 16) | (flat[:, 1] << 8) | flat[:, 2]
    colours, where, often = np.unique(coded, return_inverse=True, return_counts=True)
    kept = _kept(colours, often)
    palette = np.stack([(kept >> 16) & 255, (kept >> 8) & 255, kept & 255], axis=1)
    every = np.stack([(colours >> 16) & 255, (colours >> 8) & 255, colours & 255], axis=1)
    nearest = np.concatenate(
        [
            ((part[:, None, :] - palette[None]) ** 2).sum(axis=2).argmin(axis=1)
            for part in np.array_split(every, 64)
        ]
    )
    indexed = nearest[where].astype(np.uint8).reshape(height, width)
    body = b"".join(b"\0" + line.tobytes() for line in indexed)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return SIGNATURE + b"".join(
        _chunk(kind, data)
        for kind, data in (
            (b"IHDR", head),
            (b"PLTE", palette.astype(np.uint8).tobytes()),
            (b"IDAT", zlib.compress(body, 9)),
            (b"IEND", b""),
        )
    )


def _kept(colours: NDArray[np.int32], often: NDArray[np.intp]) -> NDArray[np.int32]:
    """Choose the palette: the commonest colour of every coarse hue, so that a small mark keeps its own, then the commonest."""
    order = np.argsort(-often)
    coarse = ((colours >> 21) & 7) << 6 | ((colours >> 13) & 7) << 3 | ((colours >> 5) & 7)
    _, first = np.unique(coarse[order], return_index=True)
    leaders = order[np.sort(first)][: COLOURS // 2]
    rest = order[~np.isin(order, leaders)][: COLOURS - len(leaders)]
    return colours[np.concatenate([leaders, rest])]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
