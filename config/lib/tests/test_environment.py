"""Environment variables: .env.example documents each once; readers reject invalid values."""

import re
import socket
import time
from dataclasses import replace

import pytest
import redis
from django.conf import settings
from django.core.cache import CacheHandler
from django.core.exceptions import ImproperlyConfigured

from config.database import policy
from config.database.dsn import parse_server_url
from config.lib.environment import Environment, get_local_url
from config.lib.ports import check_ports
from config.proxy.tests.proxies import PROXY
from config.tests.processes import manage

POOLS = (policy.WEB, policy.JOBS, policy.READ)
READ = re.compile(r'env(?:iron)?\.\w+\(\s*"([A-Z_]+)"')
SHELL = re.compile(r"\$\(value ([A-Z_]+)\)|\$\{([A-Z_]+):-\.")
DOCUMENTED = re.compile(r"^#?([A-Z_]+)=(.*)$", re.MULTILINE)


def list_documented():
    return DOCUMENTED.findall((settings.BASE_DIR / ".env.example").read_text())


def list_settings_variables():
    names = set(READ.findall((settings.BASE_DIR / "config/settings.py").read_text()))
    return names.union(*map(policy.list_variables, POOLS))


def list_script_variables():
    folder = settings.BASE_DIR / "deploy"
    scripts = [folder / name for name in ("up", "down", "watch")]
    texts = [path.read_text() for path in (*scripts, *folder.glob("lib/*"))]
    return {name for text in texts for match in SHELL.findall(text) for name in match if name}


def test_documents_exactly_the_variables_that_are_read():
    read = list_settings_variables() | list_script_variables()
    assert {name for name, _ in list_documented()} == read


def test_documents_each_variable_once():
    names = [name for name, _ in list_documented()]
    assert sorted(names) == sorted(set(names))


def test_documents_the_pools_defaults():
    documented = dict(list_documented())
    for pool in POOLS:
        expected = {v: str(getattr(pool, name)) for v, name in policy.list_variables(pool).items()}
        assert {v: documented[v] for v in expected} == expected


def get_error(read, value, monkeypatch):
    monkeypatch.setenv("NAME", value)
    with pytest.raises(ImproperlyConfigured) as caught:
        read(Environment())
    line = str(caught.value)
    assert "NAME" in line
    assert "give " in line
    return line


@pytest.mark.parametrize("value", ["a,b", "/a,/b", "var/run", " a", "a\nb"])
def test_rejects_a_list_of_hosts(monkeypatch, value):
    line = get_error(lambda env: env.host("NAME", "/run"), value, monkeypatch)
    assert line.startswith(f"NAME={value!r} is not allowed: give one absolute path")


@pytest.mark.parametrize("value", ["/var/run", "pgbouncer", "127.0.0.1", "::1"])
def test_accepts_a_path_a_name_or_an_ip_address_as_host(monkeypatch, value):
    monkeypatch.setenv("NAME", value)
    assert Environment().host("NAME", "/run") == value


@pytest.mark.parametrize("value", ["proxy", "10.0.0.5/8", "10.0.0.1:80", "fe80::1%eth0", "a\nb"])
def test_rejects_proxies_that_are_not_ip_addresses_or_networks(monkeypatch, value):
    line = get_error(lambda env: env.networks("NAME"), f"10.0.0.1 {value}", monkeypatch)
    assert "give IP addresses or networks" in line


def test_separates_proxies_by_spaces_or_commas(monkeypatch):
    monkeypatch.setenv("NAME", "10.0.0.0/8, ::1 127.0.0.1")
    assert Environment().networks("NAME") == ("10.0.0.0/8", "::1", "127.0.0.1")
    assert Environment().networks("NONE") == ()


def test_reads_addresses(monkeypatch):
    monkeypatch.setenv("NAME", "10.0.0.11:8000, web-2.example:80")
    assert Environment().addresses("NAME") == ("10.0.0.11:8000", "web-2.example:80")
    assert Environment().addresses("NONE") == ()


