"""A host in a secondary region: its pool, its checks, and the position of a write."""

import json
import re
from dataclasses import replace

import pytest
from django.conf import settings as site_settings

from accounts.tests.people import make_user
from config.database.checks.regions import find_mistakes
from config.database.policy import WEB, move_away, override
from config.database.render.pgbouncer import render_ini
from config.lib.regions import NOWHERE, Region

FRA = Region(name="fra", primary="fra")
NYC = Region(name="nyc", primary="fra")


def get_ini(pool):
    server = site_settings.POSTGRES["web"]
    return dict(
        re.findall(r"^(\w+) = (.*)$", render_ini(pool, server, host="/r", folder="/f"), re.M)
    )


@pytest.mark.parametrize("hosts", [1, 4])
def test_the_far_pool_keeps_connections(hosts):
    ini = get_ini(replace(move_away(WEB), hosts=hosts))
    assert (ini["server_idle_timeout"], ini["min_pool_size"]) == ("300", "2")


def test_other_pools_keep_none():
    ini = get_ini(WEB)
    assert ini["server_idle_timeout"] == "20"
    assert "min_pool_size" not in ini


def test_a_variable_overrides_the_far_pools_idle_timeout():
    assert override(move_away(WEB), {"POOL_WEB_IDLE_TIMEOUT": "60"}).server_idle_timeout == 60


@pytest.mark.parametrize(
    ("region", "replicas", "hosts", "ids"),
    [
        (NOWHERE, {}, 1, []),
        (FRA, {}, 2, []),
        (FRA, {}, 1, ["pool.W131"]),
        (NYC, {"read1": None}, 2, []),
        (NYC, {}, 2, ["pool.E131"]),
    ],
)
def test_checks_replica_and_hosts(settings, region, replicas, hosts, ids):
    settings.REGION, settings.READ_POOLS, settings.HOSTS = region, replicas, hosts
    assert [message.id for message in find_mistakes()] == ids


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("region", "is_remembered"), [(FRA, True), (NOWHERE, False)])
def test_a_region_without_replicas_remembers_writes(client, settings, region, is_remembered):
    client.force_login(make_user())
    settings.REGION = region
    body = json.dumps({"bio": "new"})
    response = client.patch("/api/profile", body, content_type="application/json")
    assert response.status_code == 200, response.content
    assert ("written" in response.cookies) is is_remembered
    assert "written" not in client.get("/api/profile").cookies
