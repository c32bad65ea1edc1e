"""Read-only tables of contact; texts and phones are not shown."""

from django.contrib import admin

from puhui.contact.models import HoldEventRow, HoldRow, MessageEventRow, MessageRow
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(MessageRow)
class MessageAdmin(ReadOnlyAdmin):
    """Messages, without what they say and to which number."""

    list_display = ["id", "customer_id", "template", "purpose", "state", "reason", "requested_at", "sent_at"]
    list_filter = ["state", "purpose", "template", "language"]
    exclude = ["text_sealed", "phone_sealed", "phone_index"]


@admin.register(MessageEventRow)
class MessageEventAdmin(ReadOnlyAdmin):
    """What happened to each message."""

    list_display = ["message_id", "seq", "act", "reason", "until", "at"]


@admin.register(HoldRow)
class HoldAdmin(ReadOnlyAdmin):
    """Who is left alone, and why."""

    list_display = ["id", "customer_id", "reason", "from_at", "until", "lifted_at"]
    list_filter = ["reason"]


@admin.register(HoldEventRow)
class HoldEventAdmin(ReadOnlyAdmin):
    """When holds were placed and lifted."""

    list_display = ["hold_id", "act", "at"]
