"""gunicorn's generations of workers."""

from __future__ import annotations

import os
import signal

from config.tests.crowd import children
from config.tests.processes import wait_until


def reload(site):
    """Send SIGHUP to the site's gunicorns; returns when the old workers are gone."""
    masters = site.web_pids()
    old = workers(masters)
    for master in masters:
        os.kill(master, signal.SIGHUP)
    wait_until(lambda: is_replaced(old, workers(masters)), 60, "there are new workers only")


def workers(masters):
    return set().union(*map(children, masters))


def is_replaced(old, now):
    return len(now) == len(old) and not old & now
