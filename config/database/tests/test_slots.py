"""PostgreSQL admits as many server connections as there are slots, whatever PgBouncer forgets."""

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

# A pool beside the site's own, with 2 slots in each of 2 replicas.
POOL = replace(WEB, name="test", max_connections=2)
LOGIN = render_connect_query(POOL, 2)


@pytest.fixture
def logins():
    """Sessions of the web's role, straight on PostgreSQL; they are closed at the end."""
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


def taken(admin):
    """The slots that are taken, in order."""
    query = "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s ORDER BY 1"
    return [slot for (slot,) in admin.execute(query, [get_lock_class(POOL)])]


def is_alive(admin, pid):
    return bool(admin.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone())


def is_asleep(admin, session):
    """Whether the login waits for a slot."""
    query = "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = %s"
    return admin.execute(query, [session.info.backend_pid]).fetchone() == (True,)


def test_each_login_takes_one_slot(logins):
    with superuser() as admin:
        for count in (1, 2, 3, 4):
            assert logins().execute(HAS_SLOT, [get_lock_class(POOL)]).fetchone() == (True,)
            assert taken(admin) == [*range(1, count + 1)]


def test_the_next_waits_until_the_backend_of_another_has_ended(logins):
    with superuser() as admin:
        holders = [logins() for _ in range(4)]
        waiting = logins(wait=False)
        wait_until(lambda: is_asleep(admin, waiting), 5, "the login waits")
        assert taken(admin) == [1, 2, 3, 4]
        holders[2].close()
        wait_until(lambda: not is_asleep(admin, waiting), 5, "the login has its slot")
        assert taken(admin) == [1, 2, 3, 4]


def test_a_wait_that_is_given_up_ends_at_once(logins):
    with superuser() as admin:
        holders = [logins() for _ in range(4)]
        waiting = logins(wait=False)
        wait_until(lambda: is_asleep(admin, waiting), 5, "the login waits")
        pid = waiting.info.backend_pid
        waiting.pgconn.finish()
        wait_until(lambda: not is_alive(admin, pid), 2, "the login is gone")
        assert all(is_alive(admin, holder.info.backend_pid) for holder in holders)


@pytest.mark.parametrize("signal", ["pg_cancel_backend", "statement_timeout"])
def test_a_wait_that_fails_ends_the_session(logins, signal):
    hasty = render_connect_query(replace(POOL, statement_timeout=1), 2)
    with superuser() as admin:
        for _ in range(4):
            logins()
        waiting = logins(hasty if signal == "statement_timeout" else LOGIN, wait=False)
        wait_until(lambda: is_asleep(admin, waiting), 5, "the login waits")
        if signal == "pg_cancel_backend":
            admin.execute("SELECT pg_cancel_backend(%s)", [waiting.info.backend_pid])
        wait_until(lambda: not is_alive(admin, waiting.info.backend_pid), 5, "the login is gone")
        assert taken(admin) == [1, 2, 3, 4]


def test_rolled_back_or_committed_the_slot_is_kept(logins):
    login = logins()
    login.execute("BEGIN; SELECT 1; ROLLBACK; BEGIN; SELECT 1; COMMIT")
    assert login.execute(HAS_SLOT, [get_lock_class(POOL)]).fetchone() == (True,)


def test_the_pools_have_slots_of_their_own():
    assert len({get_lock_class(pool) for pool in (WEB, JOBS, POOL)}) == 3


def test_without_a_slot_there_is_none(logins):
    login = logins("SELECT 1")
    assert login.execute(HAS_SLOT, [get_lock_class(POOL)]).fetchone() == (False,)


def of_the_site(name):
    """A login of the site's own pool, by another role of the site."""
    return render_connect_query(settings.POOLS[name], settings.REPLICAS)


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
def test_the_web_role_takes_and_gives_back_no_lock_and_makes_no_large_object(logins, call):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        logins("SELECT 1").execute(f"SELECT {call}")


def test_the_web_role_gets_no_slot_of_the_jobs(logins):
    jobs = get_lock_class(settings.POOLS["jobs"])
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="may not use this pool"):
        logins("SELECT 1").execute("SELECT enter_pool(%s, 2)", [jobs])
    with superuser() as admin:
        pid = logins(of_the_site("jobs")).info.backend_pid
        wait_until(lambda: not is_alive(admin, pid), 5, "the login is gone")


def test_a_session_has_one_slot_however_often_it_asks(logins):
    with superuser() as admin:
        login = logins()
        login.execute("SELECT enter_pool(%s, 4), enter_pool(%s, 9)", [get_lock_class(POOL)] * 2)
        assert taken(admin) == [1]


def test_a_role_that_changed_its_defaults_changed_none_of_the_pools(logins):
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


def test_a_session_that_forgets_its_locks_keeps_its_slot(logins):
    """DISCARD ALL can be denied to nobody."""
    with superuser() as admin:
        holders = [logins() for _ in range(4)]
        holders[1].execute("DISCARD ALL")
        waiting = logins(wait=False)
        wait_until(lambda: is_asleep(admin, waiting), 5, "the login waits")
        holders[1].close()
        wait_until(lambda: not is_asleep(admin, waiting), 5, "the login has its slot")
        assert taken(admin) == [1, 2, 3, 4]


def test_who_forgets_its_locks_and_enters_again_has_one_slot(logins):
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


def test_a_login_that_may_not_write_has_a_slot_all_the_same(logins):
    login = logins("SET default_transaction_read_only = on")
    login.execute(LOGIN)
    assert login.execute(HAS_SLOT, [get_lock_class(POOL)]).fetchone() == (True,)


OVERDUE = {
    "a statement": "SELECT pg_sleep(60)",
    "a transaction": "BEGIN; SELECT 1",
    "a failed transaction": "BEGIN; SELECT 1/0",
}


def test_who_waits_ends_what_has_lasted_longer_than_it_may(logins):
    """A client that turned its limits off and went away would keep its slot for ever."""
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
                wait_until(lambda pid=pid: not is_alive(admin, pid), 5, "the overdue one is gone")
            assert is_alive(admin, idle.info.backend_pid)
        finally:
            admin.execute(render_definitions(settings.POOLS, settings.POSTGRES))


def test_without_the_function_a_login_takes_its_slot_itself(logins):
    """As where an administrator has not run the script again."""
    with superuser() as admin:
        admin.execute("ALTER FUNCTION enter_pool RENAME TO away")
        calls = "pg_try_advisory_lock(int, int)"
        try:
            admin.execute(f"GRANT EXECUTE ON FUNCTION {calls} TO PUBLIC")
            logins()
            assert taken(admin) == [1]
        finally:
            admin.execute(f"REVOKE EXECUTE ON FUNCTION {calls} FROM PUBLIC")
            admin.execute("ALTER FUNCTION away RENAME TO enter_pool")
