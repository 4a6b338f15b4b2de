from django.apps import AppConfig


class DatabaseConfig(AppConfig):
    """The two pools: policy, checks and commands."""

    name = "config.database"
    label = "database"

    def ready(self) -> None:
        from config.database.checks import databases, servers  # noqa: F401  registers them
