"""The outside parties of this deployment, made once from their dotted names in the settings.

A journey calls them with no transaction open. Adapters are named in settings, so that no journey imports a provider.
"""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from puhui.contact.gateways import Messenger
from puhui.customers.domain import FaceCheck, IdentityRegister
from puhui.evidence.domain import EvidenceIssuer, PaperReader
from puhui.facts.domain import Bureau, ScanSource
from puhui.payments.domain import Rail

_made: dict[str, Any] = {}
_replaced: set[str] = set()  # names whose adapter is not the settings' own


def _party(name: str) -> Any:
    if name not in _made:
        _made[name] = import_string(settings.GATEWAYS[name])()
    return _made[name]


def put(*, name: str, party: object | None) -> None:
    """This function will put another adapter in the place of "rail", "bureau" or "messenger" for this process.

    None goes back to the one that the settings name. For the demo's loader and for tests.
    """
    if party is None:
        _made.pop(name, None)
        _replaced.discard(name)
    else:
        _made[name] = party
        _replaced.add(name)


def replaced() -> frozenset[str]:
    """This function will name the parties that are not the settings' own in this process."""
    return frozenset(_replaced)


def open_anew(*, name: str, **options: object) -> None:
    """This function will open the configured adapter once more with other options, for this process: the demo's loader
    asks for a sandbox that misbehaves a little and does not wait for the disk. `put` with None ends it.
    """
    put(name=name, party=import_string(settings.GATEWAYS[name])(**options))


def rail() -> Rail:
    """This function will return the payment rail."""
    return cast(Rail, _party("rail"))


def bureau() -> Bureau:
    """This function will return the credit bureau."""
    return cast(Bureau, _party("bureau"))


def scan() -> ScanSource:
    """This function will return the sources of the second scan."""
    return cast(ScanSource, _party("scan"))


def evidence() -> EvidenceIssuer:
    """This function will return the source of records that customers show."""
    return cast(EvidenceIssuer, _party("evidence"))


def papers() -> PaperReader:
    """This function will return the reader of papers that customers upload."""
    return cast(PaperReader, _party("papers"))


def register() -> IdentityRegister:
    """This function will return the register of residents that checks name and number."""
    return cast(IdentityRegister, _party("register"))


def face() -> FaceCheck:
    """This function will return the provider that compares faces; the sandbox compares nothing."""
    return cast(FaceCheck, _party("face"))


def messenger() -> Messenger:
    """This function will return the channel that carries short messages."""
    return cast(Messenger, _party("messenger"))
