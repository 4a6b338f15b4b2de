"""Cap a pool in PostgreSQL itself: each server connection takes one of its slots. Pure.

If a client leaves during a statement, PgBouncer drops the server connection and opens a new one,
while the old backend runs until PostgreSQL notices. So PostgreSQL limits the logins: a slot is a
session's advisory lock, released only when its backend ends. Each pool has its own slots; the
hosts of a site share them.
"""

from __future__ import annotations

import zlib
from typing import Final

from config.database.policy import PoolPolicy
from config.database.render.django import get_application_name

# Seconds between two attempts to take a slot. One login per host waits at a time, and an
# attempt costs PostgreSQL about 0.05 ms.
POLL_INTERVAL: Final = 0.01

# EXISTS stops at the first lock that it gets. PgBouncer would use the connection even if the wait
# failed, so a failure must end the session. Without the function (`slot_functions`), or the right
# to call it, the login takes a lock itself.
WAIT_FOR_SLOT: Final = (
    "DO $$BEGIN "
    "IF has_function_privilege(to_regproc('enter_pool')::oid,'EXECUTE') "
    "THEN PERFORM enter_pool({lock_class},{slots});"
    "ELSE WHILE NOT EXISTS(SELECT FROM generate_series(1,{slots}) s"
    " WHERE pg_try_advisory_lock({lock_class},s))"
    "LOOP PERFORM pg_sleep({pause});END LOOP;END IF;"
    "EXCEPTION WHEN OTHERS OR query_canceled THEN PERFORM pg_terminate_backend(pg_backend_pid());"
    "END$$"
)

# Whether the current session holds a slot of the lock class (the parameter).
HAS_SLOT: Final = """
    SELECT EXISTS (
        SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
        AND classid = %s AND objid > 0 AND objsubid = 2)
"""


def get_lock_class(policy: PoolPolicy) -> int:
    """Return the first half of the locks' keys, the same on all hosts."""
    return zlib.crc32(get_application_name(policy).encode()) % 1_000_000


def render_wait(policy: PoolPolicy) -> str:
    """Render the statement that waits, without a timeout, until the session has a slot.

    PgBouncer abandons the login after `connect_timeout`; the wait then ends like any statement
    whose client has left.
    """
    class_ = get_lock_class(policy)
    return WAIT_FOR_SLOT.format(slots=policy.slots, lock_class=class_, pause=POLL_INTERVAL)
