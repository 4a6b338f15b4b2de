import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from config.pools import access
from config.pools.access import get_cookie_name, has_pass, remove_pass, set_pass

KEY = "a" * 32


def make_request(session=KEY, **cookies):
    request = RequestFactory().get("/admin/pools/")
    request.COOKIES = cookies | ({"sessionid": session} if session else {})
    return request


@pytest.fixture
def issued():
    response = HttpResponse()
    set_pass(make_request(), response)
    return response.cookies[get_cookie_name()]


def test_lets_the_session_in(issued):
    assert has_pass(make_request(pools=issued.value))


@pytest.mark.parametrize("session", ["b" * 32, "", None])
def test_is_bound_to_the_session(issued, session):
    assert not has_pass(make_request(session, pools=issued.value))


def test_expires(issued, monkeypatch):
    monkeypatch.setattr(access, "PASS_AGE", -1)
    assert not has_pass(make_request(pools=issued.value))


@pytest.mark.parametrize("value", ["", "x", "a:b:c", "\0", "é"])
def test_rejects_what_the_site_did_not_sign(value):
    assert not has_pass(make_request(pools=value))
    assert not has_pass(make_request())


def test_a_cookie_of_another_purpose_is_no_pass(issued, settings):
    settings.SECRET_KEY = "another" * 10
    assert not has_pass(make_request(pools=issued.value))


def test_scripts_and_other_sites_cannot_use_the_cookie(issued):
    assert (issued["httponly"], issued["samesite"], issued["path"]) == (True, "Strict", "/")
    assert issued["max-age"] == 300


def test_removes_only_what_was_sent(issued):
    response = HttpResponse()
    remove_pass(make_request(), response)
    assert get_cookie_name() not in response.cookies
    remove_pass(make_request(pools=issued.value), response)
    assert response.cookies[get_cookie_name()].value == ""
