"""DELETE /api/files and POST /api/files/{id}/restore."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.people import make_user
from files.models import TRASH_PERIOD
from files.tests.consistency import stored_keys
from files.tests.content import upload_file
from files.tests.rows import make_row

pytestmark = pytest.mark.django_db(transaction=True)


def delete(client, body):
    return client.delete("/api/files", body, content_type="application/json")


def test_moves_a_file_to_the_trash_and_restores_it(client, user):
    file = upload_file(user)
    response = delete(client, {"id": str(file.pk)})
    assert response.status_code == 200
    assert (response.json()["id"], response.json()["isDeleted"]) == (str(file.pk), True)
    assert stored_keys() == [file.object_id]
    response = client.post(f"/api/files/{file.pk}/restore")
    assert (response.status_code, response.json()["isDeleted"]) == (200, False)


def test_repeated_delete_is_404(client, user):
    file = upload_file(user)
    assert delete(client, {"id": str(file.pk)}).status_code == 200
    response = delete(client, {"id": str(file.pk)})
    assert (response.status_code, response.json()["code"]) == (404, "not_found:api")


def test_present_file_cannot_be_restored(client, user):
    assert client.post(f"/api/files/{upload_file(user).pk}/restore").status_code == 404


def test_expired_file_cannot_be_restored(client, user):
    file = make_row(user, deleted_at=timezone.now() - TRASH_PERIOD - timedelta(seconds=1))
    assert client.post(f"/api/files/{file.pk}/restore").status_code == 404


def test_other_user_s_file_is_404_and_stays(client, user):
    file = upload_file(make_user(email="bob@example.org"))
    assert delete(client, {"id": str(file.pk)}).status_code == 404
    file.refresh_from_db()
    assert not file.is_deleted


def test_cannot_restore_other_user_s_file(client, user):
    file = make_row(make_user(email="bob@example.org"), deleted_at=timezone.now())
    assert client.post(f"/api/files/{file.pk}/restore").status_code == 404


def test_unknown_id_is_404(client, user):
    response = delete(client, {"id": "00000000-0000-0000-0000-000000000000"})
    assert response.status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        "null",
        "[]",
        "5",
        "{}",
        '{"id": null}',
        '{"id": 5}',
        '{"id": true}',
        '{"id": ["x"]}',
        '{"id": "abc"}',
        '{"id": "a\\u0000"}',
        '{"id": "00000000-0000-0000-0000-000000000000", "force": true}',
    ],
)
def test_invalid_id_is_422(client, user, body):
    response = delete(client, body)
    assert (response.status_code, response.json()["code"]) == (422, "invalid:api")


@pytest.mark.parametrize("body", ["", "{", '{"id": "\\ud800"}'])
def test_rejects_invalid_json(client, user, body):
    assert delete(client, body).status_code in (400, 422)


def test_ten_megabytes_of_json_are_413(client, user):
    response = delete(client, '{"id": "' + "a" * 10_000_000 + '"}')
    assert (response.status_code, response.json()["code"]) == (413, "too_large:api")
