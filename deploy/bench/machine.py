"""The machine and the versions used."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from bench.postgres import connect_as_superuser


def describe_machine() -> dict[str, str]:
    with connect_as_superuser() as connection:
        (postgres,) = connection.execute("SHOW server_version").fetchone() or ("",)
    return {
        "CPU": f"{_read_cpu()}, {len(os.sched_getaffinity(0))} cores",
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.0f} GB",
        "system": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
        "PostgreSQL": postgres.split()[0],
        "PgBouncer": _read_version("pgbouncer", "--version", pattern=r"PgBouncer (\S+)"),
        "Python": platform.python_version(),
        "Django": version("Django"),
        "psycopg": version("psycopg"),
        "gunicorn": version("gunicorn"),
        "uvicorn": version("uvicorn"),
        "wrk": _read_version("wrk", "-v", pattern=r"wrk (?:debian/)?(\S+)"),
        "load average before": f"{os.getloadavg()[0]:.1f}",
    }


def _read_cpu() -> str:
    match = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return match[1] if match else platform.machine()


def _read_version(*command: str, pattern: str) -> str:
    text = subprocess.run(command, capture_output=True, text=True).stdout
    match = re.search(pattern, text)
    return match[1] if match else "unknown"
