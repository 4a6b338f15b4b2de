from __future__ import annotations

import time
from io import StringIO
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand

STEPS: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("checks", "check", {}),
    ("migrations", "migrate", {"interactive": False, "verbosity": 0}),
    ("rights of the web role", "database_roles", {"verbosity": 0}),
    ("plan of the session's statement", "session_function", {"verbosity": 0}),
    ("checks of the databases", "check", {"tags": ["database"], "databases": ["default", "jobs"]}),
    ("static files", "collectstatic", {"interactive": False, "verbosity": 0}),
    ("first administrator, experts", "seed", {}),
)


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Prepares the database and static files for a release; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        for title, command, arguments in STEPS:
            started, output = time.monotonic(), StringIO()
            if command != "collectstatic" or static_files_have_changed():
                call_command(command, stdout=output, **arguments)
            self.stdout.write(f"{title:<34} {time.monotonic() - started:6.1f} s")
            if command != "check":
                self.stdout.write(output.getvalue(), ending="")


def static_files_have_changed() -> bool:
    """Return whether a static file is newer than the manifest.

    Collecting hashes and compresses every file: a quarter of the start's time.
    """
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not manifest.exists():
        return True
    collected = manifest.stat().st_mtime
    return any(
        Path(storage.path(name)).stat().st_mtime > collected
        for finder in get_finders()
        for name, storage in finder.list(None)
    )
