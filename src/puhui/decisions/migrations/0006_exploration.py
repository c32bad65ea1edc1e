from django.db import migrations, models

from puhui.runtime.schema import append_only, reference


class Migration(migrations.Migration):

    dependencies = [
        ('decisions', '0005_feature_vectors'),
    ]

    operations = [
        migrations.CreateModel(
            name='ExplorationMonthRow',
            fields=[
                ('id', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('budget_id', models.CharField(max_length=40)),
                ('month', models.DateField()),
                ('count', models.IntegerField()),
                ('money_minor', models.BigIntegerField()),
            ],
            options={
                'db_table': 'decisions_exploration_month',
                'constraints': [models.CheckConstraint(condition=models.Q(('count__gte', 0), ('money_minor__gte', 0)), name='decisions_exploration_month_used')],
            },
        ),
        migrations.CreateModel(
            name='ExplorationRow',
            fields=[
                ('decision_id', models.CharField(max_length=26, primary_key=True, serialize=False)),
                ('customer_id', models.CharField(max_length=26)),
                ('budget_id', models.CharField(max_length=40)),
                ('budget_sha256', models.CharField(max_length=64)),
                ('month', models.DateField()),
                ('answer', models.CharField(max_length=16)),
                ('bucket_ppm', models.IntegerField()),
                ('propensity_ppm', models.IntegerField()),
                ('limit_minor', models.BigIntegerField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'db_table': 'decisions_exploration',
                'indexes': [models.Index(fields=['budget_id', 'month'], name='decisions_exploration_month_of')],
                'constraints': [models.CheckConstraint(condition=models.Q(('answer__in', ['chosen', 'not_drawn', 'off', 'other_reason', 'too_risky', 'count_spent', 'money_spent', 'nothing_fits'])), name='decisions_exploration_answer'), models.CheckConstraint(condition=models.Q(models.Q(('answer', 'chosen'), ('limit_minor__gt', 0), ('propensity_ppm__gt', 0)), models.Q(models.Q(('answer', 'chosen'), _negated=True), ('limit_minor', 0)), _connector='OR'), name='decisions_exploration_limit')],
            },
        ),
        append_only('decisions_exploration'),
        reference('decisions_exploration', 'decision_id', 'decisions_decision'),
        reference('decisions_exploration', 'customer_id', 'customers_customer'),
    ]
