from django.db import migrations, models

from puhui.runtime.schema import append_only


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=80)),
                ('seq', models.IntegerField()),
                ('debit', models.CharField(max_length=4)),
                ('credit', models.CharField(max_length=4)),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('business_date', models.DateField()),
                ('loan_id', models.CharField(max_length=26, null=True)),
                ('memo', models.CharField(max_length=120)),
                ('recorded_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'ledger_entry',
                'indexes': [models.Index(fields=['debit', 'currency', 'business_date'], name='ledger_entry_debit'), models.Index(fields=['credit', 'currency', 'business_date'], name='ledger_entry_credit'), models.Index(fields=['loan_id', 'id'], name='ledger_entry_loan')],
                'constraints': [models.UniqueConstraint(fields=('source', 'seq'), name='ledger_entry_once'), models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='ledger_entry_amount'), models.CheckConstraint(condition=models.Q(('debit', models.F('credit')), _negated=True), name='ledger_entry_sides'), models.CheckConstraint(condition=models.Q(('seq__gte', 1)), name='ledger_entry_seq')],
            },
        ),
        append_only("ledger_entry"),
    ]
