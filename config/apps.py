from django.apps import AppConfig
from django.contrib.admin import apps


class ConfigConfig(AppConfig):
    """The project itself: home, health, the API's root, shared templates and static files."""

    name = "config"


class AdminConfig(apps.AdminConfig):
    """Django's administration, with the project's site."""

    default = False  # of the two here, it is the other that "config" stands for
    default_site = "config.lib.admin.AdminSite"
