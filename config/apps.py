from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps

from config.observe.sentry import start_sentry


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        if settings.SENTRY_DSN:
            start_sentry(settings.SENTRY_DSN)


class AdminConfig(apps.AdminConfig):
    default = False  # "config" in INSTALLED_APPS means ConfigConfig
    default_site = "config.pools.site.AdminSite"
