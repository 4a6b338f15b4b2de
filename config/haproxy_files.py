"""HAProxy's files, from the settings and the site's URLs and pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.urls import reverse

from accounts.middleware import PUBLIC_PAGES
from config.database.replicas.middleware import PRIMARY_PATHS
from config.lib.error_responses import API_PATH
from config.proxy.edge import render_edge
from config.proxy.policy import ErrorResponse, Paths, Proxy
from config.proxy.render import render_bodies_file, render_config
from config.proxy.responses import build_away_response, build_error_responses

ANY_KEY = "00000000-0000-0000-0000-000000000000"


def render_haproxy_files(proxy: Proxy) -> dict[Path, str]:
    """Return the text of each file. Raise UnwritableError for a value it cannot contain."""
    responses = build_error_responses()
    away = build_away_response() if proxy.region.forwards else None
    text = render_config(proxy, build_paths(), responses, away)
    bodies = _render_bodies(proxy, [*responses, away] if away else responses)
    return {Path(proxy.folder) / "haproxy.cfg": text} | bodies


def render_edge_files(proxy: Proxy, hosts: Sequence[str]) -> dict[Path, str]:
    """Return the text of each file of the edge. Raise ValueError without hosts."""
    if not hosts:
        raise ValueError("EDGE_HOSTS is not set: give hosts, as in 10.0.0.11:8000,10.0.0.12:8000.")
    responses = build_error_responses()
    text = render_edge(proxy, hosts, build_paths(), responses)
    files = {Path(proxy.folder) / "edge.cfg": text}
    return files | _render_bodies(proxy, responses)


def _render_bodies(proxy: Proxy, responses: Sequence[ErrorResponse]) -> dict[Path, str]:
    bodies = (render_bodies_file(proxy, response) for response in responses)
    return {Path(path): text for path, text in bodies}


def build_paths() -> Paths:
    return Paths(
        api=API_PATH,
        static=settings.STATIC_URL,
        health=reverse("healthz"),
        ready=reverse("readyz"),
        pools=reverse("admin:pools"),
        primary=tuple(path for path in PRIMARY_PATHS if path != reverse("readyz")),
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
