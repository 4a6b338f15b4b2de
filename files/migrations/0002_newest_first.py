from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Concurrently, because the site may be in use; can be repeated after a failure.
    atomic = False

    dependencies = [("files", "0001_initial")]

    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS files_file_newest_of_all", ""),
        AddIndexConcurrently("file", models.Index(fields=["-created_at", "id"], name="files_file_newest_of_all")),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS files_storedobject_newest", ""),
        AddIndexConcurrently("storedobject", models.Index(fields=["-created_at", "key"], name="files_storedobject_newest")),
    ]
