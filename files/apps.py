from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Uploads, the list of files, previews and storage."""

    name = "files"

    def ready(self) -> None:
        from files import checks  # noqa: F401  registers itself
