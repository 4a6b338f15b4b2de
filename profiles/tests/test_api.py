"""GET and PATCH /api/profile."""

import json

import pytest
from django.test.client import Client
from django.utils import timezone

from accounts.models import User
from accounts.tests.people import make_admin, make_user
from onboarding.models import Expert, Preferences
from onboarding.tests.experts import make_expert
from profiles.models import Profile
from profiles.tests.api_requests import URL, get_error_fields, patch, send
from profiles.tests.avatar_images import make_image

pytestmark = pytest.mark.django_db

SHAPE = [
    "id",
    "email",
    "name",
    "image",
    "bio",
    "timezone",
    "locale",
    "role",
    "onboarded",
    "botTraits",
    "experts",
]


@pytest.fixture
def user(client):
    user = make_user(newcomer=True)
    client.force_login(user)
    return user


def test_get_returns_the_whole_profile(client, user):
    response = client.get(URL).json()
    assert list(response) == SHAPE
    assert response == {
        "id": str(user.pk),
        "email": "ada@example.org",
        "name": "Ada Lovelace",
        "image": None,
        "bio": "",
        "timezone": "UTC",
        "locale": "en",
        "role": "user",
        "onboarded": False,
        "botTraits": [],
        "experts": [],
    }


def test_get_costs_one_statement(client, user, django_assert_num_queries):
    Preferences.objects.create(user=user, finished_at=timezone.now(), traits=["direct"])
    Profile.objects.create(user=user, bio="Writes programs.")
    with django_assert_num_queries(1):
        response = client.get(URL).json()
    assert (response["onboarded"], response["botTraits"]) == (True, ["direct"])


@pytest.mark.parametrize(
    ("roles", "role"),
    [({"is_staff": True}, "admin"), ({"is_superuser": True}, "admin"), ({}, "user")],
)
def test_role_follows_the_permissions(client, roles, role):
    client.force_login(make_user(**roles))
    assert client.get(URL).json()["role"] == role


def test_get_and_patch_return_the_same_schema(client, user):
    answers = [
        client.get(URL),
        patch(client, {}),
        patch(client, {"name": "Ada"}),
        send(client, name="Ada"),
        send(client, image=make_image()),
        patch(client, {"image": None}),
    ]
    assert [response.status_code for response in answers] == [200] * 6
    assert [list(response.json()) for response in answers] == [SHAPE] * 6


def test_patch_changes_the_given_fields(client, user):
    expert = make_expert()
    change = {
        "name": "  Countess  ",
        "bio": "Writes\nprograms.",
        "timezone": "Europe/London",
        "locale": "en-GB",
        "botTraits": ["direct", "curious"],
        "experts": [expert.pk],
    }
    response = patch(client, change)
    assert response.status_code == 200
    assert response.json() == client.get(URL).json()
    assert response.json() | change | {"name": "Countess"} == response.json()


def test_missing_fields_keep_their_values(client, user):
    patch(client, {"bio": "Writes programs.", "botTraits": ["direct"]})
    before = client.get(URL).json()
    assert patch(client, {"name": "Ada"}).json() == before | {"name": "Ada"}
    assert patch(client, {}).json() == before | {"name": "Ada"}


def test_outdated_zone_does_not_block_other_changes(client, user):
    Profile.objects.create(user=user, timezone="Europe/Atlantis")
    assert patch(client, {"name": "Ada"}).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": 1}, "name"),
        ({"name": None}, "name"),
        ({"name": ["Ada"]}, "name"),
        ({"name": "x" * 129}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"bio": "x" * 2049}, "bio"),
        ({"bio": "\0"}, "bio"),
        ({"bio": {}}, "bio"),
        ({"timezone": "Narnia"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"timezone": None}, "timezone"),
        ({"timezone": "\0"}, "timezone"),
        ({"locale": "tlh"}, "locale"),
        ({"locale": True}, "locale"),
        ({"locale": ""}, "locale"),
        ({"botTraits": "direct"}, "botTraits"),
        ({"botTraits": ["evil"]}, "botTraits"),
        ({"botTraits": [""]}, "botTraits"),
        ({"botTraits": [1]}, "botTraits.0"),
        ({"botTraits": [{"a": 1}]}, "botTraits.0"),
        ({"botTraits": {"0": "direct"}}, "botTraits"),
        ({"botTraits": None}, "botTraits"),
        ({"experts": [0]}, "experts"),
        ({"experts": [-1]}, "experts"),
        ({"experts": [2**63]}, "experts"),
        ({"experts": [10**100]}, "experts"),
        ({"experts": [1.5]}, "experts.0"),
        ({"experts": [True]}, "experts.0"),
        ({"experts": ["1"]}, "experts.0"),
        ({"experts": list(range(1, 100))}, "experts"),
        ({"experts": None}, "experts"),
        ({"image": "https://example.org/me.png"}, "image"),
        ({"image": ""}, "image"),
        ({"image": {}}, "image"),
        ({"role": "admin"}, "role"),
        ({"email": "eve@example.org"}, "email"),
        ({"id": "1"}, "id"),
        ({"onboarded": True}, "onboarded"),
        ({"isSuperuser": True}, "isSuperuser"),
        ({"is_superuser": True}, "is_superuser"),
        ({"bot_traits": ["direct"]}, "bot_traits"),
        ({"imageUrl": "https://example.org/me.png"}, "imageUrl"),
    ],
)
def test_invalid_value_is_422_and_saves_nothing(client, user, change, field):
    before = client.get(URL).json()
    right = {"bio": "Right."} if "bio" not in change else {"name": "Right"}
    assert get_error_fields(patch(client, right | change)) == {field}
    assert client.get(URL).json() == before


