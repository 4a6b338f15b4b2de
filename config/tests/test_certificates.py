"""TLS termination, and renewing the certificate under load."""

import http.client
import os
import re
import subprocess
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from config.tests.authority import CertificateAuthority, write_combined
from config.tests.processes import ROOT, free_port
from config.tests.site import TOKEN, new_site
from config.tests.test_scripts import get_line, new_scripts

pytestmark = pytest.mark.own_site

PROXY = "127.0.0.2"


@pytest.fixture(scope="module")
def authority():
    return CertificateAuthority()


@pytest.fixture(scope="module")
def site(authority, tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("certificates"), free_port()
    authority.issue(folder / "live/localhost")
    certificate = write_combined(folder / "live/localhost", folder / "site.pem")
    environment = {
        "SITE_URL": f"https://localhost:{port}",
        "TLS_CERT": certificate,
        "TLS_PORT": str(port),
        "TRUSTED_PROXIES": PROXY,
        "METRICS": "true",
        "METRICS_PORT": str(free_port()),
    }
    with new_site(**environment) as site:
        site.tls_port, site.certificate, site.lineage = port, certificate, folder / "live/localhost"
        yield site


def secure(site, authority):
    port, context = site.tls_port, authority.make_context()
    return http.client.HTTPSConnection("localhost", port, timeout=30, context=context)


def get_serial(site, authority):
    with closing(secure(site, authority)) as connection:
        connection.connect()
        return int(connection.sock.getpeercert()["serialNumber"], 16)


def hook(site, **environment):
    return subprocess.run(
        ["deploy/certificate-hook"],
        cwd=ROOT,
        env=site.environment | {"RENEWED_LINEAGE": str(site.lineage)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class People:
    """Clients with new and with persistent connections."""

    def __init__(self, site, authority):
        self.site, self.authority = site, authority
        self.answers, self.failures, self.ended = Counter(), [], threading.Event()
        self.threads = [
            threading.Thread(target=self.request, args=(path, kept))
            for path in ("/healthz", "/api/profile")
            for kept in (True, True, False)
        ]

    def request(self, path, kept):
        connection = secure(self.site, self.authority)
        # Leave some of the two processors to the renewals.
        while not self.ended.wait(0.15):
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
                self.answers[path, answer.status] += 1
            except (OSError, http.client.HTTPException) as error:
                self.failures.append((path, kept, repr(error)))
                connection.close()
            if not kept:
                connection.close()
        connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()


def test_five_renewals_lose_no_request(site, authority):
    with People(site, authority) as people:
        for _ in range(5):
            renewed = authority.issue(site.lineage)
            result = hook(site)
            assert result.returncode == 0, result.stdout + result.stderr
            assert get_serial(site, authority) == renewed
    assert people.failures == []
    assert {status for _, status in people.answers} == {200, 401}
    assert people.answers.total() > 200
    assert Path(site.certificate).stat().st_mode & 0o777 == 0o600


def test_metrics_tell_when_the_certificate_expires(site):
    port = int(site.environment["METRICS_PORT"])
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    (days,) = re.findall(r'^ai4ceo_certificate_days_left{file="site.pem"} (.*)$', text, re.M)
    assert 0.9 < float(days) <= 1


def test_keeps_the_certificate_if_haproxy_rejects_the_new_one(site, authority):
    before, shown = Path(site.certificate).read_bytes(), get_serial(site, authority)
    authority.issue(site.lineage)
    authority.issue(site.lineage.parent / "other")
    os.replace(site.lineage.parent / "other/privkey.pem", site.lineage / "privkey.pem")
    result = hook(site)
    assert result.returncode == 1
    assert "inconsistencies between private key and certificate" in result.stderr
    assert "is unchanged" in result.stderr
    assert Path(site.certificate).read_bytes() == before
    assert not Path(f"{site.certificate}.new").exists()
    assert get_serial(site, authority) == shown


def test_names_a_missing_lineage(site):
    result = hook(site, RENEWED_LINEAGE="/nowhere")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "RENEWED_LINEAGE=/nowhere has no fullchain.pem" in result.stderr


def test_writes_the_file_named_for_the_lineage(site):
    several = hook(site, TLS_CERT=f"{site.certificate}, /etc/ai4ceo/other.pem")
    assert (several.returncode, several.stderr.count("\n")) == (1, 1)
    assert "none of TLS_CERT's files is localhost.pem" in several.stderr


def fail_to_sign_in(site, person, email):
    """Return the status of a failed sign-in through a proxy that sends the client's IP address."""
    where = f"https://localhost:{site.tls_port}"
    headers = {
        "Host": f"localhost:{site.tls_port}",
        "X-Forwarded-For": f"6.6.6.6, {person}",
        "X-Forwarded-Proto": "https",
        "Cookie": f"__Host-csrftoken={TOKEN}",
        "X-CSRFToken": TOKEN,
        "Origin": where,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection = http.client.HTTPConnection(
        "127.0.0.1", site.port, timeout=30, source_address=(PROXY, 0)
    )
    with closing(connection):
        body = f"login={email}&password=wrong-horse"
        connection.request("POST", "/accounts/login/", body, headers)
        return connection.getresponse().status


def test_another_proxys_clients_have_separate_rate_limits(site):
    for number in range(11):
        assert fail_to_sign_in(site, "203.0.113.1", f"nobody-{number}@example.org") == 200
    assert fail_to_sign_in(site, "203.0.113.2", "nobody@example.org") == 200
    text = site.log("web-0") + site.log("web-1")
    lines = re.findall(r"(\S+) sign-in: e-mail address #\w+, from (\S+)", text)
    assert Counter(lines) == {
        ("failed", "203.0.113.1"): 10,
        ("throttled", "203.0.113.1"): 1,
        ("failed", "203.0.113.2"): 1,
    }


@pytest.fixture
def scripts():
    with new_scripts(SITE_URL="https://localhost", TLS_PORT=str(free_port())) as scripts:
        yield scripts


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("nowhere.pem", "unable to stat SSL certificate"),
        ("unreadable.pem", "cannot open the file"),
        ("fullchain.pem", "No Private Key found"),
        ("privkey.pem", "unable to load certificate"),
    ],
)
def test_names_an_invalid_certificate_before_starting(scripts, authority, tmp_path, name, error):
    authority.issue(tmp_path)
    write_combined(tmp_path, tmp_path / "unreadable.pem")
    (tmp_path / "unreadable.pem").chmod(0)
    output = get_line(scripts.up(TLS_CERT=str(tmp_path / name)))
    assert output.startswith("deploy/up: TLS_CERT failed: ")
    assert error in output
    assert f"{tmp_path / name}'" in output
    assert not (scripts.folder / "var/postgres").exists()


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ({"SITE_URL": "http://localhost"}, "give SITE_URL=https://NAME"),
        ({"TLS_CERT": "site.pem"}, "give absolute paths"),
        ({"TLS_PORT": "many"}, "give a whole number"),
    ],
)
def test_names_settings_that_conflict_with_a_certificate(scripts, given, remedy):
    assert remedy in get_line(scripts.up(**{"TLS_CERT": "/etc/site.pem"} | given))
