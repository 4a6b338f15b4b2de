import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.middleware import AuthenticationMiddleware
from accounts.models import Session, User
from accounts.sessions import SessionStore
from accounts.tests.people import make_user

pytestmark = pytest.mark.django_db


def request_with(session):
    request = RequestFactory().get("/")
    request.session = session
    AuthenticationMiddleware(lambda request: HttpResponse()).process_request(request)
    return request


@pytest.fixture
def session(client):
    """Ada's, as her browser's next request would load it."""
    client.force_login(make_user())
    return SessionStore(client.session.session_key)


def test_one_statement_finds_the_user(session, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert request_with(session).user.email == "ada@example.org"


def test_no_statement_where_nobody_asks(session, django_assert_num_queries):
    with django_assert_num_queries(0):
        request_with(session)


def test_no_statement_without_a_cookie(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert request_with(SessionStore(None)).user.is_anonymous


def test_an_inactive_person_is_nobody(session):
    User.objects.update(is_active=False)
    assert request_with(session).user.is_anonymous


def test_a_way_of_signing_in_that_was_removed_counts_no_more(session):
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    assert request_with(session).user.is_anonymous


def test_a_session_without_a_person_is_nobody_s(session):
    Session.objects.update(user=None)
    assert request_with(session).user.is_anonymous


def test_row_and_data_have_to_name_the_same_person(session):
    bob = make_user(email="bob@example.org")
    User.objects.update(password="the same hash, so that the session's fits both")
    session[HASH_SESSION_KEY] = User.objects.get(pk=bob.pk).get_session_auth_hash()
    session.save()
    Session.objects.update(user=bob)
    session = SessionStore(session.session_key)
    assert request_with(session).user.is_anonymous


@pytest.mark.parametrize("value", ["", "0" * 64])
def test_a_hash_that_does_not_fit_empties_the_session(session, value):
    session[HASH_SESSION_KEY] = value
    assert request_with(session).user.is_anonymous
    assert session.is_empty()
    assert not Session.objects.exists()


def test_a_session_from_before_the_secret_changed_goes_on(session, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the-next-secret"
    old = session.session_key
    assert request_with(session).user.email == "ada@example.org"
    assert session.session_key != old
    settings.SECRET_KEY_FALLBACKS = []
    assert request_with(session).user.email == "ada@example.org"


def test_a_secret_that_was_dropped_ends_the_session(session, settings):
    settings.SECRET_KEY = "the-next-secret"
    assert request_with(session).user.is_anonymous


def test_coroutines_get_the_same_user(session):
    request = request_with(session)
    assert async_to_sync(request.auser)().email == "ada@example.org"


def test_the_home_page_asks_once_for_session_and_user(client):
    client.force_login(make_user())
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/").status_code == 200
    about_people = [query["sql"] for query in captured if "accounts_" in query["sql"]]
    assert len(about_people) == 1
    assert about_people[0].count('JOIN "accounts_user"') == 1


def test_a_page_costs_one_statement_for_session_and_user(client, django_assert_num_queries):
    client.force_login(make_user())
    client.get("/account/")
    with django_assert_num_queries(2) as captured:
        assert client.get("/account/").status_code == 200
    load, count = (query["sql"] for query in captured.captured_queries)
    assert "session_data" in load
    assert "accounts_user" in load
    assert "COUNT(*)" in count
