"""Read product files. They are policy text under version control, so they are read, never written, by the product."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from puhui.core.refusals import Refusal
from puhui.products.domain import (
    Merchant,
    MerchantMissing,
    Product,
    ProductInvalid,
    parse_merchants,
    parse_product,
)
from puhui.protection.policy_files import PolicyFiles


class ProductNotOffered(Refusal):
    """No product of this name is offered on that date."""

    field = "product"
    status = 404


@lru_cache(maxsize=64)
def _parse(file: str, text: str) -> Product:
    return parse_product(text=text, file=file)


def _load(texts: Mapping[str, str]) -> tuple[Product, ...]:
    """All products of these texts (by their path below the folder of policies), one after another in time."""
    found = [_parse(_file(name), text) for name, text in sorted(texts.items())]
    for one in found:
        rivals = [other for other in found if other.id == one.id and other.valid_from > one.valid_from]
        if one.valid_to and rivals and min(rival.valid_from for rival in rivals) < one.valid_to:
            raise ProductInvalid(f"{one.id}-{one.version}.toml: valid_to overlaps the next version")
    return tuple(sorted(found, key=lambda one: (one.id, one.valid_from)))


def _file(name: str) -> str:
    return name.removeprefix("products/")


_products: PolicyFiles[tuple[Product, ...]] = PolicyFiles("products", load=_load)


def list_product_texts() -> dict[str, str]:
    """This function will return the product files themselves, by name."""
    return {_file(name): text for name, text in _products.texts().items()}


def try_product(name: str, text: str) -> Product:
    """This function will return the product that a text would add to those there are.

    Raises: ProductInvalid for a text that cannot be meant or holds already.
    """
    texts = list_product_texts()
    product = _parse(name, text)
    if name in texts:
        raise ProductInvalid(f"{name}: a text of this name holds already; give it a later first day")
    _load(texts | {name: text})
    return product


def list_products(*, on_date: date) -> list[Product]:
    """This function will return the version of every product that is offered on `on_date`, by id.

    A version holds until its `valid_to`, or until the next version's `valid_from`. Raises: ProductInvalid for a
    file of the folder that does not parse, whichever product it is: a broken policy folder serves nobody.
    """
    latest = {one.id: one for one in _products.get() if one.valid_from <= on_date}
    return [one for one in latest.values() if one.valid_to is None or on_date < one.valid_to]


def get_product(*, id: str, on_date: date) -> Product:
    """This function will return the product `id` as offered on `on_date`. Raises: ProductNotOffered, ProductInvalid."""
    for one in list_products(on_date=on_date):
        if one.id == id:
            return one
    raise ProductNotOffered(product=id)


def get_product_version(*, id: str, version: str) -> Product:
    """This function will return one version of the product `id`, offered today or not: what a stored quote was made of.

    A version that was added later with an earlier date is another version. Raises: ProductNotOffered, ProductInvalid.
    """
    for one in _products.get():
        if (one.id, one.version) == (id, version):
            return one
    raise ProductNotOffered(product=id)


@lru_cache(maxsize=16)
def _merchants(file: str, text: str) -> tuple[Merchant, ...]:
    return parse_merchants(text=text, file=file)


def list_merchants(*, product_id: str, on_date: date) -> list[Merchant]:
    """This function will return who takes the product `product_id` on `on_date`, in the order of the file in force.

    Raises: ProductInvalid for a file that does not parse.
    """
    folder = Path(settings.POLICIES_DIR) / "merchants"
    held = [path for path in sorted(folder.glob("*.toml")) if date.fromisoformat(path.stem) <= on_date]
    if not held:
        return []
    found = _merchants(held[-1].name, held[-1].read_text(encoding="utf-8"))
    return [one for one in found if product_id in one.products]


def get_merchant(*, id: str, product_id: str, on_date: date) -> Merchant:
    """This function will return the merchant `id` as of `on_date`. Raises: MerchantMissing where he does not take the
    product then.
    """
    for one in list_merchants(product_id=product_id, on_date=on_date):
        if one.id == id:
            return one
    raise MerchantMissing()
