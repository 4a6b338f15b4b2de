from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension
from django.db import migrations, models

# The expressions of config.lib.search.NormalizedText, as the search writes them.
NORMALIZED = (
    "(CASE WHEN octet_length({0}) = length({0}) THEN {0} ELSE normalize({0}, NFKC) END)"
    " gin_trgm_ops"
)
COLUMNS = ", ".join(NORMALIZED.format(column) for column in ("email", "name"))


class Migration(migrations.Migration):
    # Concurrently, because the site may be in use; can be repeated after a failure.
    atomic = False

    dependencies = [("accounts", "0006_one_spelling")]

    operations = [
        TrigramExtension(),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS accounts_user_words", ""),
        migrations.RunSQL(
            f"CREATE INDEX CONCURRENTLY accounts_user_words ON accounts_user USING gin ({COLUMNS})",
            "DROP INDEX CONCURRENTLY IF EXISTS accounts_user_words",
        ),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS accounts_session_newest_first", ""),
        AddIndexConcurrently(
            "session",
            models.Index(fields=["-created_at", "-id"], name="accounts_session_newest_first"),
        ),
    ]
