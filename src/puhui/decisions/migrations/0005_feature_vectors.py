from django.db import migrations

from puhui.runtime.schema import reference


class Migration(migrations.Migration):
    """What a decision was served refers to the decision; the table is the facts'."""

    dependencies = [
        ("decisions", "0004_second_scan"),
        ("facts", "0003_feature_vectors"),
    ]

    operations = [
        reference("facts_feature_vector", "decision_id", "decisions_decision"),
    ]
