"""What `puhui check` looks at beside Django's own: the outside parties that the settings name are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

SANDBOX = "Sandbox"  # how the names of adapters begin that stand for nobody


def check_parties(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """This function will return an error for each outside party whose adapter cannot be imported."""
    found: list[CheckMessage] = []
    for name, dotted in settings.GATEWAYS.items():
        try:
            import_string(dotted)
        except (ImportError, ValueError) as error:
            found.append(Error(f"PUHUI_{name.upper()} is {dotted!r}: {error}", id="puhui.E001"))
    return found


def list_sandboxes() -> list[str]:
    """This function will name the variables of the outside parties for which a sandbox stands."""
    return [
        f"PUHUI_{name.upper()}"
        for name, dotted in settings.GATEWAYS.items()
        if dotted.rpartition(".")[2].startswith(SANDBOX)
    ]
