"""Clients of the web's PgBouncer that are no web server."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager

import psycopg
from django.conf import settings

WEB = settings.POOLS["web"]


def connected(site):
    """A new one, logged in."""
    return psycopg.connect(**site.place(WEB), autocommit=True)


@contextmanager
def connected_until_refused(site):
    """As many as PgBouncer admits, and what it said to the next one."""
    with ExitStack() as stack:
        clients, said = [], ""
        while not said:
            try:
                clients.append(connected(site))
                stack.callback(clients[-1].close)
            except psycopg.OperationalError as error:
                said = str(error)
        yield clients, said


@contextmanager
def asleep(site, seconds):
    """Every server connection of the pool runs a statement of so many seconds."""
    with ExitStack() as stack:
        for _ in range(WEB.max_connections):
            client = connected(site)
            stack.callback(client.close)
            client.pgconn.send_query(f"SELECT pg_sleep({seconds})".encode())
        yield
