from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.database import cli
from config.database.monitor import status
from config.database.monitor.console import Console, ConsoleError
from config.database.monitor.pool_table import render_table
from config.database.monitor.replicas import add_pools
from config.database.policy import PoolPolicy

CLEAR: Final = "\x1b[H\x1b[2J"


def list_policies() -> dict[str, PoolPolicy]:
    return {**settings.POOLS, **settings.READ_POOLS}


class Command(BaseCommand):
    help = "Shows the pools, or pauses, resumes, reconnects or reloads them."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        wait: dict[str, Any] = {"type": cli.parse_seconds, "metavar": "SECONDS"}
        parser.add_argument("action", nargs="?", choices=["pause", *status.ACTIONS])
        parser.add_argument("--pool", choices=list(list_policies()), help="act on this pool only")
        parser.add_argument("--timeout", **wait, help="for a pause (default: half the query wait)")
        parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON")
        parser.add_argument("--watch", nargs="?", const=2, **wait, help="repeat until Ctrl-C")

    def handle(
        self, *, action: str | None, pool: str | None, timeout: float | None, **options: Any
    ) -> None:
        if settings.DATABASE_POOLING == "direct":
            raise CommandError("there is no PgBouncer: DATABASE_POOLING=direct.")
        if action is None and (pool, timeout) != (None, None):
            raise CommandError("--pool and --timeout need an action, such as pause.")
        if action and (options["as_json"] or options["watch"] is not None):
            raise CommandError("--json and --watch cannot be combined with an action.")
        policies = [policy for name, policy in list_policies().items() if pool in (None, name)]
        if action == "pause":
            self.pause(policies, timeout)
        elif action:
            self.run_action(action, policies)
        elif options["watch"] is None:
            self.raise_errors(self.show(as_json=options["as_json"]))
        else:
            self.watch(options["watch"], as_json=options["as_json"])

    def show(self, *, as_json: bool, clear: str = "") -> list[str]:
        """Print the overview; return the errors of the consoles that did not answer."""
        overview = status.get_overview(settings.POOLS, settings.POSTGRES)
        overview = add_pools(overview, settings.READ_POOLS)
        if as_json:
            self.stdout.write(json.dumps(overview.to_dict()))
        elif clear or any(overview.pools.values()):
            self.stdout.write(clear + render_table(overview, settings.POSTGRES))
        self.stdout.flush()
        return [overview.errors[name] for name, pool in overview.pools.items() if pool is None]

    def watch(self, seconds: float, *, as_json: bool) -> None:
        clear = CLEAR if self.stdout.isatty() else ""
        with suppress(KeyboardInterrupt):
            while True:
                for error in self.show(as_json=as_json, clear=clear):
                    self.stderr.write(error)
                time.sleep(seconds)

    def pause(self, policies: list[PoolPolicy], timeout: float | None) -> None:
        try:
            # Jobs first: their longer transactions end before pages have to wait.
            durations = status.pause(policies[::-1], timeout)
        except ConsoleError as error:
            raise CommandError(str(error)) from error
        for policy in policies:
            effect = status.describe_pause(policy, durations[policy.name])
            self.stdout.write(f"{policy.name}: {effect}")
        self.stdout.write("`manage.py pools resume` resumes them.")

    def run_action(self, action: str, policies: list[PoolPolicy]) -> None:
        failures = []
        for policy in policies:
            try:
                with Console(policy) as console:
                    self.stdout.write(f"{policy.name}: {status.ACTIONS[action](console)}")
            except ConsoleError as error:
                failures.append(str(error))
        self.raise_errors(failures)

    def raise_errors(self, reasons: list[str]) -> None:
        if reasons:
            raise CommandError(" ".join(reasons))
