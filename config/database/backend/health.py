"""Whether a pool has a server behind it, which a login to PgBouncer does not tell."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from config.database.monitor.console import ADMIN_DATABASE, Console, ConsoleError
from config.database.policy import PoolPolicy

# The columns of SHOW POOLS for the server connections that have logged in.
LOGGED_IN: Final = ("sv_active", "sv_idle", "sv_used", "sv_tested")


def get_settings_alias(connection: BaseDatabaseWrapper) -> str:
    """The alias that has the connection's settings: `jobs` for a command's `default`."""
    entries = settings.DATABASES.items()
    mine = (alias for alias, entry in entries if entry is connection.settings_dict)
    return next(mine, connection.alias)


def get_pool_to_check(alias: str) -> PoolPolicy | None:
    """The pool of that alias, where its queue lasts longer than a connection may take.

    A client that PgBouncer has let in would wait that long for a server that is out of reach.
    """
    if settings.DATABASE_POOLING != "pgbouncer":
        return None
    pools = (pool for pool in settings.POOLS.values() if pool.alias == alias)
    return next((p for p in pools if p.query_wait_timeout > p.connect_timeout), None)


def is_queue_moving(pool: PoolPolicy) -> bool:
    """Whether the queue moves on: others have the server connections, or the pool is paused.

    Also where the console does not answer, which tells nothing about PostgreSQL.
    """
    try:
        with Console(pool) as console:
            rows = [row for row in console.show("POOLS") if row["database"] != ADMIN_DATABASE]
            return any(row[column] for row in rows for column in LOGGED_IN) or console.is_paused()
    except ConsoleError:
        return True
