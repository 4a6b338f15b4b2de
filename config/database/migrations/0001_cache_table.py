"""Create the shared cache's table as createcachetable does, so that `migrate` is enough.

It stays empty if CACHE_URL names another cache.
"""

from django.db import migrations


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL(
            [
                'CREATE TABLE "cache" ('
                '"cache_key" varchar(255) NOT NULL PRIMARY KEY, '
                '"value" text NOT NULL, '
                '"expires" timestamp with time zone NOT NULL)',
                'CREATE INDEX "cache_expires" ON "cache" ("expires")',
            ],
            'DROP TABLE "cache"',
        )
    ]
