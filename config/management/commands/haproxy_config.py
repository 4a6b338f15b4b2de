from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.urls import reverse

from accounts.middleware import SHELL
from config.api import PATH
from config.generated import GeneratedFilesCommand
from config.haproxy.answers import own_answers
from config.haproxy.front import Paths
from config.haproxy.render import bodies_file, configuration

ANY = "00000000-0000-0000-0000-000000000000"


class Command(GeneratedFilesCommand):
    help = "Prints HAProxy's file, made from the settings; --write writes it and its answers."
    program = "HAProxy"
    renew = "Run `manage.py haproxy_config --write`, then deploy/reload."
    printed = ".cfg"

    def render(self) -> dict[Path, str]:
        front, answers = settings.FRONT, own_answers()
        files = {Path(front.folder) / "haproxy.cfg": configuration(front, paths(), answers)}
        for answer in answers:
            path, text = bodies_file(front, answer)
            files[Path(path)] = text
        return files


def paths() -> Paths:
    return Paths(
        api=PATH,
        static=settings.STATIC_URL,
        health=reverse("healthz"),
        public=tuple(reverse(name) for name in SHELL),
        downloads=(
            reverse("files:download", args=[ANY]).replace(ANY, "*"),
            reverse("api:download_file", args=[ANY]).replace(ANY, "*"),
            reverse("profiles:export"),
        ),
    )
