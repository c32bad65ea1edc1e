"""People who are about to apply, for `puhui.lab.bench_api`: run in a process of its own, on the database to measure.

Everybody is introduced by one partner, has said who she is and given her consents. Prints one JSON line: the partner's
bearer token and the customers' ids.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
from datetime import UTC, datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "puhui.site.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from oauth2_provider.models import AccessToken, Application  # noqa: E402

from puhui.journeys.partners import ensure_demo_client  # noqa: E402
from puhui.lab.bench_journeys import WISH  # noqa: E402
from puhui.lab.demo_partner import Introduced  # noqa: E402
from puhui.lab.people import invent_person  # noqa: E402
from puhui.runtime.clock import utc_now  # noqa: E402
from puhui.runtime.transactions import batch_transaction  # noqa: E402

SEED = 20261201


def main(count: int) -> None:
    """This function will migrate, let the partner in, and bring `count` people up to their application."""
    call_command("migrate", verbosity=0)
    now = utc_now()
    client_id = ensure_demo_client(now=now).client.id
    ids: list[str] = []
    with batch_transaction():
        for number in range(count):
            person = invent_person(seed=SEED, index=number)
            she = Introduced(person=person, wish=WISH, language="en", seed=SEED, work=lambda at: None)
            she.client_id = client_id
            she.register(now)
            she.say_who(now)
            ids.append(she.customer_id)
    print(json.dumps({"token": _token(client_id), "customers": ids}))


def _token(client_id: str) -> str:
    """A token of half a day, stored as the toolkit stores it."""
    text = secrets.token_urlsafe(30)
    application = Application.objects.get(client_id=client_id)
    AccessToken.objects.create(
        application=application,
        token="",
        token_checksum=hashlib.sha256(text.encode()).hexdigest(),
        scope="applications:read applications:write",
        expires=datetime.now(UTC) + timedelta(hours=12),
    )
    return text


if __name__ == "__main__":
    main(int(sys.argv[1]))
