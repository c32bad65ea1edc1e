from django.db import migrations, models

from puhui.runtime.schema import append_only, audit_chain


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Blob',
            fields=[
                ('sha256', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('content_type', models.CharField(max_length=100)),
                ('size_bytes', models.BigIntegerField()),
                ('stored_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'runtime_blob',
            },
        ),
        migrations.CreateModel(
            name='ScheduleCursor',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('last_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'runtime_schedule',
            },
        ),
        migrations.CreateModel(
            name='Worker',
            fields=[
                ('name', models.CharField(max_length=120, primary_key=True, serialize=False)),
                ('started_at', models.DateTimeField()),
                ('heartbeat_at', models.DateTimeField()),
                ('done', models.BigIntegerField(default=0)),
            ],
            options={
                'db_table': 'runtime_worker',
            },
        ),
        migrations.CreateModel(
            name='Audit',
            fields=[
                ('seq', models.BigIntegerField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=60)),
                ('action', models.CharField(max_length=60)),
                ('subject', models.CharField(max_length=120)),
                ('detail', models.TextField()),
                ('prev_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64)),
            ],
            options={
                'db_table': 'runtime_audit',
                'indexes': [models.Index(fields=['subject', 'seq'], name='runtime_audit_subject')],
            },
        ),
        migrations.CreateModel(
            name='AuditHead',
            fields=[
                ('id', models.IntegerField(primary_key=True, serialize=False)),
                ('seq', models.BigIntegerField()),
                ('hash', models.CharField(max_length=64)),
            ],
            options={
                'db_table': 'runtime_audit_head',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='runtime_audit_head_one')],
            },
        ),
        migrations.CreateModel(
            name='Clock',
            fields=[
                ('id', models.IntegerField(primary_key=True, serialize=False)),
                ('offset_seconds', models.BigIntegerField()),
            ],
            options={
                'db_table': 'runtime_clock',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='runtime_clock_one')],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(max_length=60)),
                ('key', models.CharField(max_length=120)),
                ('body_hash', models.CharField(max_length=64)),
                ('answer', models.TextField(null=True)),
                ('remembered_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'runtime_key',
                'constraints': [models.UniqueConstraint(fields=('scope', 'key'), name='runtime_key_once')],
            },
        ),
        migrations.CreateModel(
            name='Inbox',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('party', models.CharField(max_length=40)),
                ('callback_id', models.CharField(max_length=120)),
                ('body_hash', models.CharField(max_length=64)),
                ('received_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'runtime_inbox',
                'constraints': [models.UniqueConstraint(fields=('party', 'callback_id'), name='runtime_inbox_once')],
            },
        ),
        migrations.CreateModel(
            name='Work',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200, unique=True)),
                ('kind', models.CharField(max_length=60)),
                ('payload', models.TextField()),
                ('state', models.CharField(max_length=6)),
                ('run_at', models.DateTimeField()),
                ('put_at', models.DateTimeField()),
                ('attempts', models.IntegerField(default=0)),
                ('deferrals', models.IntegerField(default=0)),
                ('lease_until', models.DateTimeField(null=True)),
                ('token', models.CharField(default='', max_length=32)),
                ('error', models.CharField(default='', max_length=500)),
                ('settled_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'runtime_work',
                'indexes': [models.Index(condition=models.Q(('settled_at', None)), fields=['run_at', 'id'], name='runtime_work_due'), models.Index(condition=models.Q(('lease_until__isnull', False)), fields=['token'], name='runtime_work_token'), models.Index(condition=models.Q(('state', 'dead')), fields=['settled_at'], name='runtime_work_dead')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['ready', 'leased', 'done', 'dead'])), name='runtime_work_state'), models.CheckConstraint(condition=models.Q(models.Q(('lease_until', models.F('run_at')), ('state', 'leased'), models.Q(('token', ''), _negated=True)), models.Q(models.Q(('state', 'leased'), _negated=True), ('lease_until', None), ('token', '')), _connector='OR'), name='runtime_work_lease'), models.CheckConstraint(condition=models.Q(models.Q(('settled_at', None), ('state__in', ('ready', 'leased'))), models.Q(('settled_at__isnull', False), ('state__in', ['done', 'dead'])), _connector='OR'), name='runtime_work_open'), models.CheckConstraint(condition=models.Q(('attempts__gte', 0), ('deferrals__gte', 0)), name='runtime_work_counts')],
            },
        ),
        audit_chain(),
        append_only("runtime_audit"),
        append_only("runtime_inbox"),
    ]
