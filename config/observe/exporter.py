"""Put the sources of all metrics together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from prometheus_client import CollectorRegistry, Metric, ProcessCollector
from prometheus_client.registry import Collector

from config.database.replicas.servers import list_replicas
from config.observe import machine, postgresql
from config.observe.catalogue import Reading, build_families
from config.observe.counters import EventCounters
from config.observe.job_readings import read_jobs
from config.observe.logged import HAProxyLog, PgBouncerLog
from config.observe.looks import Look
from config.observe.pgbouncer import PgBouncerReader, PgBouncerState, build_absence
from config.observe.replicas import read_replicas
from config.observe.sizes import read_sizes
from config.observe.tables import TableReader

# Seconds from a scrape's start: for the consoles, and for everything. PostgreSQL is asked after the
# consoles: otherwise a connection that closes in between would look abandoned.
CONSOLE_LIMIT: Final = 0.4
SCRAPE_LIMIT: Final = 0.75


class StateCollector(Collector):
    """Reads the state of everything at a scrape; what does not answer in time is left out."""

    def __init__(self, logs: Iterable[PgBouncerLog], tables: TableReader) -> None:
        self.logs, self.tables = list(logs), tables
        self.roles = postgresql.Roles(settings.POOLS, settings.POSTGRES)
        pools = settings.POOLS | settings.READ_POOLS
        pools = pools if settings.DATABASE_POOLING == "pgbouncer" else {}
        self.readers = {name: PgBouncerReader(pool) for name, pool in pools.items()}
        self.consoles = {
            name: Look(f"PgBouncer {name}", reader) for name, reader in self.readers.items()
        }
        self.machine = [Look(function.__name__, function) for function in list_machine_looks()]
        monitor = settings.POSTGRES_MONITOR
        self.server_reader = monitor and postgresql.ServerReader(monitor, settings.POOLS)
        self.server = self.server_reader and Look("PostgreSQL", self.server_reader)
        self._one_at_a_time = threading.Lock()

    def describe(self) -> Iterable[Metric]:
        """Return nothing: otherwise the registry collects when this is registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        with self._one_at_a_time:
            readings = list(self._read())
        yield from build_families(readings)

    def close(self) -> None:
        for reader in self.readers.values():
            reader.close()
        if self.server_reader:
            self.server_reader.close()

    def _read(self) -> Iterator[Reading]:
        began = time.monotonic()
        end = began + SCRAPE_LIMIT
        looks: list[Look[Any]] = [*self.consoles.values(), *self.machine]
        for look in looks:
            look.start()
        states = {name: look.wait(began + CONSOLE_LIMIT) for name, look in self.consoles.items()}
        if self.server:
            self.server.start()
        for name, state in states.items():
            yield from state.readings if state else build_absence(name)
        for part in self.machine:
            yield from part.wait(end) or ()
        yield from read_jobs()
        yield from self.tables.readings
        yield from postgresql.read_limits(settings.POOLS)
        yield from read_sizes()
        yield from read_replicas(list_replicas())
        for log in self.logs:
            yield from log.read()
        on_primary = {name: state for name, state in states.items() if name in settings.POOLS}
        yield from self._read_server(on_primary, end)

    def _read_server(
        self, consoles: Mapping[str, PgBouncerState | None], end: float
    ) -> Iterator[Reading]:
        if not self.server:
            return
        if state := self.server.wait(end):
            yield from state.readings
            yield from postgresql.count_backends(state, self.roles, consoles)
        else:
            yield from postgresql.ABSENCE


def list_machine_looks() -> Iterator[Callable[[], list[Reading]]]:
    def read_disk() -> list[Reading]:
        return machine.read_disk(settings.VAR_DIR)

    def read_processes() -> list[Reading]:
        return machine.read_processes(settings.RUN_DIR)

    def read_certificates() -> list[Reading]:
        return machine.read_certificates(settings.RUN_DIR, settings.PROXY.tls_certificates)

    yield read_disk
    if Path(settings.RUN_DIR, "supervisor.sock").exists():
        yield read_processes
    if settings.PROXY.tls_certificates:
        yield read_certificates


class Exporter:
    """All metrics of the site in one registry."""

    def __init__(self, queries: Mapping[str, Callable[[], float]]) -> None:
        self.registry = CollectorRegistry()
        self.counters = EventCounters(self.registry)
        folder = settings.VAR_DIR / "log"
        self.logs = [
            PgBouncerLog(name, folder / f"pgbouncer-{name}.log")
            for name in (*settings.POOLS, *settings.READ_POOLS)
        ]
        self.haproxy = HAProxyLog(folder / "haproxy.log", self.counters.count_haproxy_refusal)
        self.tables = TableReader(queries)
        self.state = StateCollector(self.logs, self.tables)
        self.registry.register(self.state)
        ProcessCollector(registry=self.registry)

    def poll(self) -> None:
        """Read new lines of the logs, and the tables if they are due."""
        for log in self.logs:
            log.poll()
        self.haproxy.poll()
        self.tables.poll()

    def close(self) -> None:
        self.state.close()
        for tail in (*(log.tail for log in self.logs), self.haproxy.tail):
            tail.close()
