"""The page for an overload or outage, from which a form can be sent again."""

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from config.lib.error_responses import busy_page
from onboarding import views as onboarding_views


def make_failing_view(message):
    def view(*args, **kwargs):
        raise OperationalError(message)

    return view


@pytest.mark.parametrize(
    ("message", "heading"),
    [
        ("FATAL: query_wait_timeout", "Too many people at once"),
        ("connection refused", "The database is unavailable"),
    ],
)
def test_gives_the_reason_and_offers_a_retry(client, monkeypatch, message, heading):
    monkeypatch.setattr(onboarding_views, "render", make_failing_view(message))
    client.raise_request_exception = False
    page = client.get("/").content.decode()
    assert heading in page
    assert '<a class="button" href="">Try again</a>' in page


def test_form_can_be_sent_again():
    request = RequestFactory().post("/profile/", {"bio": '"<Chief>"', "experts": ["1", "2"]})
    page = busy_page("503.html", request).content.decode()
    assert 'name="bio" value="&quot;&lt;Chief&gt;&quot;"' in page
    assert page.count('name="experts"') == 2


def test_page_never_contains_a_password():
    request = RequestFactory().post("/accounts/login/", {"login": "ada", "password": "secret-7"})
    page = busy_page("503.html", request).content.decode()
    assert "secret-7" not in page
    assert "Go back to it and send it again" in page


def test_static_error_page_offers_a_retry():
    assert b"Try again" in busy_page().content
    assert Client(raise_request_exception=False).get("/nothing").status_code == 404
