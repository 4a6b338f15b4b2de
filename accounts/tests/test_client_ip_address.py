import pytest

from accounts.adapter import AccountAdapter

adapter = AccountAdapter()


@pytest.mark.parametrize(
    ("header", "ip"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("unix:", "unknown"),
        ("", "unknown"),
    ],
)
def test_uses_forwarded_ip_address(rf, settings, header, ip):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    request = rf.get("/", REMOTE_ADDR="", headers={"X-Forwarded-For": header})
    assert adapter.get_client_ip(request) == ip
