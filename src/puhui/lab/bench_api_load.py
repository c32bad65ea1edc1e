"""Eight connections that let people apply, for `puhui.lab.bench_api`; lean, for it shares the machine with the server.

Reads one JSON object (port, token, customers) and prints the seconds from the first byte to the last answer. An
answer that is not a success ends it.
"""

from __future__ import annotations

import json
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

CONNECTIONS = 8
FORM = json.dumps(
    {
        "currency": "CNY", "amount_minor": 800_000, "purpose": "education", "months": 12, "income_minor": 1_200_000,
        "rent_minor": 200_000, "living_minor": 220_000, "other_instalments_minor": 0, "other_lenders": 0,
    }
).encode()  # fmt: skip


class LoadFailed(RuntimeError):
    """A server answered with something else than a success."""


def _post(line: socket.socket, token: str, path: str, body: bytes) -> Any:
    head = (
        f"POST /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nAccept-Language: en\r\n"
        f"Idempotency-Key: {secrets.token_hex(12)}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    line.sendall(head.encode() + body)
    got = b""
    while b"\r\n\r\n" not in got:
        got += _more(line, got)
    top, _, rest = got.partition(b"\r\n\r\n")
    lines = top.lower().split(b"\r\n")
    length = next(int(one[15:]) for one in lines if one.startswith(b"content-length:"))
    while len(rest) < length:
        rest += _more(line, rest)
    if not lines[0].startswith(b"http/1.1 20"):
        raise LoadFailed(f"{path}: {lines[0].decode()} {rest[:300].decode()}")
    return json.loads(rest)


def _more(line: socket.socket, got: bytes) -> bytes:
    found = line.recv(65_536)
    if not found:
        raise LoadFailed(f"the server hung up after {got[:300]!r}")
    return found


def _apply(port: int, token: str, customers: Iterator[str]) -> None:
    with socket.create_connection(("127.0.0.1", port), 60) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for customer_id in customers:
            made = _post(line, token, f"/customers/{customer_id}/applications", FORM)
            _post(line, token, f"/applications/{made['id']}/submission", b'{"truthful":true}')


def main() -> None:
    """This function will let everybody apply once and print how long it took."""
    asked = json.load(sys.stdin)
    customers = iter(asked["customers"])  # one iterator for all threads: next() of it is atomic
    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        running = [pool.submit(_apply, asked["port"], asked["token"], customers) for _ in range(CONNECTIONS)]
        for one in running:
            one.result()
    print(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
