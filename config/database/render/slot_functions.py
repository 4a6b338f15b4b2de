"""Render the PostgreSQL function by which a login takes a slot of its pool. Pure.

With PostgreSQL's own lock functions every role could take and release any number of slots. So
these are revoked, and a function owned by the administrator gives the caller one slot, only of its
own role's pool. Without that function the login takes a slot itself (`slots`), and a system
check warns.

DISCARD ALL, which cannot be revoked, releases a session's locks. So a table records which
session holds a slot while its backend lives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from psycopg import sql

from config.database.dsn import Server
from config.database.policy import QUERY_TIMEOUT_MARGIN, PoolPolicy
from config.database.render.django import SITE_SETTINGS
from config.database.render.slots import POLL_INTERVAL, get_lock_class

ENTER_POOL: Final = "public.enter_pool"

# Functions of pg_catalog that only the jobs role may call: session locks, which leak through a
# pool; locks that could be a slot; and large objects, whose size nothing limits.
REVOKED_FUNCTIONS: Final = """\
    SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
    AND (proname ~ '^pg_(try_)?advisory_(lock|unlock)' OR proname ~ '^lo_|^lo(read|write)$'
    OR proname ~ '^pg_(try_)?advisory_xact_lock' AND pronargs = 2)"""

# Whether the current role may take any slots.
SLOTS_ARE_OPEN: Final = (
    "has_function_privilege('pg_try_advisory_lock(int,int)', 'EXECUTE')"
    " OR has_function_privilege('pg_advisory_unlock_all()', 'EXECUTE')"
    f" OR to_regproc('{ENTER_POOL}') IS NULL"
)

# Unlogged: a server crash ends all sessions and empties the table, and writes need no fsync.
SLOT_TABLE: Final = """\
SET client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS entrance;
CREATE UNLOGGED TABLE IF NOT EXISTS entrance.taken (
    class integer, slot integer, pid integer NOT NULL, started timestamptz NOT NULL,
    PRIMARY KEY (class, slot));"""

# Returns whether the session may keep the slot that it has locked: not if another session that
# released the lock still lives, nor if this session holds a slot of another pool. Read-only
# transactions (by a role's default, or on a standby) rely on the locks alone.
KEEP_FUNCTION: Final = """\
CREATE OR REPLACE FUNCTION entrance.keep(class integer, slot integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $keep$
DECLARE
    me CONSTANT integer := pg_backend_pid();
    since timestamptz;
BEGIN
    PERFORM pg_stat_clear_snapshot();
    IF EXISTS (SELECT FROM entrance.taken AS t, pg_stat_get_activity(t.pid) AS a
               WHERE a.backend_start = t.started AND CASE WHEN t.pid = me
               THEN t.class <> keep.class ELSE (t.class, t.slot) = (keep.class, keep.slot) END)
    THEN
        RETURN false;
    END IF;
    SELECT backend_start INTO since FROM pg_stat_get_activity(me);
    DELETE FROM entrance.taken AS t WHERE t.pid = me;
    INSERT INTO entrance.taken VALUES (class, slot, me, since)
    ON CONFLICT ON CONSTRAINT taken_pkey
    DO UPDATE SET pid = excluded.pid, started = excluded.started;
    RETURN true;
EXCEPTION
    WHEN serialization_failure THEN RETURN false;
    WHEN OTHERS THEN RETURN true;
END $keep$;"""

# For `manage.py pools`: list the slot holders, and end one.
HOLDER_FUNCTIONS: Final = """\
CREATE OR REPLACE FUNCTION entrance.holders() RETURNS TABLE (class integer, pid integer, role name)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $holders$
    SELECT l.classid::integer, a.pid, a.usename FROM pg_locks AS l JOIN pg_stat_activity AS a
    ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.objid > 0 AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION SELECT t.class, a.pid, a.usename FROM entrance.taken AS t JOIN pg_stat_activity AS a
    ON a.pid = t.pid AND a.backend_start = t.started
$holders$;
CREATE OR REPLACE FUNCTION entrance.end_holder(class integer, pid integer) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $end$
    SELECT coalesce(bool_or(pg_terminate_backend(h.pid)), false) FROM entrance.holders() AS h
    WHERE h.class = end_holder.class AND h.pid = end_holder.pid
$end$;"""

# For the exporter: all backends of the server, without their statements.
BACKENDS_FUNCTION: Final = """\
CREATE OR REPLACE FUNCTION entrance.backends()
RETURNS TABLE (pid integer, role name, application text, state text, age float8)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $backends$
    SELECT pid, usename, application_name, state,
        extract(epoch FROM clock_timestamp() - backend_start)::float8
    FROM pg_stat_activity WHERE backend_type = 'client backend'
$backends$;"""

# One slot per session, so that no client can take those of others. Any role may use a lock class
# that belongs to no pool, such as a test's.
ENTER_FUNCTION: Final = """\
CREATE OR REPLACE FUNCTION {name}(class integer, slots integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $enter$
DECLARE
    here CONSTANT oid := (SELECT oid FROM pg_database WHERE datname = current_database());
BEGIN
    IF EXISTS (SELECT FROM (VALUES {reserved}) AS pool (role, class)
               WHERE pool.class = enter_pool.class
               HAVING NOT bool_or(pool.role = session_user)) THEN
        RAISE insufficient_privilege USING MESSAGE = session_user || ' may not use this pool';
    END IF;
{settings}
    IF current_setting('transaction_timeout', true) IS NOT NULL THEN
        PERFORM set_config('transaction_timeout', '0', false);
    END IF;
    IF EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2
               AND pid = pg_backend_pid() AND database = here) THEN
        RETURN;
    END IF;
    LOOP
        FOR slot IN 1..slots LOOP
            IF pg_try_advisory_lock(class, slot) THEN
                IF entrance.keep(class, slot) THEN
                    RETURN;
                END IF;
                PERFORM pg_advisory_unlock(class, slot);
            END IF;
        END LOOP;
{overdue}
        PERFORM pg_sleep({pause});
    END LOOP;
END $enter$;"""

# A client may have disabled its session's limits: waiting logins end what exceeds them.
END_OVERDUE: Final = """\
        PERFORM pg_stat_clear_snapshot();
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datid = here AND usename = {role} AND pid <> pg_backend_pid()
        AND (state IN ('active', 'fastpath function call')
             AND state_change < clock_timestamp() - interval '{active} s'
             OR state LIKE 'idle in transaction%'
             AND state_change < clock_timestamp() - interval '{idle} s');"""


def render_rights(
    pools: Mapping[str, PoolPolicy], servers: Mapping[str, Server], roles: str, owner: str
) -> list[str]:
    """Return psql lines that create the functions and revoke what would bypass them.

    `roles` and `owner`, the jobs role, are quoted names.
    """
    return [
        render_definitions(pools, servers),
        f"REVOKE ALL ON FUNCTION {ENTER_POOL} FROM PUBLIC;",
        f"GRANT EXECUTE ON FUNCTION {ENTER_POOL} TO {roles};",
        "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA entrance FROM PUBLIC;",
        f"GRANT USAGE ON SCHEMA entrance TO {owner};",
        f"GRANT EXECUTE ON FUNCTION entrance.holders, entrance.end_holder TO {owner};",
        # pg_dump, which acts as the owner, reads every table.
        f"GRANT SELECT ON entrance.taken TO {owner};",
        _run_for_each(REVOKED_FUNCTIONS, "REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC"),
        _run_for_each(
            REVOKED_FUNCTIONS, f"GRANT EXECUTE ON FUNCTION %s TO {owner.replace('%', '%%')}"
        ),
    ]


def render_monitor_rights(role: str) -> list[str]:
    return [
        f"GRANT USAGE ON SCHEMA entrance TO {role};",
        f"GRANT EXECUTE ON FUNCTION entrance.holders, entrance.backends TO {role};",
    ]


def render_definitions(pools: Mapping[str, PoolPolicy], servers: Mapping[str, Server]) -> str:
    reserved = ", ".join(
        f"({_quote_text(servers[name].user)}, {get_lock_class(pool)})"
        for name, pool in pools.items()
    )
    settings = "\n".join(
        f"    PERFORM set_config('{name}', '{value}', false);"
        for name, value in SITE_SETTINGS.items()
    )
    enter = ENTER_FUNCTION.format(
        name=ENTER_POOL,
        reserved=reserved,
        settings=settings,
        overdue=_render_overdue(pools["web"], servers),
        pause=POLL_INTERVAL,
    )
    return "\n".join((SLOT_TABLE, KEEP_FUNCTION, HOLDER_FUNCTIONS, BACKENDS_FUNCTION, enter))


def _render_overdue(web: PoolPolicy, servers: Mapping[str, Server]) -> str:
    if not web.query_timeout or servers["web"].user == servers["jobs"].user:
        return ""
    return END_OVERDUE.format(
        role=_quote_text(servers["web"].user),
        active=web.query_timeout + 1,
        idle=web.idle_in_transaction_timeout + QUERY_TIMEOUT_MARGIN + 1,
    )


def _run_for_each(functions: str, statement: str) -> str:
    rows = f"SELECT format({_quote_text(statement)}, name)"
    return f"{rows} FROM (\n{functions}) AS revoked \\gexec"


def _quote_text(value: str) -> str:
    return sql.Literal(value).as_string(None).strip()
