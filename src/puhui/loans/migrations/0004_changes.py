"""Changes of running loans: quoted and signed, both append-only."""

import django.db.models.deletion
from django.db import migrations, models

from puhui.runtime.schema import append_only, reference


class Migration(migrations.Migration):

    dependencies = [
        ('loans', '0003_general_engine'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChangeRow',
            fields=[
                ('id', models.CharField(max_length=26, primary_key=True, serialize=False)),
                ('number', models.CharField(max_length=20)),
                ('customer_id', models.CharField(max_length=26)),
                ('issued_at', models.DateTimeField()),
                ('valid_until', models.DateTimeField()),
                ('sha256', models.CharField(max_length=64)),
                ('body', models.TextField()),
                ('house_signature', models.CharField(max_length=160)),
                ('loan', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='loans.loanrow')),
            ],
            options={
                'verbose_name': 'change',
                'db_table': 'loans_change',
                'indexes': [models.Index(fields=['loan', 'issued_at'], name='loans_change_loan')],
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_until__gt', models.F('issued_at'))), name='loans_change_validity')],
            },
        ),
        migrations.CreateModel(
            name='ChangeSignatureRow',
            fields=[
                ('change', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='signature', serialize=False, to='loans.changerow')),
                ('language', models.CharField(max_length=10)),
                ('text_sha256', models.CharField(max_length=64)),
                ('change_sha256', models.CharField(max_length=64)),
                ('signed_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'signature of a change',
                'db_table': 'loans_change_signature',
            },
        ),
        append_only("loans_change"),
        append_only("loans_change_signature"),
        reference("loans_change", "customer_id", "customers_customer"),
    ]
