"""Too large bodies are rejected before anything reads them."""

import http.client
import json

import pytest
from django.test import RequestFactory
from django.test.client import FakePayload

from config.middleware import limit_body_size
from config.tests.processes import haproxy


class Unread(FakePayload):
    def read(self, *args, **kwargs):
        raise AssertionError("the body is read")


def request(path, length):
    request = RequestFactory().post(path, content_type="multipart/form-data; boundary=x")
    request.META["CONTENT_LENGTH"] = length
    request._stream = Unread(b"")
    return request


def answer(path, length):
    return limit_body_size(lambda request: "read on")(request(path, length))


def test_accepts_the_largest_upload(settings):
    assert settings.REQUEST_MAX_SIZE == 10 * settings.FILE_MAX_SIZE + 1_000_000
    assert answer("/files/upload/", str(settings.REQUEST_MAX_SIZE)) == "read on"


@pytest.mark.parametrize("length", [None, "", "0"])
def test_accepts_a_request_without_a_body(length):
    assert answer("/", length) == "read on"


def test_one_more_byte_is_413_in_the_api(client, settings):
    size = str(settings.REQUEST_MAX_SIZE + 1)
    refused = client.post("/api/files/upload", CONTENT_LENGTH=size)
    assert refused.status_code == 413
    assert refused.json() == {
        "code": "too_large:api",
        "message": "The request is larger than 51 MB.",
        "fields": {},
        "requestId": refused.headers["X-Request-ID"],
    }


def test_one_more_byte_is_a_413_page(client, settings):
    refused = client.post("/files/upload/", CONTENT_LENGTH=str(settings.REQUEST_MAX_SIZE + 1))
    assert refused.status_code == 413
    assert "more than 51 MB" in refused.content.decode()
    assert "Content-Security-Policy" in refused.headers


def test_reads_nothing(settings):
    assert answer("/api/x", str(settings.REQUEST_MAX_SIZE + 1)).status_code == 413


@pytest.fixture(scope="module")
def site():
    with haproxy(workers=1) as port:
        yield port


def send_large_body(port, path):
    """Return the response to a far too large body that never arrives."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("POST", path)
    connection.putheader("Content-Length", str(10**12))
    connection.endheaders(b"the beginning")
    refused = connection.getresponse()
    text = refused.read().decode()
    connection.close()
    return refused, text


def test_api_responds_before_the_body(site):
    refused, text = send_large_body(site, "/api/files/upload")
    assert refused.status == 413
    assert json.loads(text)["code"] == "too_large:api"


def test_page_responds_before_the_body(site):
    refused, text = send_large_body(site, "/files/upload/")
    assert (refused.status, refused.getheader("X-Content-Type-Options")) == (413, "nosniff")
    assert "too large" in text


@pytest.mark.parametrize("size", [1000, 100_000, 900_000])
def test_connection_persists_after_an_unread_body(site, size):
    connection = http.client.HTTPConnection("127.0.0.1", site, timeout=60)
    for _ in range(2):
        connection.request("POST", "/api/nothing", b"x" * size)
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (404, True)
    connection.close()
