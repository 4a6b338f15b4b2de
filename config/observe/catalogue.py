"""All metrics that are read at a scrape: name, labels, help. Events have theirs in `counters`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

DATABASE: Final = ("pool", "name", "host", "port", "database", "force_user", "pool_mode")
POOL: Final = ("pool", "database", "user")
STATS: Final = ("pool", "database")


class Reading(NamedTuple):
    """One value; a metric whose name ends with `_total` is a counter."""

    name: str
    labels: tuple[str, ...]
    value: float


# Columns of SHOW DATABASES, SHOW POOLS and SHOW STATS_TOTALS, the items of SHOW LISTS and the keys
# of SHOW CONFIG: the name's end in prometheus-community/pgbouncer_exporter, factor, help.
DATABASES: Final = {
    "pool_size": ("pool_size", "Maximum number of server connections."),
    "reserve_pool": ("reserve_pool", "Maximum number of additional server connections."),
    "max_connections": ("max_connections", "Maximum number of connections of the database."),
    "current_connections": ("current_connections", "Server connections of the database."),
    "paused": ("paused", "1 if clients are held back."),
    "disabled": ("disabled", "1 if clients are rejected."),
}
POOLS: Final = {
    "cl_active": ("client_active_connections", "Client connections with a server connection."),
    "cl_waiting": ("client_waiting_connections", "Client connections in the queue."),
    "cl_active_cancel_req": ("client_active_cancel_connections", "Cancel requests forwarded."),
    "cl_waiting_cancel_req": ("client_waiting_cancel_connections", "Cancel requests waiting."),
    "sv_active": ("server_active_connections", "Server connections with a client."),
    "sv_active_cancel": ("server_active_cancel_connections", "Server connections that cancel."),
    "sv_being_canceled": ("server_being_canceled_connections", "Server connections canceled."),
    "sv_idle": ("server_idle_connections", "Idle server connections."),
    "sv_used": ("server_used_connections", "Server connections to test before their next use."),
    "sv_tested": ("server_testing_connections", "Server connections being tested."),
    "sv_login": ("server_login_connections", "Server connections that log in."),
}
STATS_TOTALS: Final = {
    "xact_count": ("sql_transactions_pooled_total", 1, "Transactions."),
    "query_count": ("queries_pooled_total", 1, "Statements."),
    "bytes_received": ("received_bytes_total", 1, "Bytes received."),
    "bytes_sent": ("sent_bytes_total", 1, "Bytes sent."),
    "xact_time": ("server_in_transaction_seconds_total", 1e-6, "Seconds in transactions."),
    "query_time": ("queries_duration_seconds_total", 1e-6, "Seconds in statements."),
    "wait_time": ("client_wait_seconds_total", 1e-6, "Seconds that clients spent in the queue."),
}
LISTS: Final = (
    *("databases", "users", "pools", "free_clients", "used_clients", "login_clients"),
    *("free_servers", "used_servers"),
)
CONFIG: Final = {
    "max_client_conn": ("max_client_connections", "Maximum number of client connections."),
    "max_user_connections": ("max_user_connections", "Maximum number of a user's connections."),
}

METRICS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "pgbouncer_up": (("pool",), "1 if PgBouncer's console answered."),
    "pgbouncer_version_info": (("pool", "version"), "PgBouncer's version."),
    "pgbouncer_pools_client_maxwait_seconds": (POOL, "Wait of the first client in the queue."),
    **{f"pgbouncer_databases_{name}": (DATABASE, text) for name, text in DATABASES.values()},
    **{f"pgbouncer_pools_{name}": (POOL, text) for name, text in POOLS.values()},
    **{f"pgbouncer_stats_{name}": (STATS, text) for name, _, text in STATS_TOTALS.values()},
    **{f"pgbouncer_{name}": (("pool",), f"SHOW LISTS: {name}.") for name in LISTS},
    **{f"pgbouncer_config_{name}": (("pool",), text) for name, text in CONFIG.values()},
    "ai4ceo_server_connections_opened_total": (("pool",), "Connections to PostgreSQL opened."),
    "ai4ceo_server_connections_closed_total": (("pool", "cause"), "Connections to it closed."),
    "ai4ceo_server_connections_longest_idle_seconds": (("pool",), "Idle time of the longest."),
    "ai4ceo_server_connections_idle_timeout_seconds": (("pool",), "The policy's idle timeout."),
    "ai4ceo_client_connections_opened_total": (("pool",), "Clients that logged in."),
    "ai4ceo_client_connections_closed_total": (("pool", "cause"), "Client connections closed."),
    "ai4ceo_postgresql_up": ((), "1 if PostgreSQL answered."),
    "ai4ceo_postgresql_max_connections": ((), "PostgreSQL's max_connections."),
    "ai4ceo_postgresql_connections_left": ((), "Connections that ordinary roles may open."),
    "ai4ceo_postgresql_backends": (("pool", "state"), "Backends by pool and state."),
    "ai4ceo_postgresql_abandoned_backends": (("pool",), "Backends that PgBouncer does not know."),
    "ai4ceo_postgresql_sessions_total": ((), "Logins to the site's database."),
    "ai4ceo_postgresql_sessions_abandoned_total": ((), "Sessions whose client was lost."),
    "ai4ceo_postgresql_sessions_fatal_total": ((), "Sessions ended by a fatal error."),
    "ai4ceo_postgresql_sessions_killed_total": ((), "Sessions ended by an administrator."),
    "ai4ceo_pool_slots": (("pool",), "Slots of the pool."),
    "ai4ceo_pool_slots_taken": (("pool",), "Slots that a session holds."),
    "ai4ceo_pool_ceiling": (("pool",), "The largest size that the pool may have now."),
    "ai4ceo_pool_at_ceiling": (("pool",), "1 if only the ceiling keeps the pool from growing."),
    "ai4ceo_pool_hosts": (("pool",), "Hosts that share the pool's slots."),
    "ai4ceo_pool_backend_limit": (("pool",), "Maximum number of backends of the pool."),
    "ai4ceo_pool_head_room": (("pool",), "Backends that may log in or end beside the slots."),
    "ai4ceo_replica_up": (("pool",), "1 if the replica has answered in the last 2 s."),
    "ai4ceo_replica_usable": (("pool",), "1 if the replica is new enough to be read from."),
    "ai4ceo_replica_lag_seconds": (("pool",), "Seconds by which the replica is behind."),
    "ai4ceo_mails_waiting": ((), "Mails in the queue."),
    "ai4ceo_storage_oldest_leftover_seconds": ((), "Time for which an object is due to go."),
    "ai4ceo_job_last_run_timestamp_seconds": (("command",), "When the job ended last."),
    "ai4ceo_job_last_success_timestamp_seconds": (("command",), "When the job last succeeded."),
    "ai4ceo_job_seconds": (("command",), "Duration of the job's last run."),
    "ai4ceo_job_success": (("command",), "1 if the job's last run succeeded."),
    "ai4ceo_job_rows": (("command",), "Rows that the job's last run handled."),
    "ai4ceo_process_up": (("process",), "1 if the process runs under supervisor."),
    "ai4ceo_certificate_days_left": (("file",), "Days until the certificate expires."),
    "ai4ceo_disk_free_bytes": ((), "Free bytes of the file system of VAR_DIR."),
    "ai4ceo_disk_size_bytes": ((), "Size of the file system of VAR_DIR."),
}


def build_families(readings: Iterable[Reading]) -> Iterator[Metric]:
    """Group the readings by metric, as the formats of Prometheus require."""
    families: dict[str, Metric] = {}
    for name, labels, value in readings:
        if name not in families:
            families[name] = _build_family(name)
        families[name].add_metric(labels, value)  # type: ignore[attr-defined]  # of both kinds
    yield from families.values()


def _build_family(name: str) -> Metric:
    labels, text = METRICS[name]
    kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    return kind(name.removesuffix("_total"), text, labels=labels)
