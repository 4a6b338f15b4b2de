"""Exchange the hosts' loads through a table in the jobs pool."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

from django.db import DEFAULT_DB_ALIAS, close_old_connections, connections
from django.db.models.functions import Now

from config.database.models import Lease
from config.database.sizing.split import Claim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.database.backend.base import DatabaseWrapper

# Seconds for all statements of an exchange: meanwhile no pool is looked at.
TIME_LIMIT: Final = 2.0


def exchange(host: str, sizes: Mapping[str, int], claims: Mapping[str, Claim]) -> list[Lease]:
    """Renew the host's leases, one for each pool, and return those of all hosts.

    Raise django.db.Error if the table cannot be read and written in time.
    """
    rows = [
        Lease(
            host=host,
            pool=pool,
            limit=claim.limit,
            size=sizes[pool],
            busy=claim.busy,
            waiting=claim.waiting,
            seen=Now(),
        )
        for pool, claim in claims.items()
    ]
    with limited_time():
        Lease.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["host", "pool"],
            update_fields=["limit", "size", "busy", "waiting", "seen"],
        )
        Lease.objects.forgotten().delete()
        return list(Lease.objects.current())


def give_up(host: str) -> None:
    """Remove the host's leases, so that the others need not wait until these expire."""
    with limited_time():
        Lease.objects.filter(host=host).delete()


def list_claims(leases: list[Lease], pool: str) -> list[Claim]:
    return [
        Claim(lease.host, lease.limit, lease.busy, lease.waiting)
        for lease in leases
        if lease.pool == pool
    ]


@contextmanager
def limited_time() -> Iterator[None]:
    close_old_connections()
    connection = cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])
    try:
        with connection.limit_time(TIME_LIMIT):
            yield
    except BaseException:
        connection.close()
        raise
