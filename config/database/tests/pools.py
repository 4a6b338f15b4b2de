"""`manage.py pools`, run in this process, and clients of the pools."""

import json
from contextlib import contextmanager
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from config.database.monitor.console import Console
from config.database.tests.servers import connect


def pools(*arguments):
    out = StringIO()
    call_command("pools", *arguments, stdout=out)
    return out.getvalue()


def get_document():
    return json.loads(pools("--json"))


def are_paused():
    paused = []
    for policy in settings.POOLS.values():
        with Console(policy) as console:
            paused.append(console.is_paused())
    return paused


def connect_client(name):
    entry = settings.DATABASES[settings.POOLS[name].alias]
    place = {"host": entry["HOST"], "port": entry["PORT"], "dbname": entry["NAME"]}
    return connect(settings.POSTGRES[name], **place)


@contextmanager
def hold_connection(name):
    with connect_client(name) as client:
        client.execute("BEGIN")
        client.execute("SELECT 1")
        yield
        client.execute("ROLLBACK")


def run_failing(*arguments):
    """Return the output before the failure, and the error."""
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("pools", *arguments, stdout=out)
    assert "\n" not in str(caught.value)
    return out.getvalue(), str(caught.value)
