"""Bodies that are larger than any that is taken are refused before anything reads them."""

import http.client

import pytest
from django.test import RequestFactory
from django.test.client import FakePayload

from config.middleware import refuse_large_bodies
from config.tests.processes import gunicorn


class Unread(FakePayload):
    def read(self, *args, **kwargs):
        raise AssertionError("the body is read")


def request(path, length):
    request = RequestFactory().post(path, content_type="multipart/form-data; boundary=x")
    request.META["CONTENT_LENGTH"] = length
    request._stream = Unread(b"")
    return request


def answer(path, length):
    return refuse_large_bodies(lambda request: "read on")(request(path, length))


def test_ten_of_the_largest_files_and_a_form_around_them_are_taken(settings):
    assert settings.REQUEST_MAX_SIZE == 10 * settings.FILE_MAX_SIZE + 1_000_000
    assert answer("/files/upload/", str(settings.REQUEST_MAX_SIZE)) == "read on"


@pytest.mark.parametrize("length", [None, "", "0"])
def test_a_request_without_a_body_is_left_alone(length):
    assert answer("/", length) == "read on"


def test_a_byte_more_is_413_in_the_shape_of_the_api(client, settings):
    size = str(settings.REQUEST_MAX_SIZE + 1)
    refused = client.post("/api/files/upload", CONTENT_LENGTH=size)
    assert refused.status_code == 413
    assert refused.json() == {
        "code": "too_large:api",
        "message": "The request is larger than 51 MB.",
        "fields": {},
    }


def test_and_a_page_for_a_person(client, settings):
    refused = client.post("/files/upload/", CONTENT_LENGTH=str(settings.REQUEST_MAX_SIZE + 1))
    assert refused.status_code == 413
    assert "more than 51 MB" in refused.content.decode()
    assert "Content-Security-Policy" in refused.headers


def test_nothing_of_it_is_read(settings):
    assert answer("/api/x", str(settings.REQUEST_MAX_SIZE + 1)).status_code == 413


def test_gunicorn_answers_before_the_body_has_arrived():
    with gunicorn() as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.putrequest("POST", "/api/files/upload")
        connection.putheader("Content-Length", str(10**12))
        connection.endheaders(b"the beginning")
        refused = connection.getresponse()
        assert (refused.status, refused.getheader("Connection")) == (413, "close")
        refused.read()
        connection.close()


def test_gunicorn_says_that_it_hangs_up_after_a_body_that_nobody_read():
    with gunicorn() as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for size, then in ((1000, "keep-alive"), (100_000, "close")):
            connection.request("POST", "/api/nothing", b"x" * size)
            answer = connection.getresponse()
            answer.read()
            assert answer.getheader("Connection") == then
        connection.close()
