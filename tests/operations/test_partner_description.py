"""The description is valid OpenAPI 3.1 by somebody else's reading, and lists stay whole while rows are added."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.journeys.world import World
from tests.operations.partner_kit import Partner, introduce, person, sandbox, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def partner() -> Iterator[Partner]:
    with sandbox() as world:
        assert isinstance(world, World)
        yield Partner()


def test_the_description_is_valid_openapi(partner: Partner) -> None:
    served = Client().get("/api/v1/openapi.json").json()
    assert served["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(served).iter_errors()] == []
    served["paths"]["/api/v1/products"]["get"]["responses"] = []
    assert list(OpenAPIV31SpecValidator(served).iter_errors()), "the validator would have found a fault"


def walk(partner: Partner, path: str, between: Any, **query: Any) -> list[str]:
    """Read a list page by page; after each page something is added."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = partner.read(path, limit=2, **query, **({"cursor": cursor} if cursor else {}))
        found += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found
        between()


def test_pages_stay_whole_while_rows_are_added(partner: Partner) -> None:
    """Nothing that was there at the first page is skipped or comes twice, newest first or oldest first."""
    numbers = iter(range(40, 60))
    ids = [introduce(partner, person(next(numbers))) for _ in range(5)]
    walked = walk(partner, "/customers", lambda: introduce(partner, person(next(numbers))))
    assert walked[:5] == ids and len(set(walked)) == len(walked)
    at, body = f"/customers/{ids[0]}/cases", {"kind": "question", "text": "why?"}
    cases = [partner.send(at, body)["id"] for _ in range(5)]
    walked = walk(partner, at, lambda: partner.send(at, body))
    assert set(cases) <= set(walked) and len(set(walked)) == len(walked)


def test_pages_of_deliveries_stay_whole_while_events_come(partner: Partner) -> None:
    for number in range(2):
        url = f"http://127.0.0.1:9/{number}"
        partner.send("/webhooks/endpoints", {"url": url, "events": ["case.opened"]})
    customer_id = introduce(partner, person(61))

    def happen() -> None:
        partner.send(f"/customers/{customer_id}/cases", {"kind": "question", "text": "why?"})
        work()

    happen()
    happen()
    first = {one["id"] for one in partner.read("/webhooks/deliveries")["items"]}
    walked = walk(partner, "/webhooks/deliveries", happen)
    assert len(first) == 4 and first <= set(walked) and len(set(walked)) == len(walked)
