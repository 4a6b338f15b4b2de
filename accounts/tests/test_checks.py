from dataclasses import replace

import pytest

from accounts.checks import W001, W002, check_proxies, check_session_models


@pytest.mark.parametrize(
    ("https", "proxies", "found"), [(True, 0, [W001]), (True, 1, []), (False, 0, [])]
)
def test_w001_https_without_trusted_proxy_count(settings, https, proxies, found):
    settings.HAPROXY = False
    settings.HTTPS, settings.ALLAUTH_TRUSTED_PROXY_COUNT = https, proxies
    assert check_proxies(None) == found


@pytest.mark.parametrize(
    ("https", "options", "found"),
    [
        (True, {}, [W002]),
        (True, {"trusted_proxies": ("10.0.0.1",)}, []),
        (True, {"tls_certificates": ("/etc/site.pem",)}, []),
        (False, {}, []),
    ],
)
def test_w002_https_without_tls_termination(settings, https, options, found):
    origin = "https://ai4ceo.example" if https else "http://ai4ceo.example"
    defaults = {"trusted_proxies": (), "tls_certificates": (), "tls_port": 1}
    settings.PROXY = replace(settings.PROXY, origin=origin, **defaults | options)
    settings.HAPROXY, settings.HTTPS = True, https
    assert check_proxies(None) == found


def test_e001_model_missing_from_session_models(settings):
    assert check_session_models(None) == []
    settings.SESSION_MODELS = settings.SESSION_MODELS[:2]
    (error,) = check_session_models(None)
    assert error.id == "accounts.E001"
    assert "tours.Tour" in error.hint


def test_hints_name_the_setting():
    assert (W001.id, W002.id) == ("accounts.W001", "accounts.W002")
    assert W001.hint.startswith("Set TRUSTED_PROXY_COUNT=1")
    assert W002.hint.startswith("Set TLS_CERT to the certificate's file, or TRUSTED_PROXIES")
