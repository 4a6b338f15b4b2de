"""Record each run of a job in a small file, which the exporter reads at a scrape."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.conf import settings

# The recorded commands: those that cron or a release runs.
JOBS: Final = (
    *("purge_files", "clear_sessions", "clear_accounts", "backup", "setup_site"),
    *("seed", "seed_experts", "reset_db", "migrate", "session_function", "database_roles"),
)
LARGEST_FILE: Final = 1000  # bytes

logger = logging.getLogger(__name__)

_rows = [0]


def add_rows(count: int) -> None:
    """Add to the number of rows that the running job has handled."""
    _rows[0] += count


@contextmanager
def record_job(name: str) -> Iterator[None]:
    """Record the block as a run of that job; it fails if it raises an exception.

    SystemExit, as after `--help`, is no run.
    """
    if name not in JOBS:
        yield
        return
    began, _rows[0] = time.monotonic(), 0
    try:
        yield
    except (Exception, KeyboardInterrupt):
        _write(name, success=False, seconds=time.monotonic() - began)
        raise
    _write(name, success=True, seconds=time.monotonic() - began)


def _write(name: str, *, success: bool, seconds: float) -> None:
    """Replace the job's file; only log a failure, because the job itself is done."""
    now, path = time.time(), _get_path(name)
    last = now if success else read_run(name).get("last_success", 0)
    run = {"success": int(success), "seconds": seconds, "rows": _rows[0], "last_run": now}
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = path.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps({"last_success": last, **run}))
        new.replace(path)
    except OSError as error:
        logger.warning("the run of %s was not recorded: %s", name, error)


def read_run(name: str) -> dict[str, Any]:
    """Return the job's last run; empty if there is none or the file is damaged."""
    try:
        with _get_path(name).open("rb") as file:
            run = json.loads(file.read(LARGEST_FILE))
    except (OSError, ValueError):
        return {}
    return run if isinstance(run, dict) else {}


def _get_path(name: str) -> Path:
    return Path(settings.VAR_DIR, "metrics", f"{name}.json")
