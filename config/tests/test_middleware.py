"""HEAD requests, caching and security headers."""

import http.client
import io
import os
import subprocess
import sys

import pytest
from django.http import FileResponse, HttpResponse

from accounts.tests.people import make_user
from config.lib.cookies import MessageStorage
from config.middleware import handle_head_as_get
from config.tests.processes import gunicorn


def answer(rf, response):
    seen = []

    def view(request):
        seen.append(request.method)
        return response

    return seen, handle_head_as_get(view)(rf.head("/"))


def test_head_becomes_get_without_a_body(rf):
    seen, response = answer(rf, HttpResponse(b"hello"))
    assert seen == ["GET"]
    assert response.content == b""


def test_head_of_a_file_closes_it_unread(rf, db):
    file = io.BytesIO(b"hello")
    _, response = answer(rf, FileResponse(file))
    assert (list(response), response.headers["Content-Length"]) == ([], "5")
    assert response.file_to_stream is None
    response.close()
    assert file.closed


@pytest.mark.parametrize("path", ["/", "/nothing", "/api/nothing", "/healthz"])
def test_other_methods_are_unchanged(client, path):
    assert client.get(path).content != b""


@pytest.mark.parametrize(
    "path",
    [
        "/api/profile",
        "/api/nothing",
        "/api/docs",
        "/nothing",
        "/accounts/password/change/",
        "/accounts/email/",
        "/accounts/reauthenticate/",
    ],
)
def test_default_is_no_store(client, db, path):
    client.force_login(make_user())
    assert {"private", "no-store"} <= set(client.get(path).headers["Cache-Control"].split(", "))


def test_keeps_an_explicit_cache_control(client):
    assert "max-age=0" in client.get("/healthz").headers["Cache-Control"]
    stylesheet = client.get("/static/site.css")
    assert "no-store" not in stylesheet.headers["Cache-Control"]
    stylesheet.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_gunicorn_accepts_head(host, capfd):
    with gunicorn() as port:
        for path in ("/", "/nothing", "/static/site.css", "/api/experts"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("HEAD", path, headers={"Host": host})
            assert connection.getresponse().read() == b""
            connection.close()
    assert "sent body bytes" not in capfd.readouterr().err


@pytest.mark.parametrize("path", ["/", "/nothing", "/api/profile", "/static/site.css", "/healthz"])
@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_every_response_isolates_other_origins(client, path, host):
    answer = client.get(path, headers={"Host": host})
    answer.close()
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]


def test_signing_out_clears_the_browsers_cache(client, db):
    client.force_login(make_user())
    assert "Clear-Site-Data" not in client.get("/").headers
    assert client.post("/accounts/logout/").headers["Clear-Site-Data"] == '"cache"'


def test_https_cookies_are_host_only(rf, settings):
    code = "from django.conf import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME)"
    environment = os.environ | {"SITE_URL": "https://ai4ceo.example"}
    output = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
    assert output.split() == ["__Host-sessionid", "__Host-csrftoken"]
    settings.COOKIE_PREFIX = "__Host-"
    assert MessageStorage(rf.get("/")).cookie_name == "__Host-messages"
