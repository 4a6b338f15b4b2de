import pytest

from config.proxy.tests.wire import allow_descriptors
from config.tests.site import new_site


@pytest.fixture(scope="session")
def hostile_site():
    allow_descriptors(8192)
    with new_site() as site:
        yield site
