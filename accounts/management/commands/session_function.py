from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import ProgrammingError

from accounts.sessions import BY_KEY
from config.database import functions


class Command(BaseCommand):
    help = "Creates the PostgreSQL function that keeps the plan of this release's session lookup."
    requires_system_checks = ()

    def handle(self, *, verbosity: int, **options: Any) -> None:
        function = BY_KEY.plan.function
        try:
            readers = {server.user for server in settings.POSTGRES_READ.values()}
            functions.keep(function, settings.POSTGRES["web"].user, readers)
        except ProgrammingError as error:
            self.stdout.write(
                f"The function {function.name} could not be created, so the session's statement "
                f"is planned for every request: {error}"
            )
        else:
            if verbosity > 0:
                self.stdout.write(f"{function.name}: done")
