"""Clients of the web's PgBouncer other than the site."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager

import psycopg
from django.conf import settings

WEB = settings.POOLS["web"]


def connect(site):
    return psycopg.connect(**site.get_place(WEB), autocommit=True)


@contextmanager
def connect_until_rejected(site):
    """Yield as many clients as PgBouncer admits, and its message to the next one."""
    with ExitStack() as stack:
        clients, message = [], ""
        while not message:
            try:
                clients.append(connect(site))
                stack.callback(clients[-1].close)
            except psycopg.OperationalError as error:
                message = str(error)
        yield clients, message


@contextmanager
def block_pool(site, seconds):
    """Run a statement of `seconds` on every server connection of the pool."""
    with ExitStack() as stack:
        for _ in range(WEB.max_connections):
            client = connect(site)
            stack.callback(client.close)
            client.pgconn.send_query(f"SELECT pg_sleep({seconds})".encode())
        yield
