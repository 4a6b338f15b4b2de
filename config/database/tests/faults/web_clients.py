"""Clients of the web's PgBouncer other than the site."""

from __future__ import annotations

import threading
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
def hold_pool(site):
    """Keep a transaction open on every server connection of the pool until the end.

    No statement of the pool could last as long: its `statement_timeout` would end it.
    """
    is_over = threading.Event()
    with ExitStack() as stack:
        clients = [stack.enter_context(connect(site)) for _ in range(WEB.max_connections)]
        for client in clients:
            client.execute("BEGIN")
        keeper = threading.Thread(target=keep_in_use, args=(clients, is_over))
        keeper.start()
        stack.callback(keeper.join)
        stack.callback(is_over.set)
        yield


def keep_in_use(clients, is_over):
    """Run a statement in each transaction more often than the pool's timeouts allow idleness."""
    while not is_over.wait(WEB.idle_in_transaction_timeout / 5):
        for client in clients:
            client.execute("SELECT 1")
