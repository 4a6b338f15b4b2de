from django.apps import AppConfig


class FilesConfig(AppConfig):
    """What people upload: lists, previews, storage."""

    name = "files"
