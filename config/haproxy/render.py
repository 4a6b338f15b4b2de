"""From the front to HAProxy's configuration file. Pure; for HAProxy 2.6 and later."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from config.haproxy.front import (
    BUFFER,
    CACHE,
    FAREWELL,
    KEEP_ALIVE,
    LARGEST_CACHED,
    LONGEST_ANSWER,
    LONGEST_HEAD,
    MAX_CONNECTIONS,
    PATIENCE,
    PUBLIC_THREADS,
    SMALL_BODY,
    Answer,
    Front,
    Paths,
)

HEADER: Final = """\
# Made by `manage.py haproxy_config --write`: do not edit.
"""
# How often a trusted proxy may stand behind another one.
CHAIN: Final = 5
HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json; charset=utf-8"
# Of these HAProxy makes an answer by itself; the others follow from the rules below.
BY_ITSELF: Final = frozenset({400, 408, 500, 502, 503, 504})

Section = list[str]


class UnwritableError(ValueError):
    """A value that HAProxy's file cannot hold; the text says which, and what to change."""


def configuration(front: Front, paths: Paths, answers: Sequence[Answer]) -> str:
    """The text of haproxy.cfg.

    Raises UnwritableError for a value that the file cannot hold.
    """
    sections = {
        "global": _global(front),
        "defaults": _defaults(front) + _errors(front, answers),
        "cache static": _cache(),
        "frontend site": _frontend(front, paths, answers),
        "backend requests": _workers(front, front.lanes.requests),
        "backend transfers": _workers(front, front.lanes.transfers),
        "backend public": _public(front),
        "backend static": _static(front),
    }
    return HEADER + "".join(
        f"\n{name}\n" + "".join(f"    {line}\n" for line in lines)
        for name, lines in sections.items()
    )


def bodies_file(front: Front, answer: Answer) -> tuple[str, str]:
    """The path and the text of the file from which HAProxy takes the bodies of an answer."""
    lines = (f"{shape} {_flat(body)}\n" for shape, body in answer.bodies.items())
    return f"{front.folder}/{answer.status}.map", "".join(lines)


def _global(front: Front) -> Section:
    return [
        f"maxconn {MAX_CONNECTIONS}",
        "nbthread 1",
        f"tune.bufsize {BUFFER}",
        "tune.maxrewrite 2048",
        f"stats socket {_word(front.run_dir)}/haproxy.sock mode 600 level admin "
        "expose-fd listeners",
        f"hard-stop-after {FAREWELL}s",
        "log stderr format raw local0 notice",
        *_tls_defaults(front),
    ]


def _defaults(front: Front) -> Section:
    return [
        "mode http",
        "log global",
        "option dontlognull",
        "option dontlog-normal",
        "option log-separate-errors",
        # Neither path nor query: a link's token must not get into a log.
        'log-format "%ci %HM %ST %tsc %b/%s queued=%Tw ms total=%Ta ms"',
        # A connection to gunicorn for each request was quicker than one that is kept.
        "option http-server-close",
        "option abortonclose",
        "option redispatch 1",
        "retries 3",
        "retry-on conn-failure empty-response",
        "balance leastconn",
        "timeout connect 5s",
        f"timeout client {PATIENCE}s",
        f"timeout http-request {PATIENCE}s",
        f"timeout http-keep-alive {KEEP_ALIVE}s",
        f"timeout queue {front.queue_timeout}s",
        f"timeout server {LONGEST_ANSWER}s",
    ]


def _errors(front: Front, answers: Sequence[Answer]) -> Section:
    return [
        f"http-error status {answer.status} {_payload(front, answer)}"
        for answer in answers
        if answer.status in BY_ITSELF
    ]


def _payload(front: Front, answer: Answer) -> str:
    """The body by the request's shape; one that could not be read has none, and gets a page."""
    path, _ = bodies_file(front, answer)
    headers = "".join(f" hdr {name} {_quoted(value)}" for name, value in answer.headers.items())
    body = f"%[var(txn.shape,page),map_str({_word(path)})]"
    return f'content-type "{HTML}" lf-string "{body}"{headers}'


def _cache() -> Section:
    return [
        f"total-max-size {CACHE}",
        f"max-object-size {LARGEST_CACHED}",
        "max-age 3600",
        "process-vary on",
    ]


