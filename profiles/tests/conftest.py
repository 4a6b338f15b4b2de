import pytest
from django.conf import settings as stored

from config import storage


@pytest.fixture(autouse=True)
def _storage_of_the_test(settings, tmp_path):
    settings.STORAGES = stored.STORAGES | {"default": storage.uploads(tmp_path / "files", "")}
