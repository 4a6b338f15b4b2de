from config.database.tests.conftest import own_web, resumed  # noqa: F401  fixtures
from config.observe.tests.conftest import log_dir  # noqa: F401  a fixture
