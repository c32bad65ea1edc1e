import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from puhui.runtime.schema import append_only


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClientRow',
            fields=[
                ('id', models.CharField(max_length=26, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('scopes', models.TextField()),
                ('state', models.CharField(max_length=6)),
                ('opened_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'access_client',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('state', 'open')), models.Q(('closed_at__isnull', False), ('state', 'closed')), _connector='OR'), name='access_client_state')],
            },
        ),
        migrations.CreateModel(
            name='EndpointRow',
            fields=[
                ('id', models.CharField(max_length=26, primary_key=True, serialize=False)),
                ('url', models.CharField(max_length=500)),
                ('events', models.TextField()),
                ('description', models.CharField(max_length=200)),
                ('state', models.CharField(max_length=6)),
                ('secret_sealed', models.TextField()),
                ('old_secret_sealed', models.TextField(default='')),
                ('old_secret_until', models.DateTimeField(null=True)),
                ('opened_at', models.DateTimeField()),
                ('rotated_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='endpoints', to='access.clientrow')),
            ],
            options={
                'db_table': 'access_endpoint',
            },
        ),
        migrations.CreateModel(
            name='PartnerEventRow',
            fields=[
                ('id', models.CharField(max_length=26, primary_key=True, serialize=False)),
                ('type', models.CharField(max_length=40)),
                ('occurred_at', models.DateTimeField()),
                ('body', models.TextField()),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='access.clientrow')),
            ],
            options={
                'db_table': 'access_partner_event',
            },
        ),
        migrations.CreateModel(
            name='DeliveryRow',
            fields=[
                ('id', models.CharField(max_length=26, primary_key=True, serialize=False)),
                ('state', models.CharField(max_length=10)),
                ('attempts', models.IntegerField(default=0)),
                ('replay', models.BooleanField(default=False)),
                ('opened_at', models.DateTimeField()),
                ('next_at', models.DateTimeField(null=True)),
                ('settled_at', models.DateTimeField(null=True)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='access.endpointrow')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='access.partnereventrow')),
            ],
            options={
                'db_table': 'access_delivery',
            },
        ),
        migrations.CreateModel(
            name='DelegationRow',
            fields=[
                ('id', models.CharField(max_length=26, primary_key=True, serialize=False)),
                ('given_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to='access.clientrow')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='delegations', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'access_delegation',
                'indexes': [models.Index(fields=['client', 'given_at', 'id'], name='access_delegation_page')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('user',), name='access_delegation_once')],
            },
        ),
        migrations.CreateModel(
            name='AttemptRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.IntegerField()),
                ('at', models.DateTimeField()),
                ('status', models.IntegerField(null=True)),
                ('error', models.CharField(max_length=200)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='access.deliveryrow')),
            ],
            options={
                'db_table': 'access_attempt',
                'constraints': [models.UniqueConstraint(fields=('delivery', 'seq'), name='access_attempt_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='endpointrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('state', 'open')), models.Q(('closed_at__isnull', False), ('state', 'closed')), _connector='OR'), name='access_endpoint_state'),
        ),
        migrations.AddIndex(
            model_name='deliveryrow',
            index=models.Index(fields=['endpoint', 'opened_at', 'id'], name='access_delivery_page'),
        ),
        migrations.AddConstraint(
            model_name='deliveryrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('next_at__isnull', False), ('settled_at', None), ('state', 'waiting')), models.Q(('next_at', None), ('settled_at__isnull', False), ('state__in', ['delivered', 'failed'])), _connector='OR'), name='access_delivery_state'),
        ),
        migrations.AddConstraint(
            model_name='deliveryrow',
            constraint=models.CheckConstraint(condition=models.Q(('attempts__gte', 0)), name='access_delivery_attempts'),
        ),
        append_only('access_partner_event'),
        append_only('access_attempt'),
    ]
