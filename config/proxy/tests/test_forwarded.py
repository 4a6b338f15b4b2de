"""Whose request it is, as HAProxy tells the site: from real connections of several addresses."""

from contextlib import closing

import pytest

from config.proxy.tests.echo import asked, connected, echoing, sent

PROXY, ANOTHER, STRANGER = "127.0.0.2", "127.0.0.3", "127.0.0.9"
TRUSTED = (PROXY, ANOTHER, "10.0.0.0/8", "fd00::/8")
FOR, PROTO = "X-Forwarded-For", "X-Forwarded-Proto"


@pytest.fixture(scope="module")
def front():
    with echoing(trusted_proxies=TRUSTED) as front:
        yield front


def believed(front, headers, source=PROXY):
    """The address and the protocol, of which the site is told exactly one each."""
    found = sent(front, headers, source)
    ((_, address),) = [pair for pair in found if pair[0] == "x-forwarded-for"]
    ((_, protocol),) = [pair for pair in found if pair[0] == "x-forwarded-proto"]
    return address, protocol


CHAINS = [
    # what the proxy says, and whose request it then is
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
    ([], PROXY),
    ([""], PROXY),
    (["unknown"], PROXY),
    (["6.6.6.6, unknown"], PROXY),
    (["6.6.6.6, _hidden, 10.1.2.3"], "10.1.2.3"),
    (["6.6.6.6", "203.0.113.7 evil"], PROXY),
    (["6.6.6.6, [unknown]"], PROXY),
    (["6.6.6.6, [[2001:db8::7]]"], PROXY),
    (["6.6.6.6, 999.1.1.1"], PROXY),
    (["6.6.6.6, 127.0.0.1x"], PROXY),
    (["6.6.6.6,"], PROXY),
]


@pytest.mark.parametrize(("said", "address"), CHAINS)
def test_the_last_address_that_is_no_proxys_is_the_persons(front, said, address):
    assert believed(front, [(FOR, value) for value in said]) == (address, "http")


@pytest.mark.parametrize(("said", "_"), CHAINS)
def test_a_stranger_is_not_believed(front, said, _):
    headers = [(FOR, value) for value in said] + [(PROTO, "https")]
    assert believed(front, headers, STRANGER) == (STRANGER, "http")


@pytest.mark.parametrize(
    ("said", "protocol"),
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
def test_the_peers_last_word_is_the_protocol(front, said, protocol):
    headers = [(PROTO, value) for value in said]
    assert believed(front, headers)[1] == protocol


def test_a_stranger_is_not_believed_for_naming_a_proxy(front):
    headers = [(FOR, f"6.6.6.6, {PROXY}"), (PROTO, "https")]
    assert believed(front, headers, STRANGER) == (STRANGER, "http")


def test_on_a_kept_connection_each_request_is_of_its_own_person(front):
    with closing(connected(front, PROXY)) as connection:
        for said in ("203.0.113.1", "6.6.6.6, 203.0.113.2", "10.0.0.1"):
            found = asked(connection, [(FOR, said)])
            assert ("x-forwarded-for", said.rpartition(", ")[2]) in found


@pytest.mark.parametrize("source", [PROXY, STRANGER])
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
def test_a_claim_of_anybody_is_removed(front, source, name):
    found = sent(front, [(name, "9.9.9.9"), ("X-Other", "kept")], source)
    assert ("x-other", "kept") in found
    assert not any(value == "9.9.9.9" for _, value in found)


@pytest.mark.parametrize("name", ["Upgrade", "UPGRADE", "http2-settings"])
def test_no_change_of_protocol_is_passed_on(front, name):
    assert name.lower() not in dict(sent(front, [(name, "h2c")]))


@pytest.mark.parametrize("name", ["Cookie", "PRAGMA", "range", "Authorization", "If-Range"])
def test_what_would_pass_the_cache_by_is_removed_for_static_files(front, name):
    with closing(connected(front)) as connection:
        assert name.lower() not in dict(asked(connection, [(name, "a=b")], "/static/a.css"))
    assert name.lower() in dict(sent(front, [(name, "a=b")]))


def test_the_arrival_is_stamped_once(front):
    found = sent(front, [("X-Request-Start", "t=1")], PROXY)
    (stamp,) = [value for name, value in found if name == "x-request-start"]
    assert stamp.startswith("t=")
    assert int(stamp[2:]) > 1_000_000_000_000_000


@pytest.mark.parametrize(
    ("trusted", "said", "address"),
    [
        (("::1",), "6.6.6.6, 2001:db8::7", "2001:db8::7"),
        (("::1",), "203.0.113.7", "203.0.113.7"),
        (("::/64",), "2001:db8::7, ::2", "2001:db8::7"),
        (("127.0.0.1",), "2001:db8::7", "::1"),
    ],
)
def test_a_proxy_may_come_by_ipv6(trusted, said, address):
    with echoing(bind="::1", trusted_proxies=trusted) as front:
        assert believed(front, [(FOR, said)], "::1") == (address, "http")


def test_a_proxy_may_come_by_ipv4_to_a_listener_of_both():
    with echoing(bind="::", trusted_proxies=("127.0.0.0/30",)) as front:
        assert believed(front, [(FOR, "203.0.113.7")], PROXY)[0] == "203.0.113.7"
        assert believed(front, [(FOR, "203.0.113.7")], STRANGER)[0] == f"::ffff:{STRANGER}"
