"""Ten thousand keys, five sends each, bodies mixed, the server cut off in between: one effect for each key.

A real granian on a real PostgreSQL; 200 keys, 10,000 in the long run of a release (PUHUI_RELEASE=1), or as
PUHUI_IDEMPOTENCY_KEYS says.
"""

from __future__ import annotations

import importlib.util
import json
import os
import random
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.live import REPO, LiveHouse, live_house
from tests.postgres.cluster import temporary_postgres
from tests.seeds import seed

RELEASE = os.environ.get("PUHUI_RELEASE") == "1"
KEYS = int(os.environ.get("PUHUI_IDEMPOTENCY_KEYS") or (10_000 if RELEASE else 200))
SENDS = 5
THREADS = 10
PEOPLE = 5
CUTS = 2  # times the server is killed
DEADLINE = 120.0  # seconds in which one send must get an answer


def example() -> Any:
    """The example client, which invents people and introduces them."""
    spec = importlib.util.spec_from_file_location("example", REPO / "examples" / "partner" / "client.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def house(tmp_path: Path) -> Iterator[LiveHouse]:
    with (
        temporary_postgres() as url,
        live_house(tmp_path, database_url=url, PUHUI_PARTNER_RATE="100000/100000") as made,
    ):
        made.env["PUHUI_TEST_DATABASE"] = url
        yield made


@dataclass
class Sender:
    """Sends one request after another, through cuts, until it knows the answer."""

    house: LiveHouse
    api: Any  # the example client, for its token
    answers: defaultdict[str, list[tuple[int, bytes]]] = field(default_factory=lambda: defaultdict(list))
    retried: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, job: tuple[str, str, dict[str, str]]) -> None:
        """Send one body under one key."""
        path, key, body = job
        until = time.monotonic() + DEADLINE
        while True:
            try:
                found = self._once(path, key, body)
            except (OSError, HTTPException):  # cut off before the answer, or in the middle of it
                found = None
            if found is not None and found[0] not in (401, 429, 500, 503):
                break
            assert time.monotonic() < until, (found, job)
            with self.lock:
                self.retried += 1
                if found is not None and found[0] == 401:
                    self.api._token_until = 0.0
            time.sleep(0.05)
        with self.lock:
            self.answers[key].append(found)

    def _once(self, path: str, key: str, body: dict[str, str]) -> tuple[int, bytes]:
        with self.lock:
            bearer = self.api._bearer()
        request = urllib.request.Request(
            f"{self.house.url}/api/v1{path}",
            data=json.dumps(body).encode(),
            method="POST",
            headers={
                "Authorization": f"Bearer {bearer}",
                "Idempotency-Key": key,
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


def jobs_for(customers: list[str], chance: random.Random) -> list[tuple[str, str, dict[str, str]]]:
    """Five sends for each key, three of one body and two of another, near each other in time."""
    jobs: list[tuple[float, tuple[str, str, dict[str, str]]]] = []
    for number in range(KEYS):
        path = f"/customers/{customers[number % len(customers)]}/cases"
        bodies = [
            {"kind": "question", "text": f"{number} {body}"}
            for body in ("aaabb" if chance.random() < 0.7 else "aaaaa")
        ]
        for body in bodies:
            jobs.append((number + chance.random() * 8, (path, f"key-number-{number:08d}", body)))
    return [job for _, job in sorted(jobs, key=lambda one: one[0])]


@pytest.mark.postgres
def test_one_effect_for_each_key(house: LiveHouse) -> None:
    first = seed()
    chance = random.Random(first)
    exports = dict(
        line.removeprefix("export ").split("=", 1) for line in house.puhui("partner", "demo").splitlines()
    )
    house.start_web()
    house.start_worker()
    module = example()
    api = module.Puhui(house.url, exports["PUHUI_CLIENT_ID"], exports["PUHUI_CLIENT_SECRET"])
    customers = [module.introduce(api, module.invent_person(first + n)) for n in range(PEOPLE)]
    sender = Sender(house=house, api=api)
    jobs = jobs_for(customers, chance)
    cuts = [len(jobs) * (n + 1) // (CUTS + 1) for n in range(CUTS)]
    began = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        for start, end in zip([0, *cuts], [*cuts, len(jobs)], strict=True):
            running = [pool.submit(sender.send, job) for job in jobs[start:end]]
            if end != len(jobs):
                time.sleep(0.2 + chance.random())
                house.kill_web()
                house.start_web()
            for one in running:
                one.result()
    spent = time.monotonic() - began
    check(sender, house)
    print(
        f"{KEYS} keys × {SENDS} sends in {spent:.0f} s, {len(jobs) / spent:.0f} a second, "
        f"{sender.retried} sent again after a cut",
        file=sys.stderr,
    )


def check(sender: Sender, house: LiveHouse) -> None:
    """Every key has one good answer, the same each time, and one case with it; every other body got 409."""
    statuses: Counter[int] = Counter()
    opened: dict[str, str] = {}
    assert len(sender.answers) == KEYS
    for key, answers in sender.answers.items():
        assert len(answers) == SENDS
        statuses.update(status for status, _ in answers)
        good = {body for status, body in answers if status == 201}
        assert len(good) == 1, (key, answers)
        others = [json.loads(body)["code"] for status, body in answers if status != 201]
        assert set(others) <= {"IdempotencyKeyReused"}, (key, answers)
        opened[key] = json.loads(good.pop())["id"]
    assert set(statuses) <= {201, 409} and len(set(opened.values())) == KEYS
    with psycopg.connect(house.env["PUHUI_TEST_DATABASE"]) as connection:
        stored = [row[0] for row in connection.execute("SELECT id FROM protection_case").fetchall()]
        events = connection.execute("SELECT count(*) FROM protection_case_event").fetchone()
    assert sorted(stored) == sorted(opened.values())
    assert events is not None and events[0] == KEYS
