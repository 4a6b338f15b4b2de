"""gunicorn's generations of workers."""

from __future__ import annotations

import os
import signal

from config.tests.crowd import children
from config.tests.processes import wait_until


def reload(site):
    """Send SIGHUP to one gunicorn after the other, each when the last has only new workers."""
    for master in site.web_pids():
        renew(master)


def renew(master):
    old = children(master)
    os.kill(master, signal.SIGHUP)
    wait_until(lambda: is_replaced(old, children(master)), 60, "there are new workers only")


def workers(masters):
    return set().union(*map(children, masters))


def is_replaced(old, now):
    return len(now) == len(old) and not old & now
