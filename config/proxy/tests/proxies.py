"""A sample proxy with paths and responses."""

from __future__ import annotations

from dataclasses import replace

from config.proxy.policy import ErrorResponse, Paths, Proxy
from config.proxy.render import render_config

PROXY = Proxy(
    bind="127.0.0.1",
    port=8000,
    origin="http://127.0.0.1:8000",
    run_dir="/srv/site/var/run",
    folder="/srv/site/var/haproxy",
    workers=2,
    threads=16,
    queue_timeout=10,
    largest_body=51_000_000,
    largest_plain_body=1_000_000,
    session_cookie="sessionid",
)
PATHS = Paths(
    api="/api/",
    static="/static/",
    health="/healthz",
    ready="/readyz",
    pools="/admin/pools/",
    primary=("/accounts/", "/admin/"),
    public=("/accounts/login/", "/accounts/signup/"),
    downloads=("/files/*/download/",),
    uploads=("/files/upload/",),
)
RESPONSES = [
    ErrorResponse(
        status, {"page": f"<p>{status}</p>", "api": '{"a": 1}'}, {"X-Frame-Options": "DENY"}
    )
    for status in (400, 408, 411, 413, 414, 417, 431, 500, 501, 502, 503, 504)
]


def render_sections(**changes):
    """Render the changed proxy and return the stripped lines by section."""
    sections, lines = {}, []
    for line in render_config(replace(PROXY, **changes), PATHS, RESPONSES).splitlines():
        if line and not line.startswith((" ", "#")):
            lines = sections[line] = []
        elif line.startswith(" "):
            lines.append(line.strip())
    return sections
