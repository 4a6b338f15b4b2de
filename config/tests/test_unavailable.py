"""Every URL during an outage: those that need no database work, the others return 503.

The 503 has the format of its place, and no session is lost.
"""

import os
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace

import pytest
from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError, connection
from django.test import Client

from accounts.models import Session
from accounts.tests.people import PASSWORD, make_admin
from config import health
from config.database.backend import retry
from config.database.tests.servers import connect, get_place, run_pgbouncer
from config.tests.outages import redirect_connections
from onboarding import views as onboarding_views

pytestmark = pytest.mark.django_db(transaction=True)

queueing = pytest.mark.skipif(
    settings.DATABASE_POOLING == "direct", reason="it is PgBouncer that has a queue"
)
HTMX = {"HX-Request": "true"}
JSON = "application/json"
SIGN_IN = {"login": "grace@example.org", "password": PASSWORD}
NEW = {"email": "new@example.org", "password1": PASSWORD}

ANSWERED = {
    "/": 200,
    "/healthz": 200,
    "/accounts/login/": 200,
    "/accounts/login/?next=/profile/": 200,
    "/accounts/signup/": 200,
    "/accounts/password/reset/": 200,
    "/accounts/password/reset/done/": 200,
    "/accounts/password/reset/key/done/": 200,
    "/admin/login/": 302,
    "/admin/": 302,
    "/profile/": 302,
    "/account/": 302,
    "/files/": 302,
    "/api/profile": 401,
    "/api/openapi.json": 200,
    "/nothing": 404,
    "/api/nothing": 404,
}
WAY_IN = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
ANONYMOUS_FORMS = [
    ("/accounts/login/", SIGN_IN),
    ("/accounts/signup/", NEW),
    ("/accounts/password/reset/", {"email": "ada@example.org"}),
]
PAGES = [
    "/",
    "/?q=law",
    "/profile/",
    "/profile/export/",
    "/account/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/onboarding/",
    "/files/",
    "/admin/",
    "/admin/accounts/user/",
    "/admin/login/",
    "/accounts/password/reset/key/1-set-password/",
    "/nothing",
]
SENT = [
    ("/profile/", {"name": "Grace", "bio": "", "timezone": "UTC", "locale": "en"}),
    ("/tour/later/", {}),
    ("/account/sign-out-everywhere/", {}),
    ("/accounts/logout/", {}),
    ("/accounts/login/", SIGN_IN),
    ("/admin/logout/", {}),
]
CALLS = [
    ("GET", "/api/profile", ""),
    ("PATCH", "/api/profile", '{"bio": "x"}'),
    ("POST", "/api/onboarding", "{}"),
    ("GET", "/api/experts", ""),
    ("PATCH", "/api/tour", '{"tour": true}'),
    ("GET", "/api/files", ""),
    ("DELETE", "/api/files", "[]"),
    ("PATCH", "/api/tour", "no JSON"),
]
FAULTS = {
    "nobody listens": lambda folder: {"HOST": str(folder)},
    "no such database": lambda folder: {"NAME": "never_made"},
    "wrong password": lambda folder: {"PASSWORD": "wrong"},
}


@pytest.fixture(params=FAULTS)
def fault(request, tmp_path, monkeypatch):
    """Return DATABASES settings with which no statement succeeds."""
    monkeypatch.setattr(retry, "RESTART_WAIT", 0.0)
    if request.param == "wrong password" and settings.DATABASE_POOLING == "direct":
        pytest.skip("on its own socket PostgreSQL lets everybody in")
    return FAULTS[request.param](tmp_path)


@pytest.fixture
def anonymous(fault):
    with redirect_connections(default=fault):
        yield Client(raise_request_exception=False)


@pytest.fixture
def member(fault):
    client = signed_in()
    with redirect_connections(default=fault):
        yield client
    assert Session.objects.get().session_key == client.cookies["sessionid"].value


def signed_in():
    client = Client(raise_request_exception=False)
    client.force_login(make_admin())
    return client


def is_the_page(answer):
    return (
        answer.status_code == 503
        and answer.headers["Retry-After"] == "5"
        and "Try again" in answer.content.decode()
        and "Sign out" not in answer.content.decode()
        and "sessionid" not in answer.cookies
    )


def test_anonymous_pages_without_database_work(anonymous):
    answers = {path: anonymous.get(path).status_code for path in ANSWERED}
    assert answers == ANSWERED
    with closing(anonymous.get(staticfiles_storage.url("site.css"))) as style:
        assert style.status_code == 200
    assert "sessionid" not in anonymous.cookies


def test_anonymous_posts_are_503(anonymous):
    answers = {path: anonymous.post(path, form) for path, form in ANONYMOUS_FORMS}
    assert [path for path, answer in answers.items() if not is_the_page(answer)] == []


