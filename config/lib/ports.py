"""The ports on which the site listens: each must be its own. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from django.core.exceptions import ImproperlyConfigured

from config.database.dsn import Server
from config.database.policy import PoolPolicy
from config.proxy.policy import Proxy

HIGHEST: Final = 65535


def check_ports(
    proxy: Proxy,
    metrics_port: int,
    pools: Mapping[str, PoolPolicy],
    servers: Mapping[str, Server],
) -> None:
    """Raise ImproperlyConfigured for a port that is above 65535 or that two variables give.

    `metrics_port` is 0 without metrics. `servers` are PostgreSQL's on PgBouncer's host or in its
    socket directory.
    """
    names = {server.port: _name_url(name) for name, server in servers.items()}
    for name, port in _list_ports(proxy, metrics_port, pools):
        if port > HIGHEST:
            raise ImproperlyConfigured(f"{name} is {port}: give a port that is at most {HIGHEST}.")
        if port in names:
            raise ImproperlyConfigured(
                f"{names[port]} and {name} are both {port}: give each its own port."
            )
        names[port] = name


def _list_ports(
    proxy: Proxy, metrics_port: int, pools: Mapping[str, PoolPolicy]
) -> Iterator[tuple[str, int]]:
    yield "PORT", proxy.port
    if proxy.tls_certificates:
        yield "TLS_PORT", proxy.tls_port
    if metrics_port:
        yield "METRICS_PORT", metrics_port
    for name, pool in pools.items():
        # The replicas' pools, read1 and so on, share a variable.
        kind = name.rstrip("0123456789")
        variable = f"POOL_{kind.upper()}_PORT"
        yield variable if kind == name else f"{variable} (of {name})", pool.listen_port


def _name_url(name: str) -> str:
    return "POSTGRES_READ_URL" if name.startswith("read") else "POSTGRES_URL"
