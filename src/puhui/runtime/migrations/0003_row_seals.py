from django.db import migrations, models


def create(apps, editor):
    """One tree instead of two on SQLite: the row is its key and its seal."""
    vendor = editor.connection.vendor
    ending = " WITHOUT ROWID" if vendor == "sqlite" else ""
    editor.execute(
        "CREATE TABLE runtime_seal (id varchar(200) NOT NULL PRIMARY KEY, seal varchar(64) NOT NULL)" + ending
    )


def drop(apps, editor):
    editor.execute("DROP TABLE runtime_seal")


class Migration(migrations.Migration):

    dependencies = [
        ('runtime', '0002_partitions'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(create, drop)],
            state_operations=[
                migrations.CreateModel(
                    name='RowSeal',
                    fields=[
                        ('id', models.CharField(max_length=200, primary_key=True, serialize=False)),
                        ('seal', models.CharField(max_length=64)),
                    ],
                    options={
                        'db_table': 'runtime_seal',
                    },
                ),
            ],
        ),
    ]
