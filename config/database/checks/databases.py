"""System checks of the settings. Those that need a connection are in `servers`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from config.database.render.django import ENGINE

TAG: Final = "pool"

Database = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A mistake in a DATABASES entry; `{alias}` in the hint is the entry's alias."""

    id: str
    message: str
    hint: str
    is_broken: Callable[[Database], bool]
    kind: type[checks.Error | checks.Warning] = checks.Error
    direct: bool = True

    def applies(self, database: Database, *, pooled: bool) -> bool:
        return (pooled or self.direct) and self.is_broken(database)

    def make_message(self, alias: str) -> checks.CheckMessage:
        hint = self.hint.format(alias=alias)
        return self.kind(self.message, hint=hint, obj=f"DATABASES[{alias!r}]", id=self.id)


def _get_option(database: Database, name: str) -> Any:
    return database.get("OPTIONS", {}).get(name)


# `direct=False`: does not apply without PgBouncer.
RULES: Final = (
    Rule(
        id="pool.E001",
        message="Server-side cursors are on and outlive the transaction, PgBouncer's unit.",
        hint="Set DATABASES['{alias}']['DISABLE_SERVER_SIDE_CURSORS'] = True.",
        is_broken=lambda database: not database.get("DISABLE_SERVER_SIDE_CURSORS", False),
        direct=False,
    ),
    Rule(
        id="pool.E002",
        message="ATOMIC_REQUESTS holds a server connection for a whole view.",
        hint="Set DATABASES['{alias}']['ATOMIC_REQUESTS'] = False and use transaction.atomic().",
        is_broken=lambda database: bool(database.get("ATOMIC_REQUESTS", False)),
    ),
    Rule(
        id="pool.E003",
        message="Django's own pool is per process, so it does not cap connections.",
        hint="Remove 'pool' from DATABASES['{alias}']['OPTIONS']; POOL_*_MAX is the cap.",
        is_broken=lambda database: bool(_get_option(database, "pool")),
    ),
    Rule(
        id="pool.E004",
        message="PgBouncer rejects or drops startup options.",
        hint=(
            "Remove 'options' from DATABASES['{alias}']['OPTIONS']; settings for every "
            "connection belong to get_session_settings in config/database/render/django.py."
        ),
        is_broken=lambda database: bool(_get_option(database, "options")),
        direct=False,
    ),
    Rule(
        id="pool.E005",
        message="assume_role leaks to the next client of the server connection.",
        hint=(
            "Remove 'assume_role' from DATABASES['{alias}']['OPTIONS'] and name the role in "
            "POSTGRES_URL or POSTGRES_JOBS_URL."
        ),
        is_broken=lambda database: bool(_get_option(database, "assume_role")),
        direct=False,
    ),
    Rule(
        id="pool.E006",
        message="Prepared statements belong to a server connection that clients share.",
        hint=(
            "Remove 'server_side_binding' and 'prepare_threshold' from "
            "DATABASES['{alias}']['OPTIONS']."
        ),
        is_broken=lambda database: (
            bool(_get_option(database, "server_side_binding"))
            or _get_option(database, "prepare_threshold") is not None
        ),
        direct=False,
    ),
    Rule(
        id="pool.E007",
        message="Every request opens a new connection: CONN_MAX_AGE is 0.",
        hint="Remove DATABASES['{alias}']['CONN_MAX_AGE'] = 0; POOL_*_MAX_LIFETIME sets it.",
        is_broken=lambda database: database.get("CONN_MAX_AGE", 0) == 0,
    ),
    Rule(
        id="pool.E008",
        message="This backend does not notice connections that PgBouncer has closed.",
        hint=f"Set DATABASES['{{alias}}']['ENGINE'] = '{ENGINE}'.",
        is_broken=lambda database: database.get("ENGINE") != ENGINE,
    ),
    Rule(
        id="pool.E009",
        message="PgBouncer requires a password.",
        hint=(
            "Add one to POSTGRES_URL and POSTGRES_JOBS_URL (postgresql://USER:PASSWORD@...), "
            "or set DATABASE_POOLING=direct."
        ),
        is_broken=lambda database: not database.get("PASSWORD"),
        direct=False,
    ),
    Rule(
        id="pool.W001",
        message="Connections never close, so clients cannot be drained: CONN_MAX_AGE is None.",
        hint="Remove DATABASES['{alias}']['CONN_MAX_AGE'] = None; POOL_*_MAX_LIFETIME sets it.",
        is_broken=lambda database: database.get("CONN_MAX_AGE", 0) is None,
        kind=checks.Warning,
    ),
)

E010: Final = "POSTGRES_URL and POSTGRES_JOBS_URL name different databases."
E011: Final = "The web has {clients} clients during a reload, but PgBouncer admits {admitted}."
E012: Final = "Without PgBouncer the web has {clients} connections, but its pool has {pool}."


@checks.register(TAG)
def check_databases(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    pooled = settings.DATABASE_POOLING == "pgbouncer"
    return [
        rule.make_message(alias)
        for alias, database in settings.DATABASES.items()
        for rule in RULES
        if rule.applies(database, pooled=pooled)
    ]


@checks.register(TAG)
def check_one_database(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    web, jobs = settings.POSTGRES["web"], settings.POSTGRES["jobs"]
    if web.dbname == jobs.dbname:
        return []
    hint = f"Both must end in /{web.dbname}; only the role may differ."
    return [checks.Error(E010, hint=hint, id="pool.E010")]


@checks.register(TAG)
def check_clients(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Each worker thread holds a client connection; a reload runs old and new workers."""
    pool, clients = settings.POOLS["web"], settings.WEB_WORKERS * settings.WEB_THREADS
    if settings.DATABASE_POOLING == "pgbouncer":
        return _check_pgbouncer_clients(2 * clients, pool.max_client_conn)
    return _check_direct_connections(clients, pool.max_connections)


def _check_pgbouncer_clients(clients: int, admitted: int) -> list[checks.CheckMessage]:
    if clients <= admitted:
        return []
    message = E011.format(clients=clients, admitted=admitted)
    hint = f"Set POOL_WEB_MAX_CLIENT_CONN={clients}, or lower WEB_WORKERS or WEB_THREADS."
    return [checks.Error(message, hint=hint, id="pool.E011")]


def _check_direct_connections(clients: int, pool: int) -> list[checks.CheckMessage]:
    if clients <= pool:
        return []
    message = E012.format(clients=clients, pool=pool)
    hint = f"Set WEB_WORKERS={min(pool, 2)}, or POOL_WEB_MAX={clients}."
    return [checks.Error(message, hint=hint, id="pool.E012")]
