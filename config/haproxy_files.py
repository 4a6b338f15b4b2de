"""HAProxy's files, from the settings and the site's URLs and pages."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.urls import reverse

from accounts.middleware import PUBLIC_PAGES
from config.lib.error_responses import API_PATH
from config.proxy.policy import Paths, Proxy
from config.proxy.render import render_bodies_file, render_config
from config.proxy.responses import build_error_responses

ANY_KEY = "00000000-0000-0000-0000-000000000000"


def render_haproxy_files(proxy: Proxy) -> dict[Path, str]:
    """Return the text of each file. Raise UnwritableError for a value it cannot contain."""
    responses = build_error_responses()
    files = {Path(proxy.folder) / "haproxy.cfg": render_config(proxy, build_paths(), responses)}
    for response in responses:
        path, text = render_bodies_file(proxy, response)
        files[Path(path)] = text
    return files


def build_paths() -> Paths:
    return Paths(
        api=API_PATH,
        static=settings.STATIC_URL,
        health=reverse("healthz"),
        ready=reverse("readyz"),
        pools=reverse("admin:pools"),
        public=tuple(reverse(name) for name in PUBLIC_PAGES),
        downloads=(
            reverse("files:download", args=[ANY_KEY]).replace(ANY_KEY, "*"),
            reverse("api:download_file", args=[ANY_KEY]).replace(ANY_KEY, "*"),
            reverse("profiles:export"),
        ),
        uploads=(
            reverse("files:upload"),
            reverse("profiles:profile"),
            reverse("api:upload_file"),
            reverse("api:change_profile"),
        ),
    )
