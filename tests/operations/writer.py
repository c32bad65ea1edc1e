"""A process that goes on writing, one commit after another, and says each number once it is committed.

Several may write at once, each under a name of its own; a worker (`actor.py work`) may do what they order meanwhile.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import django

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def document(key: str) -> bytes:
    return f"document {key}".encode()


def main(count: int, name: str) -> None:
    from django.db.utils import OperationalError

    number = 0
    while number < count:
        try:
            write(number, f"{name}:{number}")
        except OperationalError as error:  # on SQLite one writes at a time; who waited too long asks again
            assert "locked" in str(error), error
            continue
        print(number, flush=True)
        number += 1
        time.sleep(0.02)  # leaves the machine to the others


def write(number: int, key: str) -> None:
    from puhui.runtime.operations import put_blob, put_work, record_audit
    from puhui.runtime.transactions import transaction

    now = START + timedelta(seconds=number)
    with transaction():
        put_work(key=key, kind="toy", payload={"n": number}, now=now)
        put_blob(content=document(key), content_type="text/plain", now=now)
        record_audit(actor="writer", action="toy.write", subject=key, detail={}, now=now)


def check() -> None:
    """Print what a restored house holds: whether the chain is whole, then each writer and its number of commits.

    Raises: AssertionError for a hole, a document that cannot be read, or work that is done without its one effect.
    """
    from puhui.runtime.domain import WorkState
    from puhui.runtime.models import Audit
    from puhui.runtime.queries import get_blob, list_work, verify_audit_chain

    rows = list_work(limit=1_000_000)
    written = Counter(Audit.objects.filter(actor="writer").values_list("subject", flat=True))
    effects = Counter(Audit.objects.filter(actor="toy").values_list("subject", flat=True))
    done = [row.key for row in list_work(state=WorkState.DONE, limit=1_000_000)]
    assert effects == Counter(done), "work that is done has its one effect, and nothing else has any"
    assert written == Counter(row.key for row in rows), "an order and its audit row are one commit"
    numbers: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        content, _ = get_blob(hashlib.sha256(document(row.key)).hexdigest())
        assert content == document(row.key)
        name, _, number = row.key.partition(":")
        numbers[name].append(int(number))
    print(verify_audit_chain().ok, len(done))
    for name, found in sorted(numbers.items()):
        assert sorted(found) == list(range(len(found))), f"a hole in what {name} wrote"
        print(name, len(found))


if __name__ == "__main__":
    django.setup()
    check() if sys.argv[1] == "check" else main(int(sys.argv[1]), sys.argv[2])
