from django.apps import AppConfig


class DatabaseConfig(AppConfig):
    name = "config.database"
    label = "database"

    def ready(self) -> None:
        from config.database.checks import databases, regions, replicas, servers  # noqa: F401  registers
