"""What this deployment is: the lender's zone, day, house policy and first product, as values for the journeys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from django.conf import settings

from puhui.contact.domain import ContactPolicy
from puhui.contact.domain import contact_policy as limits_of_contact
from puhui.core.calendars import HolidayCalendar
from puhui.core.time import business_date
from puhui.products.domain import Product
from puhui.products.queries import get_product
from puhui.protection.domain import HousePolicy
from puhui.protection.queries import get_calendar, get_house_policy

PRODUCT = "haoqidai"  # 好期贷, the first product
CODE_SECONDS, CODE_MINUTES = 300, 5  # how long a one-time code opens, and how we say it


@dataclass(frozen=True, slots=True, kw_only=True)
class Lender:
    """One deployment is one lender."""

    jurisdiction: str  # code of its house policy
    zone: str  # IANA zone of its business dates
    cutoff: time  # local time at which a business date ends, 00:00 for the plain date
    currency: str  # ISO 4217 code of its books


def lender() -> Lender:
    """This function will return the lender that the settings describe."""
    own = settings.LENDER
    return Lender(
        jurisdiction=own["jurisdiction"],
        zone=own["zone"],
        cutoff=time.fromisoformat(own["cutoff"]),
        currency=own["currency"],
    )


def today(now: datetime) -> date:
    """This function will return the business date of `now` in the lender's zone."""
    own = lender()
    return business_date(now, zone=own.zone, cutoff=own.cutoff)


def policy(now: datetime) -> HousePolicy:
    """This function will return the house policy in force on the business date of `now`."""
    return get_house_policy(jurisdiction=lender().jurisdiction, on_date=today(now))


def policy_on(on_date: date) -> HousePolicy:
    """This function will return the house policy in force on a business date."""
    return get_house_policy(jurisdiction=lender().jurisdiction, on_date=on_date)


def product(now: datetime, id: str = PRODUCT) -> Product:
    """This function will return a product, by default the first one, as it is on the business date of `now`. Raises:
    ProductNotOffered.
    """
    return get_product(id=id, on_date=today(now))


def holidays() -> HolidayCalendar | None:
    """This function will return the public holidays of the lender's jurisdiction, as far ahead as they are known; beyond
    that only weekends are. None where no calendar is stored.
    """
    return get_calendar(jurisdiction=lender().jurisdiction)


def contact_policy(now: datetime) -> ContactPolicy:
    """This function will return the limits of contact in force on the business date of `now`."""
    return limits_of_contact(policy(now))
