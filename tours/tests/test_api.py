"""The tour's API."""

import pytest
from django.test import Client

from accounts.tests.people import make_user
from tours.models import Tour
from tours.steps import STEPS

PATH = "/api/tour"
NO_BOOLEANS = ['"false"', '"true"', "0", "1", "null", "[]", "{}", "1e999", '"\\u0000"']


def patch(client, body, content_type="application/json"):
    return client.patch(PATH, body, content_type=content_type)


def test_returns_flag_and_steps(member):
    data = member.get(PATH).json()
    assert data["tour"] is False
    assert len(data["steps"]) == len(STEPS)
    assert data["steps"][0] == {
        "title": STEPS[0].title,
        "text": STEPS[0].text,
        "element": "experts",
        "page": "/",
    }


@pytest.mark.parametrize("stored", [True, False])
def test_get_runs_only_the_session_statement(member, ada, stored, django_assert_num_queries):
    if stored:
        Tour.for_user(ada).store(answered=True)
    with django_assert_num_queries(1):
        assert member.get(PATH).json()["tour"] is stored


@pytest.mark.parametrize("answer", [True, False])
def test_stores_and_returns_the_answer(member, ada, answer, django_assert_num_queries):
    Tour.for_user(ada).store(answered=not answer)
    with django_assert_num_queries(2):
        assert patch(member, {"tour": answer}).json() == {"tour": answer}
    assert Tour.objects.get().answered is answer
    assert member.get(PATH).json()["tour"] is answer


def test_stores_a_first_answer(member, ada):
    assert patch(member, {"tour": True}).status_code == 200
    assert Tour.objects.get().user == ada


def test_keeps_answers_of_other_users(member):
    bob = make_user(email="bob@example.org")
    Tour.for_user(bob).store(answered=False)
    patch(member, {"tour": True})
    assert Tour.objects.get(user=bob).answered is False


@pytest.mark.parametrize("value", NO_BOOLEANS)
def test_rejects_other_types_for_boolean(member, value):
    response = patch(member, f'{{"tour": {value}}}')
    assert response.status_code == 422
    assert list(response.json()["fields"]) == ["tour"]
    assert not Tour.objects.exists()


def test_rejects_missing_value(member):
    response = patch(member, {})
    assert response.status_code == 422
    assert list(response.json()["fields"]) == ["tour"]


def test_rejects_unknown_field(member):
    response = patch(member, {"tour": True, "role": "admin"})
    assert response.status_code == 422
    assert list(response.json()["fields"]) == ["role"]
    assert not Tour.objects.exists()


@pytest.mark.parametrize(
    "body", ["", "null", "[]", "true", "{", '{"tour"', '{"tour": true, "\\ud800": 1}', b"\xff"]
)
def test_rejects_body_that_is_no_object(member, body):
    assert patch(member, body).status_code in (400, 422)
    assert not Tour.objects.exists()


def test_rejects_ten_megabytes(member):
    assert patch(member, f'{{"tour": true, "x": "{"x" * 10_000_000}"}}').status_code == 413


def test_rejects_other_content_type(member):
    assert patch(member, "tour=true", "application/x-www-form-urlencoded").status_code == 415


@pytest.mark.parametrize("method", ["get", "patch"])
def test_anonymous_gets_401(client, method, db):
    response = getattr(client, method)(PATH, content_type="application/json")
    assert response.status_code == 401
    assert response.json()["code"] == "unauthorized:auth"


def test_rejects_request_without_csrf_token(ada):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    assert patch(client, {"tour": True}).status_code == 403
    assert not Tour.objects.exists()
