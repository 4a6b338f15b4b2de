"""Two regions: HAProxy answers with its region, and sends what writes to the primary's."""

import json
import socket
import subprocess
from contextlib import closing
from dataclasses import replace

import pytest
from django.conf import settings

from config.haproxy_files import render_haproxy_files
from config.lib.regions import Region
from config.proxy.tests.echo import connect, request_headers, run_proxy
from config.proxy.tests.proxies import render_sections
from config.tests.authority import CertificateAuthority, encode_certificate, write_combined
from config.tests.processes import free_port, wait_until

FRA = Region(name="fra", primary="fra")
SECONDARY = {"name": "nyc", "primary": "fra"}
ID = "0" * 31 + "7"


def make_region(writes="proxy", url="https://fra.example.com"):
    return Region(**SECONDARY, writes=writes, primary_url=url)


def test_without_regions_nothing_is_rendered():
    sections = render_sections()
    assert "backend primary" not in sections
    assert not any("region" in line.lower() for lines in sections.values() for line in lines)


@pytest.mark.parametrize("writes", ["pool", "fly-replay"])
def test_only_a_proxy_has_the_other_region_as_a_backend(writes):
    assert "backend primary" not in render_sections(region=make_region(writes))


def test_verifies_the_other_regions_certificate():
    server = render_sections(region=make_region())["backend primary"][-1]
    assert server.startswith("server primary fra.example.com:443 check ")
    tls = "ssl verify required ca-file @system-ca sni str(fra.example.com)"
    assert f"{tls} verifyhost fra.example.com check-sni fra.example.com" in server


def test_haproxy_accepts_the_file_without_warnings(tmp_path):
    region = make_region(url="http://[fd00::1]:8000")
    proxy = replace(settings.PROXY, region=region, folder=str(tmp_path), run_dir=str(tmp_path))
    for path, text in render_haproxy_files(proxy).items():
        path.write_text(text)
    command = ["haproxy", "-c", "-f", f"{tmp_path}/haproxy.cfg"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert result.returncode == 0, result.stderr
    assert result.stderr.replace("Configuration file is valid", "").strip() == ""


def ask(proxy, method, path, headers=()):
    """Return the response's status, region and text."""
    with closing(connect(proxy)) as connection:
        connection.request(method, path, headers=dict(headers))
        response = connection.getresponse()
        return response.status, response.headers["X-Region"], response.read().decode()


def wait_for_primary(proxy):
    wait_until(lambda: ask(proxy, "POST", "/")[0] == 200, 10, "the other region is seen")


@pytest.fixture(scope="module")
def primary():
    with run_proxy(region=FRA, trusted_proxies=("127.0.0.1",)) as primary:
        yield primary


@pytest.fixture(scope="module")
def proxy(primary):
    region = make_region(url=f"http://127.0.0.1:{primary.port}")
    with run_proxy(region=region, trusted_proxies=("127.0.0.2",)) as proxy:
        wait_for_primary(proxy)
        yield proxy


def test_answers_with_its_region(primary, proxy):
    assert ask(primary, "GET", "/region") == (200, "fra", "fra")
    assert ask(proxy, "GET", "/region") == (200, "nyc", "nyc")


ANSWERED_BY = [
    ("GET", "/", "nyc"),
    ("HEAD", "/files/", "nyc"),
    ("POST", "/", "fra"),
    ("PATCH", "/api/profile", "fra"),
    ("GET", "/accounts/email/", "fra"),
    ("GET", "/admin/", "fra"),
    ("GET", "/admin/pools/", "nyc"),
    ("POST", "/admin/pools/", "nyc"),
    ("GET", "/accounts/login/", "nyc"),
    ("POST", "/accounts/login/", "fra"),
    ("GET", "/healthz", "nyc"),
]


@pytest.mark.parametrize(("method", "path", "region"), ANSWERED_BY)
def test_sends_what_writes_or_reads_the_primary_only(proxy, method, path, region):
    assert ask(proxy, method, path)[1] == region


def test_keeps_host_client_protocol_and_id(proxy):
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Request-ID": ID}
    sent = list((headers | {"X-Forwarded-Proto": "https"}).items())
    with closing(connect(proxy, "127.0.0.2")) as connection:
        received = dict(request_headers(connection, sent, "/accounts/email/"))
    assert received["host"] == f"127.0.0.1:{proxy.port}"
    assert received["x-forwarded-for"] == "203.0.113.7"
    assert received["x-forwarded-proto"] == "https"
    assert received["x-request-id"] == ID


def test_reading_goes_on_while_the_other_region_is_away():
    port = free_port()
    with run_proxy(region=make_region(url=f"http://127.0.0.1:{port}")) as proxy:
        assert ask(proxy, "GET", "/")[:2] == (200, "nyc")
        status, region, text = ask(proxy, "POST", "/")
        assert (status, region) == (503, "nyc")
        assert "You can go on reading" in text
        assert json.loads(ask(proxy, "PATCH", "/api/profile")[2])["code"] == "unavailable:database"
        with run_proxy(region=FRA, port=port):
            wait_for_primary(proxy)
        wait_until(lambda: ask(proxy, "POST", "/")[0] == 503, 10, "it is away again")


def test_a_url_that_leads_back_is_not_followed():
    port = free_port()
    with run_proxy(port=port, region=make_region(url=f"http://127.0.0.1:{port}")) as proxy:
        wait_until(lambda: ask(proxy, "POST", "/")[0] == 503, 10, "it is refused")


def test_asks_fly_to_replay_what_it_can():
    with run_proxy(region=make_region("fly-replay")) as proxy, closing(connect(proxy)) as client:
        client.request("POST", "/", body=b"x" * 100_000)
        response = client.getresponse()
        response.read()
        assert (response.status, response.headers["fly-replay"]) == (409, "region=fra")
        client.request("GET", "/")
        assert client.getresponse().headers["fly-replay"] is None


@pytest.mark.parametrize(("name", "status"), [("localhost", 200), ("other.example", 503)])
def test_accepts_only_the_right_certificate(name, status, tmp_path):
    authority, file = CertificateAuthority(), tmp_path / "authority.pem"
    authority.issue(tmp_path / "site", name)
    file.write_bytes(encode_certificate(authority.certificate))
    pem = write_combined(tmp_path / "site", tmp_path / "site.pem")
    tls = {"tls_port": free_port(), "tls_certificates": (pem,), "origin": "https://site.example"}
    # On some machines the name stands for an IPv6 address first.
    address = socket.getaddrinfo("localhost", None)[0][4][0]
    with run_proxy(region=FRA, bind=address, **tls) as primary:
        url = f"https://localhost:{primary.tls_port}"
        region = replace(make_region(url=url), primary_ca=str(file))
        with run_proxy(region=region) as proxy:
            wait_until(lambda: ask(proxy, "POST", "/")[0] == status, 10, f"it answers {status}")
