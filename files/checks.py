"""System checks of the uploads' storage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

FOLDER: Final = "files.storage.Folder"
E001: Final = "Uploads are in a folder of this host, which the others of HOSTS={hosts} cannot read."
HINT: Final = "Set S3_BUCKET, S3_REGION and, outside AWS, S3_ENDPOINT_URL."


@checks.register(checks.Tags.files)
def check_storage(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    if settings.HOSTS == 1 or settings.STORAGES["default"]["BACKEND"] != FOLDER:
        return []
    return [checks.Error(E001.format(hosts=settings.HOSTS), hint=HINT, id="files.E001")]
