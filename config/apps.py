from django.apps import AppConfig
from django.contrib.admin import apps


class ConfigConfig(AppConfig):
    name = "config"


class AdminConfig(apps.AdminConfig):
    default = False  # "config" in INSTALLED_APPS means ConfigConfig
    default_site = "config.pools.site.AdminSite"
