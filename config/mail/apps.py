from django.apps import AppConfig


class MailConfig(AppConfig):
    """Mail on its way: rows, and the worker that sends them."""

    name = "config.mail"
    label = "mail"
