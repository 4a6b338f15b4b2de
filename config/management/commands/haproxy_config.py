from __future__ import annotations

from pathlib import Path

from django.conf import settings

from config.generated import GeneratedFilesCommand
from config.haproxy.files import front_files


class Command(GeneratedFilesCommand):
    help = "Prints HAProxy's file, made from the settings; --write writes it and its answers."
    program = "HAProxy"
    renew = "Run `manage.py haproxy_config --write`, then deploy/reload."
    printed = ".cfg"

    def render(self) -> dict[Path, str]:
        return front_files(settings.FRONT)
