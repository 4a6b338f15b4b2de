"""Who may ask the API, and the one shape of its refusals."""

import json
import re
import uuid

import pytest
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    SuspiciousOperation,
    ValidationError,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.test import Client, RequestFactory
from ninja.errors import HttpError
from ninja.errors import ValidationError as NinjaValidationError

from accounts.models import User
from accounts.tests.people import make_user
from config.api import SignedIn, api
from config.lib.error_responses import CODES
from onboarding.models import ExpertQuerySet

JSON, FORM = "application/json", "multipart/form-data"


def refusal(error):
    """The status and the body that `error` becomes inside an operation."""
    answer = api.on_exception(RequestFactory().get("/api/x"), error)
    body = json.loads(answer.content)
    assert list(body) == ["code", "message", "fields"]
    return answer.status_code, body


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (HttpError(400, "Unreadable."), 400, "bad_request:api"),
        (SuspiciousOperation("x"), 400, "bad_request:api"),
        (BadRequest("x"), 400, "bad_request:api"),
        (HttpError(405, "Not so."), 405, "method:api"),
        (HttpError(401, "Who?"), 401, "unauthorized:auth"),
        (PermissionDenied(), 403, "forbidden:auth"),
        (Http404(), 404, "not_found:api"),
        (ValidationError("No."), 422, "invalid:api"),
        (RuntimeError("secret"), 500, "error:api"),
        (OperationalError("secret"), 503, "unavailable:database"),
        (InterfaceError("secret"), 503, "unavailable:database"),
    ],
)
def test_every_refusal_has_its_code(error, status, code):
    answered, body = refusal(error)
    assert (answered, body["code"]) == (status, code)
    assert body["message"]
    assert "secret" not in body["message"]


def test_the_fields_of_a_form_are_named_in_camel_case():
    _, body = refusal(ValidationError({"display_name": ["Too long.", "Odd."]}))
    assert body["fields"] == {"displayName": ["Too long.", "Odd."]}


@pytest.mark.parametrize(
    ("location", "name"),
    [
        (["query", "limit"], "limit"),
        (["body", "payload", "displayName"], "displayName"),
        (["body", "payload", "traits", 0], "traits.0"),
        (["body", "payload"], "body"),
        (["body"], "body"),
        (["form", "displayName"], "displayName"),
        (["query", "ids", 0], "ids.0"),
        (["file", "file"], "file"),
    ],
)
def test_the_fields_of_a_request_are_named_as_it_names_them(location, name):
    _, body = refusal(NinjaValidationError([{"loc": location, "msg": "Wrong."}]))
    assert body["fields"] == {name: ["Wrong."]}


