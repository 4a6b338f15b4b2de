"""Which requests may read from a replica, and how new it has to be."""

import time

import pytest
from django.core import signing
from django.http import HttpResponse
from django.test import RequestFactory

from config.database.replicas import middleware
from config.database.replicas.middleware import (
    COOKIE_AGE,
    get_cookie_name,
    get_position,
    read_from_replicas,
    set_position,
    start_reading,
)
from config.database.replicas.servers import Replica
from config.database.replicas.state import GOOD_LOOKS, NEVER, PrimaryState, parse_position


@pytest.fixture
def replica(settings, monkeypatch):
    """Return the only replica, which is usable."""
    replica = Replica(settings.POOLS["jobs"], PrimaryState())
    replica.state.good_looks, replica.state.as_new_as = GOOD_LOOKS, time.monotonic()
    monkeypatch.setattr(middleware, "choose_replica", lambda key: replica)
    return replica


def make_request(path="/", method="GET", written=None):
    request = RequestFactory().generic(method, path)
    if written is not None:
        request.COOKIES[get_cookie_name()] = written
    return request


def write(monkeypatch, position):
    """Return the cookie of a response after a write."""
    monkeypatch.setattr(middleware, "ask_primary", lambda primary: position)
    response = HttpResponse()
    set_position(response)
    return response.cookies[get_cookie_name()]


def test_without_replicas_nothing_is_added():
    assert read_from_replicas(len) is len


@pytest.mark.parametrize("path", ["/", "/api/profile", "/account/", "/files/"])
def test_pages_and_the_api_may_read_from_a_replica(replica, path):
    assert start_reading(make_request(path)).replica is replica


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/profile"),
        ("PATCH", "/api/profile"),
        ("DELETE", "/api/profile"),
        ("GET", "/accounts/login/"),
        ("GET", "/admin/"),
        ("GET", "/readyz"),
    ],
)
def test_all_else_goes_to_the_primary(replica, method, path):
    assert start_reading(make_request(path, method)).replica is None


def test_a_browser_that_wrote_needs_that_position(monkeypatch):
    cookie = write(monkeypatch, parse_position("0/16B3748"))
    assert get_position(make_request(written=cookie.value)) == parse_position("0/16B3748")
    assert (cookie["max-age"], cookie["httponly"], cookie["path"]) == (COOKIE_AGE, True, "/")


def test_without_an_answer_of_the_primary_no_replica_is_new_enough(monkeypatch):
    assert get_position(make_request(written=write(monkeypatch, None).value)) == NEVER


def test_a_browser_that_did_not_write_takes_any_replica(replica):
    assert start_reading(make_request()).is_fresh


@pytest.mark.parametrize("text", ["0/1", "0/1:1tDxyz:forged", "x" * 4000])
def test_a_forged_cookie_leads_to_the_primary(text):
    assert get_position(make_request(written=text)) == NEVER


def test_an_old_cookie_has_no_effect(monkeypatch):
    cookie = write(monkeypatch, 100)
    later = time.time() + COOKIE_AGE + 1
    monkeypatch.setattr(signing.time, "time", lambda: later)
    assert get_position(make_request(written=cookie.value)) == 0
