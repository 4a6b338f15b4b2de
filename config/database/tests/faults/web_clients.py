"""Clients of the web's PgBouncer that are no web server."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager

import psycopg
from django.conf import settings

from config.database.server import server_from_url

WEB = settings.POOLS["web"]


def connected(site):
    """A new one, logged in."""
    text = (site.folder / ".env").read_text()
    (url,) = re.findall(r"^POSTGRES_URL=(.*)$", text, re.MULTILINE)
    server = server_from_url("POSTGRES_URL", url)
    return psycopg.connect(
        host=str(site.run_dir),
        port=WEB.listen_port,
        dbname=server.dbname,
        user=server.user,
        password=server.password,
        autocommit=True,
    )


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
