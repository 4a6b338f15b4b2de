"""HEAD, as gunicorn serves it."""

import http.client
import io

import pytest
from django.http import FileResponse, HttpResponse

from config.middleware import head_is_get
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


def test_head_of_a_file_reads_none_of_it_and_closes_it(rf):
    file = io.BytesIO(b"hello")
    _, response = answer(rf, FileResponse(file))
    assert (list(response), response.headers["Content-Length"]) == ([], "5")
    assert response.file_to_stream is None
    response.close()
    assert file.closed


@pytest.mark.parametrize("path", ["/", "/nothing", "/api/nothing", "/healthz"])
def test_other_methods_are_left_alone(client, path):
    assert client.get(path).content != b""


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_gunicorn_has_nothing_to_complain_of(host, capfd):
    with gunicorn() as port:
        for path in ("/", "/nothing", "/static/site.css", "/api/experts"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("HEAD", path, headers={"Host": host})
            assert connection.getresponse().read() == b""
            connection.close()
    assert "sent body bytes" not in capfd.readouterr().err