def test_patch_cannot_change_the_role(client, user):
    for value in ("admin", ["admin"], True):
        assert get_error_fields(patch(client, {"name": "Eve", "role": value})) == {"role"}
        assert get_error_fields(send(client, role=str(value))) == {"role"}
    assert User.objects.get(is_superuser=False, is_staff=False).name == "Ada Lovelace"


@pytest.mark.parametrize("body", ["null", "[]", '"x"', "1", "true", "[[]]"])
def test_json_that_is_not_an_object_is_422(client, user, body):
    assert client.patch(URL, body, "application/json").status_code == 422


@pytest.mark.parametrize("body", ["{", "\0", '{"name": "\\ud800"}', "[" * 100_000, "1" * 5000])
def test_invalid_json_is_400(client, user, body):
    assert client.patch(URL, body, "application/json").status_code == 400


def test_ten_megabytes_of_json_are_413(client, user):
    body = json.dumps({"bio": "x" * 10_000_000})
    assert client.patch(URL, body, "application/json").status_code == 413


def test_other_content_type_is_415(client, user):
    assert client.patch(URL, "name=Ada", "application/x-www-form-urlencoded").status_code == 415


def test_stores_exactly_the_given_favourites(client, user):
    inactive, here = make_expert(is_active=False).pk, make_expert(slug="here").pk
    Preferences.for_user(user).store(experts=[inactive])
    assert patch(client, {"experts": [here]}).json()["experts"] == [here]
    assert patch(client, {"experts": []}).json()["experts"] == []


def test_traits_cannot_be_emptied(client, user):
    assert patch(client, {"botTraits": []}).status_code == 200
    patch(client, {"botTraits": ["direct"]})
    assert get_error_fields(patch(client, {"botTraits": []})) == {"botTraits"}


def test_inactive_favourite_may_stay(client, user):
    expert = make_expert()
    patch(client, {"experts": [expert.pk]})
    Expert.objects.update(is_active=False)
    assert patch(client, {"experts": [expert.pk]}).json()["experts"] == [expert.pk]


def test_does_not_change_other_users(client, user):
    grace = make_admin()
    patch(client, {"name": "Eve", "bio": "x"})
    grace.refresh_from_db()
    assert grace.name == "Grace Hopper"


def test_anonymous_is_401():
    for response in (Client().get(URL), patch(Client(), {"name": "Eve"})):
        assert (response.status_code, response.json()["code"]) == (401, "unauthorized:auth")


def test_patch_needs_the_csrf_token(user):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    assert patch(strict, {"name": "Eve"}).status_code == 403
    assert send(strict, name="Eve").status_code == 403


def test_openapi_has_both_content_types(client):
    document = client.get("/api/openapi.json").json()
    content = document["paths"][URL]["patch"]["requestBody"]["content"]
    assert set(content) == {"application/json", "multipart/form-data"}
    form = content["multipart/form-data"]["schema"]
    assert form["properties"]["image"] == {"type": "string", "format": "binary"}
    assert form["additionalProperties"] is False
    json_schema = document["components"]["schemas"]["ProfileChange"]
    assert json_schema["properties"]["image"]["type"] == "null"
    assert "Europe/Berlin" in json_schema["properties"]["timezone"]["enum"]
    assert "default" not in str(json_schema)
