from django.apps import AppConfig


class ToursConfig(AppConfig):
    """The guide that shows a person around."""

    name = "tours"
