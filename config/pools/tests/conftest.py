import pytest

from config.database.tests.conftest import own_web, resumed  # noqa: F401  fixtures


@pytest.fixture
def run_dir(settings, tmp_path):
    """Keep the samples and refusals of a test in a folder of its own."""
    folder = tmp_path / "run"
    folder.mkdir()
    settings.RUN_DIR = str(folder)
    return folder
