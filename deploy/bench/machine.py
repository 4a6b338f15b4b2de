"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from bench.postgres import superuser


def machine() -> dict[str, str]:
    with superuser() as connection:
        (postgres,) = connection.execute("SHOW server_version").fetchone() or ("",)
    return {
        "CPU": f"{_cpu()}, {len(os.sched_getaffinity(0))} cores",
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.0f} GB",
        "system": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
        "PostgreSQL": postgres.split()[0],
        "PgBouncer": _said("pgbouncer", "--version", pattern=r"PgBouncer (\S+)"),
        "Python": platform.python_version(),
        "Django": version("Django"),
        "psycopg": version("psycopg"),
        "gunicorn": version("gunicorn"),
        "wrk": _said("wrk", "-v", pattern=r"wrk (?:debian/)?(\S+)"),
    }


def _cpu() -> str:
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _said(*command: str, pattern: str) -> str:
    text = subprocess.run(command, capture_output=True, text=True).stdout
    found = re.search(pattern, text)
    return found[1] if found else "unknown"
