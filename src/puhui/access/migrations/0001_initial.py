from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Code',
            fields=[
                ('id', models.CharField(max_length=26, primary_key=True, serialize=False)),
                ('purpose', models.CharField(max_length=40)),
                ('subject', models.CharField(max_length=64)),
                ('code_hmac', models.CharField(max_length=64)),
                ('issued_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'access_code',
                'indexes': [models.Index(fields=['purpose', 'subject', 'issued_at'], name='access_code_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('issued_at'))), name='access_code_span')],
            },
        ),
        migrations.CreateModel(
            name='Gate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(max_length=40)),
                ('subject', models.CharField(max_length=64)),
                ('code_id', models.CharField(default='', max_length=26)),
                ('wrong', models.IntegerField(default=0)),
                ('locked_until', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'access_gate',
                'constraints': [models.UniqueConstraint(fields=('purpose', 'subject'), name='access_gate_once'), models.CheckConstraint(condition=models.Q(('wrong__gte', 0)), name='access_gate_wrong')],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('login', models.CharField(max_length=64, unique=True)),
                ('kind', models.CharField(max_length=8)),
                ('role', models.CharField(blank=True, default='', max_length=12)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(null=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'db_table': 'access_user',
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('is_superuser', False), ('kind', 'borrower'), ('role', '')), models.Q(('kind', 'staff'), ('role__in', ['analyst', 'operations', 'collections', 'complaints', 'auditor', 'admin'])), _connector='OR'), name='access_user_role')],
            },
        ),
    ]
