from django.db import migrations, models

FOLDERS = ["credit", "prices", "products", "exploration"]


class Migration(migrations.Migration):

    dependencies = [
        ("protection", "0002_policy_texts"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="policytextrow", name="protection_policy_text_folder"),
        migrations.AlterField(
            model_name="policytextrow", name="folder", field=models.CharField(max_length=20)
        ),
        migrations.AddConstraint(
            model_name="policytextrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("folder__in", FOLDERS)), name="protection_policy_text_folder"
            ),
        ),
    ]
