from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Lower

# The expressions of config.lib.search.NormalizedText, as the search writes them.
NORMALIZED = (
    "(CASE WHEN octet_length({0}) = length({0}) THEN {0} ELSE normalize({0}, NFKC) END)"
    " gin_trgm_ops"
)
COLUMNS = ", ".join(NORMALIZED.format(column) for column in ("name", "description"))


class Migration(migrations.Migration):
    # Concurrently, because the site may be in use. Each statement can be repeated after a failure.
    atomic = False

    dependencies = [("onboarding", "0002_preferences"), ("accounts", "0007_many_sessions")]

    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS onboarding_expert_words", ""),
        migrations.RunSQL(
            f"CREATE INDEX CONCURRENTLY onboarding_expert_words ON onboarding_expert USING gin ({COLUMNS})",
            "DROP INDEX CONCURRENTLY IF EXISTS onboarding_expert_words",
        ),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS onboarding_expert_in_order", ""),
        AddIndexConcurrently(
            "expert",
            models.Index(
                Lower("name"),
                "id",
                name="onboarding_expert_in_order",
                include=["name"],
                condition=models.Q(is_active=True),
            ),
        ),
        RemoveIndexConcurrently("expert", "onboarding_expert_catalogue"),
    ]