@pytest.mark.parametrize("value", ["10.0.0.11", "a:0", "a:65536", ":80", "a:80x", "-a:80", "é:80"])
def test_rejects_what_is_no_address(monkeypatch, value):
    line = get_error(lambda env: env.addresses("NAME"), value, monkeypatch)
    assert "give HOST:PORT" in line


@pytest.mark.parametrize("value", ["a:1,a:1", "a:1 b:1 A:1"])
def test_rejects_an_address_that_is_given_twice(monkeypatch, value):
    line = get_error(lambda env: env.addresses("NAME"), value, monkeypatch)
    assert line.endswith("give each address only once.")


@pytest.mark.parametrize("value", ["/nope", "/tmp", "/", "settings.py"])  # noqa: S108  a folder
def test_rejects_what_is_no_readable_file(monkeypatch, value):
    line = get_error(lambda env: env.file("NAME"), value, monkeypatch)
    assert "give the absolute path of a file" in line


def test_reads_the_path_of_a_file(monkeypatch):
    monkeypatch.setenv("NAME", __file__)
    assert Environment().file("NAME") == __file__
    assert Environment().file("NONE") == ""


@pytest.mark.parametrize("value", ["a" * 254, "a b", "a\nb", "a'b", 'a"b', "ü"])
def test_rejects_what_no_host_name_contains(monkeypatch, value):
    line = get_error(lambda env: env.host_name("NAME", "web-1"), value, monkeypatch)
    assert "give 1 to 253 letters, digits" in line


@pytest.mark.parametrize("value", ["a" * 253, "web-1.example.com", "Web_2"])
def test_accepts_a_host_name(monkeypatch, value):
    monkeypatch.setenv("NAME", value)
    assert Environment().host_name("NAME", "web-1") == value
    assert Environment().host_name("NONE", "web-1") == "web-1"


def test_names_the_variable_of_a_file_that_cannot_be_read(monkeypatch, tmp_path):
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    for path, reason in (
        ("/nope", "No such file or directory"),
        (str(tmp_path), "Is a directory"),
        (str(binary), "not UTF-8 text"),
    ):
        monkeypatch.setenv("NAME_FILE", path)
        line = get_error(lambda env: env.integer("NAME", 1, 1, 9), "5", monkeypatch)
        assert line.startswith(f"NAME_FILE='{path}' is not allowed: give the path of a file")
        assert reason in line


SOCKETS = parse_server_url("POSTGRES_URL", "postgresql://ann:x@/site?host=/run")
TLS = {"origin": "https://a", "tls_port": 443, "tls_certificates": ("/a.pem",)}


def check(metrics_port=9127, read_port=6434, **proxy):
    pools = {"web": policy.WEB, "jobs": policy.JOBS}
    read = replace(policy.READ, listen_port=read_port)
    pools |= policy.number_pools(read, ["read1", "read2"])
    check_ports(replace(PROXY, **proxy), metrics_port, pools, {"web": SOCKETS})


@pytest.mark.parametrize(
    ("ports", "reason"),
    [
        ({"read_port": 6433}, "POOL_JOBS_PORT and POOL_READ_PORT (of read1) are both 6433: give"),
        ({"read_port": 6431}, "POOL_WEB_PORT and POOL_READ_PORT (of read2) are both 6432: give"),
        ({"read_port": 65535}, "POOL_READ_PORT (of read2) is 65536: give a port that is at most"),
        ({"metrics_port": 8000}, "PORT and METRICS_PORT are both 8000: give each its own port."),
        ({"port": 6434}, "PORT and POOL_READ_PORT (of read1) are both 6434: give"),
        (TLS | {"tls_port": 8000}, "PORT and TLS_PORT are both 8000: give"),
        # PgBouncer's sockets are in the folder of PostgreSQL's.
        ({"read_port": 5432}, "POSTGRES_URL and POOL_READ_PORT (of read1) are both 5432: give"),
    ],
)
def test_rejects_ports_that_collide(ports, reason):
    with pytest.raises(ImproperlyConfigured, match=re.escape(reason)):
        check(**ports)


