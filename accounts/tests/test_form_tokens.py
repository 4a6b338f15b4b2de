"""Forms that a browser without JavaScript sends twice to gunicorn's threads."""

import re
import time

import pytest
import requests
from django.conf import settings
from django.db import OperationalError, connection
from django.middleware.csrf import rotate_token
from django.test import Client

from accounts.models import Act
from accounts.tests.people import PASSWORD, make_user
from config.database.backend import retry
from config.tests.outages import redirect_connections

pytestmark = pytest.mark.django_db(transaction=True)


class Browser:
    """A browser with its cookies."""

    def __init__(self, site, user=None):
        self.site, self.session = site, requests.Session()
        if user:
            client = Client()
            client.force_login(user)
            name = settings.SESSION_COOKIE_NAME
            self.session.cookies.set(name, client.cookies[name].value)

    def get(self, path):
        return self.session.get(self.site + path, timeout=60)

    def token(self, path):
        return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path).text)[1]


def test_other_browser_does_not_get_the_response(site):
    browser, other = Browser(site), Browser(site)
    data = {"email": "ada@example.org", "password1": PASSWORD}
    token = browser.token("/accounts/signup/")
    data["csrfmiddlewaretoken"] = token
    browser.session.post(site + "/accounts/signup/", data=data, timeout=60)
    other.token("/accounts/signup/")
    response = other.session.post(site + "/accounts/signup/", data=data, timeout=60)
    assert "Please send it again" in response.text
    assert settings.SESSION_COOKIE_NAME not in other.session.cookies


def test_next_submission_deletes_the_previous_one(site):
    browser = Browser(site, make_user())
    page = browser.get("/files/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    for path in ("/tour/start/", "/tour/later/"):
        browser.session.post(site + path, data={"csrfmiddlewaretoken": token}, timeout=60)
    assert Act.objects.count() == 1


def post_tour(client):
    form = {"csrfmiddlewaretoken": client.cookies[settings.CSRF_COOKIE_NAME].value}
    return client.post("/tour/later/", form)


def test_retries_at_once_after_an_outage(monkeypatch, tmp_path):
    client = Client(raise_request_exception=False)
    client.force_login(make_user())
    client.get("/account/")
    monkeypatch.setattr(retry, "RESTART_WAIT", 0.0)

    def lose(*args, **kwargs):
        connection.close()
        connection.settings_dict["HOST"] = str(tmp_path)
        connection.ensure_connection()

    with redirect_connections(default={}), monkeypatch.context() as patch:
        patch.setattr("tours.models.Tour.store", lose)
        assert post_tour(client).status_code == 503
    assert Act.objects.get().answer is None
    began = time.monotonic()
    assert post_tour(client).status_code == 302
    assert time.monotonic() - began < 10


def test_failed_sign_in_keeps_the_csrf_token(monkeypatch):
    make_user()
    client = Client(raise_request_exception=False)
    client.get("/accounts/login/")
    before = client.cookies[settings.CSRF_COOKIE_NAME].value
    form = {"csrfmiddlewaretoken": before, "login": "ada@example.org", "password": PASSWORD}

    def lose(adapter, request, *args):
        rotate_token(request)
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr("accounts.adapter.AccountAdapter.login", lose)
        assert client.post("/accounts/login/", form).status_code == 503
    assert client.cookies[settings.CSRF_COOKIE_NAME].value == before
    assert client.post("/accounts/login/", form).status_code == 302