def test_a_stranger_is_401_without_a_statement(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = client.get("/api/experts")
    assert answer.status_code == 401
    assert answer.json() == {
        "code": "unauthorized:auth",
        "message": "Sign in first.",
        "fields": {},
    }


def test_a_stranger_who_writes_is_told_to_sign_in_rather_than_about_csrf(rf, db):
    from django.contrib.auth.models import AnonymousUser

    request = rf.post("/api/x")
    request.user = AnonymousUser()
    assert SignedIn()(request) is None


def test_a_member_who_writes_needs_the_csrf_token(rf):
    request = rf.post("/api/x")
    request.user = User(email="ada@example.org")
    with pytest.raises(HttpError) as caught:
        SignedIn()(request)
    assert caught.value.status_code == 403


def test_an_unknown_address_is_404_in_the_same_shape(client):
    answer = client.get("/api/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found:api")


def test_an_unknown_method_is_405_in_the_same_shape_and_names_those_allowed(client):
    answer = client.delete("/api/experts")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert answer.json() == {
        "code": "method:api",
        "message": "This URL accepts GET only.",
        "fields": {},
    }
    assert "Content-Security-Policy" in answer.headers


def test_a_host_that_is_not_ours_is_400_in_the_same_shape(client):
    answer = client.get("/api/experts", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request:api")


@pytest.mark.django_db
def test_head_is_answered_as_get_without_the_body(client):
    client.force_login(make_user())
    get, head = client.get("/api/experts"), client.head("/api/experts")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"] == "2"


@pytest.mark.django_db
def test_a_busy_database_is_503_and_says_when_to_come_back(client, monkeypatch):
    def busy(self):
        raise OperationalError("query_wait_timeout")

    client.force_login(make_user())
    monkeypatch.setattr(ExpertQuerySet, "for_catalogue", busy)
    answer = client.get("/api/experts")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_an_error_before_the_operation_has_the_same_shape(client, monkeypatch):
    def broken(self, request):
        raise OperationalError("query_wait_timeout")

    monkeypatch.setattr("accounts.middleware.AuthenticationMiddleware.process_request", broken)
    client.raise_request_exception = False
    answer = client.get("/api/experts")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable:database")


def test_the_schema_is_open_and_names_the_session(client):
    schema = client.get("/api/openapi.json").json()
    assert "/api/experts" in schema["paths"]
    assert schema["components"]["securitySchemes"]["SignedIn"]["in"] == "cookie"


def test_the_documentation_asks_no_other_host_and_runs_no_inline_script(client):
    page = client.get("/api/docs").content.decode()
    assert "http://" not in page
    assert "https://" not in page
    assert page.count("<script") == page.count('<script src="/static/') + 1
    assert '<script type="application/json"' in page


def operations():
    """The method and an address of each operation of the document, and the types it takes."""
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, operation in methods.items():
            types = operation.get("requestBody", {}).get("content", {})
            yield method.upper(), re.sub(r"{.*?}", str(uuid.UUID(int=1)), path), set(types)


def codes(client, *requests):
    """What each of the requests is answered."""
    answers = [(request, client.generic(*request)) for request in requests]
    return {request[:2]: (answer.status_code, answer.json()["code"]) for request, answer in answers}


def test_no_operation_is_for_strangers(client, django_assert_num_queries, db):
    requests = [(method, path) for method, path, _ in operations()]
    with django_assert_num_queries(0):
        answers = codes(client, *requests)
    assert len(answers) > 5
    assert answers == dict.fromkeys(requests, (401, "unauthorized:auth"))


def test_no_operation_writes_without_the_csrf_token(db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user())
    requests = [(method, path) for method, path, _ in operations() if method != "GET"]
    assert codes(client, *requests) == dict.fromkeys(requests, (403, "forbidden:auth"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"1",
        b"{",
        b"\xff",
        b'{"a": "\\ud800"}',
        b'{"a": "\\u0000"}',
        b"NaN",
        b"1e999",
        b"9" * 5000,
        b"[" * 100_000,
        b'{"a": 1}',
    ],
    ids=lambda body: repr(body[:12]),
)
def test_no_operation_takes_nonsense_for_json(client, db, body):
    client.force_login(make_user())
    paths = [(method, path) for method, path, types in operations() if JSON in types]
    requests = [(*path, body, JSON) for path in paths]
    assert requests
    assert {status for status, _ in codes(client, *requests).values()} <= {400, 422}


def test_ten_megabytes_of_json_are_too_large_for_every_operation(client, db):
    client.force_login(make_user())
    body = b'"' + b"x" * 10_000_000 + b'"'
    paths = [(method, path) for method, path, types in operations() if JSON in types]
    requests = [(*path, body, JSON) for path in paths]
    answers = codes(client, *requests)
    assert set(answers.values()) == {(413, "too_large:api")}


@pytest.mark.parametrize(
    ("method", "path", "taken"),
    [
        ("POST", "/api/onboarding", {JSON}),
        ("PATCH", "/api/tour", {JSON}),
        ("DELETE", "/api/files", {JSON}),
        ("PATCH", "/api/profile", {JSON, FORM}),
        ("POST", "/api/files/upload", {FORM}),
    ],
)
@pytest.mark.parametrize("sent", [JSON, FORM])
def test_a_body_is_taken_as_the_document_says_or_is_415(client, db, method, path, taken, sent):
    client.force_login(make_user())
    body, kind = (b"{}", sent) if sent == JSON else (b"--x--", f"{sent}; boundary=x")
    answer = client.generic(method, path, body, kind)
    assert (answer.status_code == 415) is (sent not in taken)
    assert answer.status_code < 500
    assert (method, path, taken) in list(operations())


@pytest.mark.parametrize("path", ["/api/docs", "/api/openapi.json"])
def test_the_documentation_is_only_read(client, path):
    requests = [(method, path) for method in ("OPTIONS", "PUT", "POST", "FOO")]
    assert codes(client, *requests) == dict.fromkeys(requests, (405, "method:api"))


@pytest.mark.parametrize("body", ["", "null", "[]", "1"])
def test_a_body_that_is_no_object_is_called_the_body(client, db, body):
    client.force_login(make_user())
    paths = [(method, path) for method, path, types in operations() if JSON in types]
    answers = [client.generic(*path, body, JSON).json()["fields"] for path in paths]
    assert [list(fields) for fields in answers] == [["body"]] * 4


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/xml"]
)
def test_a_body_of_another_type_is_415(client, db, content_type):
    client.force_login(make_user())
    requests = [(method, path, b"x", content_type) for method, path, types in operations() if types]
    assert set(codes(client, *requests).values()) == {(415, "media_type:api")}


def test_every_operation_documents_every_refusal_in_the_one_shape():
    document = api.get_openapi_schema()
    assert document["components"]["schemas"]["Fault"]["required"] == ["code", "message", "fields"]
    for methods in document["paths"].values():
        for operation in methods.values():
            for status in CODES:
                content = operation["responses"][status]["content"]["application/json"]
                assert content["schema"] == {"$ref": "#/components/schemas/Fault"}


def test_every_operation_says_what_it_does():
    for methods in api.get_openapi_schema()["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["tags"]