def test_accepts_ports_that_differ():
    check(**TLS)
    # The port of a listener that is off.
    check(metrics_port=0, tls_port=8000)


@pytest.mark.parametrize("value", ["site.pem", "/a.pem,b.pem"])
def test_rejects_relative_paths(monkeypatch, value):
    line = get_error(lambda env: env.paths("NAME"), value, monkeypatch)
    assert "give absolute paths" in line


def test_separates_paths_by_commas(monkeypatch):
    monkeypatch.setenv("NAME", "/a.pem, /b c.pem,")
    assert Environment().paths("NAME") == ("/a.pem", "/b c.pem")


@pytest.mark.parametrize("value", ["ann", "ann@127.0.0.1", "ann@example.org, bob@example.org"])
def test_rejects_invalid_email_addresses(monkeypatch, value):
    get_error(lambda env: env.mailbox("NAME", "admin@localhost"), value, monkeypatch)


@pytest.mark.parametrize(
    "value", ["example.org", "ftp://a", "http://", "http://a:x", "http://[::1"]
)
def test_rejects_invalid_site_urls(monkeypatch, value):
    get_error(lambda env: env.site_url("NAME", ""), value, monkeypatch)


@pytest.mark.parametrize(
    "value", ["foo://ann:secret@x", "secret", "smtp://ann:secret@x:y", "secret://["]
)
def test_rejects_an_invalid_url_without_showing_its_secret(monkeypatch, value):
    for read in (lambda env: env.mail("NAME", ""), lambda env: env.cache("NAME", {})):
        assert "secret" not in get_error(read, value, monkeypatch)


def test_uses_the_default_without_a_url(monkeypatch):
    monkeypatch.delenv("NAME", raising=False)
    assert Environment().cache("NAME", {"BACKEND": "x"}) == {"BACKEND": "x"}
    assert Environment().mail("NAME", "filemail:////srv/mail")["EMAIL_FILE_PATH"] == "/srv/mail"


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104  compared, not bound
        ("::1", "http://[::1]:8000"),
        ("::", "http://[::1]:8000"),
        ("10.0.0.5", "http://10.0.0.5:8000"),
    ],
)
def test_builds_the_local_url_from_the_bind_address(bind, url):
    assert get_local_url(bind, 8000) == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_LEVEL", "FOO"),
        ("CACHE_URL", "foo://x"),
        ("EMAIL_URL", "nope"),
        ("ADMIN_EMAIL", "nobody"),
        ("PGBOUNCER_HOST", "a,b"),
        ("SITE_URL", "example.org"),
        ("HOSTS_FILE", "/nope"),
        ("HOST_NAME", "web 1"),
        ("PRIMARY_CA", "/nope"),
        ("PORT", "6432"),
    ],
)
def test_a_command_rejects_a_value_in_one_line(name, value):
    _, stderr = manage("check", **{name: value}).communicate(timeout=60)
    assert re.fullmatch(rf"check: {name}\b.*give .*\n", stderr)


def test_redis_times_out_after_two_seconds(monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("NAME", f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        entry = Environment().cache("NAME", {})
        started = time.monotonic()
        with pytest.raises(redis.exceptions.TimeoutError):
            CacheHandler({"default": entry})["default"].get("key")
    assert time.monotonic() - started < 30


def test_a_timeout_in_the_cache_url_wins(monkeypatch):
    monkeypatch.setenv("NAME", "redis://127.0.0.1:6379/0?socket_timeout=5")
    options = Environment().cache("NAME", {})["OPTIONS"]
    assert options == {"socket_connect_timeout": 2, "socket_timeout": 5}
