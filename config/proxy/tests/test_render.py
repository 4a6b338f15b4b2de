from dataclasses import replace

import pytest

from config.proxy.policy import ID_MARK, ErrorResponse, Lanes
from config.proxy.quoting import UnwritableError
from config.proxy.render import render_bodies_file, render_config
from config.proxy.tests.proxies import PATHS, PROXY, RESPONSES, render_sections


def test_renders_the_global_limits():
    assert render_sections()["global"] == [
        "fd-hard-limit 8100",
        "nbthread 1",
        "tune.bufsize 32768",
        "tune.maxrewrite 2048",
        "tune.http.maxhdr 1010",
        "tune.buffers.limit 5000",
        "tune.sndbuf.client 65536",
        "stats socket /srv/site/var/run/haproxy.sock mode 600 level admin expose-fd listeners",
        "hard-stop-after 30s",
        "log stderr format raw local0 notice",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "mode http",
        "option http-server-close",
        "option idle-close-on-response",
        "option abortonclose",
        "option redispatch 1",
        "retry-on conn-failure empty-response",
        "balance leastconn",
        "timeout connect 5s",
        "timeout client 20s",
        "timeout http-request 10s",
        "timeout http-keep-alive 75s",
        "timeout queue 10s",
        "timeout server 60s",
    ],
)
def test_renders_the_defaults(line):
    assert line in render_sections()["defaults"]


def test_the_queue_timeout_is_the_pools():
    assert "timeout queue 7s" in render_sections(queue_timeout=7)["defaults"]


def test_logs_no_path():
    (line,) = (line for line in render_sections()["defaults"] if line.startswith("log-format"))
    assert not {"%r", "%HU", "%HP", "%HPO", "%HQ"} & set(line.replace('"', " ").split())


CHECK = "check inter 1s fall 3 rise 1 observe layer4 error-limit 1 on-error mark-down"


def test_limits_requests_to_the_threads_of_each_process():
    sections = render_sections(workers=3, threads=16)
    assert sections["backend requests"] == [
        f"server web-{number} unix@/srv/site/var/run/web-{number}.sock maxconn 12 {CHECK}"
        for number in range(3)
    ]
    assert [line.split()[4] for line in sections["backend transfers"]] == ["4"] * 3


@pytest.mark.parametrize(
    ("threads", "lanes"),
    [(1, (1, 1)), (2, (1, 1)), (4, (3, 1)), (5, (4, 1)), (16, (12, 4)), (256, (192, 64))],
)
def test_reserves_a_quarter_of_the_threads_for_transfers(threads, lanes):
    split = Lanes.split(threads)
    assert (split.requests, split.transfers) == lanes


PUBLIC = "server public unix@/srv/site/var/run/public.sock maxconn"


def list_backups():
    return [
        f"server web-{number} unix@/srv/site/var/run/web-{number}.sock maxconn 1 {CHECK} backup"
        for number in range(2)
    ]


def test_static_files_are_cached_and_have_their_own_threads():
    sections = render_sections()
    assert sections["backend public"] == [f"{PUBLIC} 8 {CHECK}", *list_backups()]
    assert sections["backend static"][-5:] == [
        "http-request cache-use static",
        "http-response cache-store static",
        f"{PUBLIC} 192 {CHECK}",
        *list_backups(),
    ]
    assert "max-object-size 4000000" in sections["cache static"]


def test_no_client_bypasses_or_fills_the_cache():
    assert render_sections()["backend static"][:-5] == [
        "http-request set-uri %[path]",
        "http-request set-header Host 127.0.0.1:8000",
        "http-request del-header Authorization",
        "http-request del-header Cache-Control",
        "http-request del-header Cookie",
        "http-request del-header If-Range",
        "http-request del-header Pragma",
        "http-request del-header Range",
        "acl takes_gzip req.hdr(Accept-Encoding) -m sub gzip",
        "http-request set-header Accept-Encoding gzip if takes_gzip",
        "http-request del-header Accept-Encoding unless takes_gzip",
    ]


def test_routes_requests_to_backends():
    lines = render_sections()["frontend site"]
    assert [line for line in lines if "backend" in line] == [
        "use_backend static if is_static is_read",
        "use_backend public if is_health",
        "use_backend public if is_public is_read !has_session",
        "use_backend public if is_pools !is_large",
        "use_backend transfers if is_large",
        "use_backend transfers if is_download is_read",
        "default_backend requests",
    ]
    for acl in (
        "acl is_api path_beg /api/",
        "acl is_static path_beg /static/",
        "acl is_health path /healthz",
        "acl is_pools path_beg /admin/pools/",
        "acl is_public path /accounts/login/ /accounts/signup/",
        r"acl is_download path_reg ^/files/[^/]+/download/$",
        "acl is_large req.body_size gt 14336",
        "acl has_session req.cook(sessionid) -m found",
    ):
        assert acl in lines


