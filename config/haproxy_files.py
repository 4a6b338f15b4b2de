"""HAProxy's files, from the settings and the site's own addresses and pages."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.urls import reverse

from accounts.middleware import PUBLIC_PAGES
from config.lib.error_responses import API_PATH
from config.proxy.policy import Front, Paths
from config.proxy.render import bodies_file, configuration
from config.proxy.responses import own_answers

ANY = "00000000-0000-0000-0000-000000000000"


def front_files(front: Front) -> dict[Path, str]:
    """The text of each file; raises UnwritableError for a value that a file cannot hold."""
    answers = own_answers()
    files = {Path(front.folder) / "haproxy.cfg": configuration(front, paths(), answers)}
    for answer in answers:
        path, text = bodies_file(front, answer)
        files[Path(path)] = text
    return files


def paths() -> Paths:
    return Paths(
        api=API_PATH,
        static=settings.STATIC_URL,
        health=reverse("healthz"),
        ready=reverse("readyz"),
        public=tuple(reverse(name) for name in PUBLIC_PAGES),
        downloads=(
            reverse("files:download", args=[ANY]).replace(ANY, "*"),
            reverse("api:download_file", args=[ANY]).replace(ANY, "*"),
            reverse("profiles:export"),
        ),
        uploads=(
            reverse("files:upload"),
            reverse("profiles:profile"),
            reverse("api:upload_file"),
            reverse("api:change_profile"),
        ),
    )
