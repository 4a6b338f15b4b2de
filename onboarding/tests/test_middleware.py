"""Who is led to the wizard, and from where."""

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


def test_home_leads_a_newcomer_to_the_wizard(newcomer):
    answer = newcomer.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/onboarding/")
    assert "no-store" in answer.headers["Cache-Control"]


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
def test_every_page_leads_there_and_is_remembered(newcomer, path, quoted):
    assert newcomer.get(path).url == f"/onboarding/?next={quoted}"


def test_a_page_with_too_long_an_address_is_forgotten(newcomer):
    assert newcomer.get("/", {"q": "x" * 3000}).url == "/onboarding/"


def test_htmx_is_told_to_take_the_whole_page_there(newcomer):
    answer = newcomer.get("/?q=tax", headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/onboarding/?next=%2F%3Fq%3Dtax"
    assert answer.content == b""


@pytest.mark.parametrize("path", ["/api/experts", "/api/openapi.json", "/api/docs"])
def test_the_api_never_does(newcomer, path):
    assert newcomer.get(path, headers={"Accept": "text/html"}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/accounts/email/", "/accounts/logout/", "/nothing"]
)
def test_what_belongs_to_no_app_or_to_signing_in_does_not(newcomer, path):
    assert "/onboarding/" not in newcomer.get(path).headers.get("Location", "")


def test_the_administration_does_not(client):
    client.force_login(make_admin(newcomer=True))
    assert client.get("/admin/").status_code == 200


def test_what_is_no_page_of_its_own_does_not():
    parts = {"profiles:avatar", "profiles:export", "files:download", "files:preview"}
    assert not parts & PAGES


def test_a_form_that_is_sent_is_not_led_away(newcomer):
    assert newcomer.post("/account/").status_code == 405
    assert newcomer.post("/account/sign-out-everywhere/").url == "/accounts/login/"


def test_a_head_request_is_led_as_the_page_is(newcomer):
    assert newcomer.head("/").headers["Location"] == "/onboarding/"


def test_who_is_onboarded_sees_the_pages(client):
    client.force_login(make_user())
    assert client.get("/").status_code == 200


def test_a_stranger_costs_no_statement(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/").status_code == 200


def test_leading_costs_the_session_s_statement_only(newcomer, django_assert_num_queries):
    with django_assert_num_queries(1):
        newcomer.get("/")


def test_a_busy_database_is_503_here_too(newcomer, monkeypatch):
    def busy(self):
        raise OperationalError("query_wait_timeout")

    monkeypatch.setattr(SessionStore, "_get_session_from_db", busy)
    newcomer.raise_request_exception = False
    answer = newcomer.get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
