"""In a real Prometheus and a real Alertmanager, each fault sends exactly its alert.

deploy/watch --fast divides the rules' times by 60. The site's own limits are short, too.
"""

import time
from contextlib import ExitStack, nullcontext

import pytest

from config.tests.processes import free_port, wait_until
from config.tests.site import new_site
from config.tests.traffic import Traffic
from monitoring.tests import faults
from monitoring.tests.expressions import list_panel_expressions
from monitoring.tests.watched import Watch, serve_metrics

pytestmark = pytest.mark.alerts

HOUR = 60
PEOPLE = 4
PAUSE = 0.3  # a shorter one would take the processor from the tests beside this part
ELSEWHERE = "elsewhere"
# What a site cannot be made to have in a test, or only in days. One response in a hundred fails.
OTHER_SITE = """\
ai4ceo_disk_free_bytes 9
ai4ceo_disk_size_bytes 100
ai4ceo_certificate_days_left{{file="site.pem"}} 13
ai4ceo_job_last_success_timestamp_seconds{{command="purge_files"}} {long_ago}
ai4ceo_job_last_success_timestamp_seconds{{command="clear_sessions"}} {now}
haproxy_frontend_http_responses_total{{proxy="site",code="2xx"}} {good}
haproxy_frontend_http_responses_total{{proxy="site",code="5xx"}} {bad}
"""
# Panels that are empty on a site without a fault, and why.
EMPTY = {"Days until a certificate expires": "the site has no TLS"}


def run_jobs(site):
    for command in ("purge_files", "clear_sessions", "seed_experts"):
        site.run_command(command)


@pytest.fixture(scope="module")
def site():
    settings = {"POOL_WEB_QUERY_WAIT_TIMEOUT": "2", "POOL_WEB_IDLE_TIMEOUT": "5"}
    with new_site(METRICS="true", METRICS_PORT=str(free_port()), **settings) as site:
        run_jobs(site)  # otherwise JobNeverRan waits
        yield site


@pytest.fixture(scope="module")
def people(site):
    return site.create_people(PEOPLE)


@pytest.fixture(scope="module")
def watch(site):
    with Watch(site) as watch:
        yield watch
    assert watch.status == 130
    assert "error expanding" not in "".join(watch.lines)


def render_other_site(began):
    requests = int(100 * (time.time() - began))
    return OTHER_SITE.format(
        long_ago=began - 3 * 86400, now=began, good=requests - requests // 100, bad=requests // 100
    )


@pytest.fixture(scope="module", autouse=True)
def other_site(watch):
    """Watch a second site from the start; yield when that was."""
    began = time.time()
    with serve_metrics(lambda: render_other_site(began)) as port:
        watch.add_site(ELSEWHERE, port)
        yield time.monotonic()


@pytest.fixture(scope="module")
def hour(site, people, watch):
    """Use the site for a shortened hour; return what was sent and each panel's answer."""
    site.wait_until_ready()
    watch.wait_until_quiet()
    began = time.monotonic()
    with Traffic(site, people, pause=PAUSE) as traffic:
        run_jobs(site)
        time.sleep(max(0, began + HOUR - time.monotonic()))
        answers = {(title, text): watch.query(text) for title, text in list_panel_expressions()}
    assert set(traffic.count_statuses()) == {200}
    return watch.list_sent(began), answers


def test_an_hour_of_ordinary_load_sends_nothing(hour):
    sent, _ = hour
    assert sent == set()


def test_each_line_of_the_dashboard_has_values(hour):
    _, answers = hour
    empty = {title for (title, _), answer in answers.items() if not answer}
    assert empty == set(EMPTY)


def run_traffic(site, people):
    return Traffic(site, people, pause=PAUSE)


def run_one_user(site, people):
    return Traffic(site, people[:1], pause=PAUSE)


def run_nothing(site, people):
    return nullcontext()


