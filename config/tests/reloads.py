"""Reload gunicorn's workers."""

from __future__ import annotations

import os
import signal

from config.tests.crowd import list_children
from config.tests.processes import wait_until


def reload(site):
    """Send SIGHUP to each gunicorn in turn, once the previous one has only new workers."""
    for master in site.web_pids():
        reload_workers(master)


def reload_workers(master):
    old = list_children(master)
    os.kill(master, signal.SIGHUP)
    wait_until(lambda: is_replaced(old, list_children(master)), 60, "there are new workers only")


def list_workers(masters):
    return set().union(*map(list_children, masters))


def is_replaced(old, now):
    return len(now) == len(old) and not old & now
