import pytest
from django.conf import settings as stored

from files import storage_settings


@pytest.fixture(autouse=True)
def _storage_of_the_test(settings, tmp_path):
    settings.STORAGES = stored.STORAGES | {
        "default": storage_settings.build_storage(tmp_path / "files", "")
    }
