"""gunicorn's generations of workers."""

from __future__ import annotations

import os
import signal

from config.tests.crowd import children
from config.tests.processes import wait_until


def reload(site):
    """Send SIGHUP to the site's gunicorn; returns when the old workers are gone."""
    master = site.pid("web")
    old = children(master)
    os.kill(master, signal.SIGHUP)
    wait_until(lambda: is_replaced(old, children(master)), 60, "there are new workers only")


def is_replaced(old, now):
    return len(now) == len(old) and not old & now
