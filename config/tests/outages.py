"""Redirect a test's own connections."""

from contextlib import contextmanager

from django.conf import settings
from django.db import connections
from django.db.utils import ConnectionHandler


@contextmanager
def redirect_connections(**changes):
    """Change the DATABASES entries of these aliases for this thread's connections.

    with redirect_connections(default={"HOST": "/nowhere"}):
        ...
    """
    previous = {alias: connections[alias] for alias in changes}
    for alias, change in changes.items():
        connections[alias] = make_connection(alias, change)
    try:
        yield
    finally:
        for alias, connection in previous.items():
            connections[alias].close()
            connections[alias] = connection


def make_connection(alias, change):
    entries = settings.DATABASES | {alias: settings.DATABASES[alias] | change}
    return ConnectionHandler(entries).create_connection(alias)
