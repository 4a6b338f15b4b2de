"""The WSGI application accepts any Content-Type."""

import io
import subprocess
import sys

import pytest
from django.conf import settings

from config.wsgi import application, drop_charset

# The end of a request checks the connections of earlier tests.
pytestmark = pytest.mark.django_db

UNFIT = ["rot13", "base64", "zlib", "undefined", "idna", "utf-7", "foo", "\xff", "iso-8859-1"]


def call(path, content_type, *, method="GET", body=b""):
    statuses = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "next=%41",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }
    answer = application(environ, lambda status, headers: statuses.append(int(status[:3])))
    content = b"".join(answer)
    answer.close()
    return statuses[0], content


@pytest.mark.parametrize("charset", UNFIT)
@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/api/files", 401), ("/x", 404)])
def test_get_accepts_any_charset(charset, path, status):
    assert call(path, f"text/plain; charset={charset}")[0] == status


@pytest.mark.parametrize("charset", UNFIT)
@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_post_accepts_any_charset(charset, content_type):
    body = b'--x\r\nContent-Disposition: form-data; name="login"\r\n\r\na\r\n--x--'
    kind = f"{content_type}; charset={charset}"
    assert call("/accounts/login/", kind, method="POST", body=body)[0] == 403


@pytest.mark.parametrize("parameter", ["boundary*=undefined''x", "charset*=idna''%ff"])
def test_get_accepts_any_parameter(parameter):
    assert call("/healthz", f"multipart/form-data; {parameter}")[0] == 200


@pytest.mark.parametrize(
    ("content_type", "read"),
    [
        ("", ""),
        ("application/json", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("multipart/form-data; boundary=x", "multipart/form-data; boundary=x"),
        (
            'multipart/form-data; charset=rot13; Boundary="a;b"',
            'multipart/form-data; Boundary="a;b"',
        ),
    ],
)
def test_keeps_type_and_boundary(content_type, read):
    assert drop_charset(content_type) == read


def test_the_first_request_finds_the_views_loaded():
    script = "import sys, config.wsgi; sys.exit(sys.argv[1] not in sys.modules)"
    command = [sys.executable, "-c", script, settings.ROOT_URLCONF]
    assert subprocess.run(command, cwd=settings.BASE_DIR).returncode == 0
