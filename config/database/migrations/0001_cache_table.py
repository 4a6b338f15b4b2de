"""The table of the shared cache, so that `migrate` alone makes a working site.

As createcachetable makes it. Where CACHE_URL names another cache, it stays empty.
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
