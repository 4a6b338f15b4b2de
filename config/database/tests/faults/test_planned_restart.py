"""A planned restart of PostgreSQL behind paused pools: requests only wait."""

import time

import pytest
from django.conf import settings

from config.tests.processes import wait_until
from config.tests.traffic import Traffic

pytestmark = pytest.mark.faults


def get_start_time(site):
    with site.superuser() as connection:
        return connection.execute("SELECT pg_postmaster_start_time()").fetchone()[0]


@pytest.fixture
def resumed(site):
    yield
    site.run_command("pools", "resume")


@pytest.mark.usefixtures("resumed")
def test_restart_behind_paused_pools_loses_nothing(site, people, record_property):
    before = get_start_time(site)
    with Traffic(site, people) as traffic:
        wait_until(lambda: len(traffic.answers) > 50, 30, "traffic runs")
        assert "web: paused in " in site.run_command("pools", "pause")
        site.supervisor("restart", "postgres")
        assert "web: resumed" in site.run_command("pools", "resume")
        resumed = time.monotonic()
        wait_until(
            lambda: traffic.count_statuses(after=resumed)[200] > 50, 10, "requests succeed again"
        )
    record_property("people", traffic.summarize())
    assert get_start_time(site) > before
    assert traffic.count_statuses() == {200: len(traffic.answers)}
    assert traffic.list_lost() == []
    assert traffic.get_slowest() < settings.POOLS["web"].query_wait_timeout


def test_pools_shows_figures_without_postgresql(site):
    site.supervisor("stop", "postgres")
    try:
        output = site.run_command("pools")
    finally:
        site.supervisor("start", "postgres")
    assert "  server connections " in output
    assert "PostgreSQL's figures are not available: " in output
