"""Ask PgBouncer whether a pool can reach its server; a login to PgBouncer does not show that."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from config.database.monitor.console import ADMIN_DATABASE, Console, ConsoleError
from config.database.policy import PoolPolicy

# Columns of SHOW POOLS that count logged-in server connections.
LOGGED_IN: Final = ("sv_active", "sv_idle", "sv_used", "sv_tested")


def get_settings_alias(connection: BaseDatabaseWrapper) -> str:
    """Return the alias whose settings the connection has: `jobs` for a command's `default`."""
    entries = settings.DATABASES.items()
    mine = (alias for alias, entry in entries if entry is connection.settings_dict)
    return next(mine, connection.alias)


def get_pool_to_check(alias: str) -> PoolPolicy | None:
    """Return the alias's pool if its query wait is longer than its connect timeout, else None.

    Its clients would wait in the queue that long for an unreachable server.
    """
    if settings.DATABASE_POOLING != "pgbouncer":
        return None
    pools = (pool for pool in settings.POOLS.values() if pool.alias == alias)
    return next((p for p in pools if p.query_wait_timeout > p.connect_timeout), None)


def is_queue_moving(pool: PoolPolicy) -> bool:
    """Return whether the queue can move: a server connection exists or the pool is paused.

    True also if the console does not answer, since that says nothing about PostgreSQL.
    """
    try:
        with Console(pool) as console:
            rows = [row for row in console.show("POOLS") if row["database"] != ADMIN_DATABASE]
            return any(row[column] for row in rows for column in LOGGED_IN) or console.is_paused()
    except ConsoleError:
        return True
