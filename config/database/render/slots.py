"""The cap in PostgreSQL itself: each server connection of a pool takes one of its slots. Pure.

PgBouncer forgets a connection whose client went away in mid-statement, and logs in anew while
the old backend runs on until PostgreSQL notices. So PostgreSQL admits the logins: a slot is an
advisory lock of the session, which nothing but the end of its backend gives back, whoever has
forgotten it. The replicas of a site share the slots of a pool; the pools have their own.
"""

from __future__ import annotations

import zlib
from typing import Final

from config.database.policy import PoolPolicy
from config.database.render.django import get_application_name

# Between two looks for a free slot, in seconds. One login of a replica looks at a time, and a
# look costs PostgreSQL some 0.05 ms.
POLL_INTERVAL: Final = 0.01

# EXISTS asks row by row and stops at the first lock that it gets. PgBouncer would use the
# connection even if the wait failed, so that a failure has to end the session. The function is
# the administrator's (`entrance`); without it, or the right to it, each login helps itself.
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

# Whether the session that asks has a slot of the lock class that is the parameter.
HAS_SLOT: Final = """
    SELECT EXISTS (
        SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
        AND classid = %s AND objid > 0 AND objsubid = 2)
"""


def get_lock_class(policy: PoolPolicy) -> int:
    """The first half of the locks' keys, the same in all replicas of the pool."""
    return zlib.crc32(get_application_name(policy).encode()) % 1_000_000


def render_wait(policy: PoolPolicy, replicas: int) -> str:
    """The statement that returns when the session has a slot, however long that takes.

    PgBouncer gives the login up after `connect_timeout`; the wait then ends as any statement
    does whose client has gone.
    """
    slots = policy.count_slots(replicas)
    return WAIT_FOR_SLOT.format(slots=slots, lock_class=get_lock_class(policy), pause=POLL_INTERVAL)
