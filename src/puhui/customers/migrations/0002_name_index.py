"""An exact name is found by its blind index; the names known so far are indexed here."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


def index_names(apps: Any, editor: Any) -> None:
    from puhui.customers.queries import index_name
    from puhui.runtime.sealing import unseal

    rows = apps.get_model("customers", "CustomerRow").objects
    for row in rows.exclude(name_sealed="").only("id", "name_sealed").iterator():
        rows.filter(id=row.id).update(name_index=index_name(unseal(row.name_sealed)))


class Migration(migrations.Migration):

    dependencies = [("customers", "0001_initial")]

    operations = [
        migrations.AddField("customerrow", "name_index", models.CharField(max_length=64, null=True)),
        migrations.AddIndex("customerrow", models.Index(fields=["name_index"], name="customers_customer_name")),
        migrations.RunPython(index_names, migrations.RunPython.noop),
    ]
