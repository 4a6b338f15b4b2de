"""TLS and the redirect from HTTP, over real connections."""

import http.client
import socket
import ssl
from contextlib import closing

import pytest

from config.proxy.tests.echo import connect, run_proxy, send_headers
from config.tests.authority import CertificateAuthority, write_combined
from config.tests.processes import free_port

ORIGIN = "https://ai4ceo.example"


@pytest.fixture(scope="module")
def authority():
    return CertificateAuthority()


@pytest.fixture(scope="module")
def proxy(authority, tmp_path_factory):
    """Two certificates; the first is the default."""
    folder, paths = tmp_path_factory.mktemp("tls"), []
    for name in ("ai4ceo.example", "localhost"):
        authority.issue(folder / name, name)
        paths.append(write_combined(folder / name, folder / f"{name}.pem"))
    tls = {"tls_port": free_port(), "tls_certificates": tuple(paths), "origin": ORIGIN}
    with run_proxy(**tls, trusted_proxies=("127.0.0.2",)) as proxy:
        yield proxy


def handshake(proxy, context, name="ai4ceo.example"):
    plain = socket.create_connection(("127.0.0.1", proxy.tls_port), timeout=10)
    return context.wrap_socket(plain, server_hostname=name)


@pytest.mark.parametrize("name", ["ai4ceo.example", "localhost"])
def test_each_name_has_its_certificate(proxy, authority, name):
    with handshake(proxy, authority.make_context(), name) as secured:
        assert (("DNS", name),) == secured.getpeercert()["subjectAltName"]
        assert secured.version() == "TLSv1.3"


def test_negotiates_http2(proxy, authority):
    context = authority.make_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with handshake(proxy, context) as secured:
        assert secured.selected_alpn_protocol() == "h2"


def test_tls_1_2_has_forward_secrecy_and_no_tickets(proxy, authority):
    context = authority.make_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with handshake(proxy, context) as secured:
        name, version, _ = secured.cipher()
        assert (version, name[:6]) == ("TLSv1.2", "ECDHE-")
        assert not secured.session.has_ticket


@pytest.mark.parametrize("cipher", ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA"])
def test_rejects_weak_ciphers(proxy, authority, cipher):
    context = authority.make_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(cipher)
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        handshake(proxy, context)


def test_rejects_older_protocols(proxy):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1 is deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        handshake(proxy, context)


def test_the_site_receives_https(proxy, authority):
    with handshake(proxy, authority.make_context()) as secured:
        secured.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: http\r\n\r\n")
        response = http.client.HTTPResponse(secured)
        response.begin()
        assert b'["x-forwarded-proto", "https"]' in response.read()


@pytest.mark.parametrize(
    "path", ["/", "/a/b?c=%0d%0a&d=https://evil.example", "//evil.example/", "/%2f..", "/api/me"]
)
def test_redirects_http_to_the_same_path(proxy, path):
    with closing(connect(proxy)) as connection:
        connection.request("POST", path, headers={"Host": "evil.example"})
        response = connection.getresponse()
        assert (response.status, response.headers["Location"]) == (301, ORIGIN + path)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/readyz?x"])
def test_does_not_redirect_probes(proxy, path):
    with closing(connect(proxy)) as connection:
        connection.request("GET", path)
        assert connection.getresponse().status == 200


def test_does_not_redirect_https_at_a_trusted_proxy(proxy):
    received = send_headers(proxy, [("X-Forwarded-Proto", "https")], "127.0.0.2")
    assert ("x-forwarded-proto", "https") in received
