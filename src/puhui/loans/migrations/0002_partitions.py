from django.db import migrations

from puhui.runtime.partitions import part_by_hash


class Migration(migrations.Migration):

    dependencies = [
        ('loans', '0001_initial'),
    ]

    operations = [
        part_by_hash('loans_event', column='loan_id', to_table='loans_loan', unique=('loans_event_seq', ['loan_id', 'seq'])),
    ]