FAULTS = {
    "PostgreSQL is stopped": (faults.stop("postgres"), run_traffic, "PostgreSQLDown"),
    "PgBouncer web stands still": (faults.freeze("pgbouncer-web"), run_traffic, "PgBouncerDown"),
    "HAProxy is stopped": (faults.stop("haproxy"), run_traffic, "HAProxyDown"),
    "the exporter is stopped": (faults.stop("metrics"), run_traffic, "MetricsDown"),
    "a gunicorn process is stopped": (faults.stop("web:web-0"), run_traffic, "ProcessDown"),
    "the pools stay paused": (faults.pause_pools, run_traffic, "PoolPaused"),
    "all web connections are held": (faults.hold_web, run_traffic, "Refusals"),
    "the storage refuses": (faults.refuse_to_store, run_traffic, "Refusals"),
    "requests wait 1 to 2 s": (faults.make_requests_wait, run_traffic, "SlowWaits"),
    "other clients queue": (faults.make_clients_queue, run_nothing, "WaitingClients"),
    "nine of ten connections are busy": (faults.use_nine_connections, run_one_user, "PoolBusy"),
    "a page fails": (faults.break_a_page, run_traffic, "ErrorBudgetBurn"),
}
# Faults one after the other are errors for more than an hour, which is a minute here.
ACCUMULATED = {"ErrorBudgetBurnSlow"}
# These do not touch each other and last at the same time.
SIDE_BY_SIDE = {
    "the mail worker is stopped": (faults.stop("mail"), "ProcessDown"),
    "three long jobs": (faults.hold_jobs, "JobsPoolBlocked"),
    "8 connections around the pool": (faults.connect_around_the_pool, "AbandonedBackends"),
    "a session outside the pool takes a slot": (faults.take_a_slot, "SlotsNotReturned"),
    "five connections a second": (faults.connect_again_and_again, "ConnectionChurn"),
    "the idle timeout is switched off": (faults.keep_idle_connections, "IdleConnections"),
}


@pytest.fixture
def quiet(site, watch):
    """Return the time at which no alert fires any more."""
    site.wait_until_ready()
    watch.wait_until_quiet(ACCUMULATED)
    return time.monotonic()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_sends_exactly_its_alert(site, people, watch, quiet, name, record_property):
    fault, load, alert = FAULTS[name]
    with load(site, people):
        with fault(site, people):
            seconds = watch.wait_for(alert, quiet)
        site.wait_until_ready()
        watch.wait_until_quiet(ACCUMULATED)
    record_property(f"{name} -> {alert}", f"{seconds:.0f} s")
    assert watch.list_sent(quiet) - ACCUMULATED == {alert}


def test_faults_side_by_side_send_one_alert_each(site, people, watch, quiet, record_property):
    with ExitStack() as stack:
        for fault, _ in SIDE_BY_SIDE.values():
            stack.enter_context(fault(site, people))
        for name, (_, alert) in SIDE_BY_SIDE.items():
            record_property(f"{name} -> {alert}", f"{watch.wait_for(alert, quiet):.0f} s")
    watch.wait_until_quiet(ACCUMULATED)
    expected = {alert for _, alert in SIDE_BY_SIDE.values()}
    assert watch.list_sent(quiet) - ACCUMULATED == expected


def test_figures_of_another_site_send_its_alerts(watch, other_site, record_property):
    expected = ("DiskLow", "CertificateExpires", "JobNotRun", "ErrorBudgetBurnSlow")
    for alert in expected:
        seconds = watch.wait_for(alert, other_site, site=ELSEWHERE, seconds=150)
        record_property(alert, f"{seconds:.0f} s")
    assert watch.list_sent(other_site, ELSEWHERE) == set(expected)


def test_messages_explain_themselves(watch, other_site):
    message = "FIRING DiskLow (page) of elsewhere: 9% of the disk of elsewhere is free\n"
    wait_until(lambda: message in watch.lines, 60, "the message is printed")
    text = "".join(watch.lines)
    assert "    First: du -sh var/*\n    docs/operations.md#disklow\n" in text
