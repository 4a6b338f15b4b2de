import pytest


@pytest.fixture(scope="module")
def hostile_site(private_site):
    """Yield the site, with the logs of this module's tests."""
    private_site.wait_until_ready()
    private_site.start_logs()
    return private_site
