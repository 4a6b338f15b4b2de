"""PostgreSQL admits as many server connections as there are slots."""

from dataclasses import replace

import psycopg
import pytest
from django.conf import settings

from config.database.policy import JOBS, WEB
from config.database.render.pgbouncer import render_connect_query
from config.database.render.slot_functions import render_definitions
from config.database.render.slots import HAS_SLOT, get_lock_class
from config.database.tests.servers import connect
from config.tests.processes import superuser, wait_until

# An additional pool of 2 hosts, which share 4 slots.
POOL = replace(WEB, name="test", max_connections=2, budget=4, hosts=2)
LOGIN = render_connect_query(POOL)


@pytest.fixture
def logins():
    """Return a function that opens direct sessions of the web role; close them at the end."""
    sessions = []

    def log_in(statement=LOGIN, *, wait=True):
        session = connect(settings.POSTGRES["web"])
        sessions.append(session)
        session.pgconn.send_query(statement.encode())
        if wait:
            while session.pgconn.get_result():
                pass
        return session

    yield log_in
    for session in sessions:
        session.pgconn.finish()


def list_taken_slots(admin):
    query = "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s ORDER BY 1"
    return [slot for (slot,) in admin.execute(query, [get_lock_class(POOL)])]


def is_alive(admin, pid):
    return bool(admin.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone())


def is_waiting(admin, session):
    query = "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = %s"
    return admin.execute(query, [session.info.backend_pid]).fetchone() == (True,)


def test_login_takes_one_slot(logins):
    with superuser() as admin:
        for count in (1, 2, 3, 4):
            assert logins().execute(HAS_SLOT, [get_lock_class(POOL)]).fetchone() == (True,)
            assert list_taken_slots(admin) == [*range(1, count + 1)]


def test_next_login_waits_until_another_backend_ends(logins):
    with superuser() as admin:
        holders = [logins() for _ in range(4)]
        waiting = logins(wait=False)
        wait_until(lambda: is_waiting(admin, waiting), 30, "the login waits")
        assert list_taken_slots(admin) == [1, 2, 3, 4]
        holders[2].close()
        wait_until(lambda: not is_waiting(admin, waiting), 30, "the login has its slot")
        assert list_taken_slots(admin) == [1, 2, 3, 4]


def test_abandoned_wait_ends_at_once(logins):
    with superuser() as admin:
        holders = [logins() for _ in range(4)]
        waiting = logins(wait=False)
        wait_until(lambda: is_waiting(admin, waiting), 30, "the login waits")
        pid = waiting.info.backend_pid
        waiting.pgconn.finish()
        wait_until(lambda: not is_alive(admin, pid), 2, "the login is gone")
        assert all(is_alive(admin, holder.info.backend_pid) for holder in holders)


@pytest.mark.parametrize("signal", ["pg_cancel_backend", "statement_timeout"])
def test_failed_wait_ends_the_session(logins, signal):
    hasty = render_connect_query(replace(POOL, statement_timeout=1))
    with superuser() as admin:
        for _ in range(4):
            logins()
        waiting = logins(hasty if signal == "statement_timeout" else LOGIN, wait=False)
        wait_until(lambda: is_waiting(admin, waiting), 30, "the login waits")
        if signal == "pg_cancel_backend":
            admin.execute("SELECT pg_cancel_backend(%s)", [waiting.info.backend_pid])
        wait_until(lambda: not is_alive(admin, waiting.info.backend_pid), 5, "the login is gone")
        assert list_taken_slots(admin) == [1, 2, 3, 4]


def test_slot_survives_commit_and_rollback(logins):
    login = logins()
    login.execute("BEGIN; SELECT 1; ROLLBACK; BEGIN; SELECT 1; COMMIT")
    assert login.execute(HAS_SLOT, [get_lock_class(POOL)]).fetchone() == (True,)


def test_each_pool_has_its_own_slots():
    assert len({get_lock_class(pool) for pool in (WEB, JOBS, POOL)}) == 3


def test_session_without_a_slot_has_none(logins):
    login = logins("SELECT 1")
    assert login.execute(HAS_SLOT, [get_lock_class(POOL)]).fetchone() == (False,)


def render_site_login(name):
    return render_connect_query(settings.POOLS[name])


@pytest.mark.parametrize(
    "call",
    [
        "pg_try_advisory_lock(1, 2)",
        "pg_advisory_lock_shared(1, 2)",
        "pg_try_advisory_xact_lock(1, 2)",
        "pg_advisory_unlock(1, 2)",
        "pg_advisory_unlock_all()",
        "pg_try_advisory_lock(1)",
        "lo_create(0)",
        "lo_from_bytea(0, 'x')",
    ],
)
def test_web_role_cannot_use_locks_or_large_objects(logins, call):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        logins("SELECT 1").execute(f"SELECT {call}")


