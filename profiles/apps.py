from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    """The users' profiles, with export and deletion of all data."""

    name = "profiles"
