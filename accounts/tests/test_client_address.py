import pytest

from accounts.adapter import AccountAdapter

adapter = AccountAdapter()


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unix:", "unknown"),
        ("", "unknown"),
    ],
)
def test_behind_haproxy_it_is_the_one_that_haproxy_names(rf, settings, told, address):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    request = rf.get("/", REMOTE_ADDR="", headers={"X-Forwarded-For": told})
    assert adapter.get_client_ip(request) == address
