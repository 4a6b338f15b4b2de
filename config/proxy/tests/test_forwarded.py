"""The client's IP address and protocol, over real connections from several IP addresses."""

from contextlib import closing

import pytest

from config.proxy.tests.echo import connect, request_headers, run_proxy, send_headers

TRUSTED_PROXY, OTHER_PROXY, UNTRUSTED = "127.0.0.2", "127.0.0.3", "127.0.0.9"
TRUSTED = (TRUSTED_PROXY, OTHER_PROXY, "10.0.0.0/8", "fd00::/8")
FOR, PROTO = "X-Forwarded-For", "X-Forwarded-Proto"


@pytest.fixture(scope="module")
def proxy():
    with run_proxy(trusted_proxies=TRUSTED) as proxy:
        yield proxy


def get_client(proxy, headers, source=TRUSTED_PROXY):
    """Return the one IP address and the one protocol that reach the site."""
    received = send_headers(proxy, headers, source)
    ((_, ip_address),) = [pair for pair in received if pair[0] == "x-forwarded-for"]
    ((_, protocol),) = [pair for pair in received if pair[0] == "x-forwarded-proto"]
    return ip_address, protocol


CHAINS = [
    # X-Forwarded-For headers, and the resulting client IP address
    (["203.0.113.7"], "203.0.113.7"),
    (["6.6.6.6, 203.0.113.7"], "203.0.113.7"),
    (["6.6.6.6,203.0.113.7 , 10.1.2.3"], "203.0.113.7"),
    (["6.6.6.6", "203.0.113.7", "10.1.2.3, 127.0.0.3"], "203.0.113.7"),
    (["203.0.113.7", "10.1.2.3"], "203.0.113.7"),
    (["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
    (["203.0.113.7, 10.0.0.4, 10.0.0.3, 10.0.0.2, 10.0.0.1"], "203.0.113.7"),
    (["6.6.6.6, 10.0.0.5, 10.0.0.4, 10.0.0.3, 10.0.0.2, 10.0.0.1"], "10.0.0.5"),
    (["2001:db8::7"], "2001:db8::7"),
    (["6.6.6.6, 2001:db8::7, fd00::1"], "2001:db8::7"),
    (["6.6.6.6, 203.0.113.7:4711"], "203.0.113.7"),
    (["6.6.6.6, [2001:db8::7]:4711"], "2001:db8::7"),
    (["6.6.6.6, [2001:db8::7]"], "2001:db8::7"),
    (["6.6.6.6, 203.0.113.7:4711, 10.0.0.1:80"], "203.0.113.7"),
    ([], TRUSTED_PROXY),
    ([""], TRUSTED_PROXY),
    (["unknown"], TRUSTED_PROXY),
    (["6.6.6.6, unknown"], TRUSTED_PROXY),
    (["6.6.6.6, _hidden, 10.1.2.3"], "10.1.2.3"),
    (["6.6.6.6", "203.0.113.7 evil"], TRUSTED_PROXY),
    (["6.6.6.6, [unknown]"], TRUSTED_PROXY),
    (["6.6.6.6, [[2001:db8::7]]"], TRUSTED_PROXY),
    (["6.6.6.6, 999.1.1.1"], TRUSTED_PROXY),
    (["6.6.6.6, 127.0.0.1x"], TRUSTED_PROXY),
    (["6.6.6.6,"], TRUSTED_PROXY),
]


@pytest.mark.parametrize(("values", "ip_address"), CHAINS)
def test_the_last_untrusted_ip_address_is_the_client(proxy, values, ip_address):
    assert get_client(proxy, [(FOR, value) for value in values]) == (ip_address, "http")


@pytest.mark.parametrize(("values", "_"), CHAINS)
def test_does_not_trust_other_clients(proxy, values, _):
    headers = [(FOR, value) for value in values] + [(PROTO, "https")]
    assert get_client(proxy, headers, UNTRUSTED) == (UNTRUSTED, "http")


@pytest.mark.parametrize(
    ("values", "protocol"),
    [
        (["https"], "https"),
        (["HTTPS"], "https"),
        (["http"], "http"),
        (["https, http"], "http"),
        (["https", "http"], "http"),
        (["http", "https"], "https"),
        (["ftp"], "http"),
        ([], "http"),
    ],
)
def test_the_peers_last_header_is_the_protocol(proxy, values, protocol):
    headers = [(PROTO, value) for value in values]
    assert get_client(proxy, headers)[1] == protocol


def test_does_not_trust_a_client_that_names_a_proxy(proxy):
    headers = [(FOR, f"6.6.6.6, {TRUSTED_PROXY}"), (PROTO, "https")]
    assert get_client(proxy, headers, UNTRUSTED) == (UNTRUSTED, "http")


def test_each_request_on_a_kept_connection_has_its_own_client(proxy):
    with closing(connect(proxy, TRUSTED_PROXY)) as connection:
        for values in ("203.0.113.1", "6.6.6.6, 203.0.113.2", "10.0.0.1"):
            received = request_headers(connection, [(FOR, values)])
            assert ("x-forwarded-for", values.rpartition(", ")[2]) in received


@pytest.mark.parametrize("source", [TRUSTED_PROXY, UNTRUSTED])
@pytest.mark.parametrize(
    "name",
    [
        "X-Forwarded-Host",
        "x-forwarded-port",
        "X-FORWARDED-SERVER",
        "X-Forwarded-Prefix",
        "X-Forwarded-",
        "Forwarded",
        "FORWARDED",
        "X-Real-IP",
        "x-real-ip",
        "X-Request-Start",
        "SCRIPT_NAME",
        "Script_Name",
        "X_Forwarded_For",
        "x_forwarded_proto",
        "X-Forwarded_For",
        "X_Real_IP",
        "REMOTE_ADDR",
        "REMOTE_USER",
        "X.Forwarded.For",
    ],
)
def test_deletes_forwarding_headers(proxy, source, name):
    received = send_headers(proxy, [(name, "9.9.9.9"), ("X-Other", "kept")], source)
    assert ("x-other", "kept") in received
    assert not any(value == "9.9.9.9" for _, value in received)


@pytest.mark.parametrize("name", ["Upgrade", "UPGRADE", "http2-settings"])
def test_deletes_upgrade_headers(proxy, name):
    assert name.lower() not in dict(send_headers(proxy, [(name, "h2c")]))


@pytest.mark.parametrize("name", ["Cookie", "PRAGMA", "range", "Authorization", "If-Range"])
def test_deletes_cache_bypass_headers_for_static_files(proxy, name):
    with closing(connect(proxy)) as connection:
        assert name.lower() not in dict(
            request_headers(connection, [(name, "a=b")], "/static/a.css")
        )
    assert name.lower() in dict(send_headers(proxy, [(name, "a=b")]))


def test_sets_the_request_start_once(proxy):
    received = send_headers(proxy, [("X-Request-Start", "t=1")], TRUSTED_PROXY)
    (stamp,) = [value for name, value in received if name == "x-request-start"]
    assert stamp.startswith("t=")
    assert int(stamp[2:]) > 1_000_000_000_000_000


@pytest.mark.parametrize(
    ("trusted", "values", "ip_address"),
    [
        (("::1",), "6.6.6.6, 2001:db8::7", "2001:db8::7"),
        (("::1",), "203.0.113.7", "203.0.113.7"),
        (("::/64",), "2001:db8::7, ::2", "2001:db8::7"),
        (("127.0.0.1",), "2001:db8::7", "::1"),
    ],
)
def test_trusts_a_proxy_over_ipv6(trusted, values, ip_address):
    with run_proxy(bind="::1", trusted_proxies=trusted) as proxy:
        assert get_client(proxy, [(FOR, values)], "::1") == (ip_address, "http")


def test_trusts_an_ipv4_proxy_on_a_dual_stack_listener():
    with run_proxy(bind="::", trusted_proxies=("127.0.0.0/30",)) as proxy:
        assert get_client(proxy, [(FOR, "203.0.113.7")], TRUSTED_PROXY)[0] == "203.0.113.7"
        assert get_client(proxy, [(FOR, "203.0.113.7")], UNTRUSTED)[0] == f"::ffff:{UNTRUSTED}"
