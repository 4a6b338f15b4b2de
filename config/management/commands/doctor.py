from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.observe.doctor.probe import Result, run
from config.observe.doctor.probes import PROBES


class Command(BaseCommand):
    help = "Looks at each part of the site, says what is wrong and what to type next."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="print JSON")

    def handle(self, *, as_json: bool, **options: Any) -> None:
        results = []
        for probe in PROBES:
            results.append(run(probe))
            if not as_json:
                self.show(results[-1])
        if as_json:
            self.stdout.write(json.dumps([result.to_dict() for result in results]))
        if count := sum(len(result.problems) for result in results):
            raise CommandError(f"{count} {'problem' if count == 1 else 'problems'} found.")

    def show(self, result: Result) -> None:
        self.stdout.write(f"{result.name:<12} {'wrong' if result.problems else 'ok'}")
        for problem in result.problems:
            self.stdout.write(f"    {problem.message}\n    -> {problem.step}")
        self.stdout.flush()
