"""TLS as a client meets it, and where plain HTTP is sent."""

import http.client
import socket
import ssl
from contextlib import closing

import pytest

from config.proxy.tests.echo import connected, echoing, sent
from config.tests.authority import Authority, together
from config.tests.processes import free_port

ORIGIN = "https://ai4ceo.example"


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture(scope="module")
def front(authority, tmp_path_factory):
    """Two certificates, the first of which is for whoever asks for neither name."""
    folder, paths = tmp_path_factory.mktemp("tls"), []
    for name in ("ai4ceo.example", "localhost"):
        authority.issue(folder / name, name)
        paths.append(together(folder / name, folder / f"{name}.pem"))
    tls = {"tls_port": free_port(), "tls_certificates": tuple(paths), "origin": ORIGIN}
    with echoing(**tls, trusted_proxies=("127.0.0.2",)) as front:
        yield front


def shaken(front, context, name="ai4ceo.example"):
    plain = socket.create_connection(("127.0.0.1", front.tls_port), timeout=10)
    return context.wrap_socket(plain, server_hostname=name)


@pytest.mark.parametrize("name", ["ai4ceo.example", "localhost"])
def test_each_name_has_its_certificate(front, authority, name):
    with shaken(front, authority.context(), name) as secured:
        assert (("DNS", name),) == secured.getpeercert()["subjectAltName"]
        assert secured.version() == "TLSv1.3"


def test_http_2_is_spoken_with_who_can(front, authority):
    context = authority.context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with shaken(front, context) as secured:
        assert secured.selected_alpn_protocol() == "h2"


def test_tls_1_2_is_spoken_with_forward_secrecy_and_without_tickets(front, authority):
    context = authority.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with shaken(front, context) as secured:
        name, version, _ = secured.cipher()
        assert (version, name[:6]) == ("TLSv1.2", "ECDHE-")
        assert not secured.session.has_ticket


@pytest.mark.parametrize("cipher", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA"])
def test_a_weak_cipher_is_refused(front, authority, cipher):
    context = authority.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(cipher)
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        shaken(front, context)


def test_an_older_protocol_is_refused(front):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1 is deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        shaken(front, context)


def test_the_site_is_told_that_it_came_by_https(front, authority):
    with shaken(front, authority.context()) as secured:
        secured.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: http\r\n\r\n")
        answer = http.client.HTTPResponse(secured)
        answer.begin()
        assert b'["x-forwarded-proto", "https"]' in answer.read()


@pytest.mark.parametrize(
    "path", ["/", "/a/b?c=%0d%0a&d=https://evil.example", "//evil.example/", "/%2f..", "/api/me"]
)
def test_http_is_redirected_to_the_same_place_of_the_site(front, path):
    with closing(connected(front)) as connection:
        connection.request("POST", path, headers={"Host": "evil.example"})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (301, ORIGIN + path)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/readyz?x"])
def test_probes_may_come_by_http(front, path):
    with closing(connected(front)) as connection:
        connection.request("GET", path)
        assert connection.getresponse().status == 200


def test_what_a_trusted_proxy_took_by_https_is_not_redirected(front):
    found = sent(front, [("X-Forwarded-Proto", "https")], "127.0.0.2")
    assert ("x-forwarded-proto", "https") in found