def _frontend(front: Front, paths: Paths, answers: Sequence[Answer]) -> Section:
    by_status = {answer.status: _payload(front, answer) for answer in answers}
    return [
        f"bind {_host(front.bind)}:{front.port}",
        *_tls_bind(front),
        "option http-restrict-req-hdr-names delete",
        *_acls(front, paths),
        "http-request set-var(txn.shape) str(page)",
        "http-request set-var(txn.shape) str(api) if is_api",
        *_sender(front),
        f"http-request return status 431 {by_status[431]} "
        f"if {{ req.hdrs,length gt {LONGEST_HEAD} }}",
        f"http-request return status 413 {by_status[413]} "
        f"if {{ req.hdr(content-length) -m int gt {front.largest_body} }}",
        *_to_https(front),
        # Before a thread is given; a large one streams, since no buffer holds it.
        f"http-request wait-for-body time {PATIENCE}s at-least {SMALL_BODY} unless is_large",
        "http-request disable-l7-retry unless is_read",
        "http-request set-header X-Request-Start t=%[date(0,us)]",
        'http-after-response set-header Content-Type "'
        + JSON
        + '" if { var(txn.shape) -m str api } { status 408 413 431 502 503 504 }',
        "use_backend static if is_static is_read",
        "use_backend public if is_health",
        "use_backend public if is_public is_read !has_session",
        "use_backend transfers if is_large",
        "use_backend transfers if is_download is_read",
        "default_backend requests",
    ]


def _acls(front: Front, paths: Paths) -> Section:
    return [
        f"acl is_api path_beg {_word(paths.api)}",
        f"acl is_static path_beg {_word(paths.static)}",
        f"acl is_health path {_word(paths.health)}",
        f"acl is_public path {_words(paths.public)}",
        f"acl is_download path_reg {_words(_pattern(path) for path in paths.downloads)}",
        "acl is_read method GET HEAD",
        f"acl is_large req.hdr(content-length) -m int gt {SMALL_BODY}",
        f"acl has_session req.cook({_word(front.session_cookie)}) -m found",
    ]


def _sender(front: Front) -> Section:
    """Whose request it is, and by which protocol: what a named proxy says, and nobody else."""
    rules = ["http-request set-var(txn.proto) str(http)"]
    if front.tls_certificates:
        rules.append("http-request set-var(txn.proto) str(https) if { ssl_fc }")
    if front.trusted_proxies:
        rules.append(f"acl from_proxy src {_words(front.trusted_proxies)}")
        rules.append(
            "http-request set-var(txn.proto) str(https) "
            "if from_proxy { req.hdr(X-Forwarded-Proto) -m str https }"
        )
        # Each names the one before it, from the last to the first that is no proxy of ours.
        rules += [
            f"http-request set-src hdr_ip(X-Forwarded-For,-{place}) if from_proxy "
            f"{{ hdr_ip(X-Forwarded-For,-{place}) -m found }}"
            for place in range(1, CHAIN + 1)
        ]
    return [
        *rules,
        "http-request del-header X-Forwarded- -m beg",
        "http-request del-header ^(Forwarded|X-Real-IP|X-Request-Start)$ -m reg",
        "http-request set-header X-Forwarded-For %[src]",
        "http-request set-header X-Forwarded-Proto %[var(txn.proto)]",
    ]


def _tls_defaults(front: Front) -> Section:
    return []


def _tls_bind(front: Front) -> Section:
    return []


def _to_https(front: Front) -> Section:
    return []


def _workers(front: Front, at_once: int) -> Section:
    return [
        f"server web-{number} unix@{_word(front.run_dir)}/web-{number}.sock "
        f"maxconn {at_once} check inter 1s fall 1 rise 1"
        for number in range(front.workers)
    ]


def _public(front: Front) -> Section:
    return [_public_server(front)]


def _static(front: Front) -> Section:
    return [
        "http-request cache-use static",
        "http-response cache-store static",
        _public_server(front),
    ]


def _public_server(front: Front) -> str:
    return f"server public unix@{_word(front.run_dir)}/public.sock maxconn {PUBLIC_THREADS // 2}"


def _pattern(path: str) -> str:
    return "^" + "[^/]+".join(re.escape(part) for part in path.split("*")) + "$"


def _host(bind: str) -> str:
    return f"[{bind}]" if ":" in bind else bind


def _flat(body: str) -> str:
    """The body in one line, as a map's entry has to be; HTML and JSON mean the same so."""
    return " ".join(body.split())


def _word(value: str) -> str:
    """A value as a word of the file."""
    if not value or any(ord(c) < 0x20 or ord(c) == 0x7F for c in value):
        raise UnwritableError(f"{value!r} has no place in HAProxy's file: change it.")
    return re.sub(r"([\\ \"'#$,()])", r"\\\1", value)


def _words(values: Iterable[str]) -> str:
    return " ".join(_word(value) for value in values)


def _quoted(value: str) -> str:
    """A header's value, in which HAProxy expands nothing."""
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("%", "%%")
    return f'"{text}"'
