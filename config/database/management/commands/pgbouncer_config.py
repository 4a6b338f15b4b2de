from __future__ import annotations

from pathlib import Path

from django.conf import settings

from config.database.monitor.console import get_console_password
from config.database.render import pgbouncer
from config.lib.generated_files import GeneratedFilesCommand


class Command(GeneratedFilesCommand):
    help = "Prints PgBouncer's ini files, rendered from the pool policy; --write writes them."
    program = "PgBouncer"
    reload_hint = "Run `manage.py pgbouncer_config --write`, then restart PgBouncer."
    printed_suffix = ".ini"

    def render(self) -> dict[Path, str]:
        folder, files = settings.PGBOUNCER_DIR, {}
        servers = settings.POSTGRES | settings.POSTGRES_READ
        for name, pool in (settings.POOLS | settings.READ_POOLS).items():
            server = servers[name]
            files[folder / f"{name}.ini"] = pgbouncer.render_ini(
                pool, server, host=settings.PGBOUNCER_HOST, folder=str(folder)
            )
            files[folder / f"{name}.userlist"] = pgbouncer.render_userlist(
                server, console_password=get_console_password()
            )
        return files