def test_serves_metrics_on_a_private_socket():
    assert render_sections()["frontend counters"] == [
        "bind unix@/srv/site/var/run/haproxy-metrics.sock mode 600",
        "http-request use-service prometheus-exporter if { path /metrics }",
        "http-request return status 404",
    ]


def test_retries_only_reads():
    assert "http-request disable-l7-retry unless is_read" in render_sections()["frontend site"]


def test_reads_a_small_body_before_assigning_a_thread():
    line = "http-request wait-for-body time 10s at-least 14336 unless is_large"
    assert line in render_sections()["frontend site"]


def test_sets_the_request_start_itself():
    lines = render_sections()["frontend site"]
    removed = "http-request del-header X-Request-Start"
    stamped = "http-request set-header X-Request-Start t=%[date(0,us)]"
    assert lines.index(removed) < lines.index(stamped)


@pytest.mark.parametrize(
    ("status", "condition"),
    [
        (413, "if { req.body_size gt 5 }"),
        (413, "if !takes_uploads { req.body_size gt 3 }"),
        (411, "if { req.hdr(Transfer-Encoding) -m found }"),
        (431, "if { req.hdrs,length gt 16384 }"),
        (400, "if { method CONNECT }"),
    ],
)
def test_rejects_requests_before_assigning_a_thread(status, condition):
    lines = render_sections(largest_body=5, largest_plain_body=3)["frontend site"]
    start = f"http-request return status {status} "
    assert any(line.startswith(start) and line.endswith(condition) for line in lines)


@pytest.mark.parametrize("status", [400, 414, 417, 431, 500, 501])
def test_replaces_gunicorns_errors(status):
    start = f"http-response return status {status} content-type"
    condition = f"if {{ status {status} }} !{{ res.hdr(Content-Security-Policy) -m found }}"
    lines = render_sections()["frontend site"]
    assert any(line.startswith(start) and line.endswith(condition) for line in lines)


def test_passes_no_other_protocol_to_gunicorn():
    lines = render_sections()["frontend site"]
    assert "option disable-h2-upgrade" in lines
    assert "http-request del-header Upgrade" in lines
    assert "http-request del-header HTTP2-Settings" in lines


def test_own_errors_take_their_bodies_from_files():
    errors = [line for line in render_sections()["defaults"] if line.startswith("http-error")]
    assert [line.split()[2] for line in errors] == ["400", "408", "500", "502", "503", "504"]
    bodies, shape = "map_str(/srv/site/var/haproxy/503.map)", "var(txn.shape,page)"
    rest = f"%[var(txn.request_id,-)]%[{shape},concat(-after),{bodies}]"
    assert errors[4] == (
        'http-error status 503 content-type "text/html; charset=utf-8" '
        f'lf-string "%[{shape},{bodies}]{rest}" hdr X-Frame-Options "DENY"'
    )


def test_writes_a_body_as_two_lines_around_the_id():
    bodies = {"page": f"<p>\n  a #<b>{ID_MARK}</b></p>\n", "api": f'{{"a": "{ID_MARK}"}}'}
    response = ErrorResponse(503, bodies, {})
    path, text = render_bodies_file(PROXY, response)
    assert path == "/srv/site/var/haproxy/503.map"
    assert text == 'page <p> a #<b>\npage-after </b></p>\napi {"a": "\napi-after "}\n'


def test_quotes_header_values():
    responses = [*RESPONSES[:-1], ErrorResponse(504, {}, {"X-A": '50 % "\\$'})]
    assert 'hdr X-A "50 %% \\"\\\\\\$"' in render_config(PROXY, PATHS, responses)


def test_listens_on_the_bind_address():
    assert render_sections(bind="::1", port=81)["frontend site"][0] == "bind [::1]:81"


def test_escapes_spaces_in_paths():
    socket = render_sections(run_dir="/srv/my site/run")["backend public"][0]
    assert r"unix@/srv/my\ site/run/public.sock" in socket


@pytest.mark.parametrize("folder", ["/srv/a\nb", "/srv/\x7f", ""])
def test_rejects_unwritable_values(folder):
    with pytest.raises(UnwritableError, match="HAProxy's configuration cannot contain"):
        render_config(replace(PROXY, run_dir=folder), PATHS, RESPONSES)
