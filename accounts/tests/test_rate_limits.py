"""The page for status 429: how long to wait."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.urls import resolve

from accounts.rate_limits import DEFAULT_SECONDS, too_many_requests

pytestmark = pytest.mark.django_db


def change_password(client):
    return client.post("/accounts/password/change/", {"oldpassword": "wrong-horse"})


def test_shows_the_seconds_left_of_the_users_limit(client, user):
    statuses = [change_password(client).status_code for _ in range(5)]
    response = change_password(client)
    assert statuses == [200] * 5
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert b'href="/accounts/password/change/"' in response.content


def test_other_users_are_not_limited(client, user, client_of_bob):
    for _ in range(6):
        change_password(client)
    assert client_of_bob.post("/accounts/login/", {"login": "a@b.org"}).status_code == 200


def test_anonymous_client_has_no_limit_of_a_user():
    request = RequestFactory().get("/accounts/email/")
    request.user, request.resolver_match = AnonymousUser(), resolve("/accounts/email/")
    response = too_many_requests(request)
    assert (response.status_code, response.headers["Retry-After"]) == (429, str(DEFAULT_SECONDS))
