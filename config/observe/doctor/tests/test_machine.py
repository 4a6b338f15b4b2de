import json
import time
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest

from config.observe.doctor import machine
from config.proxy.tests.echo import run_proxy
from config.tests.authority import CertificateAuthority, write_combined
from config.tests.processes import free_port, wait_until

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("short-lived"), free_port()
    CertificateAuthority().issue(folder / "live")
    certificate = write_combined(folder / "live", folder / "site.pem")
    origin = f"https://localhost:{port}"
    with run_proxy(tls_certificates=(str(certificate),), tls_port=port, origin=origin) as proxy:
        wait_until(Path(proxy.run_dir, "haproxy.sock").exists, 10, "HAProxy's socket is there")
        yield proxy


@pytest.fixture
def use(settings):
    def use(proxy):
        settings.HAPROXY, settings.PROXY = True, proxy

    return use


def test_reports_a_certificate_that_ends_soon(use, proxy):
    use(proxy)
    (problem,) = machine.find_haproxy_problems()
    assert problem.message == f"the certificate {proxy.tls_certificates[0]} ends in 1 days"
    assert "certbot renew" in problem.step


def test_reports_a_certificate_that_haproxy_has_not_loaded(use, proxy):
    use(replace(proxy, tls_certificates=("/etc/other.pem",)))
    (problem,) = machine.find_haproxy_problems()
    assert problem.message == "HAProxy has not loaded the certificate /etc/other.pem"


def test_an_http_site_has_no_problem(use, proxy):
    use(replace(proxy, tls_certificates=(), origin="http://localhost"))
    assert list(machine.find_haproxy_problems()) == []


def test_reports_an_old_haproxy(use, proxy, monkeypatch):
    use(replace(proxy, tls_certificates=(), origin="http://localhost"))
    monkeypatch.setattr(machine, "MIN_HAPROXY", (99,))
    (problem,) = machine.find_haproxy_problems()
    assert problem.message.endswith("is too old")


def test_reports_a_haproxy_that_does_not_run(use, proxy, tmp_path):
    use(replace(proxy, run_dir=str(tmp_path)))
    (problem,) = machine.find_haproxy_problems()
    assert problem.message.startswith("HAProxy does not answer")
    assert "Run `deploy/down`, then `deploy/up`" in problem.step


def test_reports_an_ended_certificate():
    (problem,) = machine.describe_certificate("site.pem", [-1.0])
    assert problem.message == "the certificate site.pem has ended"


def test_a_certificate_with_weeks_left_is_no_problem():
    assert list(machine.describe_certificate("site.pem", [15.0])) == []


@pytest.mark.parametrize(("free", "count"), [(10, 0), (9, 1)])
def test_reports_a_full_disk(monkeypatch, free, count):
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: Usage(100, 100 - free, free))
    problems = list(machine.find_disk_problems())
    assert len(problems) == count
    assert all(f"{free}% of the disk" in problem.message for problem in problems)


@pytest.fixture
def record(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    (tmp_path / "metrics").mkdir()

    def record(days, *, success=1):
        run = {"last_success": time.time() - days * machine.DAY, "success": success}
        (tmp_path / "metrics/purge_files.json").write_text(json.dumps(run))

    return record


def test_a_job_that_never_ran_here_is_no_problem(record):
    assert list(machine.find_late_jobs()) == []


def test_a_job_that_ran_yesterday_is_no_problem(record):
    record(1)
    assert list(machine.find_late_jobs()) == []


@pytest.mark.parametrize(
    ("days", "success", "said"),
    [(3, 1, "3 days ago"), (1, 0, "1 days ago; its last run failed")],
)
def test_reports_a_job_that_did_not_succeed(record, days, success, said):
    record(days, success=success)
    (problem,) = machine.find_late_jobs()
    assert problem.message == f"purge_files succeeded {said}"
    assert "manage.py purge_files" in problem.step
