"""POST /api/files/upload."""

import pytest
from django.test import Client

from files import objects
from files.models import File
from files.storage import Folder
from files.tests.consistency import assert_consistent, stored_keys
from files.tests.content import make_image, make_upload

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/files/upload"


def get_error_fields(client, data, status=422):
    """Check that nothing is stored, and return the invalid fields."""
    response = client.post(PATH, data)
    assert response.status_code == status
    assert list(response.json()) == ["code", "message", "fields", "requestId"]
    assert not File.objects.exists()
    assert_consistent()
    return response.json()["fields"]


def test_stores_and_returns_the_file(store, client, user):
    response = client.post(PATH, {"file": make_upload("a.png", make_image(), "text/html")})
    file = File.objects.get(user=user)
    assert response.status_code == 201
    assert response.json() == {
        "id": str(file.pk),
        "url": f"/api/files/{file.pk}/download",
        "pathname": file.object_id,
        "contentType": "image/png",
        "size": len(make_image()),
        "name": "a.png",
    }
    assert_consistent()


def test_client_s_name_is_only_a_label(client, user):
    response = client.post(PATH, {"file": make_upload("../../../etc/pass\u202ewd")}).json()
    assert response["name"] == "passwd.txt"
    assert "passwd" not in response["pathname"]
    assert response["pathname"].startswith(f"{user.pk}/")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"file": "a text"},
        {"image": make_upload()},
        {"file": [make_upload(), make_upload()]},
        {"file": make_upload(), "other": make_upload()},
        {"file": make_upload(), "folder": "x"},
        {"file": make_upload(content=b"")},
        {"file": make_upload(content=b"MZ\x90\0")},
    ],
)
def test_anything_but_one_valid_file_is_422(client, user, data):
    assert get_error_fields(client, data)


def test_error_is_at_the_field(client, user, settings):
    settings.FILE_QUOTA = 1
    assert get_error_fields(client, {"file": make_upload()}) == {
        "file": ["There isn't enough space for this file. Delete some files for good first."]
    }


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("body", [b"", b"--x\r\nrubbish", b"null", b"\0" * 1000])
def test_rejects_malformed_forms(client, user, content_type, body):
    response = client.post(PATH, body, content_type=content_type)
    assert response.status_code in (400, 422)
    assert list(response.json()) == ["code", "message", "fields", "requestId"]


def test_storage_error_is_503_and_leaves_nothing(client, user, monkeypatch):
    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(Folder, "_save", fail)
    response = client.post(PATH, {"file": make_upload()})
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert response.json() == {
        "code": "unavailable:storage",
        "message": objects.NOT_STORED,
        "fields": {},
        "requestId": response.headers["X-Request-ID"],
    }
    assert_consistent()


def test_anonymous_is_401_and_stores_nothing(client):
    assert client.post(PATH, {"file": make_upload()}).status_code == 401
    assert stored_keys() == []


def test_missing_csrf_token_is_403(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    response = client.post(PATH, {"file": make_upload()})
    assert (response.status_code, response.json()["code"]) == (403, "forbidden:auth")
    assert stored_keys() == []


def test_json_is_415(client, user):
    response = client.post(PATH, {"file": "x"}, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (415, "media_type:api")
