"""The function in PostgreSQL by which a login enters its pool, as SQL. Pure.

A slot is only as good as the rights to it: with PostgreSQL's own lock functions every role takes
any number, and gives them back at will. So these are revoked from everybody, and a function of
the administrator's gives the caller one slot, of no other role's pool. Where it is missing, the
login takes its slot itself (`slots`), and the system checks say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from psycopg import sql

from config.database.databases import SITE_SETTINGS
from config.database.policy import SILENCE, PoolPolicy
from config.database.server import Server
from config.database.slots import PAUSE, lock_class

NAME: Final = "public.enter_pool"

# pg_catalog's functions that nobody but the jobs' role may call: locks of a session, which leak
# through a pool, those that could be a slot, and large objects, which no limit bounds.
REVOKED: Final = """\
    SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
    AND (proname ~ '^pg_(try_)?advisory_(lock|unlock)' OR proname ~ '^lo_|^lo(read|write)$'
    OR proname ~ '^pg_(try_)?advisory_xact_lock' AND pronargs = 2)"""

# Whether the role that asks may take slots as it likes.
IS_OPEN: Final = (
    "has_function_privilege('pg_try_advisory_lock(int,int)', 'EXECUTE')"
    " OR has_function_privilege('pg_advisory_unlock_all()', 'EXECUTE')"
    f" OR to_regproc('{NAME}') IS NULL"
)

# One slot for each session, so that no client can take those of others; a class that is not a
# pool's, such as a test's, is anybody's.
FUNCTION: Final = """\
CREATE OR REPLACE FUNCTION {name}(class integer, slots integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $enter$
DECLARE
    here CONSTANT oid := (SELECT oid FROM pg_database WHERE datname = current_database());
BEGIN
    IF EXISTS (SELECT FROM (VALUES {reserved}) AS pool (role, class)
               WHERE pool.class = enter_pool.class
               HAVING NOT bool_or(pool.role = session_user)) THEN
        RAISE insufficient_privilege USING MESSAGE = 'this pool is not of ' || session_user;
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
                RETURN;
            END IF;
        END LOOP;
{overdue}
        PERFORM pg_sleep({pause});
    END LOOP;
END $enter$;"""

# A client may have turned its session's limits off: whoever waits ends what lasts too long.
OVERDUE: Final = """\
        PERFORM pg_stat_clear_snapshot();
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datid = here AND usename = {role} AND pid <> pg_backend_pid()
        AND (state = 'active' AND query_start < clock_timestamp() - interval '{active} s'
             OR state LIKE 'idle in transaction%'
             AND state_change < clock_timestamp() - interval '{idle} s');"""


def rights(
    pools: Mapping[str, PoolPolicy], servers: Mapping[str, Server], roles: str, owner: str
) -> list[str]:
    """The lines of psql's that make the function and revoke what would get around it.

    `roles` and `owner`, the jobs' role, are quoted names; the others are as they are.
    """
    return [
        function(pools, servers),
        f"REVOKE ALL ON FUNCTION {NAME} FROM PUBLIC;",
        f"GRANT EXECUTE ON FUNCTION {NAME} TO {roles};",
        _each(REVOKED, "REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC"),
        _each(REVOKED, f"GRANT EXECUTE ON FUNCTION %s TO {owner.replace('%', '%%')}"),
    ]


def function(pools: Mapping[str, PoolPolicy], servers: Mapping[str, Server]) -> str:
    """The statement that makes the function."""
    reserved = ", ".join(
        f"({_text(servers[name].user)}, {lock_class(pool)})" for name, pool in pools.items()
    )
    settings = "\n".join(
        f"    PERFORM set_config('{name}', '{value}', false);"
        for name, value in SITE_SETTINGS.items()
    )
    return FUNCTION.format(
        name=NAME,
        reserved=reserved,
        settings=settings,
        overdue=_overdue(pools["web"], servers),
        pause=PAUSE,
    )


def _overdue(web: PoolPolicy, servers: Mapping[str, Server]) -> str:
    """Ends what PgBouncer has given up on: a client may have turned its own limits off."""
    if not web.query_timeout or servers["web"].user == servers["jobs"].user:
        return ""
    return OVERDUE.format(
        role=_text(servers["web"].user),
        active=web.query_timeout + 1,
        idle=web.idle_in_transaction_timeout + SILENCE + 1,
    )


def _each(functions: str, statement: str) -> str:
    rows = f"SELECT format({_text(statement)}, name)"
    return f"{rows} FROM (\n{functions}) AS revoked \\gexec"


def _text(value: str) -> str:
    return sql.Literal(value).as_string(None).strip()
