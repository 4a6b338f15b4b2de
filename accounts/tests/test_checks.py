import pytest

from accounts.checks import W001, check_proxies


@pytest.mark.parametrize(
    ("https", "proxies", "found"), [(True, 0, [W001]), (True, 1, []), (False, 0, [])]
)
def test_w001_a_proxy_that_nobody_counts(settings, https, proxies, found):
    settings.HTTPS, settings.ALLAUTH_TRUSTED_PROXY_COUNT = https, proxies
    assert check_proxies(None) == found


def test_w001_names_the_remedy():
    assert W001.id == "accounts.W001"
    assert W001.hint.startswith("Set TRUSTED_PROXY_COUNT=1")
