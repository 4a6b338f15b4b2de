"""The site's connections led astray, for a test's own thread."""

from contextlib import contextmanager

from django.conf import settings
from django.db import connections
from django.db.utils import ConnectionHandler


@contextmanager
def led_astray(**changes):
    """Connections of these aliases with these changes of their entries in DATABASES.

    with led_astray(default={"HOST": "/nowhere"}):
        ...
    """
    usual = {alias: connections[alias] for alias in changes}
    for alias, change in changes.items():
        connections[alias] = made(alias, change)
    try:
        yield
    finally:
        for alias, connection in usual.items():
            connections[alias].close()
            connections[alias] = connection


def made(alias, change):
    entries = settings.DATABASES | {alias: settings.DATABASES[alias] | change}
    return ConnectionHandler(entries).create_connection(alias)
