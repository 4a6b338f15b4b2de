"""`manage.py pools`: the table."""

from dataclasses import replace

import pytest
from django.conf import settings

from config.database.monitor.activity import RoleStatus
from config.database.monitor.pool_table import render_table
from config.database.monitor.status import Overview, PoolStatus

POOL = PoolStatus(
    version="1.18.0",
    paused=False,
    in_use=2,
    idle=1,
    logging_in=1,
    pool_size=10,
    clients=12,
    max_client_conn=400,
    waiting=3,
    longest_wait=1.26,
    query_wait_timeout=10,
    pids=frozenset({7}),
)
ROLE = RoleStatus(
    backends=5, active=None, idle=None, idle_in_transaction=None, oldest=None, abandoned=1
)
JOBS = RoleStatus(backends=1, active=1, idle=0, idle_in_transaction=0, oldest=200.0, abandoned=0)
SERVERS = {"web": replace(settings.POSTGRES["web"], user="we"), "jobs": settings.POSTGRES["jobs"]}
SERVERS["jobs"] = replace(SERVERS["jobs"], user="jo")
OVERVIEW = Overview(
    pools={"web": POOL, "jobs": replace(POOL, paused=True)},
    roles={"we": ROLE, "jo": JOBS},
    errors={},
)

TABLE = """\
                          web                        jobs
PgBouncer                 1.18.0                     1.18.0
  state                   open                       paused
  server connections      4 of 10                    4 of 10
    in use                2                          2
    idle                  1                          1
    logging in, tested    1                          1
  clients                 12 of 400                  12 of 400
    waiting               3                          3
    longest wait          1.3 s of 10 s              1.3 s of 10 s
PostgreSQL                we                         jo
  backends                5                          1
    active                hidden                     1
    idle                  hidden                     0
    idle in transaction   hidden                     0
    oldest                hidden                     3 min
    abandoned             1                          0

The state of we's backends is hidden from jo. To show it, an administrator can
run: GRANT pg_read_all_stats TO "jo"

Abandoned backends have no client and end within seconds. Those that remain
belong to another host, or to a client that uses the role without PgBouncer.
"""


def test_shows_pools_and_roles_side_by_side():
    assert render_table(OVERVIEW, SERVERS) == TABLE


def test_shows_partial_figures():
    away = Overview(
        pools={"web": POOL, "jobs": None}, roles=None, errors={"postgresql": "no " * 40}
    )
    lines = render_table(away, SERVERS).splitlines()
    assert lines[1].split() == ["PgBouncer", "1.18.0", "no", "answer"]
    assert "PostgreSQL                not available, see below" in lines
    assert max(len(line) for line in lines) <= 80


def test_shared_role_has_one_column():
    shared = Overview(pools=OVERVIEW.pools, roles={"jo": JOBS}, errors={})
    assert "PostgreSQL                jo, for both pools\n" in render_table(shared, SERVERS)


def test_long_names_keep_the_columns():
    longest = "x" * 63
    lines = render_table(replace(OVERVIEW, roles={longest: ROLE, "jo": JOBS}), SERVERS).splitlines()
    assert lines[10] == f"PostgreSQL                {'x' * 25}  jo"


@pytest.mark.parametrize(
    ("seconds", "text"), [(119.4, "119 s"), (7199, "119 min"), (7200, "2 h"), (172800, "2 days")]
)
def test_ages_have_a_suitable_unit(seconds, text):
    lines = render_table(replace(OVERVIEW, roles={"jo": replace(JOBS, oldest=seconds)}), SERVERS)
    assert f"    oldest                {text}\n" in lines


def test_abandoned_is_unknown_without_pgbouncer():
    seen = replace(OVERVIEW, roles={"jo": replace(JOBS, abandoned=None)})
    assert "    abandoned             unknown\n" in render_table(seen, SERVERS)
