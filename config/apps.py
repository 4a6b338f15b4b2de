from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The project itself: home, health, the API's root, shared templates and static files."""

    name = "config"
