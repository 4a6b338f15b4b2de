from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Uploads, the list of files, previews and storage."""

    name = "files"
