from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    """What people tell about themselves, and take along or delete."""

    name = "profiles"
