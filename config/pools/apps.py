from django.apps import AppConfig


class PoolsConfig(AppConfig):
    name = "config.pools"
    label = "pools"
