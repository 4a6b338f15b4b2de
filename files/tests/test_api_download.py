"""GET /api/files/{id}/download."""

import pytest

from accounts.tests.people import make_user
from files.storage import Folder
from files.tests.content import upload_file

pytestmark = pytest.mark.django_db(transaction=True)


def test_owner_gets_the_content_with_two_statements(client, user, django_assert_num_queries):
    file = upload_file(user)
    with django_assert_num_queries(2):
        response = client.get(f"/api/files/{file.pk}/download")
    assert b"".join(response.streaming_content) == b"hello\n"
    assert response.headers["Content-Disposition"] == 'attachment; filename="notes.txt"'


def test_other_user_s_file_is_404(client, user):
    file = upload_file(make_user(email="bob@example.org"))
    response = client.get(f"/api/files/{file.pk}/download")
    assert (response.status_code, response.json()["code"]) == (404, "not_found:api")


def test_deleted_file_is_404_until_restored(client, user):
    file = upload_file(user)
    user.files.trash()
    assert client.get(f"/api/files/{file.pk}/download").status_code == 404


def test_anonymous_is_401(client):
    file = upload_file(make_user())
    assert client.get(f"/api/files/{file.pk}/download").status_code == 401


@pytest.mark.parametrize("pk", ["1", "abc", "%00", "00000000-0000-0000-0000-00000000000"])
def test_invalid_id_is_404(client, user, pk):
    response = client.get(f"/api/files/{pk}/download")
    assert (response.status_code, response.json()["code"]) == (404, "not_found:api")


def test_storage_error_is_503(client, user, monkeypatch):
    def fail(*args):
        raise PermissionError("not yours")

    file = upload_file(user)
    monkeypatch.setattr(Folder, "_open", fail)
    response = client.get(f"/api/files/{file.pk}/download")
    assert (response.status_code, response.json()["code"]) == (503, "unavailable:storage")


def test_openapi_has_content_and_signed_url(client):
    paths = client.get("/api/openapi.json").json()["paths"]
    answers = paths["/api/files/{pk}/download"]["get"]["responses"]
    assert "image/png" in answers["200"]["content"]
    assert "Location" in answers["302"]["headers"]
