import django.db.models.deletion
from django.db import migrations, models

from puhui.runtime.schema import append_only, reference


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ("protection", "0001_initial"),
        ("customers", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountRow',
            fields=[
                ('id', models.CharField(max_length=26, primary_key=True, serialize=False)),
                ('customer_id', models.CharField(max_length=26)),
                ('number_sealed', models.CharField(max_length=200)),
                ('number_index', models.CharField(max_length=64)),
                ('tail', models.CharField(max_length=4)),
                ('bank_name', models.CharField(max_length=60)),
                ('verified_at', models.DateTimeField(null=True)),
                ('bound_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'account',
                'db_table': 'payments_account',
                'constraints': [models.UniqueConstraint(fields=('customer_id', 'number_index'), name='payments_account_once')],
            },
        ),
        migrations.CreateModel(
            name='Closing',
            fields=[
                ('item_id', models.CharField(max_length=26, primary_key=True, serialize=False)),
                ('how', models.CharField(max_length=80)),
                ('closed_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'payments_closing',
                'constraints': [models.CheckConstraint(condition=models.Q(('how', ''), _negated=True), name='payments_closing_how')],
            },
        ),
        migrations.CreateModel(
            name='MandateRow',
            fields=[
                ('id', models.CharField(max_length=26, primary_key=True, serialize=False)),
                ('customer_id', models.CharField(max_length=26)),
                ('consent_id', models.CharField(max_length=26)),
                ('state', models.CharField(max_length=9)),
                ('agreed_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.accountrow')),
            ],
            options={
                'verbose_name': 'mandate',
                'db_table': 'payments_mandate',
            },
        ),
        migrations.CreateModel(
            name='MandateEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(max_length=9)),
                ('at', models.DateTimeField()),
                ('mandate', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.mandaterow')),
            ],
            options={
                'db_table': 'payments_mandate_event',
            },
        ),
        migrations.CreateModel(
            name='OrderRow',
            fields=[
                ('id', models.CharField(max_length=26, primary_key=True, serialize=False)),
                ('direction', models.CharField(max_length=7)),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('customer_id', models.CharField(max_length=26)),
                ('loan_id', models.CharField(max_length=26, null=True)),
                ('purpose', models.CharField(max_length=24)),
                ('first_id', models.CharField(max_length=26)),
                ('attempt', models.SmallIntegerField()),
                ('state', models.CharField(max_length=8)),
                ('changes', models.SmallIntegerField()),
                ('reason', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('settled_date', models.DateField(null=True)),
                ('returned_date', models.DateField(null=True)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.accountrow')),
                ('mandate', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.mandaterow')),
            ],
            options={
                'verbose_name': 'order',
                'db_table': 'payments_order',
            },
        ),
        migrations.CreateModel(
            name='OrderEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.SmallIntegerField()),
                ('news', models.CharField(max_length=8)),
                ('before', models.CharField(max_length=8)),
                ('after', models.CharField(max_length=8)),
                ('reason', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('order', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.orderrow')),
            ],
            options={
                'db_table': 'payments_order_event',
            },
        ),
        migrations.CreateModel(
            name='DiscrepancyRow',
            fields=[
                ('id', models.CharField(max_length=26, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=14)),
                ('state', models.CharField(max_length=8)),
                ('heard', models.CharField(max_length=8)),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('day', models.DateField(null=True)),
                ('reason', models.CharField(max_length=64)),
                ('recorded_at', models.DateTimeField()),
                ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.orderrow')),
            ],
            options={
                'verbose_name': 'discrepancy',
                'verbose_name_plural': 'discrepancies',
                'db_table': 'payments_discrepancy',
            },
        ),
        migrations.CreateModel(
            name='StatementDay',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('lines', models.IntegerField()),
                ('matched', models.IntegerField()),
                ('in_minor', models.BigIntegerField()),
                ('out_minor', models.BigIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('recorded_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'payments_statement',
                'constraints': [models.CheckConstraint(condition=models.Q(('in_minor__gte', 0), ('matched__gte', 0), ('matched__lte', models.F('lines')), ('out_minor__gte', 0)), name='payments_statement_sums')],
            },
        ),
        migrations.CreateModel(
            name='SuspenseRow',
            fields=[
                ('id', models.CharField(max_length=26, primary_key=True, serialize=False)),
                ('line_id', models.CharField(max_length=64)),
                ('flow', models.CharField(max_length=3)),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('reason', models.CharField(max_length=11)),
                ('account_tail', models.CharField(max_length=4)),
                ('memo_sealed', models.TextField()),
                ('recorded_at', models.DateTimeField()),
                ('order', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.orderrow')),
                ('statement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.statementday')),
            ],
            options={
                'verbose_name': 'suspense item',
                'db_table': 'payments_suspense',
            },
        ),
        migrations.AddIndex(
            model_name='mandaterow',
            index=models.Index(fields=['customer_id', 'agreed_at'], name='payments_mandate_customer'),
        ),
        migrations.AddConstraint(
            model_name='mandaterow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'active'), ('withdrawn_at__isnull', True)), models.Q(('state', 'withdrawn'), ('withdrawn_at__isnull', False)), _connector='OR'), name='payments_mandate_state'),
        ),
        migrations.AddConstraint(
            model_name='mandaterow',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('account',), name='payments_mandate_one_active'),
        ),
        migrations.AddConstraint(
            model_name='mandateevent',
            constraint=models.CheckConstraint(condition=models.Q(('act__in', ['agreed', 'withdraw'])), name='payments_mandate_event_act'),
        ),
        migrations.AddConstraint(
            model_name='mandateevent',
            constraint=models.UniqueConstraint(fields=('mandate', 'act'), name='payments_mandate_event_once'),
        ),
        migrations.AddIndex(
            model_name='orderrow',
            index=models.Index(condition=models.Q(('state__in', ['created', 'sent', 'unknown'])), fields=['changed_at'], name='payments_order_open'),
        ),
        migrations.AddIndex(
            model_name='orderrow',
            index=models.Index(condition=models.Q(('loan_id__isnull', False)), fields=['loan_id'], name='payments_order_loan'),
        ),
        migrations.AddIndex(
            model_name='orderrow',
            index=models.Index(fields=['customer_id', 'created_at'], name='payments_order_customer'),
        ),
        migrations.AddIndex(
            model_name='orderrow',
            index=models.Index(condition=models.Q(('settled_date__isnull', False)), fields=['settled_date'], name='payments_order_settled'),
        ),
        migrations.AddIndex(
            model_name='orderrow',
            index=models.Index(condition=models.Q(('returned_date__isnull', False)), fields=['returned_date'], name='payments_order_returned'),
        ),
        migrations.AddConstraint(
            model_name='orderrow',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='payments_order_amount'),
        ),
        migrations.AddConstraint(
            model_name='orderrow',
            constraint=models.CheckConstraint(condition=models.Q(('direction__in', ['payout', 'collect', 'refund'])), name='payments_order_direction'),
        ),
        migrations.AddConstraint(
            model_name='orderrow',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['created', 'sent', 'unknown', 'done', 'failed', 'returned'])), name='payments_order_state'),
        ),
        migrations.AddConstraint(
            model_name='orderrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('returned_date__isnull', True), ('settled_date__isnull', False), ('state', 'done')), models.Q(('returned_date__isnull', False), ('settled_date__isnull', False), ('state', 'returned')), models.Q(models.Q(('state__in', ['done', 'returned']), _negated=True), ('returned_date__isnull', True), ('settled_date__isnull', True)), _connector='OR'), name='payments_order_dates'),
        ),
        migrations.AddConstraint(
            model_name='orderrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('attempt', 1), ('first_id', models.F('id'))), models.Q(('attempt__gt', 1), models.Q(('first_id', models.F('id')), _negated=True)), _connector='OR'), name='payments_order_attempt'),
        ),
        migrations.AddConstraint(
            model_name='orderrow',
            constraint=models.CheckConstraint(condition=models.Q(('mandate__isnull', True), ('direction', 'collect'), _connector='OR'), name='payments_order_mandate'),
        ),
        migrations.AddConstraint(
            model_name='orderrow',
            constraint=models.UniqueConstraint(fields=('first_id', 'attempt'), name='payments_order_attempt_once'),
        ),
        migrations.AddConstraint(
            model_name='orderevent',
            constraint=models.UniqueConstraint(fields=('order', 'seq'), name='payments_order_event_seq'),
        ),
        migrations.AddConstraint(
            model_name='orderevent',
            constraint=models.CheckConstraint(condition=models.Q(('news__in', ['opened', 'accepted', 'rejected', 'unknown', 'absent', 'done', 'failed', 'returned'])), name='payments_order_event_news'),
        ),
        migrations.AddConstraint(
            model_name='discrepancyrow',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['out_of_order', 'amount_differs', 'missing'])), name='payments_discrepancy_kind'),
        ),
        migrations.AddConstraint(
            model_name='discrepancyrow',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='payments_discrepancy_amount'),
        ),
        migrations.AddConstraint(
            model_name='suspenserow',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='payments_suspense_amount'),
        ),
        migrations.AddConstraint(
            model_name='suspenserow',
            constraint=models.CheckConstraint(condition=models.Q(('flow__in', ['in', 'out'])), name='payments_suspense_flow'),
        ),
        migrations.AddConstraint(
            model_name='suspenserow',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['no_order', 'differs', 'duplicate', 'other_day', 'contradicts'])), name='payments_suspense_reason'),
        ),
        migrations.AddConstraint(
            model_name='suspenserow',
            constraint=models.UniqueConstraint(fields=('statement', 'line_id'), name='payments_suspense_line'),
        ),
        append_only("payments_mandate_event"),
        append_only("payments_order_event"),
        append_only("payments_statement"),
        append_only("payments_suspense"),
        append_only("payments_discrepancy"),
        append_only("payments_closing"),
        reference("payments_account", "customer_id", "customers_customer"),
        reference("payments_mandate", "customer_id", "customers_customer"),
        reference("payments_order", "customer_id", "customers_customer"),
        reference("payments_mandate", "consent_id", "protection_consent"),
    ]
