"""A running HAProxy tells when its certificates expire, supervisor what runs."""

import xmlrpc.client

import pytest

from config.observe import machine
from config.observe.machine import read_certificates, read_processes
from config.tests.authority import CertificateAuthority, write_combined
from config.tests.processes import free_port, run_process, wait_until

CONFIGURATION = """
global
    stats socket "{folder}/haproxy.sock" mode 600 level admin
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend site
    bind 127.0.0.1:{port} ssl crt "{folder}/the site.pem"
"""


@pytest.fixture
def certificate(tmp_path):
    CertificateAuthority().issue(tmp_path / "live")
    return write_combined(tmp_path / "live", tmp_path / "the site.pem")


def test_tells_when_a_loaded_certificate_expires(tmp_path, certificate):
    file = tmp_path / "haproxy.cfg"
    file.write_text(CONFIGURATION.format(folder=tmp_path, port=free_port()))
    with run_process("haproxy", "-W", "-f", str(file)):
        wait_until((tmp_path / "haproxy.sock").exists, 10, "HAProxy runs")
        (reading,) = read_certificates(str(tmp_path), [str(certificate)])
    assert (reading.name, reading.labels) == ("ai4ceo_certificate_days_left", ("the site.pem",))
    assert 0.9 < reading.value <= 1


def test_raises_an_error_without_haproxy(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        read_certificates(str(tmp_path), ["/site.pem"])


def test_leaves_out_what_was_never_started(monkeypatch):
    programs = [
        {"group": "web", "name": "web-0", "state": machine.RUNNING, "start": 1_800_000_000},
        {"group": "mail", "name": "mail", "state": 0, "start": 1_800_000_000},
        {"group": "metrics", "name": "metrics", "state": 0, "start": 0},
    ]
    body = xmlrpc.client.dumps((programs,), methodresponse=True).encode()
    monkeypatch.setattr(machine, "fetch", lambda *request: (200, "text/xml", body))
    found = [(reading.labels, reading.value) for reading in read_processes("/run")]
    assert found == [(("web:web-0",), 1), (("mail",), 0)]
