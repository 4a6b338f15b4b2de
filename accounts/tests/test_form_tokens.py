"""Forms that are sent twice: to gunicorn's threads, as a browser without JavaScript does."""

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
from config.tests.outages import led_astray

pytestmark = pytest.mark.django_db(transaction=True)


class Browser:
    """One browser's cookies; a form that is sent twice leaves the last answer's."""

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


def test_another_browser_does_not_get_the_answer(site):
    browser, stranger = Browser(site), Browser(site)
    data = {"email": "ada@example.org", "password1": PASSWORD}
    token = browser.token("/accounts/signup/")
    data["csrfmiddlewaretoken"] = token
    browser.session.post(site + "/accounts/signup/", data=data, timeout=60)
    stranger.token("/accounts/signup/")
    answer = stranger.session.post(site + "/accounts/signup/", data=data, timeout=60)
    assert "Please send it again" in answer.text
    assert settings.SESSION_COOKIE_NAME not in stranger.session.cookies


def test_the_next_act_ends_the_one_before(site):
    browser = Browser(site, make_user())
    page = browser.get("/files/")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    for path in ("/tour/start/", "/tour/later/"):
        browser.session.post(site + path, data={"csrfmiddlewaretoken": token}, timeout=60)
    assert Act.objects.count() == 1


def post_tour(client):
    form = {"csrfmiddlewaretoken": client.cookies[settings.CSRF_COOKIE_NAME].value}
    return client.post("/tour/later/", form)


def test_what_an_outage_failed_is_done_at_once_when_it_is_over(monkeypatch, tmp_path):
    client = Client(raise_request_exception=False)
    client.force_login(make_user())
    client.get("/account/")
    monkeypatch.setattr(retry, "RESTART_WAIT", 0.0)

    def lose(*args, **kwargs):
        connection.close()
        connection.settings_dict["HOST"] = str(tmp_path)
        connection.ensure_connection()

    with led_astray(default={}), monkeypatch.context() as patch:
        patch.setattr("tours.models.Tour.store", lose)
        assert post_tour(client).status_code == 503
    assert Act.objects.get().answer is None
    began = time.monotonic()
    assert post_tour(client).status_code == 302
    assert time.monotonic() - began < 10


def test_a_sign_in_that_failed_leaves_the_token_that_it_was_sent_with(monkeypatch):
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
