"""Error pages need no database, session or context."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import Client

from accounts.tests.people import make_user
from files.objects import StorageError
from onboarding import views as onboarding_views

ELSEWHERE = {"Host": "evil.example"}
UNKNOWN_SESSION = {"Cookie": "sessionid=anything"}


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "405", "500", "503"])
def test_renders_without_a_context(name):
    page = render_to_string(f"{name}.html")
    assert f'<p class="badge">{name[:3]}</p>' in page
    assert page.count("<h1>") == 1
    assert 'href="/"' in page


def test_unknown_url_is_404_without_a_statement(client):
    answer = client.get("/nothing", headers=UNKNOWN_SESSION)
    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()


def test_unknown_method_is_405_with_the_allowed_methods(client):
    answer = client.post("/", headers=UNKNOWN_SESSION)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert "doesn\u2019t accept POST requests, only GET, HEAD." in answer.content.decode()


def test_unknown_host_is_400_and_one_log_line(client, caplog):
    answer = client.get("/", headers=ELSEWHERE)
    assert answer.status_code == 400
    assert "read your request" in answer.content.decode()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "evil.example" in caplog.text
    assert "Traceback" not in caplog.text


def test_missing_csrf_token_is_403_with_advice():
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "ada"})
    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()


@pytest.mark.parametrize(
    ("error", "status", "heading"),
    [
        (SuspiciousOperation, 400, "read your request"),
        (PermissionDenied, 403, "have access to this page"),
        (RuntimeError, 500, "Something went wrong on our side"),
    ],
)
def test_exceptions_have_their_pages(client, monkeypatch, error, status, heading):
    def render(*args):
        raise error("secret")

    monkeypatch.setattr(onboarding_views, "render", render)
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == status
    assert heading in answer.content.decode()
    assert "secret" not in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/profile/", {"bio": "x" * 3_000_000}),
        ("/profile/", {f"field-{number}": "x" for number in range(20_001)}),
        ("/files/upload/", {"file": [SimpleUploadedFile("a.txt", b"x") for _ in range(101)]}),
    ],
    ids=["bytes", "fields", "files"],
)
def test_too_large_form_is_413_and_one_log_line(client, db, caplog, path, form):
    client.force_login(make_user())
    caplog.clear()
    answer = client.post(path, form)
    assert answer.status_code == 413
    assert "You sent too much at once" in answer.content.decode()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "Traceback" not in caplog.text


def test_form_rejects_too_many_files(client, db):
    client.force_login(make_user())
    files = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(21)]
    assert client.post("/files/upload/", {"file": files}).status_code == 422


def test_storage_error_is_503_with_retry_after(client, monkeypatch):
    def render(*args):
        raise StorageError

    monkeypatch.setattr(onboarding_views, "render", render)
    client.raise_request_exception = False
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
