"""HEAD as gunicorn serves it, and what the API takes."""

import http.client
import io

import pytest
from django.http import FileResponse, HttpResponse

from config.middleware import api_refuses_types, head_is_get
from config.tests.processes import gunicorn


def answer(rf, response):
    seen = []

    def view(request):
        seen.append(request.method)
        return response

    return seen, head_is_get(view)(rf.head("/"))


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


def taken(rf, path, body, content_type):
    """Whether the request comes to the view, or the status of its refusal."""
    view = api_refuses_types(lambda request: "taken")
    answer = view(rf.generic("POST", path, body, content_type))
    return answer if answer == "taken" else answer.status_code


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "multipart/form-data; boundary=x"],
)
def test_the_api_takes_json_and_forms_with_files(rf, content_type):
    assert taken(rf, "/api/x", b"{}", content_type) == "taken"


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_the_api_takes_no_other_body(rf, content_type):
    assert taken(rf, "/api/x", b"{}", content_type) == 415
    assert taken(rf, "/api/x", b"", content_type) == "taken"


def test_a_page_takes_any_form(rf):
    assert taken(rf, "/x", b"a=b", "application/x-www-form-urlencoded") == "taken"


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_gunicorn_has_nothing_to_complain_of(host, capfd):
    with gunicorn() as port:
        for path in ("/", "/nothing", "/static/site.css", "/api/experts"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("HEAD", path, headers={"Host": host})
            assert connection.getresponse().read() == b""
            connection.close()
    assert "sent body bytes" not in capfd.readouterr().err
