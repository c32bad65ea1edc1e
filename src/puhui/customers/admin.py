"""Read-only tables of customers; what names a person is not shown."""

from django.contrib import admin

from puhui.customers.models import CustomerEventRow, CustomerRow
from puhui.runtime.read_only_admin import ReadOnlyAdmin


@admin.register(CustomerRow)
class CustomerAdmin(ReadOnlyAdmin):
    """Customers, without phone, name and number."""

    list_display = ["id", "phone_tail", "language", "state", "registered_at", "identified_at"]
    list_filter = ["state", "language"]
    exclude = ["phone_sealed", "phone_index", "name_sealed", "number_sealed", "number_index", "name_index"]


@admin.register(CustomerEventRow)
class CustomerEventAdmin(ReadOnlyAdmin):
    """What happened to each file."""

    list_display = ["customer_id", "seq", "act", "detail", "at"]
