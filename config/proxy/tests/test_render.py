from dataclasses import replace

import pytest

from config.proxy.policy import Answer, Lanes
from config.proxy.quoting import UnwritableError
from config.proxy.render import bodies_file, configuration
from config.proxy.tests.proxies import ANSWERS, FRONT, PATHS, rendered


def test_the_numbers_of_the_whole_process():
    assert rendered()["global"] == [
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
def test_what_holds_for_every_request(line):
    assert line in rendered()["defaults"]


def test_the_queue_is_as_long_as_the_pools():
    assert "timeout queue 7s" in rendered(queue_timeout=7)["defaults"]


def test_no_path_gets_into_the_log():
    (line,) = (line for line in rendered()["defaults"] if line.startswith("log-format"))
    assert not {"%r", "%HU", "%HP", "%HPO", "%HQ"} & set(line.replace('"', " ").split())


CHECKED = "check inter 1s fall 3 rise 1 observe layer4 error-limit 1 on-error mark-down"


def test_each_process_gets_as_many_requests_as_it_has_threads():
    sections = rendered(workers=3, threads=16)
    assert sections["backend requests"] == [
        f"server web-{number} unix@/srv/site/var/run/web-{number}.sock maxconn 12 {CHECKED}"
        for number in range(3)
    ]
    assert [line.split()[4] for line in sections["backend transfers"]] == ["4"] * 3


@pytest.mark.parametrize(
    ("threads", "lanes"),
    [(1, (1, 1)), (2, (1, 1)), (4, (3, 1)), (5, (4, 1)), (16, (12, 4)), (256, (192, 64))],
)
def test_a_quarter_of_the_threads_is_for_transfers(threads, lanes):
    found = Lanes.of(threads)
    assert (found.requests, found.transfers) == lanes


PUBLIC = "server public unix@/srv/site/var/run/public.sock maxconn"


def instead():
    """The servers that take the place of the public one."""
    return [
        f"server web-{number} unix@/srv/site/var/run/web-{number}.sock maxconn 1 {CHECKED} backup"
        for number in range(2)
    ]


def test_static_files_are_kept_and_have_threads_of_their_own():
    sections = rendered()
    assert sections["backend public"] == [f"{PUBLIC} 8 {CHECKED}", *instead()]
    assert sections["backend static"][-5:] == [
        "http-request cache-use static",
        "http-response cache-store static",
        f"{PUBLIC} 192 {CHECKED}",
        *instead(),
    ]
    assert "max-object-size 4000000" in sections["cache static"]


def test_nobody_asks_past_the_cache_or_fills_it():
    assert rendered()["backend static"][:-5] == [
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


def test_which_request_goes_where():
    lines = rendered()["frontend site"]
    assert [line for line in lines if "backend" in line] == [
        "use_backend static if is_static is_read",
        "use_backend public if is_health",
        "use_backend public if is_public is_read !has_session",
        "use_backend transfers if is_large",
        "use_backend transfers if is_download is_read",
        "default_backend requests",
    ]
    for acl in (
        "acl is_api path_beg /api/",
        "acl is_static path_beg /static/",
        "acl is_health path /healthz",
        "acl is_public path /accounts/login/ /accounts/signup/",
        r"acl is_download path_reg ^/files/[^/]+/download/$",
        "acl is_large req.body_size gt 14336",
        "acl has_session req.cook(sessionid) -m found",
    ):
        assert acl in lines


def test_the_counters_are_on_a_socket_of_the_sites_own():
    assert rendered()["frontend counters"] == [
        "bind unix@/srv/site/var/run/haproxy-metrics.sock mode 600",
        "http-request use-service prometheus-exporter if { path /metrics }",
        "http-request return status 404",
    ]


def test_only_reads_are_given_to_another_process():
    assert "http-request disable-l7-retry unless is_read" in rendered()["frontend site"]


def test_a_small_body_is_read_whole_before_a_thread_is_given():
    line = "http-request wait-for-body time 10s at-least 14336 unless is_large"
    assert line in rendered()["frontend site"]


def test_the_arrival_is_stamped_by_haproxy_alone():
    lines = rendered()["frontend site"]
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
def test_what_is_refused_before_a_thread_is_given(status, condition):
    lines = rendered(largest_body=5, largest_plain_body=3)["frontend site"]
    start = f"http-request return status {status} "
    assert any(line.startswith(start) and line.endswith(condition) for line in lines)


@pytest.mark.parametrize("status", [400, 414, 417, 431, 500, 501])
def test_what_gunicorn_refuses_is_answered_as_the_site_does(status):
    start = f"http-response return status {status} content-type"
    condition = f"if {{ status {status} }} !{{ res.hdr(Content-Security-Policy) -m found }}"
    lines = rendered()["frontend site"]
    assert any(line.startswith(start) and line.endswith(condition) for line in lines)


def test_no_other_protocol_reaches_gunicorn():
    lines = rendered()["frontend site"]
    assert "option disable-h2-upgrade" in lines
    assert "http-request del-header Upgrade" in lines
    assert "http-request del-header HTTP2-Settings" in lines


def test_the_answers_of_its_own_have_the_bodies_of_files():
    errors = [line for line in rendered()["defaults"] if line.startswith("http-error")]
    assert [line.split()[2] for line in errors] == ["400", "408", "500", "502", "503", "504"]
    body = 'lf-string "%[var(txn.shape,page),map_str(/srv/site/var/haproxy/503.map)]"'
    assert errors[4] == (
        f'http-error status 503 content-type "text/html; charset=utf-8" {body} '
        'hdr X-Frame-Options "DENY"'
    )


def test_a_body_is_one_line_of_its_file():
    answer = Answer(503, {"page": "<p>\n  a # b</p>\n", "api": '{"a": 1}'}, {})
    path, text = bodies_file(FRONT, answer)
    assert path == "/srv/site/var/haproxy/503.map"
    assert text == 'page <p> a # b</p>\napi {"a": 1}\n'


def test_a_headers_value_is_taken_literally():
    answers = [*ANSWERS[:-1], Answer(504, {}, {"X-A": '50 % "\\$'})]
    assert 'hdr X-A "50 %% \\"\\\\\\$"' in configuration(FRONT, PATHS, answers)


def test_it_listens_where_it_is_told_to():
    assert rendered(bind="::1", port=81)["frontend site"][0] == "bind [::1]:81"


def test_a_folder_with_blanks_is_escaped():
    socket = rendered(run_dir="/srv/my site/run")["backend public"][0]
    assert r"unix@/srv/my\ site/run/public.sock" in socket


@pytest.mark.parametrize("folder", ["/srv/a\nb", "/srv/\x7f", ""])
def test_a_value_that_no_line_holds_is_refused(folder):
    with pytest.raises(UnwritableError, match="has no place in HAProxy's file"):
        configuration(replace(FRONT, run_dir=folder), PATHS, ANSWERS)
