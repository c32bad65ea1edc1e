"""A process that goes on writing, one commit after another, and says each number once it is committed."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

import django

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def main(count: int) -> None:
    from puhui.runtime.operations import put_blob, put_work, record_audit
    from puhui.runtime.transactions import transaction

    for number in range(count):
        now = START + timedelta(seconds=number)
        with transaction():
            put_work(key=f"w{number}", kind="toy", payload={"n": number}, now=now)
            put_blob(content=f"document {number}".encode(), content_type="text/plain", now=now)
            record_audit(actor="writer", action="toy.write", subject=f"n:{number}", detail={}, now=now)
        print(number, flush=True)
        time.sleep(0.004)  # leaves the machine to the others


def check() -> None:
    """Print what a restored house holds: rows, whether the chain is whole, documents that can be read."""
    import hashlib

    from puhui.runtime.queries import get_blob, list_work, verify_audit_chain

    chain = verify_audit_chain()
    numbers = sorted(int(row.key[1:]) for row in list_work(limit=1_000_000))
    for number in numbers:
        content, _ = get_blob(hashlib.sha256(f"document {number}".encode()).hexdigest())
        assert content == f"document {number}".encode()
    assert numbers == list(range(len(numbers))), "a hole"
    print(len(numbers), chain.ok, chain.count)


if __name__ == "__main__":
    django.setup()
    check() if sys.argv[1] == "check" else main(int(sys.argv[1]))
