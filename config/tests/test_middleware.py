"""HEAD as gunicorn serves it, and what is not to be kept."""

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


def test_head_reaches_the_page_as_get_and_has_no_body(rf):
    seen, response = answer(rf, HttpResponse(b"hello"))
    assert seen == ["GET"]
    assert response.content == b""


def test_head_of_a_file_reads_none_of_it_and_closes_it(rf, db):
    file = io.BytesIO(b"hello")
    _, response = answer(rf, FileResponse(file))
    assert (list(response), response.headers["Content-Length"]) == ([], "5")
    assert response.file_to_stream is None
    response.close()
    assert file.closed


@pytest.mark.parametrize("path", ["/", "/nothing", "/api/nothing", "/healthz"])
def test_other_methods_are_left_alone(client, path):
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
def test_an_answer_that_does_not_say_for_how_long_is_kept_by_nobody(client, db, path):
    client.force_login(make_user())
    assert {"private", "no-store"} <= set(client.get(path).headers["Cache-Control"].split(", "))


def test_an_answer_that_does_say_it_is_left_alone(client):
    assert "max-age=0" in client.get("/healthz").headers["Cache-Control"]
    stylesheet = client.get("/static/site.css")
    assert "no-store" not in stylesheet.headers["Cache-Control"]
    stylesheet.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_gunicorn_has_nothing_to_complain_of(host, capfd):
    with gunicorn() as port:
        for path in ("/", "/nothing", "/static/site.css", "/api/experts"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("HEAD", path, headers={"Host": host})
            assert connection.getresponse().read() == b""
            connection.close()
    assert "sent body bytes" not in capfd.readouterr().err


@pytest.mark.parametrize("path", ["/", "/nothing", "/api/profile", "/static/site.css", "/healthz"])
@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_every_answer_keeps_other_sites_away(client, path, host):
    answer = client.get(path, headers={"Host": host})
    answer.close()
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]


def test_signing_out_clears_what_the_browser_keeps(client, db):
    client.force_login(make_user())
    assert "Clear-Site-Data" not in client.get("/").headers
    assert client.post("/accounts/logout/").headers["Clear-Site-Data"] == '"cache"'


def test_cookies_of_an_https_site_are_this_hosts_alone(rf, settings):
    code = "from django.conf import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME)"
    environment = os.environ | {"SITE_URL": "https://ai4ceo.example"}
    said = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
    assert said.split() == ["__Host-sessionid", "__Host-csrftoken"]
    settings.COOKIE_PREFIX = "__Host-"
    assert MessageStorage(rf.get("/")).cookie_name == "__Host-messages"
