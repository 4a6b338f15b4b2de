"""From the front to HAProxy's configuration file. Pure; for HAProxy 2.6 and later."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from config.proxy import forwarded, tls
from config.proxy.backends import (
    Section,
    public,
    requests,
    static,
    static_cache,
    transfers,
)
from config.proxy.policy import (
    BUFFER,
    FAREWELL,
    KEEP_ALIVE,
    LONGEST_ANSWER,
    LONGEST_HEAD,
    MAX_CONNECTIONS,
    MOST_BUFFERS,
    PATIENCE,
    SEND_BUFFER,
    SMALL_BODY,
    STANDSTILL,
    Answer,
    Front,
    Paths,
)
from config.proxy.quoting import flat, host, quoted, without, word, words

HEADER: Final = """\
# Made by `manage.py haproxy_config --write`: do not edit.
"""
HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json; charset=utf-8"
BY_GUNICORN: Final = (400, 414, 417, 431, 500, 501)
# Of these HAProxy makes an answer by itself; the others follow from the rules below.
BY_ITSELF: Final = frozenset({400, 408, 500, 502, 503, 504})


def configuration(front: Front, paths: Paths, answers: Sequence[Answer]) -> str:
    """The text of haproxy.cfg.

    Raises UnwritableError for a value that the file cannot hold.
    """
    sections = {
        "global": _global(front),
        "defaults": _defaults(front) + _errors(front, answers),
        "cache static": static_cache(),
        "frontend site": _frontend(front, paths, answers),
        "frontend counters": _counters(front),
        "backend requests": requests(front),
        "backend transfers": transfers(front),
        "backend public": public(front),
        "backend static": static(front),
    }
    return HEADER + "".join(
        f"\n{name}\n" + "".join(f"    {line}\n" for line in lines)
        for name, lines in sections.items()
    )


def bodies_file(front: Front, answer: Answer) -> tuple[str, str]:
    """The path and the text of the file from which HAProxy takes the bodies of an answer."""
    lines = (f"{shape} {flat(body)}\n" for shape, body in answer.bodies.items())
    return f"{front.folder}/{answer.status}.map", "".join(lines)


def _global(front: Front) -> Section:
    return [
        # Fewer connections where the machine gives fewer descriptors; each has up to two.
        f"fd-hard-limit {2 * MAX_CONNECTIONS + 100}",
        "nbthread 1",
        f"tune.bufsize {BUFFER}",
        "tune.maxrewrite 2048",
        # What has more is refused by HAProxy without a page; gunicorn takes 100.
        "tune.http.maxhdr 1010",
        f"tune.buffers.limit {MOST_BUFFERS}",
        f"tune.sndbuf.client {SEND_BUFFER}",
        f"stats socket {word(front.run_dir)}/haproxy.sock mode 600 level admin expose-fd listeners",
        f"hard-stop-after {FAREWELL}s",
        "log stderr format raw local0 notice",
        *tls.defaults(front),
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
        # Else a renewal closes connections on which a request may just be coming.
        "option idle-close-on-response",
        "option abortonclose",
        "option redispatch 1",
        "retries 3",
        "retry-on conn-failure empty-response",
        "balance leastconn",
        "timeout connect 5s",
        f"timeout client {STANDSTILL}s",
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
    headers = "".join(f" hdr {name} {quoted(value)}" for name, value in answer.headers.items())
    body = f"%[var(txn.shape,page),map_str({word(path)})]"
    return f'content-type "{HTML}" lf-string "{body}"{headers}'


def _frontend(front: Front, paths: Paths, answers: Sequence[Answer]) -> Section:
    by_status = {answer.status: _payload(front, answer) for answer in answers}
    return [
        f"bind {host(front.bind)}:{front.port}",
        *tls.listener(front),
        "option http-restrict-req-hdr-names delete",
        "option disable-h2-upgrade",
        *_acls(front, paths),
        "http-request set-var(txn.shape) str(page)",
        "http-request set-var(txn.shape) str(api) if is_api",
        *forwarded.rules(front),
        f"http-request return status 431 {by_status[431]} "
        f"if {{ req.hdrs,length gt {LONGEST_HEAD} }}",
        f"http-request return status 413 {by_status[413]} "
        f"if {{ req.body_size gt {front.largest_body} }}",
        f"http-request return status 413 {by_status[413]} "
        f"if !takes_uploads {{ req.body_size gt {front.largest_plain_body} }}",
        # No body is taken whose size is not announced; what would be its end is nobody's to say.
        f"http-request return status 411 {by_status[411]} hdr Connection close "
        "if { req.hdr(Transfer-Encoding) -m found }",
        # A tunnel to gunicorn, or HTTP/2 with it, is for nobody.
        f"http-request return status 400 {by_status[400]} if {{ method CONNECT }}",
        *without(("Upgrade", "HTTP2-Settings")),
        *tls.redirect(front, paths),
        # Before a thread is given; a large one streams, since no buffer holds it.
        f"http-request wait-for-body time {PATIENCE}s at-least {SMALL_BODY} unless is_large",
        "http-request disable-l7-retry unless is_read",
        "http-request set-header X-Request-Start t=%[date(0,us)]",
        *_instead_of_gunicorn(by_status),
        f'http-after-response set-header Content-Type "{JSON}" '
        f"if {{ var(txn.shape) -m str api }} {{ status {' '.join(map(str, by_status))} }}",
        "use_backend static if is_static is_read",
        "use_backend public if is_health",
        "use_backend public if is_public is_read !has_session",
        "use_backend transfers if is_large",
        "use_backend transfers if is_download is_read",
        "default_backend requests",
    ]


def _counters(front: Front) -> Section:
    """Of all that is counted, for Prometheus; for who may read the folder's sockets only."""
    return [
        f"bind unix@{word(front.run_dir)}/haproxy-metrics.sock mode 600",
        "http-request use-service prometheus-exporter if { path /metrics }",
        "http-request return status 404",
    ]


def _instead_of_gunicorn(by_status: Mapping[int, str]) -> Section:
    """The site's answer for gunicorn's own, which has none of the headers that the site's have."""
    return [
        f"http-response return status {status} {by_status[status]} "
        f"if {{ status {status} }} !{{ res.hdr(Content-Security-Policy) -m found }}"
        for status in BY_GUNICORN
    ]


def _acls(front: Front, paths: Paths) -> Section:
    return [
        f"acl is_api path_beg {word(paths.api)}",
        f"acl is_static path_beg {word(paths.static)}",
        f"acl is_health path {word(paths.health)}",
        f"acl is_public path {words(paths.public)}",
        f"acl is_download path_reg {words(_pattern(path) for path in paths.downloads)}",
        f"acl takes_uploads path {words(paths.uploads)}",
        "acl is_read method GET HEAD",
        f"acl is_large req.body_size gt {SMALL_BODY}",
        f"acl has_session req.cook({word(front.session_cookie)}) -m found",
    ]


def _pattern(path: str) -> str:
    return "^" + "[^/]+".join(re.escape(part) for part in path.split("*")) + "$"
