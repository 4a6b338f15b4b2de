"""Every variable is documented once, in .env.example, with its default; and how it is read."""

import re
import socket
import time

import pytest
import redis
from django.conf import settings
from django.core.cache import CacheHandler
from django.core.exceptions import ImproperlyConfigured

from config.database import policy
from config.lib.environment import Environment, reached_at
from config.tests.processes import manage

READ = re.compile(r'env(?:iron)?\.\w+\(\s*"([A-Z_]+)"')
SHELL = re.compile(r"\$\(value ([A-Z_]+)\)|\$\{([A-Z_]+):-\.")
DOCUMENTED = re.compile(r"^#?([A-Z_]+)=(.*)$", re.MULTILINE)


def documented():
    return DOCUMENTED.findall((settings.BASE_DIR / ".env.example").read_text())


def read_by_settings():
    names = set(READ.findall((settings.BASE_DIR / "config/settings.py").read_text()))
    return names.union(policy.variables(policy.WEB), policy.variables(policy.JOBS))


def read_by_doors():
    folder = settings.BASE_DIR / "deploy"
    texts = [p.read_text() for p in (folder / "up", folder / "down", *folder.glob("lib/*"))]
    return {name for text in texts for match in SHELL.findall(text) for name in match if name}


def test_documents_every_variable_that_is_read_and_no_other():
    assert {name for name, _ in documented()} == read_by_settings() | read_by_doors()


def test_documents_each_variable_once():
    names = [name for name, _ in documented()]
    assert sorted(names) == sorted(set(names))


def test_shows_the_defaults_of_the_pools():
    shown = dict(documented())
    for pool in (policy.WEB, policy.JOBS):
        expected = {v: str(getattr(pool, name)) for v, name in policy.variables(pool).items()}
        assert {v: shown[v] for v in expected} == expected


def refusal(read, value, monkeypatch):
    """The line with which `read` refuses a variable of that value."""
    monkeypatch.setenv("NAME", value)
    with pytest.raises(ImproperlyConfigured) as caught:
        read(Environment())
    line = str(caught.value)
    assert "NAME" in line
    assert "give " in line
    return line


@pytest.mark.parametrize("value", ["a,b", "/a,/b", "var/run", " a", "a\nb"])
def test_a_host_is_one(monkeypatch, value):
    line = refusal(lambda env: env.host("NAME", "/run"), value, monkeypatch)
    assert line.startswith(f"NAME={value!r} is not allowed: give one folder")


@pytest.mark.parametrize("value", ["/var/run", "pgbouncer", "127.0.0.1", "::1"])
def test_a_host_is_a_folder_a_name_or_an_address(monkeypatch, value):
    monkeypatch.setenv("NAME", value)
    assert Environment().host("NAME", "/run") == value


@pytest.mark.parametrize("value", ["proxy", "10.0.0.5/8", "10.0.0.1:80", "fe80::1%eth0", "a\nb"])
def test_a_proxy_is_an_address_or_a_network(monkeypatch, value):
    line = refusal(lambda env: env.networks("NAME"), f"10.0.0.1 {value}", monkeypatch)
    assert "give IP addresses or networks" in line


def test_proxies_have_blanks_or_commas_between_them(monkeypatch):
    monkeypatch.setenv("NAME", "10.0.0.0/8, ::1 127.0.0.1")
    assert Environment().networks("NAME") == ("10.0.0.0/8", "::1", "127.0.0.1")
    assert Environment().networks("NONE") == ()


@pytest.mark.parametrize("value", ["site.pem", "/a.pem,b.pem"])
def test_a_certificate_has_an_absolute_path(monkeypatch, value):
    line = refusal(lambda env: env.paths("NAME"), value, monkeypatch)
    assert "give absolute paths" in line


def test_paths_have_commas_between_them(monkeypatch):
    monkeypatch.setenv("NAME", "/a.pem, /b c.pem,")
    assert Environment().paths("NAME") == ("/a.pem", "/b c.pem")


@pytest.mark.parametrize("value", ["ann", "ann@127.0.0.1", "ann@example.org, bob@example.org"])
def test_a_mailbox_is_one_address(monkeypatch, value):
    refusal(lambda env: env.mailbox("NAME", "admin@localhost"), value, monkeypatch)


@pytest.mark.parametrize(
    "value", ["example.org", "ftp://a", "http://", "http://a:x", "http://[::1"]
)
def test_a_site_is_an_address_of_the_web(monkeypatch, value):
    refusal(lambda env: env.site("NAME", ""), value, monkeypatch)


@pytest.mark.parametrize(
    "value", ["foo://ann:secret@x", "secret", "smtp://ann:secret@x:y", "secret://["]
)
def test_a_url_that_cannot_be_used_is_refused_without_its_secret(monkeypatch, value):
    for read in (lambda env: env.mail("NAME", ""), lambda env: env.cache("NAME", {})):
        assert "secret" not in refusal(read, value, monkeypatch)


def test_without_a_url_the_default_counts(monkeypatch):
    monkeypatch.delenv("NAME", raising=False)
    assert Environment().cache("NAME", {"BACKEND": "x"}) == {"BACKEND": "x"}
    assert Environment().mail("NAME", "filemail:////srv/mail")["EMAIL_FILE_PATH"] == "/srv/mail"


@pytest.mark.parametrize(
    ("bind", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),  # noqa: S104  compared, not bound
        ("::1", "http://[::1]:8000"),
        ("::", "http://[::1]:8000"),
        ("10.0.0.5", "http://10.0.0.5:8000"),
    ],
)
def test_the_site_is_where_it_listens(bind, address):
    assert reached_at(bind, 8000) == address


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_LEVEL", "FOO"),
        ("CACHE_URL", "foo://x"),
        ("EMAIL_URL", "nope"),
        ("ADMIN_EMAIL", "nobody"),
        ("PGBOUNCER_HOST", "a,b"),
        ("SITE_URL", "example.org"),
    ],
)
def test_a_command_refuses_a_value_in_one_line(name, value):
    _, said = manage("check", **{name: value}).communicate(timeout=60)
    assert re.fullmatch(rf"check: {name}\b.*give .*\n", said)


def test_a_redis_that_does_not_answer_is_waited_for_two_seconds(monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("NAME", f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        entry = Environment().cache("NAME", {})
        began = time.monotonic()
        with pytest.raises(redis.exceptions.TimeoutError):
            CacheHandler({"default": entry})["default"].get("key")
    assert time.monotonic() - began < 30


def test_a_limit_in_the_url_of_the_cache_wins(monkeypatch):
    monkeypatch.setenv("NAME", "redis://127.0.0.1:6379/0?socket_timeout=5")
    options = Environment().cache("NAME", {})["OPTIONS"]
    assert options == {"socket_connect_timeout": 2, "socket_timeout": 5}
