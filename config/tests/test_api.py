"""Authentication and the error shape of the API."""

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

FAULT = ("code", "message", "fields", "requestId")
JSON, FORM = "application/json", "multipart/form-data"


def get_error(error):
    answer = api.on_exception(RequestFactory().get("/api/x"), error)
    body = json.loads(answer.content)
    assert tuple(body) == FAULT
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
def test_every_error_has_its_code(error, status, code):
    answered, body = get_error(error)
    assert (answered, body["code"]) == (status, code)
    assert body["message"]
    assert "secret" not in body["message"]


def test_form_fields_are_camel_case():
    _, body = get_error(ValidationError({"display_name": ["Too long.", "Odd."]}))
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
def test_request_fields_keep_their_names(location, name):
    _, body = get_error(NinjaValidationError([{"loc": location, "msg": "Wrong."}]))
    assert body["fields"] == {name: ["Wrong."]}


def test_anonymous_request_is_401_without_a_statement(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = client.get("/api/experts")
    assert answer.status_code == 401
    assert answer.json() == {
        "code": "unauthorized:auth",
        "message": "Sign in first.",
        "fields": {},
        "requestId": answer.headers["X-Request-ID"],
    }


def test_anonymous_write_is_401_rather_than_a_csrf_error(rf, db):
    from django.contrib.auth.models import AnonymousUser

    request = rf.post("/api/x")
    request.user = AnonymousUser()
    assert SignedIn()(request) is None


def test_write_needs_the_csrf_token(rf):
    request = rf.post("/api/x")
    request.user = User(email="ada@example.org")
    with pytest.raises(HttpError) as caught:
        SignedIn()(request)
    assert caught.value.status_code == 403


def test_unknown_url_is_404(client):
    answer = client.get("/api/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found:api")


def test_unknown_method_is_405_with_the_allowed_methods(client):
    answer = client.delete("/api/experts")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert answer.json() == {
        "code": "method:api",
        "message": "This URL accepts GET only.",
        "fields": {},
        "requestId": answer.headers["X-Request-ID"],
    }
    assert "Content-Security-Policy" in answer.headers


def test_unknown_host_is_400(client):
    answer = client.get("/api/experts", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request:api")


@pytest.mark.django_db
def test_head_is_get_without_the_body(client):
    client.force_login(make_user())
    get, head = client.get("/api/experts"), client.head("/api/experts")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"] == "2"


@pytest.mark.django_db
def test_busy_database_is_503_with_retry_after(client, monkeypatch):
    def busy(self):
        raise OperationalError("query_wait_timeout")

    client.force_login(make_user())
    monkeypatch.setattr(ExpertQuerySet, "for_catalogue", busy)
    answer = client.get("/api/experts")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_error_before_the_operation_has_the_same_shape(client, monkeypatch):
    def broken(self, request):
        raise OperationalError("query_wait_timeout")

    monkeypatch.setattr("accounts.middleware.AuthenticationMiddleware.process_request", broken)
    client.raise_request_exception = False
    answer = client.get("/api/experts")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable:database")


def test_schema_is_public_and_names_the_session(client):
    schema = client.get("/api/openapi.json").json()
    assert "/api/experts" in schema["paths"]
    assert schema["components"]["securitySchemes"]["SignedIn"]["in"] == "cookie"


def test_docs_load_nothing_from_other_hosts_or_inline(client):
    page = client.get("/api/docs").content.decode()
    assert "http://" not in page
    assert "https://" not in page
    assert page.count("<script") == page.count('<script src="/static/') + 1
    assert '<script type="application/json"' in page


def list_operations():
    """Yield each operation's method, an example URL and its content types."""
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, operation in methods.items():
            types = operation.get("requestBody", {}).get("content", {})
            yield method.upper(), re.sub(r"{.*?}", str(uuid.UUID(int=1)), path), set(types)


def list_codes(client, *requests):
    answers = [(request, client.generic(*request)) for request in requests]
    return {request[:2]: (answer.status_code, answer.json()["code"]) for request, answer in answers}


def test_every_operation_needs_a_session(client, django_assert_num_queries, db):
    requests = [(method, path) for method, path, _ in list_operations()]
    with django_assert_num_queries(0):
        answers = list_codes(client, *requests)
    assert len(answers) > 5
    assert answers == dict.fromkeys(requests, (401, "unauthorized:auth"))


def test_every_write_needs_the_csrf_token(db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user())
    requests = [(method, path) for method, path, _ in list_operations() if method != "GET"]
    assert list_codes(client, *requests) == dict.fromkeys(requests, (403, "forbidden:auth"))


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
def test_every_operation_rejects_invalid_json(client, db, body):
    client.force_login(make_user())
    paths = [(method, path) for method, path, types in list_operations() if JSON in types]
    requests = [(*path, body, JSON) for path in paths]
    assert requests
    assert {status for status, _ in list_codes(client, *requests).values()} <= {400, 422}


def test_every_operation_rejects_ten_megabytes_of_json(client, db):
    client.force_login(make_user())
    body = b'"' + b"x" * 10_000_000 + b'"'
    paths = [(method, path) for method, path, types in list_operations() if JSON in types]
    requests = [(*path, body, JSON) for path in paths]
    answers = list_codes(client, *requests)
    assert set(answers.values()) == {(413, "too_large:api")}


@pytest.mark.parametrize(
    ("method", "path", "accepted"),
    [
        ("POST", "/api/onboarding", {JSON}),
        ("PATCH", "/api/tour", {JSON}),
        ("DELETE", "/api/files", {JSON}),
        ("PATCH", "/api/profile", {JSON, FORM}),
        ("POST", "/api/files/upload", {FORM}),
    ],
)
@pytest.mark.parametrize("sent", [JSON, FORM])
def test_undocumented_content_type_is_415(client, db, method, path, accepted, sent):
    client.force_login(make_user())
    body, kind = (b"{}", sent) if sent == JSON else (b"--x--", f"{sent}; boundary=x")
    answer = client.generic(method, path, body, kind)
    assert (answer.status_code == 415) is (sent not in accepted)
    assert answer.status_code < 500
    assert (method, path, accepted) in list(list_operations())


@pytest.mark.parametrize("path", ["/api/docs", "/api/openapi.json"])
def test_docs_allow_only_get(client, path):
    requests = [(method, path) for method in ("OPTIONS", "PUT", "POST", "FOO")]
    assert list_codes(client, *requests) == dict.fromkeys(requests, (405, "method:api"))


@pytest.mark.parametrize("body", ["", "null", "[]", "1"])
def test_body_that_is_no_object_is_named_body(client, db, body):
    client.force_login(make_user())
    paths = [(method, path) for method, path, types in list_operations() if JSON in types]
    answers = [client.generic(*path, body, JSON).json()["fields"] for path in paths]
    assert [list(fields) for fields in answers] == [["body"]] * 4


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/xml"]
)
def test_another_content_type_is_415(client, db, content_type):
    client.force_login(make_user())
    requests = [
        (method, path, b"x", content_type) for method, path, types in list_operations() if types
    ]
    assert set(list_codes(client, *requests).values()) == {(415, "media_type:api")}


def test_every_operation_documents_its_errors():
    document = api.get_openapi_schema()
    assert document["components"]["schemas"]["Fault"]["required"] == list(FAULT)
    for methods in document["paths"].values():
        for operation in methods.values():
            for status in CODES:
                content = operation["responses"][status]["content"]["application/json"]
                assert content["schema"] == {"$ref": "#/components/schemas/Fault"}


def test_every_operation_has_a_description():
    for methods in api.get_openapi_schema()["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["tags"]
