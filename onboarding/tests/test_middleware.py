"""Redirects of new users to the wizard."""

import pytest
from django.db import OperationalError

from accounts.sessions import SessionStore
from accounts.tests.people import make_admin, make_user
from onboarding.middleware import PAGES

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def newcomer(client):
    client.force_login(make_user(newcomer=True))
    return client


def test_home_redirects_new_users_to_the_wizard(newcomer):
    response = newcomer.get("/")
    assert (response.status_code, response.headers["Location"]) == (302, "/onboarding/")
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "quoted"),
    [
        ("/?q=tax", "%2F%3Fq%3Dtax"),
        ("/account/", "%2Faccount%2F"),
        ("/profile/", "%2Fprofile%2F"),
        ("/tour/", "%2Ftour%2F"),
        ("/files/", "%2Ffiles%2F"),
    ],
)
def test_pages_redirect_to_the_wizard_with_next(newcomer, path, quoted):
    assert newcomer.get(path).url == f"/onboarding/?next={quoted}"


def test_too_long_url_is_not_passed_on(newcomer):
    assert newcomer.get("/", {"q": "x" * 3000}).url == "/onboarding/"


def test_htmx_redirects_the_whole_page(newcomer):
    response = newcomer.get("/?q=tax", headers=HTMX)
    assert response.headers["HX-Redirect"] == "/onboarding/?next=%2F%3Fq%3Dtax"
    assert response.content == b""


@pytest.mark.parametrize("path", ["/api/experts", "/api/openapi.json", "/api/docs"])
def test_api_does_not_redirect(newcomer, path):
    assert newcomer.get(path, headers={"Accept": "text/html"}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/accounts/email/", "/accounts/logout/", "/nothing"]
)
def test_other_pages_and_sign_in_do_not_redirect(newcomer, path):
    assert "/onboarding/" not in newcomer.get(path).headers.get("Location", "")


def test_admin_does_not_redirect(client):
    client.force_login(make_admin(newcomer=True))
    assert client.get("/admin/").status_code == 200


def test_only_full_pages_redirect():
    parts = {"profiles:avatar", "profiles:export", "files:download", "files:preview"}
    assert not parts & PAGES


def test_post_does_not_redirect(newcomer):
    assert newcomer.post("/account/").status_code == 405
    assert newcomer.post("/account/sign-out-everywhere/").url == "/accounts/login/"


def test_head_redirects_like_get(newcomer):
    assert newcomer.head("/").headers["Location"] == "/onboarding/"


def test_onboarded_user_sees_the_pages(client):
    client.force_login(make_user())
    assert client.get("/").status_code == 200


def test_anonymous_costs_no_statement(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/").status_code == 200


def test_redirect_costs_only_the_session_s_statement(newcomer, django_assert_num_queries):
    with django_assert_num_queries(1):
        newcomer.get("/")


def test_busy_database_is_503(newcomer, monkeypatch):
    def busy(self):
        raise OperationalError("query_wait_timeout")

    monkeypatch.setattr(SessionStore, "_get_session_from_db", busy)
    newcomer.raise_request_exception = False
    response = newcomer.get("/")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
