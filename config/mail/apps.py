from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "config.mail"
    label = "mail"
