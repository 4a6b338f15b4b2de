"""Connections on which another client has left its settings, and how they are thrown away.

In transaction mode a SET outlives its client: whoever gets the server connection next works with
it. What it breaks fails with an error that the site itself never causes, before anything is done.
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

# A table, function or type that cannot be found, as with another search_path; no writing; no
# right to it, as after SET ROLE; a conflict that only stricter isolation knows; a lock timeout.
SIGNS: Final = ("42P01", "42883", "42704", "25006", "42501", "40001", "55P03")
STATEMENT_TIMEOUT: Final = "canceling statement due to statement timeout"
# For so many seconds what new connections did not mend is taken for true.
BELIEVED: Final = 30

_lock = threading.Lock()
_renewed: dict[str, float] = {}
_true: dict[str, float] = {}


def pool_of(settings_dict: dict[str, Any]) -> PoolPolicy | None:
    """The pool behind a connection's settings; None around PgBouncer."""
    if settings.DATABASE_POOLING != "pgbouncer":
        return None
    port = settings_dict["PORT"]
    return next((pool for pool in settings.POOLS.values() if str(pool.listen_port) == port), None)


def is_repeatable(statement: Any) -> bool:
    """Whether it is one statement that leaves nothing behind where it fails."""
    return (
        isinstance(statement, str)
        and ";" not in statement
        and statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"))
    )


def is_sign(error: BaseException | None, pool: PoolPolicy, seconds: float) -> bool:
    """Whether a statement that failed after so many seconds may have met others' settings."""
    if not isinstance(error, Error) or error.sqlstate is None:
        return False
    if error.sqlstate == "57014" and STATEMENT_TIMEOUT in str(error):
        return not pool.statement_timeout or seconds < 0.8 * pool.statement_timeout
    return error.sqlstate in SIGNS and not (is_believed(error) or lacks_lookup(error))


def lacks_lookup(error: Error) -> bool:
    """Whether it is about a function that is called by its schema, and so is missing indeed."""
    return error.sqlstate == "42883" and LOOKUP in (error.diag.message_primary or "")


def is_believed(error: BaseException | None) -> bool:
    with _lock:
        return _true.get(str(error), -BELIEVED) > time.monotonic() - BELIEVED


def believe(error: BaseException | None) -> None:
    """New connections have not mended it: it is true."""
    with _lock:
        if len(_true) > 100:
            _true.clear()
        _true[str(error)] = time.monotonic()


def renew(pool: PoolPolicy, began: float, error: BaseException | None) -> bool:
    """Have all of the pool's server connections replaced, unless that was done since `began`."""
    with _lock:
        if _renewed.get(pool.name, -1) > began:
            return True
        try:
            with Console(pool) as console:
                console.run("RECONNECT")
        except ConsoleError as refusal:
            logger.warning("%s", refusal)
            return False
        _renewed[pool.name] = time.monotonic()
    logger.warning(
        "The %s pool's server connections are replaced: another client may have left its "
        "settings there. (%s)",
        pool.name,
        " ".join(str(error).split()),
    )
    return True
