"""GET /api/files."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.people import make_user
from files.models import TRASH_PERIOD, File
from files.tests.rows import make_row, make_rows

pytestmark = pytest.mark.django_db


def names(client, query=""):
    return [file["name"] for file in client.get(f"/api/files{query}").json()["files"]]


def test_returns_all_fields(client, user):
    file = make_row(user, name="a.txt")
    result = client.get("/api/files").json()
    assert result == {
        "files": [
            {
                "id": str(file.pk),
                "name": "a.txt",
                "url": f"/api/files/{file.pk}/download",
                "contentType": "text/plain",
                "size": 1200,
                "storagePath": file.object_id,
                "isDeleted": False,
                "createdAt": result["files"][0]["createdAt"],
                "updatedAt": result["files"][0]["updatedAt"],
            }
        ]
    }


def test_newest_comes_first(client, user):
    now = timezone.now()
    for age, name in enumerate(["new", "old", "older"]):
        make_row(user, name=name, created_at=now - timedelta(days=age))
    assert names(client) == ["new", "old", "older"]


def test_excludes_other_users_files(client, user):
    make_row(make_user(email="bob@example.org"))
    assert names(client) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["here"]),
        ("?includeDeleted=false", ["here"]),
        ("?includeDeleted=0", ["here"]),
        ("?includeDeleted=true", ["here", "trash"]),
        ("?includeDeleted=1", ["here", "trash"]),
    ],
)
def test_includes_deleted_files_on_request(client, user, query, expected):
    make_row(user, name="here")
    make_row(user, name="trash", deleted_at=timezone.now())
    assert sorted(names(client, query)) == expected


def test_excludes_expired_files(client, user):
    make_row(user, deleted_at=timezone.now() - TRASH_PERIOD)
    assert names(client, "?includeDeleted=1") == []


def test_limit_and_offset_select_a_page(client, user):
    make_rows(user, 5)
    everything = names(client)
    assert names(client, "?limit=2&offset=1") == everything[1:3]
    assert names(client, "?offset=1000000") == []


def test_default_limit_is_100_and_maximum_500(client, user):
    make_rows(user, 101)
    assert len(names(client)) == 100
    assert len(names(client, "?limit=500")) == 101


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=abc", "limit"),
        ("limit=1.5", "limit"),
        ("limit=1.0", "limit"),
        ("limit=1_0", "limit"),
        ("limit=%2B1", "limit"),
        ("limit=", "limit"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=-1", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("limit=%00", "limit"),
        ("limit=%D9%A1", "limit"),
        ("offset=-1", "offset"),
        ("offset=1000001", "offset"),
        ("offset=x", "offset"),
        ("includeDeleted=maybe", "includeDeleted"),
        ("includeDeleted=", "includeDeleted"),
        ("includeDeleted=True", "includeDeleted"),
        ("deleted=1", "deleted"),
        ("limt=5", "limt"),
        ("include_deleted=1", "include_deleted"),
        ("limit=1&limit=2", "limit"),
        ("offset=1&offset=1", "offset"),
    ],
)
def test_invalid_parameter_is_422_with_its_name(client, user, query, field):
    response = client.get(f"/api/files?{query}")
    assert (response.status_code, response.json()["code"]) == (422, "invalid:api")
    assert list(response.json()["fields"]) == [field]


@pytest.mark.parametrize("count", [1, 60])
def test_costs_two_statements(client, user, count, django_assert_num_queries):
    make_rows(user, count)
    make_row(user, image=True)
    with django_assert_num_queries(2):
        assert len(names(client, "?includeDeleted=1")) == count + 1


def test_anonymous_is_401_with_the_error_schema(client):
    response = client.get("/api/files")
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized:auth")
    assert File.objects.count() == 0
