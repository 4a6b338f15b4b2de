from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from config.haproxy_files import render_edge_files, render_haproxy_files
from config.lib.generated_files import GeneratedFilesCommand
from config.proxy.tls import render_trial


class Command(GeneratedFilesCommand):
    help = "Prints HAProxy's configuration; --write writes it and its error responses."
    program = "HAProxy"
    reload_hint = "Run `manage.py haproxy_config --write`, then deploy/reload."
    printed_suffix = ".cfg"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--tls", action="store_true", help="print a minimal file to check the certificates with"
        )
        parser.add_argument(
            "--edge", action="store_true", help="for the HAProxy in front of EDGE_HOSTS"
        )

    def handle(
        self,
        *args: Any,
        write: bool,
        check: bool,
        tls: bool = False,
        edge: bool = False,
        **options: Any,
    ) -> None:
        self.is_edge = edge
        if tls:
            self.stdout.write(render_trial(settings.PROXY))
        else:
            super().handle(*args, write=write, check=check, **options)

    def render(self) -> dict[Path, str]:
        if self.is_edge:
            return render_edge_files(settings.PROXY, settings.EDGE_HOSTS)
        return render_haproxy_files(settings.PROXY)
