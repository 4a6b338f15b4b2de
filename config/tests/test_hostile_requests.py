"""No URL, header or body causes a server error."""

import re
import uuid

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLResolver, get_resolver

from accounts.tests.people import make_admin
from config.tests.test_admin import MODELS, populate

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])

VALUES = {"uuid": str(uuid.UUID(int=7)), "int": "1"}
HOSTILE = [
    "http://[::1]@evil.example",
    "//[",
    "http://\uff0fevil.example",
    "\\\\evil.example",
    "\ud7ff\u202e\r\nX: y",
    "9" * 5000,
]
NAMES = (
    "next",
    "q",
    "page",
    "p",
    "o",
    "sort",
    "limit",
    "offset",
    "deleted",
    "id",
    "pk",
    "e",
    "key",
)
HEADERS = [
    dict.fromkeys(
        ("Referer", "Origin", "HX-Current-URL", "X-Forwarded-For", "Cookie", "Range"),
        "http://[::1]@evil.example",
    ),
    {"HX-Request": "true", "HX-Current-URL": "http://[", "HX-Target": "\x7f"},
    {"Host": "[::1]@evil.example"},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "javascript", "Script-Name": "/x"},
    {"Accept-Language": "%s" * 500, "If-None-Match": '"' * 99, "If-Modified-Since": "never"},
]
BODIES = [
    {"data": b"\xff\xfe\x00", "content_type": "application/x-www-form-urlencoded"},
    {"data": b"[" * 50_000, "content_type": "application/json"},
    {"data": b'{"name": "\\ud800"}', "content_type": "application/json"},
    {"data": b"--x\r\n", "content_type": "multipart/form-data; boundary=x"},
]


def list_paths(patterns=None, prefix="/"):
    for pattern in patterns or get_resolver().url_patterns:
        route = re.sub(r"\(\?P<\w+>[^)]*\)", "x", str(pattern.pattern)).strip("^$")
        route = route.replace("\\Z", "").replace("\\", "")
        route = re.sub(r"<(?:(\w+):)?\w+>", lambda found: VALUES.get(found[1], "x"), route)
        if isinstance(pattern, URLResolver):
            yield from list_paths(pattern.url_patterns, prefix + route)
        else:
            yield prefix + route


def list_pages():
    """Return all pages; of the admin only one model's, since they share views."""
    shared = [f"/admin/{model}/" for model in MODELS[1:]]
    return [path for path in list_paths() if not path.startswith(tuple(shared))]


class Visitor:
    """Sends requests with one session, renewed if a response ended it."""

    def __init__(self, person):
        self.person, self.client = person, Client(raise_request_exception=False)

    def status(self, path, method, request):
        if self.person and not self.client.cookies.get("sessionid"):
            self.client.force_login(self.person)
        answer = getattr(self.client, method)(path, **request)
        for _ in answer if answer.streaming else ():
            pass
        if answer.cookies.get("sessionid"):
            self.client.cookies.clear()
        return answer.status_code


def list_failures(person, requests):
    visitor = Visitor(person)
    return [
        (path, request)
        for path, method, request in requests
        if visitor.status(path, method, request) >= 500
    ]


@pytest.fixture(params=["anonymous", "administrator"])
def person(request):
    populate()
    return make_admin() if request.param == "administrator" else None


def test_no_query_causes_an_error(person):
    requests = [
        (path, "get", {"query_params": dict.fromkeys(NAMES, value)})
        for path in list_pages()
        for value in HOSTILE
    ]
    assert not list_failures(person, requests)


def test_no_header_causes_an_error(person):
    requests = [(path, "get", {"headers": headers}) for path in list_pages() for headers in HEADERS]
    assert not list_failures(person, requests)


def test_no_body_causes_an_error(person):
    requests = [(path, "post", body) for path in list_pages() for body in BODIES]
    assert not list_failures(person, requests)


def test_no_file_name_causes_an_error(person):
    file = SimpleUploadedFile("\u202e..\x7f%00", b"x")
    assert not list_failures(
        person, [(path, "post", {"data": {"file": file}}) for path in list_pages()]
    )


@pytest.mark.django_db(transaction=True)  # a failing statement breaks a test's transaction
@pytest.mark.parametrize("model", MODELS)
def test_no_filter_breaks_an_admin_list(admin_of_all, model):
    values = ("0", "9" * 30)
    fields = admin_of_all.models[model]._meta.get_fields()
    names = {name for f in fields for name in (f.name, getattr(f, "attname", f.name))}
    lookups = ("", "__gte", "__year", "__id__exact")
    queries = [{f"{n}{lookup}": v} for n in sorted(names) for lookup in lookups for v in values]
    queries += [
        {name: value}
        for name in ("q", "p", "o", "e", "all", "_facets", "_changelist_filters")
        for value in ("-9", "9" * 5000, "1.99999999999999999999")
    ]
    person = admin_of_all.person
    requests = [(f"/admin/{model}/", "get", {"query_params": query}) for query in queries]
    assert not list_failures(person, requests)


class Admin:
    def __init__(self, person, models):
        self.person, self.models = person, models


@pytest.fixture
def admin_of_all(transactional_db):
    populate()
    models = {f"{m._meta.app_label}/{m._meta.model_name}": m for m in admin.site._registry}
    return Admin(make_admin(), models)
