"""POST /api/files/upload."""

import pytest
from django.test import Client

from accounts.tests.people import make_user
from files import objects
from files.models import File
from files.storage import Folder
from files.tests.agreement import assert_consistent, stored_keys
from files.tests.content import make_image, make_upload

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/files/upload"


@pytest.fixture
def user(client):
    user = make_user()
    client.force_login(user)
    return user


def refusal(client, data, status=422):
    """The fields that are refused; nothing is kept."""
    answer = client.post(PATH, data)
    assert answer.status_code == status
    assert list(answer.json()) == ["code", "message", "fields"]
    assert not File.objects.exists()
    assert_consistent()
    return answer.json()["fields"]


def test_a_file_is_kept_and_described(store, client, user):
    answer = client.post(PATH, {"file": make_upload("a.png", make_image(), "text/html")})
    file = File.objects.get(user=user)
    assert answer.status_code == 201
    assert answer.json() == {
        "id": str(file.pk),
        "url": f"/api/files/{file.pk}/download",
        "pathname": file.object_id,
        "contentType": "image/png",
        "size": len(make_image()),
        "name": "a.png",
    }
    assert_consistent()


def test_the_name_that_the_client_gives_is_but_a_label(client, user):
    answer = client.post(PATH, {"file": make_upload("../../../etc/pass\u202ewd")}).json()
    assert answer["name"] == "passwd.txt"
    assert "passwd" not in answer["pathname"]
    assert answer["pathname"].startswith(f"{user.pk}/")


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
def test_what_is_not_one_file_to_be_kept_is_422(client, user, data):
    assert refusal(client, data)


def test_the_reason_is_told_for_the_field(client, user, settings):
    settings.FILE_QUOTA = 1
    assert refusal(client, {"file": make_upload()}) == {
        "file": ["There is not enough space for this file. Delete other files for good first."]
    }


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("body", [b"", b"--x\r\nrubbish", b"null", b"\0" * 1000])
def test_a_body_that_is_no_form_is_refused(client, user, content_type, body):
    answer = client.post(PATH, body, content_type=content_type)
    assert answer.status_code in (400, 422)
    assert list(answer.json()) == ["code", "message", "fields"]


def test_a_storage_that_fails_is_503_and_nothing_is_left(client, user, monkeypatch):
    def refuse(*args):
        raise OSError("disk full")

    monkeypatch.setattr(Folder, "_save", refuse)
    answer = client.post(PATH, {"file": make_upload()})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json() == {
        "code": "unavailable:storage",
        "message": objects.NOT_STORED,
        "fields": {},
    }
    assert_consistent()


def test_a_stranger_is_401_and_nothing_is_kept(client):
    assert client.post(PATH, {"file": make_upload()}).status_code == 401
    assert stored_keys() == []


def test_without_the_token_it_is_403(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    answer = client.post(PATH, {"file": make_upload()})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden:auth")
    assert stored_keys() == []


def test_json_is_415(client, user):
    answer = client.post(PATH, {"file": "x"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (415, "media_type:api")
