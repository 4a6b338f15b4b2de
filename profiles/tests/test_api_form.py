"""PATCH /api/profile with a form."""

import pytest
from django.test.client import MULTIPART_CONTENT

from accounts.tests.people import make_user
from files import images
from onboarding.tests.experts import make_expert
from profiles.tests.api_requests import URL, get_error_fields, patch, send
from profiles.tests.avatar_images import give_avatar, list_stored_keys, make_image

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client):
    user = make_user(newcomer=True)
    client.force_login(user)
    return user


def test_form_works_like_json(client, user):
    first, second = make_expert(), make_expert(slug="second", name="Second")
    fields = {"name": " Ada ", "bio": "Writes\r\nprograms.", "timezone": "Europe/London"}
    lists = {"botTraits": ["direct", "curious"], "experts": [second.pk, first.pk]}
    response = send(client, **fields, **lists).json()
    assert response == client.get(URL).json()
    assert {name: response[name] for name in lists} == lists
    assert (response["name"], response["bio"]) == ("Ada", "Writes\nprograms.")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "x" * 129}, "name"),
        ({"name": "\0"}, "name"),
        ({"timezone": "Narnia"}, "timezone"),
        ({"botTraits": ["direct", "evil"]}, "botTraits"),
        ({"bot_traits": ["direct"]}, "bot_traits"),
        ({"experts": ["x"]}, "experts.0"),
        ({"experts": ["9" * 5000]}, "experts.0"),
        ({"experts": ["99"]}, "experts"),
        ({"image": "https://example.org/me.png"}, "image"),
        ({"surprise": "x"}, "surprise"),
    ],
)
def test_invalid_form_is_422(client, user, fields, field):
    before = client.get(URL).json()
    assert get_error_fields(send(client, bio="Right.", **fields)) == {field}
    assert client.get(URL).json() == before


def test_file_instead_of_text_is_422(client, user):
    assert get_error_fields(send(client, name=make_image())) == {"name"}
    assert get_error_fields(send(client, botTraits=make_image())) == {"botTraits"}


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=\xe9", MULTIPART_CONTENT]
)
def test_malformed_form_is_400(client, user, kind):
    body = b'--BoUnDaRyStRiNg\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n'
    body += b"Content-Transfer-Encoding: base64\r\n\r\nx\r\n--BoUnDaRyStRiNg--"
    response = client.patch(URL, body, kind)
    assert (response.status_code, response.json()["code"]) == (400, "bad_request:api")


def test_truncated_form_changes_nothing(client, user):
    before = client.get(URL).json()
    assert client.patch(URL, b"--BoUnDa", MULTIPART_CONTENT).json() == before


def test_form_with_too_many_fields_is_413(client, user):
    fields = {f"field-{number}": "x" for number in range(20_001)}
    assert send(client, **fields).status_code == 413


@pytest.mark.parametrize("name", ["name", "bio", "timezone", "locale"])
def test_repeated_field_is_422(client, user, name):
    assert get_error_fields(send(client, **{name: ["UTC", "en"]})) == {name}


def test_repeated_image_is_422(client, user):
    assert get_error_fields(send(client, image=[make_image(), make_image()])) == {"image"}
    assert get_error_fields(send(client, image=["x", make_image()])) == {"image"}


def test_accepts_the_csrf_token_as_a_field(client, user):
    response = send(client, name="Countess", csrfmiddlewaretoken="x")
    assert (response.status_code, response.json()["name"]) == (200, "Countess")


@pytest.mark.django_db(transaction=True)
def test_image_is_stored_and_removed_by_null(client, user):
    response = send(client, image=make_image(), name="Ada").json()
    assert response["name"] == "Ada"
    assert response["image"].startswith("/profile/avatar/")
    assert client.get(response["image"]).headers["Content-Type"] == "image/webp"
    assert patch(client, {"image": None}).json()["image"] is None
    assert list_stored_keys() == set()


@pytest.mark.django_db(transaction=True)
def test_image_is_not_stored_with_an_invalid_field(client, user):
    key = give_avatar(user)
    assert get_error_fields(send(client, image=make_image(), timezone="Narnia")) == {"timezone"}
    assert list_stored_keys() == {key}


def test_invalid_image_is_422(client, user):
    response = send(client, image=make_image(kind="GIF"))
    assert response.json()["fields"] == {
        "image": ["This is a GIF image, which isn't supported: save it as JPEG or PNG first."]
    }


def test_busy_decoder_is_503(client, user, monkeypatch):
    monkeypatch.setattr("files.images.WAIT_SECONDS", 0.01)
    with images._decoder_slots, images._decoder_slots:
        response = send(client, image=make_image(), name="Eve")
    assert (response.status_code, response.json()["message"]) == (503, images.BUSY)
    assert client.get(URL).json()["name"] == "Ada Lovelace"


def test_storage_error_is_503(client, user, monkeypatch):
    def full(*args, **options):
        raise OSError("no space left on device")

    monkeypatch.setattr("files.storage.Folder.save", full)
    assert send(client, image=make_image(), name="Eve").status_code == 503
    assert client.get(URL).json()["name"] == "Ada Lovelace"
