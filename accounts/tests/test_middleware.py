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
    """Ada's session, not loaded yet."""
    client.force_login(make_user())
    return SessionStore(client.session.session_key)


def test_loads_user_with_one_statement(session, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert request_with(session).user.email == "ada@example.org"


def test_runs_no_statement_if_user_is_unused(session, django_assert_num_queries):
    with django_assert_num_queries(0):
        request_with(session)


def test_runs_no_statement_without_cookie(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert request_with(SessionStore(None)).user.is_anonymous


def test_inactive_user_is_anonymous(session):
    User.objects.update(is_active=False)
    assert request_with(session).user.is_anonymous


def test_removed_backend_is_anonymous(session):
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    assert request_with(session).user.is_anonymous


def test_session_without_user_is_anonymous(session):
    Session.objects.update(user=None)
    assert request_with(session).user.is_anonymous


def test_row_and_data_must_name_the_same_user(session):
    bob = make_user(email="bob@example.org")
    User.objects.update(password="the same hash, so that the session's fits both")
    session[HASH_SESSION_KEY] = User.objects.get(pk=bob.pk).get_session_auth_hash()
    session.save()
    Session.objects.update(user=bob)
    session = SessionStore(session.session_key)
    assert request_with(session).user.is_anonymous


@pytest.mark.parametrize("value", ["", "0" * 64])
def test_wrong_hash_flushes_session(session, value):
    session[HASH_SESSION_KEY] = value
    assert request_with(session).user.is_anonymous
    assert session.is_empty()
    assert not Session.objects.exists()


def test_accepts_fallback_secret_key(session, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the-next-secret"
    old = session.session_key
    assert request_with(session).user.email == "ada@example.org"
    assert session.session_key != old
    settings.SECRET_KEY_FALLBACKS = []
    assert request_with(session).user.email == "ada@example.org"


def test_rejects_dropped_secret_key(session, settings):
    settings.SECRET_KEY = "the-next-secret"
    assert request_with(session).user.is_anonymous


def test_auser_returns_the_same_user(session):
    request = request_with(session)
    assert async_to_sync(request.auser)().email == "ada@example.org"


def test_home_page_loads_session_and_user_once(client):
    client.force_login(make_user())
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/").status_code == 200
    about_people = [query["sql"] for query in captured if "accounts_" in query["sql"]]
    assert len(about_people) == 1
    assert about_people[0].count('JOIN "accounts_user"') == 1


def test_account_page_runs_two_statements(client, django_assert_num_queries):
    client.force_login(make_user())
    client.get("/account/")
    with django_assert_num_queries(2) as captured:
        assert client.get("/account/").status_code == 200
    load, count = (query["sql"] for query in captured.captured_queries)
    assert "session_data" in load
    assert "accounts_user" in load
    assert "COUNT(*)" in count
