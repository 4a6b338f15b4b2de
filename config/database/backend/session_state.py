"""Detect server connections with another client's settings, and replace them.

In transaction mode a SET outlives its client and affects the next one. Its statements then fail,
before they do anything, with errors that the site itself never causes.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Final

from django.conf import settings
from psycopg import Error

from config.database.backend.plain_reads import LOOKUP
from config.database.monitor.console import Console, ConsoleError
from config.database.policy import PoolPolicy

logger = logging.getLogger(__name__)

# Undefined table, function or type (search_path); read-only transaction; insufficient privilege
# (SET ROLE); serialization failure (stricter isolation); lock timeout.
SUSPECT_SQLSTATES: Final = ("42P01", "42883", "42704", "25006", "42501", "40001", "55P03")
STATEMENT_TIMEOUT: Final = "canceling statement due to statement timeout"
# Seconds for which an error counts as genuine after new connections did not fix it.
GENUINE_SECONDS: Final = 30

_lock = threading.Lock()
_reconnected: dict[str, float] = {}
_genuine: dict[str, float] = {}


def get_pool(settings_dict: dict[str, Any]) -> PoolPolicy | None:
    """Return the pool of a connection's settings; None without PgBouncer."""
    if settings.DATABASE_POOLING != "pgbouncer":
        return None
    port = settings_dict["PORT"]
    return next((pool for pool in settings.POOLS.values() if str(pool.listen_port) == port), None)


def is_repeatable(statement: Any) -> bool:
    """Return whether it is a single statement without effects if it fails."""
    return (
        isinstance(statement, str)
        and ";" not in statement
        and statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"))
    )


def is_suspect(error: BaseException | None, pool: PoolPolicy, seconds: float) -> bool:
    """Return whether another client's settings may explain a failure after `seconds`."""
    if not isinstance(error, Error) or error.sqlstate is None:
        return False
    if error.sqlstate == "57014" and STATEMENT_TIMEOUT in str(error):
        return not pool.statement_timeout or seconds < 0.8 * pool.statement_timeout
    return error.sqlstate in SUSPECT_SQLSTATES and not (
        is_genuine(error) or is_missing_lookup(error)
    )


def is_missing_lookup(error: Error) -> bool:
    """Return whether a lookup function is missing; its name is qualified, so this is genuine."""
    return error.sqlstate == "42883" and LOOKUP in (error.diag.message_primary or "")


def is_genuine(error: BaseException | None) -> bool:
    with _lock:
        return _genuine.get(str(error), -GENUINE_SECONDS) > time.monotonic() - GENUINE_SECONDS


def mark_genuine(error: BaseException | None) -> None:
    """Remember that new connections did not fix the error."""
    with _lock:
        if len(_genuine) > 100:
            _genuine.clear()
        _genuine[str(error)] = time.monotonic()


def reconnect_pool(pool: PoolPolicy, began: float, error: BaseException | None) -> bool:
    """Replace all server connections of the pool, unless that was done since `began`."""
    with _lock:
        if _reconnected.get(pool.name, -1) > began:
            return True
        try:
            with Console(pool) as console:
                console.run("RECONNECT")
        except ConsoleError as refusal:
            logger.warning("%s", refusal)
            return False
        _reconnected[pool.name] = time.monotonic()
    logger.warning(
        "Replacing the %s pool's server connections: another client may have left its "
        "settings there. (%s)",
        pool.name,
        " ".join(str(error).split()),
    )
    return True
