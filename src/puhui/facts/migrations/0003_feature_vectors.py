from django.db import migrations, models

from puhui.runtime.schema import append_only, reference


class Migration(migrations.Migration):

    dependencies = [
        ("facts", "0002_intake"),
        ("customers", "0002_name_index"),
    ]

    operations = [
        migrations.CreateModel(
            name="FeatureVectorRow",
            fields=[
                ("decision_id", models.CharField(max_length=26, primary_key=True, serialize=False)),
                ("customer_id", models.CharField(max_length=26)),
                ("set_sha256", models.CharField(max_length=64)),
                ("as_of", models.DateTimeField()),
                ("vector_json", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
            ],
            options={
                "db_table": "facts_feature_vector",
                "indexes": [models.Index(fields=["customer_id", "as_of"], name="facts_feature_vector_whose")],
            },
        ),
        append_only("facts_feature_vector"),
        reference("facts_feature_vector", "customer_id", "customers_customer"),
    ]
