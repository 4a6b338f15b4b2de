from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("database", "0001_cache_table")]

    operations = [
        migrations.CreateModel(
            name="Lease",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("host", models.CharField(max_length=253)),
                ("pool", models.CharField(max_length=20)),
                ("limit", models.PositiveIntegerField(help_text="the host's own maximum")),
                ("size", models.PositiveIntegerField()),
                ("busy", models.FloatField()),
                ("waiting", models.FloatField()),
                ("seen", models.DateTimeField()),
            ],
            options={"db_table": "pool_lease"},
        ),
        migrations.AddConstraint(
            model_name="lease",
            constraint=models.UniqueConstraint(
                fields=("host", "pool"), name="one_lease_per_pool"
            ),
        ),
    ]
