from django.db import migrations

from puhui.runtime.partitions import part_audit_by_month


class Migration(migrations.Migration):

    dependencies = [
        ('runtime', '0001_initial'),
    ]

    operations = [
        part_audit_by_month(),
    ]
