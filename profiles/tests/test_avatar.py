"""Upload, serve, replace and remove the avatar."""

import io
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.tests.people import make_user
from files.models import StoredObject
from profiles.models import Profile
from profiles.tests.avatar_images import give_avatar, list_stored_keys, make_image
from profiles.tests.test_profile import FIELDS

pytestmark = pytest.mark.django_db(transaction=True)


def send(client, image):
    return client.post("/profile/", FIELDS | {"image": image})


def avatar_url():
    return f"/profile/avatar/{Profile.objects.get().avatar_id.split('/')[1]}"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_becomes_a_square_webp(client, user, kind):
    assert send(client, make_image(kind=kind, size=(600, 300))).status_code == 302
    (key,) = list_stored_keys()
    assert key == Profile.objects.get().avatar_id
    assert key.startswith(f"{user.pk}/")
    with Image.open(Path(default_storage.path(key))) as image:
        assert (image.format, image.size) == ("WEBP", (256, 256))


def test_type_is_detected_by_content(client, user):
    text = SimpleUploadedFile("me.png", b"<svg onload=alert(1)>", "image/png")
    response = send(client, text)
    assert response.status_code == 422
    assert b"Choose a JPEG, PNG or WebP." in response.content
    assert list_stored_keys() == set()


def test_rejects_more_than_two_megabytes_without_decoding(client, user):
    content = make_image().read().ljust(2_000_001, b"\0")
    response = send(client, SimpleUploadedFile("me.png", content))
    assert response.status_code == 422
    assert b"Choose an image of at most 2 MB." in response.content


def test_accepts_two_megabytes(client, user):
    content = make_image().read().ljust(2_000_000, b"\0")
    assert send(client, SimpleUploadedFile("me.png", content)).status_code == 302


def test_rejects_broken_and_empty_images_and_bombs(client, user):
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    for content in (make_image().read()[:-20], b"", bomb.getvalue()):
        assert send(client, SimpleUploadedFile("me.png", content)).status_code == 422
    assert list_stored_keys() == set()


def test_owner_sees_it_for_one_statement(client, user, django_assert_num_queries):
    give_avatar(user)
    url = avatar_url()
    with django_assert_num_queries(1):
        response = client.get(url)
    assert response.headers["Content-Type"] == "image/webp"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.content.startswith(b"RIFF")


def test_others_cannot_see_it(client, user):
    give_avatar(user)
    other = Client()
    assert other.get(avatar_url()).url.startswith("/accounts/login/")
    other.force_login(make_user(email="bob@example.org"))
    assert other.get(avatar_url()).status_code == 404


def test_only_the_current_avatar_is_served(client, user):
    give_avatar(user)
    former = avatar_url()
    give_avatar(user)
    assert client.get(former).status_code == 404
    assert client.get(f"/profile/avatar/{uuid4()}.webp").status_code == 404
    assert client.get("/profile/avatar/me.webp").status_code == 404


def test_missing_object_is_404(client, user):
    default_storage.delete(give_avatar(user))
    assert client.get(avatar_url()).status_code == 404


def test_unreadable_object_is_503(client, user, monkeypatch):
    def fails(self, name, mode="rb"):
        raise OSError("input/output error")

    give_avatar(user)
    url = avatar_url()
    monkeypatch.setattr("files.storage.Folder._open", fails)
    assert client.get(url).status_code == 503


def test_new_avatar_replaces_the_old_one(client, user):
    former = give_avatar(user)
    send(client, make_image(colour="blue"))
    (key,) = list_stored_keys()
    assert key != former
    assert StoredObject.objects.get().pk == key


def test_saving_without_a_file_keeps_it(client, user):
    key = give_avatar(user)
    client.post("/profile/", FIELDS)
    assert list_stored_keys() == {key}


def test_can_be_removed(client, user):
    give_avatar(user)
    assert b"Remove the avatar" in client.get("/profile/").content
    response = client.post("/profile/avatar/remove/", follow=True)
    assert b"Your avatar has been removed." in response.content
    assert b"Remove the avatar" not in response.content
    assert Profile.objects.get().avatar_id is None
    assert list_stored_keys() == set()
    assert not StoredObject.objects.exists()


def test_removing_no_avatar_is_no_error(client, user):
    assert client.post("/profile/avatar/remove/").status_code == 302


def test_get_does_not_remove_it(client, user):
    assert client.get("/profile/avatar/remove/").url == "/profile/"


def test_object_is_left_to_purge_files_if_storage_fails(client, user, monkeypatch):
    def fails(self, name):
        raise OSError("read only")

    key = give_avatar(user)
    monkeypatch.setattr("files.storage.Folder.delete", fails)
    assert client.post("/profile/avatar/remove/").status_code == 302
    assert list(StoredObject.objects.due()) == [StoredObject(key)]
