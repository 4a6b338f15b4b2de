from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_name_characters")]

    operations = [
        migrations.CreateModel(
            name="Act",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("owner", models.UUIDField()),
                ("before", models.CharField(max_length=64)),
                ("after", models.CharField(max_length=64)),
                ("answer", models.JSONField(null=True)),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "form that was sent",
                "verbose_name_plural": "forms that were sent",
            },
        ),
    ]