def test_users_pages_are_503(member):
    assert [path for path in PAGES if not is_the_page(member.get(path))] == []


def test_users_posts_are_503(member):
    assert [path for path, form in SENT if not is_the_page(member.post(path, form))] == []


def test_api_calls_are_503(member):
    for method, path, body in CALLS:
        answer = member.generic(method, path, body, JSON)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), path
        assert answer.json()["code"] == "unavailable:database"


def test_outage_is_one_log_line(member, caplog):
    member.get("/profile/")
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "/profile/: " in caplog.text
    assert "Traceback" not in caplog.text


def test_htmx_and_head_are_503_too(member):
    assert is_the_page(member.get("/?q=law", headers=HTMX))
    assert is_the_page(member.get("/accounts/login/", headers=HTMX))
    answer = member.head("/")
    assert (answer.status_code, answer.content, answer.headers["Retry-After"]) == (503, b"", "5")


def test_not_ready(anonymous):
    answer = anonymous.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"database unavailable\n")
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize("path", WAY_IN)
def test_public_pages_render_anonymously(member, path):
    answer = member.get(path)
    assert answer.status_code == 200
    assert "Sign in</a>" in answer.content.decode()
    assert "Sign out" not in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert "sessionid" not in answer.cookies


def test_missing_csrf_token_is_403(anonymous):
    checking = Client(enforce_csrf_checks=True, raise_request_exception=False)
    assert checking.post("/accounts/login/", SIGN_IN).status_code == 403


def test_session_survives_the_outage(fault):
    client = signed_in()
    with redirect_connections(default=fault):
        client.get("/accounts/login/")
        client.get("/")
    assert "Sign out" in client.get("/account/").content.decode()


@contextmanager
def fill_pool(query_wait_timeout=1):
    """Run a PgBouncer whose one connection is in use; yield where it is and, later, its log."""
    policy = replace(
        settings.POOLS["web"], max_connections=1, query_wait_timeout=query_wait_timeout
    )
    server = settings.POSTGRES["web"]
    with ExitStack() as stack:
        pgbouncer = stack.enter_context(run_pgbouncer(policy, server))
        holder = stack.enter_context(connect(server, **get_place(pgbouncer)))
        holder.execute("BEGIN")
        holder.execute("SELECT 1")
        place = {
            "HOST": pgbouncer["host"],
            "PORT": str(pgbouncer["port"]),
            "NAME": pgbouncer["dbname"],
        }
        stack.enter_context(redirect_connections(default=place))
        yield pgbouncer


@queueing
def test_request_waits_in_the_queue_once():
    client = signed_in()
    with fill_pool() as pgbouncer:
        answers = [
            is_the_page(client.get("/")),
            is_the_page(client.post("/accounts/login/", SIGN_IN)),
            client.get("/accounts/login/").status_code,
            client.get("/api/profile").status_code,
            is_the_page(Client(raise_request_exception=False).post("/accounts/signup/", NEW)),
        ]
    assert answers == [True, True, 200, 503, True]
    assert pgbouncer["log"].count("pooler error: query_wait_timeout") == len(answers)


@queueing
def test_probe_fails_before_the_queue_ends(client, monkeypatch):
    monkeypatch.setattr(health, "PROBE_WAIT", 0.5)
    with fill_pool(query_wait_timeout=60):
        began = time.monotonic()
        assert client.get("/readyz").status_code == 503
        assert time.monotonic() - began < 10
    assert client.get("/readyz").status_code == 200


def test_request_does_not_wait_twice(client, tmp_path, monkeypatch):
    monkeypatch.setattr(retry, "RESTART_WAIT", 0.0)
    entry = settings.DATABASES["default"]
    name = f".s.PGSQL.{entry['PORT'] or 5432}"

    def ask_again(*args):
        with pytest.raises(OperationalError):
            connection.ensure_connection()
        os.symlink(f"{entry['HOST']}/{name}", tmp_path / name)
        connection.ensure_connection()

    monkeypatch.setattr(onboarding_views, "render", ask_again)
    client.raise_request_exception = False
    with redirect_connections(default={"HOST": str(tmp_path)}):
        assert is_the_page(client.get("/"))
        connection.ensure_connection()


@pytest.mark.parametrize("wrapped", [SuspiciousOperation, SessionInterrupted, RuntimeError])
def test_errors_caused_by_an_outage_are_503(client, monkeypatch, wrapped):
    def render(*args):
        raise wrapped from OperationalError("the connection is closed")

    monkeypatch.setattr(onboarding_views, "render", render)
    client.raise_request_exception = False
    assert is_the_page(client.get("/"))
