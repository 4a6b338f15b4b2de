import pytest

from config.database.tests.conftest import own_web, resumed  # noqa: F401  fixtures


@pytest.fixture
def log_dir(settings, tmp_path):
    """Keep the samples and refusals of a test in a folder of its own."""
    settings.VAR_DIR = tmp_path
    folder = tmp_path / "log"
    folder.mkdir()
    return folder
