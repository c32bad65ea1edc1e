"""What her line reaches: which products, and how much of each."""

from __future__ import annotations

from datetime import datetime

from puhui.journeys import house
from puhui.journeys.standing import get_standing, granted_of
from puhui.lines.queries import find_line
from puhui.products.domain import Product, largest_draw, most_affordable, pays_merchant
from puhui.products.queries import list_merchants, list_products


def list_eligible(*, customer_id: str, now: datetime) -> list[Product]:
    """This function will return the products that her line reaches and that somebody here can be paid with, the
    house's first one first.
    """
    line, today = find_line(customer_id=customer_id), house.today(now)
    if line is None or not line.is_open(today):
        return []
    found = [
        one
        for one in list_products(on_date=today)
        if largest_draw(product=one, at_most_minor=line.available_minor)
        and (not pays_merchant(one.options) or list_merchants(product_id=one.id, on_date=today))
    ]
    return sorted(found, key=lambda one: one.id != house.PRODUCT)


def get_most(*, customer_id: str, months: int, now: datetime, product_id: str = house.PRODUCT) -> int:
    """This function will return the largest amount that line and month allow for a term, minor units, 0 if none."""
    line = find_line(customer_id=customer_id)
    if line is None or not line.is_open(house.today(now)):
        return 0
    if product_id != house.PRODUCT:
        return _most_of(house.product(now, product_id), customer_id, months, now)
    granted = granted_of(line)
    bears = [one.amount_minor for one in granted.capacities if one.months == months]
    return largest_draw(product=house.product(now), at_most_minor=min(line.available_minor, *bears))


def _most_of(product: Product, customer_id: str, months: int, now: datetime) -> int:
    """The largest amount of another product whose highest payment her month still bears."""
    own = get_standing(customer_id=customer_id, now=now)
    return most_affordable(
        product=product,
        months=months,
        annual_rate_ppm=own.price.base_rate_ppm,
        payment_minor=own.standing.payment_minor,
        at_most_minor=own.standing.limit_minor,
    )
