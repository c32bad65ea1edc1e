"""Clients, delegations, endpoints and deliveries, to look at; and the toolkit's own pages made read-only.

Secrets, sealed or hashed, and tokens are never shown.
"""

from django.contrib import admin

from puhui.access.partners import models
from puhui.runtime.read_only_admin import ReadOnlyAdmin


class ApplicationAdmin(ReadOnlyAdmin):
    """OAuth applications: one for each client."""

    list_display = ("client_id", "name", "client_type", "authorization_grant_type")
    fields = ("client_id", "name", "client_type", "authorization_grant_type")


class TokenAdmin(ReadOnlyAdmin):
    """Tokens that were given; only their checksums are stored."""

    list_display = ("id", "application", "expires", "scope")
    fields = ("application", "expires", "scope")


class NothingAdmin(ReadOnlyAdmin):
    """Tables of grants that this house does not offer; they stay empty."""

    list_display = ("id",)
    fields = ("id",)


@admin.register(models.ClientRow)
class ClientAdmin(ReadOnlyAdmin):
    """Programs that may call us."""

    list_display = ("id", "name", "state", "opened_at", "closed_at")
    list_filter = ("state",)
    ordering = ("-opened_at",)


@admin.register(models.DelegationRow)
class DelegationAdmin(ReadOnlyAdmin):
    """For whom they may act."""

    list_display = ("id", "client", "user", "given_at", "withdrawn_at")
    ordering = ("-given_at",)


@admin.register(models.EndpointRow)
class EndpointAdmin(ReadOnlyAdmin):
    """Where they want to hear of events."""

    list_display = ("id", "client", "url", "state", "opened_at")
    list_filter = ("state",)
    exclude = ("secret_sealed", "old_secret_sealed")
    ordering = ("-opened_at",)


@admin.register(models.DeliveryRow)
class DeliveryAdmin(ReadOnlyAdmin):
    """Events on their way."""

    list_display = ("id", "event", "endpoint", "state", "attempts", "next_at")
    list_filter = ("state",)
    ordering = ("-opened_at",)
