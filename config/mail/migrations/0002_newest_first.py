from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Concurrently, because the site may be in use; can be repeated after a failure.
    atomic = False

    dependencies = [("mail", "0001_initial")]

    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS mail_newest_first", ""),
        AddIndexConcurrently("mail", models.Index(fields=["-queued_at", "-id"], name="mail_newest_first")),
    ]
