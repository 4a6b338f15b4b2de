"""Forms of a page that was open while another tab signed in or out."""

import re

import pytest
from django.test import Client
from django.test.client import FakePayload

from accounts.tests.people import PASSWORD, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True)


def token(browser, path):
    content = browser.get(path).content.decode()
    return {"csrfmiddlewaretoken": re.search(r'csrfmiddlewaretoken" value="(\w+)', content)[1]}


def sign_in(browser, data):
    return browser.post(
        "/accounts/login/", {"login": "ada@example.org", "password": PASSWORD} | data
    )


def test_second_sign_in_redirects_to_next_url(browser):
    make_user()
    first, second = token(browser, "/accounts/login/"), token(browser, "/accounts/login/")
    assert sign_in(browser, first).url == "/"
    response = sign_in(browser, second | {"next": "/files/"})
    assert (response.status_code, response.url) == (302, "/files/")


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "http://[::1]@evil.example", "http://localhost/", "//["]
)
def test_ignores_next_url_of_other_site(browser, url):
    make_user()
    first, second = token(browser, "/accounts/login/"), token(browser, "/accounts/login/")
    sign_in(browser, first)
    assert sign_in(browser, second | {"next": url}).url == "/"


def test_expired_form_is_shown_with_typed_values(browser):
    make_user()
    sign_in(browser, token(browser, "/accounts/login/"))
    old = token(browser, "/profile/")
    browser.post("/accounts/logout/", old)
    sign_in(browser, token(browser, "/accounts/login/"))
    response = browser.post("/profile/", old | {"bio": "Counts <engines>", "password": PASSWORD})
    assert response.status_code == 200
    assert 'name="bio" value="Counts &lt;engines&gt;"' in response.content.decode()
    assert PASSWORD not in response.content.decode()


class Broken(FakePayload):
    def read(self, *args, **kwargs):
        raise ConnectionResetError


def test_rejects_unreadable_body(browser, monkeypatch):
    monkeypatch.setattr("django.test.client.FakePayload", Broken)
    kind = "application/x-www-form-urlencoded"
    assert browser.post("/accounts/login/", "login=ada", content_type=kind).status_code == 403


def test_rejects_form_from_other_site(browser):
    make_user()
    data = token(browser, "/accounts/login/")
    response = browser.post(
        "/accounts/login/", data | {"login": "ada@example.org"}, HTTP_ORIGIN="https://evil.example"
    )
    assert response.status_code == 403