def test_web_role_gets_no_slot_of_the_jobs_pool(logins):
    jobs = get_lock_class(settings.POOLS["jobs"])
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="may not use this pool"):
        logins("SELECT 1").execute("SELECT enter_pool(%s, 2)", [jobs])
    with superuser() as admin:
        pid = logins(render_site_login("jobs")).info.backend_pid
        wait_until(lambda: not is_alive(admin, pid), 30, "the login is gone")


def test_session_gets_only_one_slot(logins):
    with superuser() as admin:
        login = logins()
        login.execute("SELECT enter_pool(%s, 4), enter_pool(%s, 9)", [get_lock_class(POOL)] * 2)
        assert list_taken_slots(admin) == [1]


def test_role_defaults_do_not_affect_the_pool(logins):
    role = settings.POSTGRES["web"].user
    changes = {
        "statement_timeout": "200",
        "search_path": "''",
        "default_transaction_read_only": "on",
        "join_collapse_limit": "8",
    }
    with superuser() as admin:
        kept = admin.execute(
            "SELECT setconfig FROM pg_db_role_setting JOIN pg_roles ON setrole = pg_roles.oid "
            "WHERE rolname = %s AND setdatabase = 0",
            [role],
        ).fetchone()[0]
    with connect(settings.POSTGRES["web"]) as web:
        for name, value in changes.items():
            web.execute(f"ALTER ROLE CURRENT_USER SET {name} = {value}")
    try:
        login = logins()
        seen = [login.execute(f"SHOW {name}").fetchone()[0] for name in changes]
    finally:
        with superuser() as admin:
            for line in kept:
                name, _, value = line.partition("=")
                if name in changes:
                    admin.execute(f"ALTER ROLE {role} SET {name} = '{value}'")
    assert seen == ["15s", "public", "off", "1"]


def test_discard_all_keeps_the_slot(logins):
    with superuser() as admin:
        holders = [logins() for _ in range(4)]
        holders[1].execute("DISCARD ALL")
        waiting = logins(wait=False)
        wait_until(lambda: is_waiting(admin, waiting), 30, "the login waits")
        holders[1].close()
        wait_until(lambda: not is_waiting(admin, waiting), 30, "the login has its slot")
        assert list_taken_slots(admin) == [1, 2, 3, 4]


def test_entering_again_after_discard_all_keeps_one_slot(logins):
    enter = "SELECT enter_pool(%s, 4)"
    login = logins()
    for _ in range(3):
        login.execute("DISCARD ALL")
        login.execute(enter, [get_lock_class(POOL)])
    with superuser() as admin:
        kept = "SELECT count(*) FROM entrance.taken WHERE pid = %s"
        assert admin.execute(kept, [login.info.backend_pid]).fetchone() == (1,)
    login.execute("DISCARD ALL")
    login.execute("SET statement_timeout = 100")
    with pytest.raises(psycopg.errors.QueryCanceled):
        login.execute(enter, [get_lock_class(POOL) + 1])


def test_read_only_login_gets_a_slot(logins):
    login = logins("SET default_transaction_read_only = on")
    login.execute(LOGIN)
    assert login.execute(HAS_SLOT, [get_lock_class(POOL)]).fetchone() == (True,)


OVERDUE = {
    "a statement": "SELECT pg_sleep(60)",
    "a transaction": "BEGIN; SELECT 1",
    "a failed transaction": "BEGIN; SELECT 1/0",
}


def test_waiting_login_ends_overdue_statements(logins):
    """Otherwise a client that disabled its limits and left would keep its slot."""
    short = replace(settings.POOLS["web"], statement_timeout=1, idle_in_transaction_timeout=1)
    with superuser() as admin:
        try:
            admin.execute(render_definitions(settings.POOLS | {"web": short}, settings.POSTGRES))
            overdue, idle = [logins() for _ in OVERDUE], logins()
            for holder, statement in zip(overdue, OVERDUE.values(), strict=True):
                holder.execute(
                    "SET statement_timeout = 0; SET client_connection_check_interval = 0"
                )
                holder.execute("SET idle_in_transaction_session_timeout = 0")
                holder.pgconn.send_query(statement.encode())
            for holder in overdue:
                logins()
                pid = holder.info.backend_pid
                wait_until(lambda pid=pid: not is_alive(admin, pid), 30, "the overdue one is gone")
            assert is_alive(admin, idle.info.backend_pid)
        finally:
            admin.execute(render_definitions(settings.POOLS, settings.POSTGRES))


def test_login_takes_a_slot_without_the_function(logins):
    """The administrator has not run the script yet."""
    with superuser() as admin:
        admin.execute("ALTER FUNCTION enter_pool RENAME TO away")
        calls = "pg_try_advisory_lock(int, int)"
        try:
            admin.execute(f"GRANT EXECUTE ON FUNCTION {calls} TO PUBLIC")
            logins()
            assert list_taken_slots(admin) == [1]
        finally:
            admin.execute(f"REVOKE EXECUTE ON FUNCTION {calls} FROM PUBLIC")
            admin.execute("ALTER FUNCTION away RENAME TO enter_pool")
