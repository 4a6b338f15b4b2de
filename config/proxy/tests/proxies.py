"""A front, its paths and its answers, for tests of what is rendered from them."""

from __future__ import annotations

from dataclasses import replace

from config.proxy.policy import Answer, Front, Paths
from config.proxy.render import configuration

FRONT = Front(
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
    public=("/accounts/login/", "/accounts/signup/"),
    downloads=("/files/*/download/",),
    uploads=("/files/upload/",),
)
ANSWERS = [
    Answer(status, {"page": f"<p>{status}</p>", "api": '{"a": 1}'}, {"X-Frame-Options": "DENY"})
    for status in (400, 408, 411, 413, 414, 417, 431, 500, 501, 502, 503, 504)
]


def rendered(**changes):
    """The file of a front with these changes: the stripped lines by section."""
    sections, lines = {}, []
    for line in configuration(replace(FRONT, **changes), PATHS, ANSWERS).splitlines():
        if line and not line.startswith((" ", "#")):
            lines = sections[line] = []
        elif line.startswith(" "):
            lines.append(line.strip())
    return sections
