from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_act")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="tried_password",
            field=models.CharField(blank=True, default="", editable=False, max_length=128),
        ),
        migrations.AddField(
            model_name="user",
            name="tried_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
