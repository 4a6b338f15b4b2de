"""POST /api/onboarding"""

import json

import pytest
from django.db import DatabaseError

from accounts.models import User
from accounts.tests.people import make_user
from onboarding.models import Expert, Preferences
from onboarding.tests.experts import make_expert, make_experts
from onboarding.traits import Trait

pytestmark = pytest.mark.django_db
PATH = "/api/onboarding"


@pytest.fixture
def ada(client):
    user = make_user(newcomer=True)
    client.force_login(user)
    return user


@pytest.fixture
def post(client):
    def post(data):
        body = data if isinstance(data, bytes) else json.dumps(data)
        return client.post(PATH, body, content_type="application/json")

    return post


def load_preferences(user):
    return Preferences.objects.get(pk=user.pk)


def assert_invalid(response, *fields):
    assert response.status_code == 422
    assert response.json()["code"] == "invalid:api"
    assert sorted(response.json()["fields"]) == sorted(fields)
    assert User.objects.get().name == "Ada Lovelace"
    assert not Preferences.objects.exists()


def test_stores_the_answers_and_marks_the_user_as_onboarded(ada, post):
    key = make_expert().pk
    response = post({"name": " Countess ", "traits": ["direct"], "experts": [key]})
    assert (response.status_code, response.json()) == (200, {"ok": True})
    mine = load_preferences(ada)
    assert User.objects.get().name == "Countess"
    assert (mine.traits, mine.experts, mine.is_onboarded) == (["direct"], [key], True)


def test_every_answer_is_optional(ada, post, client):
    assert post({}).json() == {"ok": True}
    assert load_preferences(ada).is_onboarded
    assert User.objects.get().name == "Ada Lovelace"
    assert client.get("/").status_code == 200


def test_repeated_call_changes_only_given_fields(ada, post):
    post({"name": "Countess", "traits": ["direct"]})
    before = load_preferences(ada)
    assert post({"traits": ["curious", "curious", "concise"]}).json() == {"ok": True}
    after = load_preferences(ada)
    assert after.traits == ["curious", "concise"]
    assert after.finished_at == before.finished_at
    assert User.objects.get().name == "Countess"


@pytest.mark.parametrize("field", ["name", "traits", "experts"])
@pytest.mark.parametrize("value", [None, 7, 1.5, True, {"a": 1}, [None], [True], [{}], [[]]])
def test_wrong_type_is_422_with_the_field(ada, post, field, value):
    response = post({field: value})
    item = f"{field}.0" if isinstance(value, list) and field != "name" else field
    assert_invalid(response, item)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 129),
        ("name", "a\0b"),
        ("traits", []),
        ("traits", ["rude"]),
        ("traits", ["direct", "\0"]),
        ("traits", [""]),
        ("experts", [0]),
        ("experts", [-1]),
        ("experts", [2**63]),
        ("experts", [10**400]),
    ],
)
def test_invalid_value_is_422_with_the_field(ada, post, field, value):
    assert_invalid(post({field: value}), field)


@pytest.mark.parametrize("text", ["1", "direct"])
def test_expert_id_must_be_a_number(ada, post, text):
    assert_invalid(post({"experts": [text]}), "experts.0")


def test_returns_all_errors_at_once_and_stores_nothing(ada, post):
    response = post({"name": "x" * 129, "traits": ["rude"], "experts": [7]})
    assert_invalid(response, "name", "traits", "experts")


def test_rejects_inactive_experts_unless_already_favourites(ada, post):
    inactive = make_expert(is_active=False).pk
    assert_invalid(post({"experts": [inactive]}), "experts")
    Preferences.for_user(ada).store(experts=[inactive])
    assert post({"experts": [inactive]}).status_code == 200


def test_rejects_more_than_fifty_favourites(ada, post):
    make_experts(51)
    keys = list(Expert.objects.values_list("pk", flat=True))
    assert_invalid(post({"experts": keys}), "experts")
    assert post({"experts": keys[:50] + keys[:50]}).status_code == 200
    assert len(load_preferences(ada).experts) == 50


def test_accepts_an_empty_list_of_experts(ada, post):
    Preferences.for_user(ada).store(experts=[make_expert().pk])
    assert post({"experts": []}).status_code == 200
    assert load_preferences(ada).experts == []


@pytest.mark.parametrize("key", ["role", "is_staff", "isStaff", "step", "finishedAt", "email"])
def test_rejects_unknown_keys(ada, post, key):
    assert_invalid(post({key: "admin"}), key)
    assert not User.objects.get().is_staff


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"",
        b"[]",
        b'"x"',
        b"7",
        b"{",
        b'{"name": "\\ud800"}',
        b'{"name": "\xff"}',
        b'{"experts": [' + b"9" * 5000 + b"]}",
        b'{"experts": [NaN]}',
        b'{"experts": [1e400]}',
        b"[" * 100_000,
    ],
)
def test_rejects_json_that_is_not_an_object(ada, post, body):
    response = post(body)
    assert response.status_code in (400, 422)
    assert list(response.json()) == ["code", "message", "fields", "requestId"]
    assert not Preferences.objects.exists()


def test_ten_megabytes_are_413(ada, post):
    assert post({"name": "x" * 10_000_000}).status_code == 413


def test_stores_all_answers_or_none(ada, post, monkeypatch, client):
    def broken(preferences):
        raise DatabaseError

    monkeypatch.setattr(Preferences, "finish", broken)
    response = post({"name": "Countess", "traits": ["direct"]})
    assert response.status_code == 500
    assert User.objects.get().name == "Ada Lovelace"
    assert not Preferences.objects.exists()


def test_anonymous_is_401(post):
    response = post({})
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized:auth")


def test_rejects_get(client, ada):
    assert client.get(PATH).status_code == 405


def test_form_is_415(ada, client):
    response = client.post(PATH, {"name": "Countess"})
    assert (response.status_code, response.json()["code"]) == (415, "media_type:api")


def test_stores_exactly_the_given_favourites(ada, post):
    inactive, here = make_expert(is_active=False).pk, make_expert(slug="here").pk
    Preferences.for_user(ada).store(experts=[inactive])
    assert post({"experts": [here]}).status_code == 200
    assert load_preferences(ada).experts == [here]


def test_openapi_lists_the_traits(client):
    schemas = client.get("/api/openapi.json").json()["components"]["schemas"]
    answers = schemas["Answers"]["properties"]
    assert answers["traits"]["minItems"] == 1
    assert answers["traits"]["items"]["enum"] == Trait.values
    assert (answers["name"]["maxLength"], answers["experts"]["items"]["minimum"]) == (128, 1)
